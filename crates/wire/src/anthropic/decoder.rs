//! An upstream's answer, in pieces (<https://platform.claude.com/docs/en/build-with-claude/streaming>) or whole.

mod blocks;

use crate::anthropic::decoder::blocks::Blocks;
use crate::codec::Decoder;
use crate::error::decode_stream_error;
use crate::format::Format;
use crate::framing::Frame;
use crate::ir::event::Event;
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::usage::Reported;

const RAW: &[&str] = &["input"];

#[derive(Debug, Default)]
pub struct StreamDecoder {
    reported: Reported,
    blocks: Blocks,
    is_finished: bool,
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
                    self.blocks.start(index, block, out);
                }
            }
            "content_block_delta" => {
                if let (Some(index), Some(delta)) = (index(&event), block(&mut event, "delta")) {
                    self.blocks.delta(index, delta, out);
                }
            }
            "content_block_stop" => {
                if let Some(index) = index(&event) {
                    self.blocks.stop(index, out);
                }
            }
            "message_delta" => {
                self.usage(event.take("usage"), out);
                if let Some(delta) = block(&mut event, "delta") {
                    self.finish(delta, out);
                }
            }
            "message_stop" => {
                self.blocks.end(out);
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
                self.blocks.start(index, block, out);
                self.blocks.stop(index, out);
            }
        }
        self.finish(message, out);
        if !self.is_finished {
            out.push(Event::Finish(FinishReason::Stop));
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        // A call that was cut must not look whole.
        if self.is_finished {
            self.blocks.end(out);
        }
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
