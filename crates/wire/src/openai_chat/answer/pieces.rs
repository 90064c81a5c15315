//! What an answer is made of besides text and calls.

use crate::ir::content::{Citation, Media, TokenLogprob};
use crate::json::{Json, Object};

/// DeepSeek says `reasoning_content`, others `reasoning`; OpenRouter adds details, which say the same again.
pub(super) fn reasoning(delta: &mut Object) -> String {
    for key in ["reasoning_content", "reasoning"] {
        let text = delta.take(key).and_then(Json::into_string);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            return text;
        }
    }
    let details = delta.get("reasoning_details").and_then(Json::as_array);
    details
        .unwrap_or_default()
        .iter()
        .filter_map(|detail| {
            detail
                .get("text")
                .or_else(|| detail.get("summary"))?
                .as_str()
        })
        .collect()
}

/// Mistral's part: <https://docs.mistral.ai/capabilities/reasoning/>.
pub(super) fn thinking(part: &mut Object) -> String {
    match part.take("thinking") {
        Some(Json::String(text)) => text.into_owned(),
        Some(Json::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text")?.as_str())
            .collect(),
        _ => String::new(),
    }
}

pub(super) fn image(part: &mut Object) -> Option<Media> {
    let url = match part.take("image_url")? {
        Json::Object(mut link) => link.take("url")?.into_str()?,
        Json::String(url) => url,
        _ => return None,
    };
    Some(Media::from_url(&url))
}

pub(super) fn citation(annotation: &Json) -> Option<Citation> {
    let cited = annotation.get("url_citation")?;
    let text = |key| Some(cited.get(key)?.as_str()?.to_owned());
    let place = |key| cited.get(key)?.as_u64();
    Some(Citation {
        url: Some(text("url")?),
        title: text("title").filter(|title| !title.is_empty()),
        cited_text: text("content").filter(|cited| !cited.is_empty()),
        span: place("start_index")
            .zip(place("end_index"))
            .filter(|(start, end)| start < end),
    })
}

pub(super) fn logprobs(tokens: &Json) -> Vec<TokenLogprob> {
    let tokens = tokens.as_array().unwrap_or_default();
    tokens.iter().filter_map(logprob).collect()
}

fn logprob(token: &Json) -> Option<TokenLogprob> {
    let byte = |byte: &Json| u8::try_from(byte.as_u64()?).ok();
    Some(TokenLogprob {
        token: token.get("token")?.as_str()?.to_owned(),
        logprob: token.get("logprob")?.as_f64()?,
        bytes: token
            .get("bytes")
            .and_then(Json::as_array)
            .and_then(|bytes| bytes.iter().map(byte).collect()),
        top: token.get("top_logprobs").map(logprobs).unwrap_or_default(),
    })
}
