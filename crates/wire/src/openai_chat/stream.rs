//! A client's stream: <https://platform.openai.com/docs/api-reference/chat-streaming>.
//!
//! Of a call, id, type and name stand in its first delta and never again, because SDKs concatenate them.

use std::time::Duration;

use super::response::{
    annotation, extra_content, finish_word, flat_name, id, image, logprob, logprobs_object,
    usage_object,
};
use crate::codec::{Encoder, Reply};
use crate::error::encode_stream_error;
use crate::format::Format;
use crate::ir::event::{Delta, Opening, Step, ToolOpening};
use crate::ir::proof::Proof;
use crate::json::{Json, Object};
use crate::object;
use crate::usage::Usage;

#[derive(Debug)]
pub struct StreamEncoder {
    /// Every chunk up to its choices.
    head: Vec<u8>,
    include_usage: bool,
    open: Open,
    calls: u64,
    images: usize,
    /// Characters of text so far, and how many of them came before the open block.
    text_chars: u64,
    block_offset: u64,
}

#[derive(Debug)]
enum Open {
    Nothing,
    Text,
    Refusal,
    Thinking,
    /// The beginning of a call is held back until its second delta, so that a signature which
    /// belongs to it comes with it: clients look for one nowhere else.
    HeldCall(HeldCall),
    Call {
        is_custom: bool,
    },
}

#[derive(Debug)]
struct HeldCall {
    tool: ToolOpening,
    input: String,
    proof: Option<Proof>,
}

impl StreamEncoder {
    pub fn new(reply: Reply) -> Self {
        let head = object! {
            "id" => id(&reply),
            "object" => "chat.completion.chunk",
            "created" => reply.created_at,
            "model" => reply.model,
        };
        let mut head = Json::from(head).to_bytes();
        head.pop();
        Self {
            head,
            include_usage: reply.include_usage,
            open: Open::Nothing,
            calls: 0,
            images: 0,
            text_chars: 0,
            block_offset: 0,
        }
    }

    fn opened(&mut self, opening: &Opening, out: &mut Vec<u8>) {
        self.open = match opening {
            Opening::Text => {
                self.block_offset = self.text_chars;
                Open::Text
            }
            Opening::Refusal => Open::Refusal,
            Opening::Thinking => Open::Thinking,
            Opening::Tool(tool) => Open::HeldCall(HeldCall {
                tool: tool.clone(),
                input: String::new(),
                proof: None,
            }),
            Opening::Image(media) => {
                if let Some(image) = image(media, self.images) {
                    self.images += 1;
                    self.delta(object! { "images" => vec![image] }, out);
                }
                Open::Nothing
            }
            // What only the vendor's own clients can show.
            Opening::RedactedThinking | Opening::HostedUse(_) | Opening::HostedResult(_) => {
                Open::Nothing
            }
        };
    }

    fn continued(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match (delta, &mut self.open) {
            (Delta::Text(text), Open::Text) => {
                self.text_chars += text.chars().count() as u64;
                self.delta(object! { "content" => text }, out);
            }
            (Delta::Text(text), Open::Refusal) => self.delta(object! { "refusal" => text }, out),
            (Delta::Thinking(text), Open::Thinking) => {
                self.delta(object! { "reasoning_content" => text }, out);
            }
            (Delta::Input(input), Open::HeldCall(call)) if call.input.is_empty() => {
                call.input.clone_from(input);
            }
            (Delta::Input(input), Open::HeldCall(_) | Open::Call { .. }) => {
                self.release_call(out);
                self.call_delta(self.input_delta(input), out);
            }
            (Delta::Proof(proof), Open::HeldCall(call)) => call.proof = Some(proof.clone()),
            (Delta::Proof(proof), Open::Call { .. }) => {
                let mut delta = self.input_delta("");
                delta.push("extra_content", extra_content(proof));
                self.call_delta(delta, out);
            }
            (Delta::Citation(citation), Open::Text) => {
                if let Some(annotation) = annotation(citation, self.block_offset) {
                    self.delta(object! { "annotations" => vec![annotation] }, out);
                }
            }
            (Delta::Logprobs(tokens), Open::Text) => {
                let tokens = tokens.iter().map(logprob).collect();
                let choice = object! {
                    "index" => 0_u64,
                    "delta" => object! { "content" => "" },
                    "logprobs" => logprobs_object(tokens),
                    "finish_reason" => Json::Null,
                };
                self.chunk(vec![choice], None, out);
            }
            // A signature of text or thinking has no place here.
            (
                Delta::Text(_)
                | Delta::Thinking(_)
                | Delta::Input(_)
                | Delta::Proof(_)
                | Delta::Citation(_)
                | Delta::Logprobs(_),
                _,
            ) => {}
        }
    }

    fn input_delta<'a>(&self, input: &'a str) -> Object<'a> {
        match self.open {
            Open::Call { is_custom: true } => {
                object! { "custom" => object! { "input" => input } }
            }
            _ => object! { "function" => object! { "arguments" => input } },
        }
    }

    /// Writes the beginning of a call that was held back.
    fn release_call(&mut self, out: &mut Vec<u8>) {
        let HeldCall { tool, input, proof } = match std::mem::replace(&mut self.open, Open::Nothing)
        {
            Open::HeldCall(call) => call,
            open => {
                self.open = open;
                return;
            }
        };
        let name = flat_name(tool.namespace.as_deref(), &tool.name);
        let is_custom = tool.is_custom;
        let id = tool.id.unwrap_or_default();
        let mut delta = if is_custom {
            object! {
                "id" => id,
                "type" => "custom",
                "custom" => object! { "name" => name, "input" => input },
            }
        } else {
            object! {
                "id" => id,
                "type" => "function",
                "function" => object! { "name" => name, "arguments" => input },
            }
        };
        delta.push_some("extra_content", proof.as_ref().map(extra_content));
        self.calls += 1;
        self.open = Open::Call { is_custom };
        self.call_delta(delta, out);
    }

    fn closed(&mut self, out: &mut Vec<u8>) {
        if let Open::HeldCall(call) = &mut self.open {
            // A call without arguments must still be parsed by somebody.
            if call.input.is_empty() && !call.tool.is_custom {
                call.input.push_str("{}");
            }
            self.release_call(out);
        }
        self.open = Open::Nothing;
    }

    fn finished(&self, reason: &'static str, usage: Option<Usage>, out: &mut Vec<u8>) {
        let choice = object! {
            "index" => 0_u64,
            "delta" => Object::new(),
            "finish_reason" => reason,
        };
        self.chunk(vec![choice], None, out);
        if self.include_usage {
            self.chunk(Vec::new(), Some(usage.unwrap_or_default()), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// A delta of the call that was begun last.
    fn call_delta(&self, delta: Object, out: &mut Vec<u8>) {
        let mut call = object! { "index" => self.calls.saturating_sub(1) };
        for (key, value) in delta {
            call.push(key, value);
        }
        self.delta(object! { "tool_calls" => vec![call] }, out);
    }

    fn delta(&self, delta: Object, out: &mut Vec<u8>) {
        let choice = object! {
            "index" => 0_u64,
            "delta" => delta,
            "finish_reason" => Json::Null,
        };
        self.chunk(vec![choice], None, out);
    }

    fn chunk(&self, choices: Vec<Object>, usage: Option<Usage>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&self.head);
        out.extend_from_slice(b",\"choices\":");
        Json::from(choices).write_to(out);
        if let Some(usage) = usage {
            out.extend_from_slice(b",\"usage\":");
            Json::from(usage_object(usage)).write_to(out);
        }
        out.extend_from_slice(b"}\n\n");
    }
}

impl Encoder for StreamEncoder {
    fn step(&mut self, step: &Step, _elapsed: Duration, out: &mut Vec<u8>) {
        match step {
            Step::Start { .. } => {
                self.delta(object! { "role" => "assistant", "content" => "" }, out);
            }
            Step::Open(opening) => self.opened(opening, out),
            Step::Delta(delta) => self.continued(delta, out),
            Step::Close => self.closed(out),
            Step::Finish { reason, usage } => self.finished(finish_word(reason), *usage, out),
            Step::Error(error) => {
                out.extend_from_slice(&encode_stream_error(Format::OpenaiChat, error));
            }
        }
    }

    fn keep_alive(&self) -> &'static [u8] {
        b": keep-alive\n\n"
    }
}
