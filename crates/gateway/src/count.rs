//! How long a prompt is: asked of the provider where it can say, estimated here where it cannot.

use bytes::Bytes;
use providers::endpoint::Endpoint;
use wire::codec;
use wire::dialect::Dialect;
use wire::error::WireError;
use wire::estimate;
use wire::format::Format;
use wire::ir::note::Notes;
use wire::json::Json;
use wire::object;

use crate::error::Refusal;
use crate::resolve::Target;

/// Whether the provider counts tokens of this format itself.
///
/// <https://platform.claude.com/docs/en/api/messages-count-tokens>, <https://ai.google.dev/api/tokens>,
/// <https://platform.openai.com/docs/api-reference/responses/input-tokens>.
pub(crate) fn is_native(format: Format, target: &Target) -> bool {
    let counts = match format {
        Format::Anthropic | Format::Gemini | Format::OpenaiResponses => true,
        Format::OpenaiChat | Format::Ollama => false,
    };
    counts
        && target
            .spec
            .formats(&target.model)
            .contains(&Dialect::plain(format))
}

pub(crate) fn native_url(endpoint: &Endpoint, dialect: Dialect, model: &str) -> String {
    let path = match dialect {
        Dialect::Gemini => format!("/models/{model}:countTokens"),
        Dialect::OpenaiResponses => "/responses/input_tokens".to_owned(),
        _ => "/messages/count_tokens".to_owned(),
    };
    endpoint.at(dialect, &path, model)
}

/// The count in the client's own shape, estimated.
pub(crate) fn estimate(format: Format, body: &Bytes) -> Result<Bytes, Refusal> {
    let body = request_within(format, body);
    let request = codec::decode_request(format, &body, &mut Notes::new())
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    let tokens = estimate::tokens(&request);
    let answer = match format {
        Format::Anthropic => object! { "input_tokens" => tokens },
        Format::Gemini => object! { "totalTokens" => tokens },
        Format::OpenaiResponses => {
            object! { "object" => "response.input_tokens", "input_tokens" => tokens }
        }
        Format::OpenaiChat | Format::Ollama => {
            return Err(Refusal::Untranslatable(WireError::new(
                wire::error::ErrorKind::NotFound,
                "this format has no way to count tokens",
            )));
        }
    };
    Ok(Json::from(answer).to_bytes().into())
}

/// Gemini's `countTokens` may wrap the request in `generateContentRequest`.
fn request_within(format: Format, body: &Bytes) -> Bytes {
    if format != Format::Gemini {
        return body.clone();
    }
    let inner = Json::parse(body, &[]).ok().and_then(|json| {
        let mut object = json.into_object()?;
        object.take_any(&["generateContentRequest", "generate_content_request"])
    });
    inner.map_or_else(|| body.clone(), |request| request.to_bytes().into())
}

/// A first guess before anything is parsed: JSON around the text weighs about as much as it hides.
pub(crate) fn of_body(body: &Bytes) -> u64 {
    // Images would count as millions of tokens.
    const MOST: u64 = 200_000;
    (body.len() as u64 / 5).clamp(1, MOST)
}
