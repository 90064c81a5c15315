//! An answer for a client: <https://platform.openai.com/docs/api-reference/responses-streaming>.
//!
//! One item at a time, from added to done, and at the end the whole response again. A client that does not
//! stream gets that response alone, made the same way.

mod echo;
mod item;
mod ladder;
mod parts;

use std::time::Duration;

use crate::codec::{Encoder, Reply};
use crate::ir::content::{Content, ToolInput};
use crate::ir::event::{Delta, Opening, Step, ToolOpening};
use crate::ir::response::Response;
use crate::openai_responses::write::ladder::Ladder;

/// Marks the data of thinking that was redacted, which Anthropic wants back as such.
pub(super) const REDACTED: &str = "redacted:";

#[derive(Debug)]
pub struct StreamEncoder {
    ladder: Ladder,
}

impl StreamEncoder {
    pub fn new(reply: Reply) -> Self {
        Self {
            ladder: Ladder::new(reply),
        }
    }
}

impl Encoder for StreamEncoder {
    fn step(&mut self, step: &Step, elapsed: Duration, out: &mut Vec<u8>) {
        self.ladder.step(step, elapsed, out);
    }

    fn keep_alive(&self) -> &'static [u8] {
        b": keep-alive\n\n"
    }
}

pub(super) fn whole(response: &Response, reply: &Reply) -> Vec<u8> {
    let mut ladder = Ladder::new(reply.clone());
    let mut events = Vec::new();
    for block in &response.blocks {
        for step in steps(&block.content) {
            ladder.step(&step, Duration::ZERO, &mut events);
        }
        events.clear();
    }
    ladder.whole(&response.finish, response.usage)
}

/// A block as it would have come.
fn steps(content: &Content) -> Vec<Step> {
    let mut deltas = Vec::new();
    let opening = match content {
        Content::Text(text) => {
            deltas.push(Delta::Text(text.text.clone()));
            deltas.extend(text.citations.iter().cloned().map(Delta::Citation));
            deltas.push(Delta::Logprobs(text.logprobs.clone()));
            Opening::Text
        }
        Content::Refusal(text) => {
            deltas.push(Delta::Text(text.clone()));
            Opening::Refusal
        }
        Content::Thinking(thinking) => {
            deltas.push(Delta::Thinking(thinking.text.clone()));
            deltas.extend(thinking.proof.clone().map(Delta::Proof));
            if thinking.is_redacted {
                Opening::RedactedThinking
            } else {
                Opening::Thinking
            }
        }
        Content::ToolUse(call) => {
            deltas.extend(call.proof.clone().map(Delta::Proof));
            let (ToolInput::Json(input) | ToolInput::Text(input)) = &call.input;
            deltas.push(Delta::Input(input.clone()));
            Opening::Tool(ToolOpening {
                id: call.id.clone(),
                name: call.name.clone(),
                namespace: call.namespace.clone(),
                is_custom: matches!(call.input, ToolInput::Text(_)),
            })
        }
        Content::Image(media) => Opening::Image(media.clone()),
        Content::HostedUse(call) => Opening::HostedUse(call.clone()),
        Content::HostedResult(result) => Opening::HostedResult(result.clone()),
        // No model of any vendor answers with these.
        Content::Audio(_) | Content::Video(_) | Content::Document(_) | Content::ToolResult(_) => {
            return Vec::new();
        }
    };
    let mut steps = vec![Step::Open(opening)];
    steps.extend(deltas.into_iter().map(Step::Delta));
    steps.push(Step::Close);
    steps
}
