//! An upstream's answer, in pieces (<https://platform.claude.com/docs/en/build-with-claude/streaming>) or whole.

use std::collections::HashMap;

use crate::anthropic::hosted;
use crate::codec::Decoder;
use crate::error::decode_stream_error;
use crate::format::Format;
use crate::framing::Frame;
use crate::ir::content::{Citation, HostedUse};
use crate::ir::event::{Delta, Event, Opening, ToolOpening};
use crate::ir::proof::{Issuer, Proof};
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::usage::Reported;

const RAW: &[&str] = &["input"];

#[derive(Debug, Default)]
pub struct StreamDecoder {
    reported: Reported,
    /// Blocks that have begun and not ended.
    open: HashMap<u32, Open>,
    is_finished: bool,
}

#[derive(Debug)]
enum Open {
    /// Whatever comes is passed on.
    Shown,
    /// A call: the input it was announced with counts only if no piece of it follows.
    Tool { announced: Option<String> },
    /// A call of the vendor's own tool, kept until its input is whole.
    Hosted(HostedUse),
    /// A kind of block we do not know.
    Skipped,
}

impl Decoder for StreamDecoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) {
        let Some(mut event) = object(&frame.data) else {
            return;
        };
        let kind = event.take("type").and_then(Json::into_string);
        let kind = kind.unwrap_or_else(|| String::from_utf8_lossy(&frame.event).into_owned());
        match kind.as_str() {
            "message_start" => {
                if let Some(mut message) = event.take("message").and_then(Json::into_object) {
                    self.start(&mut message, out);
                }
            }
            "content_block_start" => {
                if let (Some(index), Some(block)) =
                    (index(&event), block(&mut event, "content_block"))
                {
                    self.block_start(index, block, out);
                }
            }
            "content_block_delta" => {
                if let (Some(index), Some(delta)) = (index(&event), block(&mut event, "delta")) {
                    self.block_delta(index, delta, out);
                }
            }
            "content_block_stop" => {
                if let Some(index) = index(&event) {
                    self.block_stop(index, out);
                }
            }
            "message_delta" => {
                self.usage(event.take("usage"), out);
                if let Some(delta) = block(&mut event, "delta") {
                    self.finish(delta, out);
                }
            }
            "message_stop" => {
                self.flush(out);
                // It says that it is complete; that it does not say why is no failure.
                if !self.is_finished {
                    out.push(Event::Finish(FinishReason::Stop));
                }
                out.push(Event::End);
            }
            "error" => out.push(Event::Error(decode_stream_error(&frame.data))),
            _ if is_error(&event) => out.push(Event::Error(decode_stream_error(&frame.data))),
            _ => {}
        }
    }

    fn body(&mut self, body: &[u8], out: &mut Vec<Event>) {
        let Some(mut message) = object(body) else {
            return;
        };
        let kind = message.take("type").and_then(Json::into_string);
        if kind.as_deref() == Some("error") || is_error(&message) {
            out.push(Event::Error(decode_stream_error(body)));
            return;
        }
        let content = message.take("content").and_then(Json::into_array);
        self.start(&mut message, out);
        // What has neither is no message.
        if content.is_none() && !message.contains("stop_reason") {
            return;
        }
        for (index, block) in content.into_iter().flatten().enumerate() {
            if let (Ok(index), Some(block)) = (u32::try_from(index), block.into_object()) {
                self.block_start(index, block, out);
                self.block_stop(index, out);
            }
        }
        self.finish(message, out);
        if !self.is_finished {
            out.push(Event::Finish(FinishReason::Stop));
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        self.flush(out);
    }
}

impl StreamDecoder {
    fn start(&mut self, message: &mut Object<'_>, out: &mut Vec<Event>) {
        out.push(Event::Start {
            model: message.take("model").and_then(Json::into_string),
        });
        self.usage(message.take("usage"), out);
    }

    fn usage(&mut self, usage: Option<Json<'_>>, out: &mut Vec<Event>) {
        let Some(usage) = usage else { return };
        let report = Reported::read(Format::Anthropic, &usage.to_bytes());
        self.reported.update(report);
        out.extend(self.reported.usage(Format::Anthropic).map(Event::Usage));
    }

    fn block_start(&mut self, index: u32, mut block: Object<'_>, out: &mut Vec<Event>) {
        let kind = block.take("type").and_then(Json::into_string);
        let mut begin = |opening| out.push(Event::BlockStart { index, opening });
        let open = match kind.as_deref().unwrap_or_default() {
            "text" => {
                begin(Opening::Text);
                push_text(index, &mut block, "text", Delta::Text, out);
                let citations = block.take("citations").and_then(Json::into_array);
                for citation in citations.into_iter().flatten().filter_map(citation) {
                    push(index, Delta::Citation(citation), out);
                }
                Open::Shown
            }
            "thinking" => {
                begin(Opening::Thinking);
                push_text(index, &mut block, "thinking", Delta::Thinking, out);
                push_text(index, &mut block, "signature", proof, out);
                Open::Shown
            }
            "redacted_thinking" => {
                begin(Opening::RedactedThinking);
                push_text(index, &mut block, "data", proof, out);
                Open::Shown
            }
            "tool_use" => {
                begin(Opening::Tool(ToolOpening {
                    id: block.take("id").and_then(Json::into_string),
                    name: block
                        .take("name")
                        .and_then(Json::into_string)
                        .unwrap_or_default(),
                    namespace: None,
                    is_custom: false,
                }));
                Open::Tool {
                    announced: block.take("input").and_then(input_text),
                }
            }
            kind if hosted::is_use(kind) => Open::Hosted(hosted::hosted_use(block)),
            kind if hosted::is_result(kind) => {
                begin(Opening::HostedResult(hosted::hosted_result(kind, block)));
                Open::Shown
            }
            _ => Open::Skipped,
        };
        self.open.insert(index, open);
    }

    fn block_delta(&mut self, index: u32, mut delta: Object<'_>, out: &mut Vec<Event>) {
        let kind = delta.take("type").and_then(Json::into_string);
        let kind = kind.as_deref().unwrap_or_default();
        // A server that announces no blocks still says what it sends.
        let open = self.open.entry(index).or_insert_with(|| match kind {
            "text_delta" => {
                out.push(Event::BlockStart {
                    index,
                    opening: Opening::Text,
                });
                Open::Shown
            }
            "thinking_delta" => {
                out.push(Event::BlockStart {
                    index,
                    opening: Opening::Thinking,
                });
                Open::Shown
            }
            _ => Open::Skipped,
        });
        match (open, kind) {
            (Open::Skipped, _) => {}
            (Open::Hosted(call), "input_json_delta") => {
                let piece = delta.take("partial_json").and_then(Json::into_string);
                if call.input == "{}" {
                    call.input.clear();
                }
                call.input.push_str(piece.as_deref().unwrap_or_default());
            }
            (Open::Tool { announced }, "input_json_delta") => {
                let piece = delta.take("partial_json").and_then(Json::into_string);
                if let Some(piece) = piece.filter(|piece| !piece.is_empty()) {
                    *announced = None;
                    push(index, Delta::Input(piece), out);
                }
            }
            (Open::Shown, "text_delta") => {
                push_text(index, &mut delta, "text", Delta::Text, out);
            }
            (Open::Shown, "thinking_delta") => {
                push_text(index, &mut delta, "thinking", Delta::Thinking, out);
            }
            (Open::Shown, "signature_delta") => {
                push_text(index, &mut delta, "signature", proof, out);
            }
            (Open::Shown, "citations_delta") => {
                if let Some(citation) = delta.take("citation").and_then(citation) {
                    push(index, Delta::Citation(citation), out);
                }
            }
            (Open::Shown | Open::Tool { .. } | Open::Hosted(_), _) => {}
        }
    }

    fn block_stop(&mut self, index: u32, out: &mut Vec<Event>) {
        match self.open.remove(&index) {
            Some(Open::Skipped) | None => return,
            Some(Open::Shown) => {}
            Some(Open::Tool { announced }) => {
                if let Some(input) = announced {
                    push(index, Delta::Input(input), out);
                }
            }
            Some(Open::Hosted(mut call)) => {
                if call.input.trim().is_empty() {
                    "{}".clone_into(&mut call.input);
                }
                let opening = Opening::HostedUse(call);
                out.push(Event::BlockStart { index, opening });
            }
        }
        out.push(Event::BlockStop { index });
    }

    /// Of `message_delta`, or of a whole message.
    fn finish(&mut self, mut said: Object<'_>, out: &mut Vec<Event>) {
        let Some(reason) = said.take("stop_reason").and_then(Json::into_string) else {
            return;
        };
        let sequence = said.take("stop_sequence").and_then(Json::into_string);
        self.is_finished = true;
        out.push(Event::Finish(match reason.as_str() {
            "max_tokens" => FinishReason::Length,
            "stop_sequence" => FinishReason::StopSequence(sequence),
            "tool_use" => FinishReason::ToolUse,
            "pause_turn" => FinishReason::Pause,
            "refusal" => FinishReason::Refusal,
            "model_context_window_exceeded" => FinishReason::ContextWindow,
            _ => FinishReason::Stop,
        }));
    }

    /// What waited for an end that did not come.
    fn flush(&mut self, out: &mut Vec<Event>) {
        let mut open: Vec<u32> = self.open.keys().copied().collect();
        open.sort_unstable();
        for index in open {
            self.block_stop(index, out);
        }
    }
}

fn object(json: &[u8]) -> Option<Object<'_>> {
    Json::parse(json, RAW).ok()?.into_object()
}

fn index(event: &Object<'_>) -> Option<u32> {
    u32::try_from(event.get("index")?.as_u64()?).ok()
}

fn block<'a>(event: &mut Object<'a>, key: &str) -> Option<Object<'a>> {
    event.take(key).and_then(Json::into_object)
}

fn is_error(event: &Object<'_>) -> bool {
    event
        .get("error")
        .is_some_and(|error| matches!(error, Json::Object(_) | Json::String(_)))
}

fn push(index: u32, delta: Delta, out: &mut Vec<Event>) {
    out.push(Event::BlockDelta { index, delta });
}

fn push_text(
    index: u32,
    from: &mut Object<'_>,
    key: &str,
    delta: impl FnOnce(String) -> Delta,
    out: &mut Vec<Event>,
) {
    let text = from.take(key).and_then(Json::into_string);
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        push(index, delta(text), out);
    }
}

fn proof(data: String) -> Delta {
    Delta::Proof(Proof::new(Issuer::Anthropic, data))
}

/// Anthropic announces every call with `{}`; others send the whole input there, some as text.
fn input_text(input: Json<'_>) -> Option<String> {
    let text = match input {
        Json::String(text) => text.into_owned(),
        other => other.to_text(),
    };
    let is_empty = object(text.as_bytes()).is_some_and(|input| input.is_empty());
    (!is_empty && !text.is_empty()).then_some(text)
}

/// <https://platform.claude.com/docs/en/build-with-claude/citations>
fn citation(json: Json<'_>) -> Option<Citation> {
    let mut citation = json.into_object()?;
    let mut text = |key| citation.take(key).and_then(Json::into_string);
    Some(Citation {
        url: text("url").or_else(|| text("source")),
        title: text("title").or_else(|| text("document_title")),
        cited_text: text("cited_text"),
        span: None,
    })
}
