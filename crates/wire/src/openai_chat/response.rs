//! A whole answer for a client: <https://platform.openai.com/docs/api-reference/chat/object>.
//!
//! Also the pieces it has in common with the stream.

use crate::codec::Reply;
use crate::ir::content::{Citation, Content, Media, Text, TokenLogprob, ToolInput, ToolUse};
use crate::ir::proof::{Issuer, Proof};
use crate::ir::response::{FinishReason, Response};
use crate::json::{Json, Object};
use crate::object;
use crate::usage::Usage;

pub fn encode_response(response: &Response, reply: &Reply) -> Vec<u8> {
    let mut message = Message::default();
    for block in &response.blocks {
        message.push(&block.content);
    }
    let logprobs = std::mem::take(&mut message.logprobs);
    let choice = object! {
        "index" => 0_u64,
        "message" => message.into_object(),
        "logprobs" => logprobs_object(logprobs),
        "finish_reason" => finish_word(&response.finish),
    };
    let completion = object! {
        "id" => id(reply),
        "object" => "chat.completion",
        "created" => reply.created_at,
        "model" => &reply.model,
        "choices" => vec![choice],
        "usage" => usage_object(response.usage.unwrap_or_default()),
    };
    Json::from(completion).to_bytes()
}

/// All blocks of one kind, since a message has one field for each.
#[derive(Default)]
struct Message<'a> {
    content: String,
    refusal: String,
    reasoning: String,
    annotations: Vec<Object<'a>>,
    images: Vec<Object<'a>>,
    calls: Vec<Object<'a>>,
    logprobs: Vec<Json<'a>>,
}

impl<'a> Message<'a> {
    fn push(&mut self, content: &'a Content) {
        match content {
            Content::Text(text) => self.push_text(text),
            Content::Refusal(text) => self.refusal.push_str(text),
            Content::Thinking(thinking) => self.reasoning.push_str(&thinking.text),
            Content::Image(media) => self.images.extend(image(media, self.images.len())),
            Content::ToolUse(call) => self.calls.push(tool_call(call)),
            // A hosted tool's call is the vendor's own business; what it found is in the text and its citations.
            Content::HostedUse(_)
            | Content::HostedResult(_)
            | Content::Audio(_)
            | Content::Video(_)
            | Content::Document(_)
            | Content::ToolResult(_) => {}
        }
    }

    fn push_text(&mut self, text: &'a Text) {
        let offset = self.content.chars().count() as u64;
        let annotations = text.citations.iter();
        self.annotations
            .extend(annotations.filter_map(|citation| annotation(citation, offset)));
        self.logprobs.extend(text.logprobs.iter().map(logprob));
        self.content.push_str(&text.text);
    }

    fn into_object(self) -> Object<'a> {
        // Clients take the length of what they got, so there is a string if there is nothing else.
        let is_null =
            self.content.is_empty() && !(self.calls.is_empty() && self.refusal.is_empty());
        let mut message = object! {
            "role" => "assistant",
            "content" => if is_null { Json::Null } else { self.content.into() },
            "refusal" => if self.refusal.is_empty() { Json::Null } else { self.refusal.into() },
        };
        if !self.reasoning.is_empty() {
            message.push("reasoning_content", self.reasoning);
        }
        for (key, list) in [
            ("annotations", self.annotations),
            ("images", self.images),
            ("tool_calls", self.calls),
        ] {
            if !list.is_empty() {
                message.push(key, list);
            }
        }
        message
    }
}

fn tool_call(call: &ToolUse) -> Object<'_> {
    let name = flat_name(call.namespace.as_deref(), &call.name);
    let id = call.id.as_deref().unwrap_or_default();
    let mut object = match &call.input {
        ToolInput::Text(input) => object! {
            "id" => id,
            "type" => "custom",
            "custom" => object! { "name" => name, "input" => input },
        },
        ToolInput::Json(_) => object! {
            "id" => id,
            "type" => "function",
            "function" => object! { "name" => name, "arguments" => call.input.json_text() },
        },
    };
    object.push_some("extra_content", call.proof.as_ref().map(extra_content));
    object
}

pub(super) fn id(reply: &Reply) -> String {
    format!("chatcmpl-{}", reply.seed)
}

/// Chat has no groups of tools.
pub(super) fn flat_name(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}__{name}"),
        None => name.to_owned(),
    }
}

/// <https://ai.google.dev/gemini-api/docs/thought-signatures>
pub(super) fn extra_content(proof: &Proof) -> Object<'static> {
    let signature = proof.to_slot(Issuer::Gemini);
    object! { "google" => object! { "thought_signature" => signature } }
}

/// As OpenRouter answers with images: <https://openrouter.ai/docs/features/multimodal/image-generation>.
pub(super) fn image(media: &Media, index: usize) -> Option<Object<'static>> {
    let url = media.to_url()?;
    Some(object! {
        "index" => index as u64,
        "type" => "image_url",
        "image_url" => object! { "url" => url },
    })
}

/// `offset`: the characters before the text the citation belongs to. One without a URL cannot be said.
pub(super) fn annotation(citation: &Citation, offset: u64) -> Option<Object<'static>> {
    let url = citation.url.clone()?;
    let (start, end) = citation.span.unwrap_or_default();
    Some(object! {
        "type" => "url_citation",
        "url_citation" => object! {
            "url" => url,
            "title" => citation.title.clone().unwrap_or_default(),
            "start_index" => start.saturating_add(offset),
            "end_index" => end.saturating_add(offset),
        },
    })
}

pub(super) fn logprobs_object(tokens: Vec<Json<'_>>) -> Json<'_> {
    if tokens.is_empty() {
        return Json::Null;
    }
    Json::from(object! { "content" => tokens, "refusal" => Json::Null })
}

pub(super) fn logprob(token: &TokenLogprob) -> Json<'_> {
    let mut object = alternative(token);
    let top: Vec<Object> = token.top.iter().map(alternative).collect();
    object.push("top_logprobs", top);
    object.into()
}

fn alternative(token: &TokenLogprob) -> Object<'_> {
    let bytes = token.bytes.as_ref().map_or(Json::Null, |bytes| {
        let bytes = bytes.iter().map(|byte| Json::from(u64::from(*byte)));
        bytes.collect::<Vec<Json>>().into()
    });
    object! { "token" => &token.token, "logprob" => token.logprob, "bytes" => bytes }
}

pub(super) fn finish_word(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence(_) | FinishReason::Pause => "stop",
        FinishReason::ToolUse => "tool_calls",
        FinishReason::Length | FinishReason::ContextWindow => "length",
        FinishReason::Refusal => "content_filter",
    }
}

pub(super) fn usage_object(usage: Usage) -> Object<'static> {
    let prompt = usage.total_input();
    object! {
        "prompt_tokens" => prompt,
        "completion_tokens" => usage.output,
        "total_tokens" => prompt.saturating_add(usage.output),
        "prompt_tokens_details" => object! {
            "cached_tokens" => usage.cache_read,
            "cache_write_tokens" => usage.cache_write,
            "audio_tokens" => 0_u64,
        },
        "completion_tokens_details" => object! {
            "reasoning_tokens" => usage.reasoning,
            "audio_tokens" => 0_u64,
            "accepted_prediction_tokens" => 0_u64,
            "rejected_prediction_tokens" => 0_u64,
        },
    }
}
