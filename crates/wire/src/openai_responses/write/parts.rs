//! What stands inside of items.

use crate::ir::content::{Citation, HostedUse, Media, Source, TokenLogprob};
use crate::json::{Json, Object};
use crate::object;

/// The image's base64; of one that is elsewhere there is none.
pub(super) fn image_data(media: &Media) -> Option<String> {
    match &media.source {
        Source::Base64(data) => Some(data.clone()),
        Source::Url(_) | Source::FileId(_) => None,
    }
}

pub(super) fn token(token: &TokenLogprob) -> Json<'static> {
    let mut written = one_token(token);
    let top: Vec<Json<'static>> = token.top.iter().map(|top| one_token(top).into()).collect();
    written.push("top_logprobs", top);
    written.into()
}

fn one_token(token: &TokenLogprob) -> Object<'static> {
    let bytes = token.bytes.as_deref().unwrap_or(token.token.as_bytes());
    let bytes: Vec<Json<'static>> = bytes.iter().map(|byte| u64::from(*byte).into()).collect();
    object! {
        "token" => token.token.clone(),
        "logprob" => token.logprob,
        "bytes" => bytes,
    }
}

/// Only what has an address can be cited; where nobody says which words it belongs to, it is all so far.
pub(super) fn annotation(citation: &Citation, text: &str) -> Option<Json<'static>> {
    let url = citation.url.clone()?;
    let (start, end) = citation
        .span
        .unwrap_or_else(|| (0, text.chars().count() as u64));
    Some(
        object! {
            "type" => "url_citation",
            "start_index" => start,
            "end_index" => end,
            "title" => citation.title.clone().unwrap_or_else(|| url.clone()),
            "url" => url,
        }
        .into(),
    )
}

pub(super) fn action(call: &HostedUse, sources: &[Citation]) -> Object<'static> {
    let input = Json::parse(call.input.as_bytes(), &[])
        .ok()
        .and_then(Json::into_object)
        .unwrap_or_default()
        .into_owned();
    let string = |key: &str| input.get(key).and_then(Json::as_str).map(str::to_owned);
    if let (Some(url), None) = (string("url"), string("query")) {
        return object! { "type" => "open_page", "url" => url };
    }
    let mut action = object! {
        "type" => "search",
        "query" => string("query").unwrap_or_default(),
    };
    let sources: Vec<Json<'static>> = sources
        .iter()
        .filter_map(|source| source.url.clone())
        .map(|url| object! { "type" => "url", "url" => url }.into())
        .collect();
    if !sources.is_empty() {
        action.push("sources", sources);
    }
    action
}
