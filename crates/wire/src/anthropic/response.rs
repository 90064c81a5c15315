//! A whole answer: <https://platform.claude.com/docs/en/api/messages>.

use crate::anthropic::layout::{Layout, Piece, Sink};
use crate::anthropic::message;
use crate::codec::Reply;
use crate::ir::content::{Content, ToolInput};
use crate::ir::event::{Delta, Opening, Step, ToolOpening};
use crate::ir::response::Response;
use crate::json::{Json, Object};
use crate::object;

pub fn encode_response(response: &Response, reply: &Reply) -> Vec<u8> {
    let mut layout = Layout::new(&reply.seed);
    let mut whole = Whole::default();
    for block in &response.blocks {
        let Some((opening, deltas)) = unfolded(&block.content) else {
            continue;
        };
        layout.step(&Step::Open(opening), &mut whole);
        for delta in deltas {
            layout.step(&Step::Delta(delta), &mut whole);
        }
        layout.step(&Step::Close, &mut whole);
    }
    let end = Step::Finish {
        reason: response.finish.clone(),
        usage: response.usage,
    };
    layout.step(&end, &mut whole);
    let (reason, sequence) = message::stop_reason(&response.finish, layout.has_refused());
    let body = object! {
        "id" => message::id(reply),
        "type" => "message",
        "role" => "assistant",
        "model" => &reply.model,
        "content" => whole.blocks,
        "stop_reason" => reason,
        "stop_sequence" => sequence.map_or(Json::Null, Json::from),
        "usage" => message::usage(response.usage, reply),
    };
    Json::from(body).to_bytes()
}

/// The blocks, put together again from their pieces.
#[derive(Default)]
struct Whole {
    blocks: Vec<Object<'static>>,
    text: String,
    signature: String,
    input: String,
    citations: Vec<Object<'static>>,
}

impl Sink for Whole {
    fn start(&mut self, block: Object<'_>) {
        self.blocks.push(block.into_owned());
    }

    fn delta(&mut self, delta: Piece<'_>) {
        match delta {
            Piece::Text(text) | Piece::Thinking(text) => self.text.push_str(text),
            Piece::Signature(data) => self.signature.push_str(data),
            Piece::Input(json) => self.input.push_str(json),
            Piece::Citation(citation) => self.citations.push(citation.into_owned()),
        }
    }

    fn stop(&mut self) {
        let text = std::mem::take(&mut self.text);
        let signature = std::mem::take(&mut self.signature);
        let input = std::mem::take(&mut self.input);
        let citations = std::mem::take(&mut self.citations);
        let Some(block) = self.blocks.last_mut() else {
            return;
        };
        for (key, text) in [
            ("text", &text),
            ("thinking", &text),
            ("signature", &signature),
        ] {
            if block.contains(key) {
                block.set(key, text.clone());
            }
        }
        if block.contains("input") {
            block.set("input", ToolInput::Json(input).object());
        }
        if !citations.is_empty() {
            block.push("citations", citations);
        }
    }
}

/// A block as it would have come in a stream.
fn unfolded(content: &Content) -> Option<(Opening, Vec<Delta>)> {
    let text = |text: &String| (!text.is_empty()).then(|| Delta::Text(text.clone()));
    Some(match content {
        Content::Text(said) => {
            let citations = said.citations.iter().cloned().map(Delta::Citation);
            (
                Opening::Text,
                text(&said.text).into_iter().chain(citations).collect(),
            )
        }
        Content::Refusal(said) => (Opening::Refusal, text(said).into_iter().collect()),
        Content::Thinking(thinking) => {
            let opening = if thinking.is_redacted {
                Opening::RedactedThinking
            } else {
                Opening::Thinking
            };
            let proof = thinking.proof.clone().map(Delta::Proof);
            let text = Delta::Thinking(thinking.text.clone());
            (opening, std::iter::once(text).chain(proof).collect())
        }
        Content::ToolUse(call) => {
            let (input, is_custom) = match &call.input {
                ToolInput::Json(input) => (input.clone(), false),
                ToolInput::Text(input) => (input.clone(), true),
            };
            let opening = Opening::Tool(ToolOpening {
                id: call.id.clone(),
                name: call.name.clone(),
                namespace: call.namespace.clone(),
                is_custom,
            });
            let proof = call.proof.clone().map(Delta::Proof);
            (
                opening,
                proof.into_iter().chain([Delta::Input(input)]).collect(),
            )
        }
        Content::Image(media) => (Opening::Image(media.clone()), Vec::new()),
        Content::HostedUse(call) => (Opening::HostedUse(call.clone()), Vec::new()),
        Content::HostedResult(result) => (Opening::HostedResult(result.clone()), Vec::new()),
        Content::Audio(_) | Content::Video(_) | Content::Document(_) | Content::ToolResult(_) => {
            return None;
        }
    })
}
