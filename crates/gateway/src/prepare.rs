//! From a client's request to what is sent: what it asks for, and how that is written for one account.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, header};
use providers::speak::Unspeakable;
use secrecy::ExposeSecret as _;
use store::records::AccountFacts;
use wire::codec::Reply;
use wire::dialect::Dialect;
use wire::format::Format;
use wire::head;
use wire::head::opening::Opening;

use crate::call::{Call, Surface, Task};
use crate::count;
use crate::error::Refusal;
use crate::headers;
use crate::resolve::Target;
use crate::serve::Job;
use crate::snapshot::Account;
use crate::speak;
use crate::translate::{Tier, Written};

/// What the client asks for, wherever its format says so.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) model: String,
    /// Where the model stands in the body, in formats that put it there.
    pub(crate) model_span: Option<Range<usize>>,
    pub(crate) stream: bool,
    /// A stream as one JSON array.
    pub(crate) is_array: bool,
    /// Where the body says which conversation it belongs to.
    pub(crate) opening: Opening,
}

/// A request that knows where it goes.
pub(crate) struct Sending {
    pub(crate) target: Target,
    pub(crate) account: Arc<Account>,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) written: Written,
    pub(crate) asked: Asked,
    pub(crate) reply: Reply,
}

/// What the client asks for, and the body without what real clients send and no vendor takes.
pub(crate) fn asked(call: &Call, mut body: Bytes) -> Result<(Bytes, Asked), Refusal> {
    let malformed = |error: wire::error::DecodeError| Refusal::Malformed(error.to_string());
    if let Some(addressed) = &call.addressed {
        head::check_model(&addressed.model).map_err(malformed)?;
        let opening = head::check(&body).map_err(malformed)?;
        let asked = Asked {
            model: addressed.model.clone(),
            model_span: None,
            stream: addressed.stream,
            is_array: addressed.is_array,
            opening,
        };
        return Ok((body, asked));
    }
    let mut head = head::probe(&body).map_err(malformed)?;
    if head.has_empty_tools
        && call.surface.format == Format::OpenaiChat
        && let Some(without) = head::without_empty_tools(&body)
    {
        body = without;
        head = head::probe(&body).map_err(malformed)?;
    }
    // Ollama streams unless it is told not to.
    let default = call.surface.format == Format::Ollama;
    let asked = Asked {
        model: head.model,
        model_span: Some(head.model_span),
        stream: head.stream.unwrap_or(default),
        is_array: false,
        opening: head.opening,
    };
    Ok((body, asked))
}

/// Embeddings and counts are plain JSON with OpenAI's `usage`, or none.
pub(crate) fn read_as(surface: Surface) -> Format {
    match surface.task {
        Task::Answer => surface.format,
        Task::CountTokens | Task::Embed => Format::OpenaiChat,
    }
}

/// What an encoder of the answer needs to know, but for what only a translated answer is worth reading the body for.
pub(crate) fn reply(asked: &Asked, body: &Bytes, at: DateTime<Utc>) -> Reply {
    Reply {
        seed: uuid::Uuid::now_v7().simple().to_string(),
        created_at: u64::try_from(at.timestamp()).unwrap_or_default(),
        model: asked.model.clone(),
        include_usage: false,
        is_array: asked.is_array,
        prompt_estimate: count::of_body(body),
        request: body.clone(),
    }
}

pub(crate) fn url(
    surface: Surface,
    asked: &Asked,
    target: &Target,
    facts: Option<&AccountFacts>,
    written: &Written,
) -> Result<String, Refusal> {
    let host = facts.and_then(|facts| facts.resource_host.as_deref());
    let endpoint = match host {
        Some(host) => Cow::Owned(target.spec.endpoint.at_host(host)),
        None => Cow::Borrowed(&target.spec.endpoint),
    };
    let endpoint = endpoint.as_ref();
    let stands_in_path = written.dialect == Dialect::Gemini || endpoint.names_model();
    if stands_in_path && !is_segment(&target.model) {
        return Err(Refusal::Malformed(format!(
            "expected the model to be letters, digits, `-`, `_` and `.`, found `{}`",
            target.model
        )));
    }
    match surface.task {
        Task::Answer if written.tier == Tier::Same && asked.is_array => Ok(format!(
            "{}/models/{}:streamGenerateContent",
            endpoint.base(written.dialect),
            target.model
        )),
        Task::Answer => Ok(endpoint.url(written.dialect, &target.model, written.stream)),
        Task::CountTokens => Ok(count::native_url(endpoint, written.dialect, &target.model)),
        Task::Embed
            if endpoint.speaks(Dialect::OpenaiChat)
                || endpoint.speaks(Dialect::OpenaiResponses) =>
        {
            Ok(endpoint.at(written.dialect, "/embeddings", &target.model))
        }
        Task::Embed => Err(Refusal::NotOffered {
            provider: target.spec.name.clone(),
            what: "embeddings in OpenAI's format",
        }),
    }
}

/// A name that can stand in a path and stays one segment of it.
fn is_segment(model: &str) -> bool {
    !model.starts_with('.')
        && model
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

pub(crate) fn says_true(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get(name)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

/// The headers of the upstream's request. Nothing, where what is known of the account cannot be sent.
///
/// A client's own headers go along only where the upstream speaks the client's format: another vendor
/// has no use for them, and some of them name the client.
pub(crate) fn outgoing(
    job: &Job<'_>,
    target: &Target,
    account: &Account,
    written: &Written,
) -> Result<HeaderMap, Unspeakable> {
    let mut headers = match written.tier {
        Tier::Same | Tier::Envelope => headers::for_upstream(&job.call.headers),
        Tier::Translated => HeaderMap::new(),
    };
    for (name, value) in &target.spec.default_headers {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    let named = job.snapshot.settings.identification.get(&target.spec.id);
    for (name, value) in named.into_iter().flatten() {
        headers.insert(name, value.clone());
    }
    if written.tier != Tier::Same && written.stream && !headers.contains_key(header::ACCEPT) {
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/event-stream"),
        );
    }
    let secret = account.credential.bearer().expose_secret();
    // Some of a user's own network ask for none.
    if !secret.is_empty() {
        let auth = target.spec.auth_for(written.dialect);
        let (name, value) = auth.header(secret).ok_or(Unspeakable::Header)?;
        headers.insert(name, value);
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    speak::complete(&mut headers, job, target, account, written)?;
    Ok(headers)
}

pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .trim_start()
                .to_ascii_lowercase()
                .starts_with("text/event-stream")
        })
}
