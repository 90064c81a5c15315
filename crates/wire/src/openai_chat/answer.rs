//! An upstream's answer, in chunks (<https://platform.openai.com/docs/api-reference/chat-streaming>) or whole.
//!
//! A chunk's `delta` and a whole answer's `message` hold the same fields, so one reader takes both.
//! Compatible servers add and leave out a lot: whatever is not what it should be is skipped.

mod calls;
mod pieces;
mod verdict;

use self::calls::Calls;
use self::verdict::{finish_reason, is_error};
use crate::codec::Decoder;
use crate::error::{WireError, decode_stream_error};
use crate::format::Format;
use crate::framing::Frame;
use crate::ir::event::{Delta, Event, Opening};
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::usage::Reported;

/// A call's arguments may be an object instead of a string.
const RAW_KEYS: &[&str] = &["arguments"];

#[derive(Debug, Default)]
pub struct StreamDecoder {
    has_model: bool,
    has_choices: bool,
    is_finished: bool,
    is_over: bool,
    reported: Reported,
    blocks: u32,
    open: Option<(Kind, u32)>,
    calls: Calls,
}

/// The blocks of which one is open at a time; calls stay open to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Thinking,
}

impl Decoder for StreamDecoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) {
        let data = frame.data.trim_ascii();
        if self.is_over || data.is_empty() {
            return;
        }
        if data == b"[DONE]" {
            self.done(out);
            return;
        }
        if frame.event == b"error" {
            self.fail(decode_stream_error(data), out);
            return;
        }
        // One broken character is no reason to lose a chunk.
        let text = String::from_utf8_lossy(data);
        if let Ok(Json::Object(chunk)) = Json::parse(text.as_bytes(), RAW_KEYS) {
            self.read(chunk, data, out);
        }
    }

    fn body(&mut self, body: &[u8], out: &mut Vec<Event>) {
        let text = String::from_utf8_lossy(body);
        let completion = match Json::parse(text.trim().as_bytes(), RAW_KEYS) {
            Ok(Json::Object(completion)) => completion,
            // Google puts its errors into a list.
            Ok(Json::Array(list)) => match list.into_iter().next() {
                Some(only) => {
                    self.fail(decode_stream_error(&only.to_bytes()), out);
                    return;
                }
                None => return,
            },
            _ => return,
        };
        self.read(completion, body, out);
        if self.has_choices {
            self.done(out);
        } else if !self.is_over {
            self.fail(decode_stream_error(body), out);
        }
    }

    fn end(&mut self, _out: &mut Vec<Event>) {}
}

impl StreamDecoder {
    fn read(&mut self, mut chunk: Object, data: &[u8], out: &mut Vec<Event>) {
        if is_error(&chunk) {
            self.fail(decode_stream_error(data), out);
            return;
        }
        let model = chunk.take("model").and_then(Json::into_string);
        if let Some(model) = model.filter(|model| !model.is_empty() && !self.has_model) {
            self.has_model = true;
            out.push(Event::Start { model: Some(model) });
        }
        self.usage(chunk.get("usage"), out);
        // Groq's place for it: <https://console.groq.com/docs/api-reference>.
        self.usage(chunk.get("x_groq").and_then(|own| own.get("usage")), out);
        let choices = chunk.take("choices").and_then(Json::into_array);
        for choice in choices.unwrap_or_default() {
            if let Json::Object(choice) = choice {
                self.choice(choice, out);
            }
        }
    }

    fn choice(&mut self, mut choice: Object, out: &mut Vec<Event>) {
        let index = choice.get("index").and_then(Json::as_u64);
        if index.is_some_and(|index| index > 0) || self.is_over {
            return;
        }
        self.has_choices = true;
        self.usage(choice.get("usage"), out);
        for key in ["delta", "message"] {
            if let Some(Json::Object(delta)) = choice.take(key) {
                self.delta(delta, out);
            }
        }
        if let Some(tokens) = choice.get("logprobs").and_then(|all| all.get("content"))
            && let Some((Kind::Text, index)) = self.open
        {
            let delta = Delta::Logprobs(pieces::logprobs(tokens));
            out.push(Event::BlockDelta { index, delta });
        }
        let reason = choice.take("finish_reason").and_then(Json::into_string);
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.finish(&reason, choice.take("error"), out);
        }
    }

    fn delta(&mut self, mut delta: Object, out: &mut Vec<Event>) {
        let thought = pieces::reasoning(&mut delta);
        self.text(Kind::Thinking, thought, out);
        match delta.take("content") {
            Some(Json::String(text)) => self.text(Kind::Text, text.into_owned(), out),
            Some(Json::Array(parts)) => {
                for part in parts {
                    self.part(part, out);
                }
            }
            _ => {}
        }
        let refusal = delta.take("refusal").and_then(Json::into_string);
        self.text(Kind::Refusal, refusal.unwrap_or_default(), out);
        let audio = delta.take("audio").and_then(Json::into_object);
        let transcript = audio.and_then(|mut audio| audio.take("transcript")?.into_string());
        self.text(Kind::Text, transcript.unwrap_or_default(), out);
        let images = delta.take("images").and_then(Json::into_array);
        for image in images.unwrap_or_default() {
            self.part(image, out);
        }
        let annotations = delta.get("annotations").and_then(Json::as_array);
        for citation in annotations
            .unwrap_or_default()
            .iter()
            .filter_map(pieces::citation)
        {
            if let Some((Kind::Text, index)) = self.open {
                let delta = Delta::Citation(citation);
                out.push(Event::BlockDelta { index, delta });
            }
        }
        let calls = match delta.take("tool_calls") {
            Some(Json::Array(calls)) => calls,
            Some(call @ Json::Object(_)) => vec![call],
            _ => Vec::new(),
        };
        for call in calls {
            if let Json::Object(call) = call {
                self.close(out);
                self.calls.delta(call, &mut self.blocks, out);
            }
        }
        if let Some(Json::Object(call)) = delta.take("function_call") {
            self.close(out);
            self.calls.legacy_delta(call, &mut self.blocks, out);
        }
    }

    /// Mistral and a few others give content in parts.
    fn part(&mut self, part: Json, out: &mut Vec<Event>) {
        let Json::Object(mut part) = part else {
            if let Json::String(text) = part {
                self.text(Kind::Text, text.into_owned(), out);
            }
            return;
        };
        if part.contains("image_url") {
            if let Some(media) = pieces::image(&mut part) {
                self.close(out);
                let index = next(&mut self.blocks);
                let opening = Opening::Image(media);
                out.push(Event::BlockStart { index, opening });
                out.push(Event::BlockStop { index });
            }
        } else if part.contains("thinking") {
            self.text(Kind::Thinking, pieces::thinking(&mut part), out);
        } else if let Some(text) = part.take("refusal").and_then(Json::into_string) {
            self.text(Kind::Refusal, text, out);
        } else if let Some(text) = part.take("text").and_then(Json::into_string) {
            self.text(Kind::Text, text, out);
        }
    }

    fn text(&mut self, kind: Kind, text: String, out: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        let index = match self.open {
            Some((open, index)) if open == kind => index,
            _ => {
                self.close(out);
                let index = next(&mut self.blocks);
                let opening = match kind {
                    Kind::Text => Opening::Text,
                    Kind::Refusal => Opening::Refusal,
                    Kind::Thinking => Opening::Thinking,
                };
                out.push(Event::BlockStart { index, opening });
                self.open = Some((kind, index));
                index
            }
        };
        let delta = match kind {
            Kind::Text | Kind::Refusal => Delta::Text(text),
            Kind::Thinking => Delta::Thinking(text),
        };
        out.push(Event::BlockDelta { index, delta });
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some((_, index)) = self.open.take() {
            out.push(Event::BlockStop { index });
        }
    }

    fn usage(&mut self, usage: Option<&Json>, out: &mut Vec<Event>) {
        if let Some(usage @ Json::Object(_)) = usage {
            let format = Format::OpenaiChat;
            self.reported
                .update(Reported::read(format, &usage.to_bytes()));
            out.extend(self.reported.usage(format).map(Event::Usage));
        }
    }

    fn finish(&mut self, reason: &str, error: Option<Json>, out: &mut Vec<Event>) {
        let Some(reason) = finish_reason(reason) else {
            let error = match error {
                Some(error @ Json::Object(_)) => decode_stream_error(&error.to_bytes()),
                _ => WireError::broken(format!("the upstream ended its answer with \"{reason}\"")),
            };
            self.fail(error, out);
            return;
        };
        self.complete(reason, out);
    }

    fn complete(&mut self, reason: FinishReason, out: &mut Vec<Event>) {
        if self.calls.release(&mut self.blocks, out) {
            self.is_finished = true;
            out.push(Event::Finish(reason));
        } else {
            let error = WireError::broken("the upstream called a tool without naming it");
            self.fail(error, out);
        }
    }

    /// A whole run that gives no reason ended because it was done.
    fn done(&mut self, out: &mut Vec<Event>) {
        if self.is_over {
            return;
        }
        if self.has_choices && !self.is_finished {
            self.complete(FinishReason::Stop, out);
        }
        if !self.is_over {
            self.is_over = true;
            out.push(Event::End);
        }
    }

    fn fail(&mut self, error: WireError, out: &mut Vec<Event>) {
        self.is_over = true;
        out.push(Event::Error(error));
    }
}

/// The number of the next block.
fn next(blocks: &mut u32) -> u32 {
    let index = *blocks;
    *blocks = blocks.saturating_add(1);
    index
}
