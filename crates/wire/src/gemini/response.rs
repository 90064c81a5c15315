//! An upstream's answer. Each frame is a whole response that holds only what is new.

use crate::codec::Decoder;
use crate::error::{WireError, decode_stream_error};
use crate::format::Format;
use crate::framing::Frame;
use crate::gemini::decode_part;
use crate::gemini::grounding;
use crate::gemini::partial::PartialCall;
use crate::ir::content::{Citation, Hosted, HostedResult, Media, Source};
use crate::ir::event::{Delta, Event, Opening, ToolOpening};
use crate::ir::proof::{Issuer, Proof};
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::usage::Reported;

/// A call's arguments stay as the model spelled them.
const RAW_KEYS: &[&str] = &["args"];

#[derive(Debug, Default)]
pub struct StreamDecoder {
    /// The number of the next block.
    next: u32,
    open: Option<Open>,
    partial: Option<PartialCall>,
    /// Visible text since its block began, which citations count in.
    text: String,
    citations: Vec<Citation>,
    reported: Reported,
    has_model: bool,
    has_content: bool,
    has_finished: bool,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    index: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
}

impl Decoder for StreamDecoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) {
        if let Ok(json) = Json::parse(&frame.data, RAW_KEYS) {
            self.document(json, out);
        }
    }

    fn body(&mut self, body: &[u8], out: &mut Vec<Event>) {
        match Json::parse(body, RAW_KEYS) {
            Ok(json) => self.whole(json, out),
            Err(_) => out.push(Event::Error(WireError::broken(
                "the upstream's answer is not JSON",
            ))),
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        self.finish_partial(out);
    }
}

impl StreamDecoder {
    /// Everything at once: one response, or a list of what would have been frames.
    pub(crate) fn whole(&mut self, json: Json, out: &mut Vec<Event>) {
        self.document(json, out);
        self.end(out);
        // A document that could be parsed is complete, whether it says why it ended or not.
        if !self.has_finished && self.has_content {
            out.push(Event::Finish(FinishReason::Stop));
        }
    }

    pub(crate) fn document(&mut self, json: Json, out: &mut Vec<Event>) {
        match json {
            Json::Array(responses) => {
                for response in responses {
                    self.document(response, out);
                }
            }
            Json::Object(response) => self.response(response, out),
            _ => {}
        }
    }

    fn response(&mut self, mut response: Object, out: &mut Vec<Event>) {
        if response.get("error").is_some_and(|error| !error.is_null()) {
            let json = Json::Object(response).to_bytes();
            out.push(Event::Error(decode_stream_error(&json)));
            return;
        }
        if let Some(model) = response.take("modelVersion").and_then(Json::into_string)
            && !self.has_model
        {
            self.has_model = true;
            out.push(Event::Start { model: Some(model) });
        }
        if let Some(usage) = response.take("usageMetadata") {
            let read = Reported::read(Format::Gemini, &usage.to_bytes());
            self.reported.update(read);
            out.extend(self.reported.usage(Format::Gemini).map(Event::Usage));
        }
        let mut has_candidate = false;
        let candidates = response.take("candidates").and_then(Json::into_array);
        for candidate in candidates.unwrap_or_default() {
            let index = candidate.get("index").and_then(Json::as_u64);
            if index.unwrap_or_default() == 0
                && let Json::Object(candidate) = candidate
            {
                has_candidate = true;
                self.candidate(candidate, out);
            }
        }
        if !has_candidate && let Some(feedback) = response.take("promptFeedback") {
            self.blocked(&feedback, out);
        }
    }

    /// The prompt was refused, so there is no candidate.
    fn blocked(&mut self, feedback: &Json, out: &mut Vec<Event>) {
        let reason = feedback.get("blockReason").and_then(Json::as_str);
        if reason.is_none_or(|reason| reason == "BLOCK_REASON_UNSPECIFIED") {
            return;
        }
        self.refuse(feedback.get("blockReasonMessage"), out);
    }

    fn refuse(&mut self, words: Option<&Json>, out: &mut Vec<Event>) {
        self.close(out);
        if let Some(words) = words.and_then(Json::as_str)
            && !words.is_empty()
        {
            let index = self.start(Opening::Refusal, out);
            delta(index, Delta::Text(words.to_owned()), out);
            out.push(Event::BlockStop { index });
        }
        self.finish(FinishReason::Refusal, out);
    }

    fn candidate(&mut self, mut candidate: Object, out: &mut Vec<Event>) {
        let parts = candidate
            .take("content")
            .and_then(|content| content.into_object()?.take("parts")?.into_array());
        for part in parts.unwrap_or_default() {
            if let Json::Object(part) = part {
                self.part(part, out);
            }
        }
        let candidate = Json::Object(candidate);
        self.sources(&candidate, out);
        let tokens = grounding::read_logprobs(&candidate);
        if let Some(open) = self.open.filter(|open| open.kind == Kind::Text)
            && !tokens.is_empty()
        {
            delta(open.index, Delta::Logprobs(tokens), out);
        }
        if let Some(reason) = candidate.get("finishReason").and_then(Json::as_str) {
            self.finish_partial(out);
            let words = candidate.get("finishMessage");
            self.reason(reason, words, out);
        }
    }

    fn part(&mut self, mut part: Object, out: &mut Vec<Event>) {
        let signature = part
            .take("thoughtSignature")
            .and_then(Json::into_string)
            .filter(|signature| !signature.is_empty());
        if let Some(Json::Object(call)) = part.take("functionCall") {
            self.call(call, signature, out);
            return;
        }
        let is_thought = part.get("thought").and_then(Json::as_bool) == Some(true);
        if let Some(media) = image(&mut part) {
            self.close(out);
            self.has_content = true;
            let index = self.start(Opening::Image(media), out);
            out.push(Event::BlockStop { index });
            return;
        }
        let text = part
            .take("text")
            .and_then(Json::into_string)
            .or_else(|| decode_part::code(&mut part))
            .unwrap_or_default();
        let kind = if is_thought {
            Kind::Thinking
        } else {
            Kind::Text
        };
        if !text.is_empty() {
            self.text(text, kind, out);
        }
        if let Some(signature) = signature {
            self.signature(signature, kind, out);
        }
    }

    fn text(&mut self, text: String, kind: Kind, out: &mut Vec<Event>) {
        self.has_content = true;
        let index = self.block(kind, out);
        if kind == Kind::Text {
            self.text.push_str(&text);
            delta(index, Delta::Text(text), out);
        } else {
            delta(index, Delta::Thinking(text), out);
        }
    }

    /// A signature belongs to the block that is open, whatever the part that brings it;
    /// if none is, to thinking that shows nothing.
    fn signature(&mut self, signature: String, kind: Kind, out: &mut Vec<Event>) {
        let index = match self.open {
            Some(open) if kind == Kind::Text || open.kind == kind => open.index,
            _ => self.block(Kind::Thinking, out),
        };
        delta(
            index,
            Delta::Proof(Proof::new(Issuer::Gemini, signature)),
            out,
        );
        if self.open.is_some_and(|open| open.kind == Kind::Thinking) {
            self.close(out);
        }
    }

    /// The open block of this kind, or a new one.
    fn block(&mut self, kind: Kind, out: &mut Vec<Event>) -> u32 {
        if let Some(open) = self.open
            && open.kind == kind
        {
            return open.index;
        }
        self.close(out);
        let opening = match kind {
            Kind::Text => Opening::Text,
            Kind::Thinking => Opening::Thinking,
        };
        let index = self.start(opening, out);
        self.open = Some(Open { index, kind });
        self.text.clear();
        self.citations.clear();
        index
    }

    fn start(&mut self, opening: Opening, out: &mut Vec<Event>) -> u32 {
        let index = self.next;
        self.next = self.next.wrapping_add(1);
        out.push(Event::BlockStart { index, opening });
        index
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some(open) = self.open.take() {
            out.push(Event::BlockStop { index: open.index });
        }
    }

    fn call(&mut self, mut call: Object, signature: Option<String>, out: &mut Vec<Event>) {
        let id = call
            .take("id")
            .and_then(Json::into_string)
            .filter(|id| !id.is_empty());
        let name = call
            .take("name")
            .and_then(Json::into_string)
            .filter(|name| !name.is_empty());
        let continues = call.take("willContinue").and_then(|value| value.as_bool()) == Some(true);
        let pieces = call.take("partialArgs").and_then(Json::into_array);
        if let Some(name) = name {
            self.finish_partial(out);
            if !continues && pieces.is_none() {
                let input = match call.take("args") {
                    Some(Json::String(text)) => text.into_owned(),
                    Some(args) => args.to_text(),
                    None => "{}".to_owned(),
                };
                self.whole_call(name, id, input, signature, out);
                return;
            }
            self.partial = Some(PartialCall::new(name, id));
        }
        if let Some(partial) = &mut self.partial {
            partial.signature = signature.or(partial.signature.take());
            partial.add(pieces.as_deref().unwrap_or_default());
        }
        if !continues {
            self.finish_partial(out);
        }
    }

    fn finish_partial(&mut self, out: &mut Vec<Event>) {
        if let Some(partial) = self.partial.take() {
            let input = partial.arguments();
            self.whole_call(partial.name, partial.id, input, partial.signature, out);
        }
    }

    fn whole_call(
        &mut self,
        name: String,
        id: Option<String>,
        input: String,
        signature: Option<String>,
        out: &mut Vec<Event>,
    ) {
        self.close(out);
        self.has_content = true;
        let opening = ToolOpening {
            id,
            name,
            ..ToolOpening::default()
        };
        let index = self.start(Opening::Tool(opening), out);
        // First the signature: some clients' formats have to write it before the call.
        if let Some(signature) = signature {
            delta(
                index,
                Delta::Proof(Proof::new(Issuer::Gemini, signature)),
                out,
            );
        }
        delta(index, Delta::Input(input), out);
        out.push(Event::BlockStop { index });
    }

    /// Sources come with the last text, and sometimes again with every frame.
    fn sources(&mut self, candidate: &Json, out: &mut Vec<Event>) {
        let found = grounding::read(candidate, &self.text);
        let mut new = Vec::new();
        for citation in found {
            if !self.citations.contains(&citation) {
                self.citations.push(citation.clone());
                new.push(citation);
            }
        }
        if new.is_empty() {
            return;
        }
        if let Some(open) = self.open.filter(|open| open.kind == Kind::Text) {
            for citation in new {
                delta(open.index, Delta::Citation(citation), out);
            }
            return;
        }
        self.close(out);
        let result = HostedResult {
            id: None,
            tool: Hosted::WebSearch,
            sources: new,
        };
        let index = self.start(Opening::HostedResult(result), out);
        out.push(Event::BlockStop { index });
    }

    /// <https://ai.google.dev/api/generate-content#FinishReason>
    fn reason(&mut self, reason: &str, words: Option<&Json>, out: &mut Vec<Event>) {
        match reason {
            // What a server writes that fills in every field.
            "" | "FINISH_REASON_UNSPECIFIED" => {}
            "STOP" => self.finish(FinishReason::Stop, out),
            "MAX_TOKENS" => self.finish(FinishReason::Length, out),
            "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "MODEL_ARMOR"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION" => {
                self.refuse(words, out);
            }
            "MALFORMED_FUNCTION_CALL"
            | "UNEXPECTED_TOOL_CALL"
            | "TOO_MANY_TOOL_CALLS"
            | "MISSING_THOUGHT_SIGNATURE"
            | "MALFORMED_RESPONSE" => self.fail(reason, words, out),
            _ if self.has_content => self.finish(FinishReason::Stop, out),
            // Nobody should take nothing for an answer.
            _ => self.fail(reason, words, out),
        }
    }

    fn finish(&mut self, reason: FinishReason, out: &mut Vec<Event>) {
        self.has_finished = true;
        out.push(Event::Finish(reason));
    }

    fn fail(&mut self, reason: &str, words: Option<&Json>, out: &mut Vec<Event>) {
        self.has_finished = true;
        let message = match words.and_then(Json::as_str) {
            Some(words) => format!("the model ended with {reason}: {words}"),
            None => format!("the model ended with {reason}"),
        };
        out.push(Event::Error(WireError::broken(message)));
    }
}

fn delta(index: u32, delta: Delta, out: &mut Vec<Event>) {
    out.push(Event::BlockDelta { index, delta });
}

fn image(part: &mut Object) -> Option<Media> {
    if let Some(mut data) = part.take("inlineData").and_then(Json::into_object) {
        let media_type = data.take("mimeType").and_then(Json::into_string);
        let media = Media::base64(media_type, data.take("data")?.into_string()?);
        return Some(media).filter(is_image);
    }
    let mut file = part.take("fileData")?.into_object()?;
    let media = Media {
        media_type: file.take("mimeType").and_then(Json::into_string),
        source: Source::Url(file.take("fileUri")?.into_string()?),
        detail: None,
    };
    Some(media).filter(is_image)
}

fn is_image(media: &Media) -> bool {
    let media_type = media.media_type.as_deref();
    media_type.is_some_and(|media_type| media_type.starts_with("image/"))
}
