//! The names and the sentence in an error's body, in whatever shape they came.

use wire::json::Json;

/// Everything in lower case, since vendors do not agree on it.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    /// Codes, types, states and reasons.
    pub(crate) names: Vec<String>,
    pub(crate) message: String,
    pub(super) document: Option<Json<'a>>,
}

impl<'a> Said<'a> {
    pub(crate) fn read(status: u16, body: &'a [u8]) -> Self {
        let mut said = Self {
            names: Vec::new(),
            message: wire::error::decode_error(status, body).message,
            document: Json::parse(body, &[]).ok().map(first),
        };
        let document = said.document.take();
        if let Some(document) = &document {
            if let Some(message) = said_elsewhere(document) {
                said.message = message.to_owned();
            }
            said.names = names(document);
        }
        said.message.make_ascii_lowercase();
        said.document = document;
        said
    }

    /// The error object, or the whole body where it stands alone.
    pub(super) fn error(&self) -> Option<&Json<'a>> {
        self.document.as_ref().map(error)
    }

    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|said| said == name)
    }
}

/// Google wraps an error in a list where a stream was asked for.
fn first(document: Json) -> Json {
    match document {
        Json::Array(items) => items.into_iter().next().unwrap_or_default(),
        document => document,
    }
}

fn error<'a, 'b>(document: &'b Json<'a>) -> &'b Json<'a> {
    ["error", "detail"]
        .into_iter()
        .filter_map(|key| document.get(key))
        .find(|inner| inner.as_object().is_some())
        .unwrap_or(document)
}

/// A sentence where `wire` does not look: in a list's first error, or in Cloudflare's `errors`.
fn said_elsewhere<'b>(document: &'b Json) -> Option<&'b str> {
    let of = |object: &'b Json| object.get("message").and_then(Json::as_str);
    let in_errors = || {
        let errors = document.get("errors")?.as_array()?;
        errors.iter().find_map(of)
    };
    of(error(document)).or_else(in_errors)
}

fn names(document: &Json) -> Vec<String> {
    let error = error(document);
    let items = |object: &Json, key: &str| -> Vec<String> {
        let listed = object.get(key).and_then(Json::as_array).unwrap_or_default();
        listed.iter().flat_map(fields).collect()
    };
    let mut names = fields(error);
    names.extend(fields(document));
    names.extend(items(document, "errors"));
    names.extend(items(error, "details"));
    names
}

fn fields(object: &Json) -> Vec<String> {
    let named = ["code", "type", "status", "reason", "__type", "error"]
        .into_iter()
        .filter_map(|key| name(object.get(key)?));
    let violations = object
        .get("violations")
        .and_then(Json::as_array)
        .unwrap_or_default();
    let quotas = violations
        .iter()
        .filter_map(|violation| name(violation.get("quotaId")?));
    named.chain(quotas).collect()
}

/// A name is short; some vendors number theirs.
fn name(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) if text.len() <= 200 => text.to_ascii_lowercase(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    // AWS writes `com.amazon…#ThrottlingException`.
    let name = text.rsplit('#').next().unwrap_or(&text);
    Some(name.to_owned())
}
