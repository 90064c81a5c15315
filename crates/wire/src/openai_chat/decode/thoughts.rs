//! Reasoning that comes back in history: no vendor's field, but many servers' and clients' custom.

use super::messages::call_ids;
use super::parts::anthropic_thinking;
use super::take_text;
use crate::ir::content::{At, Block, Content, Thinking, ToolUse};
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};

/// Reasoning in the places servers give it out in, and so clients give it back in.
pub(super) fn thoughts(message: &mut Object, at: At) -> Vec<Block> {
    let plain = ["reasoning_content", "reasoning"]
        .into_iter()
        .filter_map(|key| take_text(message, key))
        .next();
    let mut thoughts = Vec::new();
    for key in ["thinking_blocks", "reasoning_details"] {
        let details = message.take(key).and_then(Json::into_array);
        for detail in details.unwrap_or_default() {
            thoughts.extend(detail.into_object().and_then(read_thought));
        }
        if !thoughts.is_empty() {
            break;
        }
    }
    // The details say the same again, with signatures.
    let has_text = |thought: &Thinking| !thought.text.is_empty();
    if let Some(text) = plain
        && !thoughts.iter().any(has_text)
    {
        let thought = Thinking {
            text,
            ..Thinking::default()
        };
        thoughts.insert(0, thought);
    }
    thoughts
        .into_iter()
        .map(|thought| Block::new(at, Content::Thinking(thought)))
        .collect()
}

/// One of OpenRouter's details (<https://openrouter.ai/docs/use-cases/reasoning-tokens>), or Anthropic's block.
fn read_thought(mut detail: Object) -> Option<Thinking> {
    let kind = take_text(&mut detail, "type")?;
    let format = take_text(&mut detail, "format").unwrap_or_default();
    let issuer = match format.split('-').next() {
        Some("anthropic") => Some(Issuer::Anthropic),
        Some("openai" | "azure") => Some(Issuer::Openai),
        Some("google") => Some(Issuer::Gemini),
        _ => None,
    };
    let proof = |text: Option<String>| Proof::from_slot(issuer?, &text?);
    let thought = match kind.as_str() {
        "reasoning.text" => Thinking {
            text: take_text(&mut detail, "text").unwrap_or_default(),
            proof: proof(take_text(&mut detail, "signature")),
            is_redacted: false,
        },
        "reasoning.summary" => Thinking {
            text: take_text(&mut detail, "summary")?,
            ..Thinking::default()
        },
        "reasoning.encrypted" => Thinking {
            text: String::new(),
            proof: proof(take_text(&mut detail, "data")),
            is_redacted: issuer == Some(Issuer::Anthropic),
        },
        "thinking" | "redacted_thinking" => anthropic_thinking(&kind, &mut detail),
        _ => return None,
    };
    (!thought.text.is_empty() || thought.proof.is_some()).then_some(thought)
}

/// OpenRouter gives Gemini's signature of a call as a thought without text; it belongs to the first call.
pub(super) fn adopt_signature(blocks: &mut Vec<Block>, call: &mut ToolUse) {
    if call.proof.is_some() || call_ids(blocks).next().is_some() {
        return;
    }
    let place = blocks.iter().position(|block| match &block.content {
        Content::Thinking(Thinking {
            text,
            proof: Some(proof),
            ..
        }) => text.is_empty() && proof.issuer == Issuer::Gemini,
        _ => false,
    });
    if let Some(place) = place
        && let Content::Thinking(thought) = blocks.remove(place).content
    {
        call.proof = thought.proof;
    }
}
