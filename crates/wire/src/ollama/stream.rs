//! Writes an answer, as lines or as one object.

use std::time::Duration;

use crate::codec::{Encoder, Reply};
use crate::error::encode_stream_error;
use crate::format::Format;
use crate::ir::content::{Content, TokenLogprob, ToolInput};
use crate::ir::event::{Delta, Opening, Step, ToolOpening};
use crate::ir::response::{FinishReason, Response};
use crate::json::{Json, Object};
use crate::ollama::line::{Counters, Message, call, image, last_line, line};

/// Every delta is a line, but a call's input: it is written when it is whole.
#[derive(Debug)]
pub struct StreamEncoder {
    reply: Reply,
    /// The open call and its input so far.
    call: Option<(ToolOpening, String)>,
    calls: u64,
    /// When the first block came.
    first: Option<Duration>,
    written: u64,
}

impl StreamEncoder {
    pub fn new(reply: Reply) -> Self {
        Self {
            reply,
            call: None,
            calls: 0,
            first: None,
            written: 0,
        }
    }

    fn open(&mut self, opening: &Opening, elapsed: Duration, out: &mut Vec<u8>) {
        self.first.get_or_insert(elapsed);
        match opening {
            Opening::Tool(tool) => self.call = Some((tool.clone(), String::new())),
            Opening::Image(media) => {
                let message = match image(media) {
                    Ok(data) => Message {
                        images: vec![data],
                        ..Message::default()
                    },
                    Err(place) => Message {
                        content: place,
                        ..Message::default()
                    },
                };
                self.write(message, &[], elapsed, out);
            }
            Opening::Text
            | Opening::Refusal
            | Opening::Thinking
            | Opening::RedactedThinking
            | Opening::HostedUse(_)
            | Opening::HostedResult(_) => {}
        }
    }

    fn delta(&mut self, delta: &Delta, elapsed: Duration, out: &mut Vec<u8>) {
        let mut message = Message::default();
        let mut tokens: &[TokenLogprob] = &[];
        let length = match delta {
            Delta::Text(text) => {
                message.content = text;
                text.len()
            }
            Delta::Thinking(text) => {
                message.thinking = text;
                text.len()
            }
            Delta::Logprobs(logprobs) => {
                tokens = logprobs;
                0
            }
            Delta::Input(fragment) => {
                if let Some((_, input)) = &mut self.call {
                    input.push_str(fragment);
                }
                self.written = self.written.saturating_add(fragment.len() as u64);
                return;
            }
            // It has no place for either.
            Delta::Proof(_) | Delta::Citation(_) => return,
        };
        self.written = self.written.saturating_add(length as u64);
        self.write(message, tokens, elapsed, out);
    }

    fn close(&mut self, elapsed: Duration, out: &mut Vec<u8>) {
        if let Some((tool, input)) = self.call.take() {
            let message = Message {
                calls: vec![call(self.calls, &tool, &input)],
                ..Message::default()
            };
            self.calls += 1;
            self.write(message, &[], elapsed, out);
        }
    }

    fn write(
        &self,
        message: Message,
        logprobs: &[TokenLogprob],
        elapsed: Duration,
        out: &mut Vec<u8>,
    ) {
        push_line(line(&self.reply, elapsed, message, logprobs), out);
    }
}

impl Encoder for StreamEncoder {
    fn step(&mut self, step: &Step, elapsed: Duration, out: &mut Vec<u8>) {
        match step {
            // There is nothing to say before the first words.
            Step::Start { .. } => {}
            Step::Open(opening) => self.open(opening, elapsed, out),
            Step::Delta(delta) => self.delta(delta, elapsed, out),
            Step::Close => self.close(elapsed, out),
            Step::Finish { reason, usage } => {
                let first = self.first.unwrap_or(elapsed);
                let counters = Counters::new(*usage, &self.reply, self.written, first, elapsed);
                let message = Message::default();
                push_line(last_line(&self.reply, message, &[], reason, counters), out);
            }
            Step::Error(error) => {
                out.extend_from_slice(&encode_stream_error(Format::Ollama, error));
            }
        }
    }

    fn keep_alive(&self) -> &'static [u8] {
        b""
    }
}

fn push_line(line: Object, out: &mut Vec<u8>) {
    Json::from(line).write_to(out);
    out.push(b'\n');
}

pub fn encode_response(response: &Response, reply: &Reply, elapsed: Duration) -> Vec<u8> {
    let mut content = String::new();
    let mut thinking = String::new();
    let mut input = 0;
    let mut images = Vec::new();
    let mut calls = Vec::new();
    let mut logprobs = Vec::new();
    for block in &response.blocks {
        match &block.content {
            Content::Text(text) => {
                content.push_str(&text.text);
                logprobs.extend_from_slice(&text.logprobs);
            }
            Content::Refusal(text) => content.push_str(text),
            Content::Thinking(thought) => thinking.push_str(&thought.text),
            Content::Image(media) => match image(media) {
                Ok(data) => images.push(data),
                Err(place) => content.push_str(place),
            },
            Content::ToolUse(used) => {
                let tool = ToolOpening {
                    id: used.id.clone(),
                    name: used.name.clone(),
                    namespace: None,
                    is_custom: matches!(used.input, ToolInput::Text(_)),
                };
                let (ToolInput::Json(text) | ToolInput::Text(text)) = &used.input;
                input += text.len();
                calls.push(call(calls.len() as u64, &tool, text));
            }
            Content::Audio(_)
            | Content::Video(_)
            | Content::Document(_)
            | Content::ToolResult(_)
            | Content::HostedUse(_)
            | Content::HostedResult(_) => {}
        }
    }
    let written = (content.len() + thinking.len() + input) as u64;
    // When the first word came is not known here, and does not matter.
    let counters = Counters::new(response.usage, reply, written, Duration::ZERO, elapsed);
    let message = Message {
        content: &content,
        thinking: &thinking,
        images,
        calls,
    };
    let reason: &FinishReason = &response.finish;
    Json::from(last_line(reply, message, &logprobs, reason, counters)).to_bytes()
}
