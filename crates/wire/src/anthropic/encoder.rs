//! The client's stream: <https://platform.claude.com/docs/en/build-with-claude/streaming>.

use std::time::Duration;

use crate::anthropic::layout::{Layout, Piece, Sink};
use crate::anthropic::message;
use crate::codec::{Encoder, Reply};
use crate::error::encode_stream_error;
use crate::format::Format;
use crate::ir::event::Step;
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::object;
use crate::usage::Usage;

#[derive(Debug)]
pub struct StreamEncoder {
    reply: Reply,
    layout: Layout,
    index: u32,
}

/// Writes blocks as events.
struct Events<'a> {
    index: &'a mut u32,
    out: &'a mut Vec<u8>,
}

impl StreamEncoder {
    pub fn new(reply: Reply) -> Self {
        Self {
            layout: Layout::new(&reply.seed),
            reply,
            index: 0,
        }
    }

    fn start(&self, usage: Option<Usage>, out: &mut Vec<u8>) {
        // Some upstreams begin with zeros, and some clients read the prompt's length only here.
        let usage = usage.filter(|usage| usage.total_input() > 0);
        let mut usage = message::usage(usage, &self.reply);
        usage.set("output_tokens", 0_u64);
        let start = object! {
            "id" => message::id(&self.reply),
            "type" => "message",
            "role" => "assistant",
            "model" => &self.reply.model,
            "content" => Vec::<Json>::new(),
            "stop_reason" => Json::Null,
            "stop_sequence" => Json::Null,
            "usage" => usage,
        };
        write(
            object! { "type" => "message_start", "message" => start },
            out,
        );
    }

    fn finish(&self, reason: &FinishReason, usage: Option<Usage>, out: &mut Vec<u8>) {
        let (reason, sequence) = message::stop_reason(reason, self.layout.has_refused());
        let sequence = sequence.map_or(Json::Null, Json::from);
        let delta = object! { "stop_reason" => reason, "stop_sequence" => sequence };
        let event = object! {
            "type" => "message_delta",
            "delta" => delta,
            "usage" => message::usage(usage, &self.reply),
        };
        write(event, out);
        write(object! { "type" => "message_stop" }, out);
    }
}

impl Encoder for StreamEncoder {
    fn step(&mut self, step: &Step, _elapsed: Duration, out: &mut Vec<u8>) {
        if let Step::Start { usage, .. } = step {
            self.start(*usage, out);
        }
        let mut events = Events {
            index: &mut self.index,
            out,
        };
        self.layout.step(step, &mut events);
        match step {
            Step::Finish { reason, usage } => self.finish(reason, *usage, out),
            Step::Error(error) => {
                out.extend_from_slice(&encode_stream_error(Format::Anthropic, error));
            }
            Step::Start { .. } | Step::Open(_) | Step::Delta(_) | Step::Close => {}
        }
    }

    fn keep_alive(&self) -> &'static [u8] {
        b"event: ping\ndata: {\"type\":\"ping\"}\n\n"
    }
}

impl Sink for Events<'_> {
    fn start(&mut self, block: Object<'_>) {
        let event = object! {
            "type" => "content_block_start",
            "index" => *self.index,
            "content_block" => block,
        };
        write(event, self.out);
    }

    fn delta(&mut self, delta: Piece<'_>) {
        let delta = match delta {
            Piece::Text(text) => object! { "type" => "text_delta", "text" => text },
            Piece::Thinking(text) => object! { "type" => "thinking_delta", "thinking" => text },
            Piece::Signature(data) => object! { "type" => "signature_delta", "signature" => data },
            Piece::Input(json) => object! { "type" => "input_json_delta", "partial_json" => json },
            Piece::Citation(citation) => {
                object! { "type" => "citations_delta", "citation" => citation }
            }
        };
        let event = object! {
            "type" => "content_block_delta",
            "index" => *self.index,
            "delta" => delta,
        };
        write(event, self.out);
    }

    fn stop(&mut self) {
        write(
            object! { "type" => "content_block_stop", "index" => *self.index },
            self.out,
        );
        *self.index += 1;
    }
}

/// The event's name is its type, and SDKs skip events without a name.
fn write(event: Object<'_>, out: &mut Vec<u8>) {
    let name = event.get("type").and_then(Json::as_str).unwrap_or_default();
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    Json::from(event).write_to(out);
    out.extend_from_slice(b"\n\n");
}
