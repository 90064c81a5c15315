//! Folds steps into a whole answer.

use crate::error::WireError;
use crate::ir::content::{
    At, Block, Citation, Content, Text, Thinking, TokenLogprob, ToolInput, ToolUse,
};
use crate::ir::event::{Delta, Opening, Step};
use crate::ir::proof::Proof;
use crate::ir::response::Response;

#[derive(Debug, Default)]
pub struct Accumulator {
    response: Response,
    open: Option<Open>,
    end: Option<Result<(), WireError>>,
}

#[derive(Debug)]
struct Open {
    opening: Opening,
    /// Text, thinking, or a call's input.
    text: String,
    proof: Option<Proof>,
    citations: Vec<Citation>,
    logprobs: Vec<TokenLogprob>,
}

impl Accumulator {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, step: Step) {
        match step {
            Step::Start { model, usage } => {
                self.response.model = model;
                self.response.usage = usage;
            }
            Step::Open(opening) => {
                self.open = Some(Open {
                    opening,
                    text: String::new(),
                    proof: None,
                    citations: Vec::new(),
                    logprobs: Vec::new(),
                });
            }
            Step::Delta(delta) => {
                if let Some(open) = &mut self.open {
                    open.push(delta);
                }
            }
            Step::Close => {
                if let Some(open) = self.open.take() {
                    self.response
                        .blocks
                        .push(Block::new(At::default(), open.into_content()));
                }
            }
            Step::Finish { reason, usage } => {
                self.response.finish = reason;
                self.response.usage = usage;
                self.end = Some(Ok(()));
            }
            Step::Error(error) => self.end = Some(Err(error)),
        }
    }

    /// The answer, or the error it ended with. `None` while it has not ended.
    pub fn finish(self) -> Option<Result<Response, WireError>> {
        Some(self.end?.map(|()| self.response))
    }
}

impl Open {
    fn push(&mut self, delta: Delta) {
        match delta {
            Delta::Text(text) | Delta::Thinking(text) | Delta::Input(text) => {
                self.text.push_str(&text);
            }
            Delta::Proof(proof) => self.proof = Some(proof),
            Delta::Citation(citation) => self.citations.push(citation),
            Delta::Logprobs(tokens) => self.logprobs.extend(tokens),
        }
    }

    fn into_content(self) -> Content {
        match self.opening {
            Opening::Text => Content::Text(Text {
                text: self.text,
                citations: self.citations,
                logprobs: self.logprobs,
                proof: self.proof,
            }),
            Opening::Refusal => Content::Refusal(self.text),
            Opening::Thinking => Content::Thinking(Thinking {
                text: self.text,
                proof: self.proof,
                is_redacted: false,
            }),
            Opening::RedactedThinking => Content::Thinking(Thinking {
                text: String::new(),
                proof: self.proof,
                is_redacted: true,
            }),
            Opening::Tool(tool) => Content::ToolUse(ToolUse {
                id: tool.id,
                name: tool.name,
                namespace: tool.namespace,
                input: if tool.is_custom {
                    ToolInput::Text(self.text)
                } else {
                    ToolInput::Json(self.text)
                },
                proof: self.proof,
            }),
            Opening::Image(media) => Content::Image(media),
            Opening::HostedUse(call) => Content::HostedUse(call),
            Opening::HostedResult(result) => Content::HostedResult(result),
        }
    }
}
