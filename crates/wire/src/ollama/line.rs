//! One object of an answer: a line of a stream, or all of it.
//!
//! <https://github.com/ollama/ollama/blob/main/docs/api.md#response-10>

use std::time::Duration;

use chrono::{DateTime, SecondsFormat};

use crate::codec::Reply;
use crate::ir::content::{Media, Source, TokenLogprob, ToolInput};
use crate::ir::event::ToolOpening;
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::object;
use crate::usage::Usage;

/// What `message` holds.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) content: &'a str,
    pub(super) thinking: &'a str,
    pub(super) images: Vec<&'a str>,
    pub(super) calls: Vec<Object<'a>>,
}

/// What an answer took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counters {
    pub(super) elapsed: Duration,
    /// Until the first word.
    pub(super) first: Duration,
    pub(super) prompt: u64,
    pub(super) output: u64,
}

impl Counters {
    /// `written` bytes were sent; what nobody counted is estimated, because the fields are not optional.
    pub(super) fn new(
        usage: Option<Usage>,
        reply: &Reply,
        written: u64,
        first: Duration,
        elapsed: Duration,
    ) -> Self {
        Self {
            elapsed,
            first: first.min(elapsed),
            prompt: usage.map_or(reply.prompt_estimate, |usage| usage.total_input()),
            output: usage.map_or(written.div_ceil(4), |usage| usage.output),
        }
    }
}

/// A line that is not the last.
pub(super) fn line<'a>(
    reply: &'a Reply,
    elapsed: Duration,
    message: Message<'a>,
    logprobs: &[TokenLogprob],
) -> Object<'a> {
    let mut line = head(reply, elapsed, message);
    if !logprobs.is_empty() {
        line.push("logprobs", logprobs.iter().map(logprob).collect::<Vec<_>>());
    }
    line.push("done", false);
    line
}

/// The last line, or an answer that is no stream.
pub(super) fn last_line<'a>(
    reply: &'a Reply,
    message: Message<'a>,
    logprobs: &[TokenLogprob],
    reason: &FinishReason,
    counters: Counters,
) -> Object<'a> {
    let mut line = line(reply, counters.elapsed, message, logprobs);
    line.set("done", true);
    let evaluation = counters.elapsed.saturating_sub(counters.first);
    line.push("done_reason", done_reason(reason))
        .push("total_duration", nanos(counters.elapsed))
        .push("load_duration", 0_u64)
        .push("prompt_eval_count", counters.prompt)
        .push("prompt_eval_duration", nanos(counters.first))
        .push("eval_count", counters.output)
        .push("eval_duration", nanos(evaluation));
    line
}

/// `arguments` are an object here, whatever the model wrote.
pub(super) fn call<'a>(index: u64, tool: &ToolOpening, input: &str) -> Object<'a> {
    let input = match tool.is_custom {
        true => ToolInput::Text(input.to_owned()),
        false => ToolInput::Json(input.to_owned()),
    };
    let mut call = Object::new();
    call.push_some("id", tool.id.clone());
    call.push(
        "function",
        object! {
            "index" => index,
            "name" => tool.name.clone(),
            "arguments" => input.object(),
        },
    );
    call
}

/// An image as base64, or else where it is.
pub(super) fn image(media: &Media) -> Result<&str, &str> {
    match &media.source {
        Source::Base64(data) => Ok(data),
        Source::Url(place) | Source::FileId(place) => Err(place),
    }
}

fn head<'a>(reply: &'a Reply, elapsed: Duration, message: Message<'a>) -> Object<'a> {
    let mut said = object! { "role" => "assistant", "content" => message.content };
    if !message.thinking.is_empty() {
        said.push("thinking", message.thinking);
    }
    if !message.images.is_empty() {
        let images: Vec<Json> = message.images.into_iter().map(Json::from).collect();
        said.push("images", images);
    }
    if !message.calls.is_empty() {
        said.push("tool_calls", message.calls);
    }
    object! {
        "model" => &reply.model,
        "created_at" => time(reply.created_at, elapsed),
        "message" => said,
    }
}

/// In RFC 3339, with nanoseconds as Ollama has them.
pub(super) fn time(created_at: u64, elapsed: Duration) -> String {
    let seconds = created_at.saturating_add(elapsed.as_secs());
    let seconds = i64::try_from(seconds).unwrap_or_default();
    DateTime::from_timestamp(seconds, elapsed.subsec_nanos())
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// Never zero: clients divide by it.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos())
        .unwrap_or(u64::MAX)
        .max(1)
}

fn done_reason(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Length | FinishReason::ContextWindow => "length",
        FinishReason::Stop
        | FinishReason::StopSequence(_)
        | FinishReason::ToolUse
        | FinishReason::Refusal
        | FinishReason::Pause => "stop",
    }
}

fn logprob(token: &TokenLogprob) -> Json<'static> {
    let mut object = object! { "token" => token.token.clone(), "logprob" => token.logprob };
    let bytes = |bytes: &Vec<u8>| -> Vec<Json> {
        bytes
            .iter()
            .map(|byte| Json::from(u32::from(*byte)))
            .collect()
    };
    object.push_some("bytes", token.bytes.as_ref().map(bytes));
    if !token.top.is_empty() {
        object.push(
            "top_logprobs",
            token.top.iter().map(logprob).collect::<Vec<_>>(),
        );
    }
    Json::from(object)
}
