//! A request again, as a command line.

use api::log::{CaptureView, Stage};
use serde_json::{Value, json};
use store::usage::DetailRow;

/// What stands where the key belongs.
const KEY: &str = "$NINEROUTER_KEY";

/// With the client's own body where it was kept whole, and a short one of the same kind where it was not.
pub(super) fn command(base: &str, found: &DetailRow, capture: Option<&CaptureView>) -> String {
    let endpoint = found
        .row
        .endpoint
        .as_deref()
        .unwrap_or("/v1/chat/completions");
    let model = found.row.model_requested.as_deref().unwrap_or("MODEL");
    let kept = capture.and_then(|capture| {
        let stages = capture.stages.iter();
        let stage = stages
            .filter(|stage| stage.stage == Stage::ClientRequest)
            .find(|stage| !stage.is_truncated && !stage.body.is_empty())?;
        Some(stage.body.clone())
    });
    let body = kept.unwrap_or_else(|| sample(endpoint, model, found.is_stream).to_string());
    let path = path(endpoint, model, found.is_stream);
    let base = base.trim_end_matches('/');
    format!(
        "curl {} \\\n  -H \"Authorization: Bearer {KEY}\" \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        quoted(&format!("{base}{path}")),
        quoted(&body)
    )
}

/// Gemini's paths name the model.
fn path(endpoint: &str, model: &str, is_stream: bool) -> String {
    match endpoint {
        "/v1beta/models" if is_stream => {
            format!("/v1beta/models/{model}:streamGenerateContent?alt=sse")
        }
        "/v1beta/models" => format!("/v1beta/models/{model}:generateContent"),
        "/v1beta/models/countTokens" => format!("/v1beta/models/{model}:countTokens"),
        endpoint => endpoint.to_owned(),
    }
}

fn sample(endpoint: &str, model: &str, is_stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": "Hello" }]);
    match endpoint {
        "/v1beta/models" | "/v1beta/models/countTokens" => {
            json!({ "contents": [{ "role": "user", "parts": [{ "text": "Hello" }] }] })
        }
        "/v1/messages" => {
            json!({ "model": model, "max_tokens": 1024, "stream": is_stream, "messages": messages })
        }
        "/v1/messages/count_tokens" => json!({ "model": model, "messages": messages }),
        "/v1/responses" => json!({ "model": model, "stream": is_stream, "input": "Hello" }),
        "/v1/responses/input_tokens" | "/v1/embeddings" => {
            json!({ "model": model, "input": "Hello" })
        }
        _ => json!({ "model": model, "stream": is_stream, "messages": messages }),
    }
}

/// As one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_does_not_end_the_word() {
        assert_eq!(quoted("it's $(rm) `x`"), r"'it'\''s $(rm) `x`'");
    }

    #[test]
    fn each_endpoint_has_its_path_and_its_body() {
        assert_eq!(
            path("/v1beta/models", "gemini/m", true),
            "/v1beta/models/gemini/m:streamGenerateContent?alt=sse"
        );
        assert_eq!(path("/v1/messages", "m", true), "/v1/messages");
        assert_eq!(sample("/v1/messages", "m", false)["max_tokens"], 1024);
        assert_eq!(sample("/v1/responses", "m", true)["input"], "Hello");
    }
}
