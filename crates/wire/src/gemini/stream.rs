//! The client's answer, in frames or whole.
//!
//! The Python SDK takes nothing but lines of `data: `: no comments, no events, no `[DONE]`.

use std::time::Duration;

use crate::codec::{Encoder, Reply};
use crate::error::encode_stream_error;
use crate::format::Format;
use crate::gemini::grounding::{self, Grounding};
use crate::ir::content::{
    Citation, Content, Document, DocumentBody, Hosted, HostedUse, Media, Source, TokenLogprob,
    ToolInput,
};
use crate::ir::event::{Delta, Opening, Step, ToolOpening};
use crate::ir::proof::{Issuer, Proof};
use crate::ir::response::{FinishReason, Response};
use crate::json::{Json, Object};
use crate::usage::Usage;

#[derive(Debug)]
pub struct StreamEncoder {
    reply: Reply,
    /// The list of a client that asked for no events has been begun.
    is_begun: bool,
    is_thinking: bool,
    call: Option<Call>,
    told: Told,
}

/// A call leaves when it is whole.
#[derive(Debug)]
struct Call {
    tool: ToolOpening,
    input: String,
    proof: Option<Proof>,
}

/// What was written so far, for what is said about it at the end.
#[derive(Debug, Default)]
struct Told {
    /// All visible text.
    text: String,
    /// Where the open block begins in it.
    block_start: usize,
    citations: Vec<Citation>,
    logprobs: Vec<TokenLogprob>,
    grounding: Grounding,
}

impl StreamEncoder {
    pub fn new(reply: Reply) -> Self {
        Self {
            reply,
            is_begun: false,
            is_thinking: false,
            call: None,
            told: Told::default(),
        }
    }

    fn write(&mut self, frame: Object, out: &mut Vec<u8>) {
        let json = Json::Object(frame);
        if self.reply.is_array {
            self.separate(out);
            json.write_to(out);
        } else {
            out.extend_from_slice(b"data: ");
            json.write_to(out);
            out.extend_from_slice(b"\n\n");
        }
    }

    /// What stands before the next element of the list.
    fn separate(&mut self, out: &mut Vec<u8>) {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        out.extend_from_slice(if is_first { b"[" } else { b",\n" });
    }

    fn write_part(&mut self, part: Object, out: &mut Vec<u8>) {
        let candidate = crate::object! { "content" => content(vec![part]), "index" => 0_u64 };
        let frame = response(candidate, None, &self.reply).into_owned();
        self.write(frame, out);
    }

    fn open(&mut self, opening: &Opening, out: &mut Vec<u8>) {
        self.is_thinking = false;
        self.told.block_start = self.told.text.len();
        match opening {
            Opening::Text | Opening::Refusal => {}
            Opening::Thinking | Opening::RedactedThinking => self.is_thinking = true,
            Opening::Tool(tool) => {
                self.call = Some(Call {
                    tool: tool.clone(),
                    input: String::new(),
                    proof: None,
                });
            }
            Opening::Image(media) => {
                if let Some(part) = media_part(media) {
                    self.write_part(part, out);
                }
            }
            Opening::HostedUse(call) => self.told.hosted_use(call),
            Opening::HostedResult(result) => self.told.sources(&result.sources),
        }
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match (delta, &mut self.call) {
            (Delta::Text(text), _) => {
                self.told.text.push_str(text);
                self.write_part(text_part(text, false, None), out);
            }
            (Delta::Thinking(text), _) => self.write_part(text_part(text, true, None), out),
            (Delta::Input(fragment), Some(call)) => call.input.push_str(fragment),
            (Delta::Proof(proof), Some(call)) => call.proof = Some(proof.clone()),
            (Delta::Proof(proof), None) => {
                let part = text_part("", self.is_thinking, Some(proof));
                self.write_part(part, out);
            }
            (Delta::Citation(citation), _) => self.told.citations.push(citation.clone()),
            (Delta::Logprobs(tokens), _) => self.told.logprobs.extend_from_slice(tokens),
            (Delta::Input(_), None) => {}
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        self.told.close_block();
        if let Some(Call { tool, input, proof }) = self.call.take() {
            let input = if tool.is_custom {
                ToolInput::Text(input)
            } else {
                ToolInput::Json(input)
            };
            let part = call_part(tool.id.as_deref(), &tool.name, &input, proof.as_ref());
            self.write_part(part, out);
        }
    }

    fn finish(&mut self, reason: &FinishReason, usage: Option<Usage>, out: &mut Vec<u8>) {
        let told = std::mem::take(&mut self.told);
        // SDKs take an answer whose content has no parts for an invalid one and forget it.
        let parts = vec![text_part("", false, None)];
        let candidate = told.candidate(parts, reason);
        let frame = response(candidate, usage, &self.reply).into_owned();
        self.write(frame, out);
        if self.reply.is_array {
            out.extend_from_slice(b"]");
        }
    }
}

impl Encoder for StreamEncoder {
    fn step(&mut self, step: &Step, _elapsed: Duration, out: &mut Vec<u8>) {
        match step {
            Step::Start { .. } => {}
            Step::Open(opening) => self.open(opening, out),
            Step::Delta(delta) => self.delta(delta, out),
            Step::Close => self.close(out),
            Step::Finish { reason, usage } => self.finish(reason, *usage, out),
            Step::Error(error) => {
                let event = encode_stream_error(Format::Gemini, error);
                if self.reply.is_array {
                    self.separate(out);
                    let json = event.strip_prefix(b"data: ").unwrap_or(&event);
                    out.extend_from_slice(json.trim_ascii_end());
                    out.extend_from_slice(b"]");
                } else {
                    out.extend_from_slice(&event);
                }
            }
        }
    }

    fn keep_alive(&self) -> &'static [u8] {
        b""
    }
}

impl Told {
    fn hosted_use(&mut self, call: &HostedUse) {
        if call.tool == Hosted::WebSearch {
            self.grounding.add_query(&call.input);
        }
    }

    fn sources(&mut self, sources: &[Citation]) {
        for source in sources {
            self.grounding.add_source(source);
        }
    }

    fn close_block(&mut self) {
        for citation in std::mem::take(&mut self.citations) {
            self.grounding
                .add_citation(&citation, &self.text, self.block_start);
        }
    }

    /// The candidate that ends the answer.
    fn candidate<'a>(&'a self, parts: Vec<Object<'a>>, reason: &FinishReason) -> Object<'a> {
        let mut candidate = crate::object! {
            "content" => content(parts),
            "finishReason" => reason_word(reason),
            "index" => 0_u64,
        };
        candidate.push_some("groundingMetadata", self.grounding.write(&self.text));
        candidate.push_some("logprobsResult", grounding::write_logprobs(&self.logprobs));
        candidate
    }
}

/// The whole answer for a client that asked for no stream.
pub(super) fn whole(answer: &Response, reply: &Reply) -> Vec<u8> {
    let mut told = Told::default();
    let mut parts = Vec::new();
    for block in &answer.blocks {
        told.block_start = told.text.len();
        match &block.content {
            Content::Text(text) => {
                told.text.push_str(&text.text);
                told.citations.clone_from(&text.citations);
                told.logprobs.extend_from_slice(&text.logprobs);
                parts.push(text_part(&text.text, false, text.proof.as_ref()));
            }
            Content::Refusal(text) => {
                told.text.push_str(text);
                parts.push(text_part(text, false, None));
            }
            Content::Thinking(thinking) => {
                parts.push(text_part(&thinking.text, true, thinking.proof.as_ref()));
            }
            Content::Image(media)
            | Content::Audio(media)
            | Content::Video(media)
            | Content::Document(Document {
                body: DocumentBody::File(media),
                ..
            }) => parts.extend(media_part(media)),
            Content::ToolUse(call) => {
                let id = call.id.as_deref();
                parts.push(call_part(id, &call.name, &call.input, call.proof.as_ref()));
            }
            Content::HostedUse(call) => told.hosted_use(call),
            Content::HostedResult(result) => told.sources(&result.sources),
            // No model answers with these.
            Content::Document(_) | Content::ToolResult(_) => {}
        }
        told.close_block();
    }
    if parts.is_empty() {
        parts.push(text_part("", false, None));
    }
    let candidate = told.candidate(parts, &answer.finish);
    Json::Object(response(candidate, answer.usage, reply)).to_bytes()
}

fn response<'a>(candidate: Object<'a>, usage: Option<Usage>, reply: &'a Reply) -> Object<'a> {
    let mut response = crate::object! { "candidates" => vec![candidate] };
    response.push_some("usageMetadata", usage.map(usage_metadata));
    response.push("modelVersion", &reply.model);
    response.push("responseId", &reply.seed);
    response
}

fn content(parts: Vec<Object>) -> Object {
    crate::object! { "role" => "model", "parts" => parts }
}

fn text_part<'a>(text: &'a str, is_thought: bool, proof: Option<&Proof>) -> Object<'a> {
    let mut part = crate::object! { "text" => text };
    if is_thought {
        part.push("thought", true);
    }
    part.push_some("thoughtSignature", proof.map(signature));
    part
}

fn call_part<'a>(
    id: Option<&'a str>,
    name: &'a str,
    input: &ToolInput,
    proof: Option<&Proof>,
) -> Object<'a> {
    let mut call = Object::new();
    call.push_some("id", id);
    call.push("name", name);
    call.push("args", input.object());
    let mut part = crate::object! { "functionCall" => call };
    part.push_some("thoughtSignature", proof.map(signature));
    part
}

fn signature(proof: &Proof) -> String {
    proof.to_slot(Issuer::Gemini)
}

fn media_part(media: &Media) -> Option<Object<'_>> {
    let media_type = media.media_type.as_deref().unwrap_or("image/png");
    match &media.source {
        Source::Base64(data) => Some(crate::object! { "inlineData" => crate::object! {
            "mimeType" => media_type,
            "data" => data,
        } }),
        Source::Url(url) => Some(crate::object! { "fileData" => crate::object! {
            "mimeType" => media_type,
            "fileUri" => url,
        } }),
        Source::FileId(_) => None,
    }
}

/// <https://ai.google.dev/api/generate-content#UsageMetadata>
fn usage_metadata(usage: Usage) -> Object<'static> {
    let prompt = usage.total_input();
    let mut metadata = crate::object! { "promptTokenCount" => prompt };
    if usage.cache_read > 0 {
        metadata.push("cachedContentTokenCount", usage.cache_read);
    }
    metadata.push(
        "candidatesTokenCount",
        usage.output.saturating_sub(usage.reasoning),
    );
    if usage.reasoning > 0 {
        metadata.push("thoughtsTokenCount", usage.reasoning);
    }
    metadata.push("totalTokenCount", prompt.saturating_add(usage.output));
    metadata
}

fn reason_word(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop
        | FinishReason::StopSequence(_)
        // There is no word for calls.
        | FinishReason::ToolUse
        | FinishReason::Pause => "STOP",
        FinishReason::Length | FinishReason::ContextWindow => "MAX_TOKENS",
        FinishReason::Refusal => "SAFETY",
    }
}
