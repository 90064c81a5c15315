//! One provider, as its catalogue file or a user's node describes it.

use api::ids::ProviderId;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use wire::dialect::Dialect;

use crate::base_url::{self, BaseUrlError};
use crate::price::Price;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSpec {
    pub id: ProviderId,
    pub name: String,
    /// What stands before the slash in a model name.
    pub prefix: String,
    /// The vendor's documentation: where the facts of this entry come from.
    pub docs: Option<String>,
    pub endpoint: Endpoint,
    pub auth: AuthStyle,
    /// Headers that are sent where the client's request has none of that name.
    pub default_headers: HeaderMap,
    pub models: Vec<ModelSpec>,
}

/// Where a provider listens and what it speaks there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Without a trailing slash; a dialect's own path is appended.
    pub base_url: String,
    /// What it speaks, the one to translate to first.
    pub formats: Vec<Dialect>,
}

impl Endpoint {
    #[must_use]
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.formats.contains(&dialect)
    }

    /// Where `model` is asked for an answer.
    #[must_use]
    pub fn url(&self, dialect: Dialect, model: &str, stream: bool) -> String {
        format!("{}{}", self.base_url, dialect.path(model, stream))
    }

    /// Where this provider lists its models: asked to see whether a key works.
    #[must_use]
    pub fn models_url(&self) -> String {
        let path = match self.formats.first() {
            Some(Dialect::Ollama) => "/api/tags",
            _ => "/models",
        };
        format!("{}{path}", self.base_url)
    }
}

/// How a provider wants to see an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthStyle {
    /// `Authorization: Bearer …`
    Bearer,
    /// `x-api-key: …`
    XApiKey,
    /// `x-goog-api-key: …`
    XGoogApiKey,
}

impl AuthStyle {
    /// The header that carries `secret`, marked sensitive. `None` when it cannot stand in a header.
    #[must_use]
    pub fn header(self, secret: &str) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match self {
            Self::Bearer => (
                http::header::AUTHORIZATION,
                HeaderValue::from_str(&format!("Bearer {secret}")),
            ),
            Self::XApiKey => (
                HeaderName::from_static("x-api-key"),
                HeaderValue::from_str(secret),
            ),
            Self::XGoogApiKey => (
                HeaderName::from_static("x-goog-api-key"),
                HeaderValue::from_str(secret),
            ),
        };
        let mut value = value.ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    pub id: String,
    pub name: Option<String>,
    /// Tokens of context.
    pub context: Option<u64>,
    pub price: Option<Price>,
}

/// Why a description is not a provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    #[error("{0}")]
    Syntax(String),
    #[error(transparent)]
    BaseUrl(#[from] BaseUrlError),
    #[error("expected a prefix of letters, digits, `-`, `_` and `.`, found `{0}`")]
    Prefix(String),
    #[error("expected a header, found `{0}`")]
    Header(String),
    #[error("a provider must speak at least one format")]
    NoFormat,
}

/// Whether `prefix` can stand before the slash in a model name.
#[must_use]
pub fn is_prefix(prefix: &str) -> bool {
    (1..=64).contains(&prefix.len())
        && prefix
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

impl ProviderSpec {
    /// Reads a catalogue file.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let file: SpecFile =
            toml::from_str(text).map_err(|error| SpecError::Syntax(error.to_string()))?;
        file.try_into()
    }

    /// A provider that a user described.
    pub fn node(
        id: ProviderId,
        name: String,
        prefix: String,
        base_url: &str,
        dialect: Dialect,
    ) -> Result<Self, SpecError> {
        if !is_prefix(&prefix) {
            return Err(SpecError::Prefix(prefix));
        }
        let (auth, default_headers) = conventions(dialect);
        Ok(Self {
            id,
            name,
            prefix,
            docs: None,
            endpoint: Endpoint {
                base_url: base_url::normalise(base_url)?,
                formats: vec![dialect],
            },
            auth,
            default_headers,
            models: Vec::new(),
        })
    }

    #[must_use]
    pub fn model(&self, id: &str) -> Option<&ModelSpec> {
        self.models.iter().find(|model| model.id == id)
    }
}

/// What servers of a dialect expect, unless their own documentation says otherwise.
///
/// Anthropic: <https://platform.claude.com/docs/en/api/overview>;
/// OpenAI: <https://platform.openai.com/docs/api-reference/authentication>;
/// Gemini: <https://ai.google.dev/gemini-api/docs/api-key>. The others take OAuth tokens, as a bearer.
fn conventions(dialect: Dialect) -> (AuthStyle, HeaderMap) {
    match dialect {
        Dialect::Anthropic => (
            AuthStyle::XApiKey,
            HeaderMap::from_iter([(
                HeaderName::from_static("anthropic-version"),
                HeaderValue::from_static("2023-06-01"),
            )]),
        ),
        Dialect::Gemini => (AuthStyle::XGoogApiKey, HeaderMap::new()),
        Dialect::Kiro => (
            AuthStyle::Bearer,
            HeaderMap::from_iter([
                (
                    http::header::ACCEPT,
                    HeaderValue::from_static("application/vnd.amazon.eventstream"),
                ),
                (
                    HeaderName::from_static("x-amz-target"),
                    HeaderValue::from_static(
                        "AmazonCodeWhispererStreamingService.GenerateAssistantResponse",
                    ),
                ),
            ]),
        ),
        Dialect::OpenaiChat
        | Dialect::OpenaiResponses
        | Dialect::Ollama
        | Dialect::Codex
        | Dialect::GeminiCli
        | Dialect::Antigravity => (AuthStyle::Bearer, HeaderMap::new()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecFile {
    id: String,
    name: String,
    prefix: String,
    docs: Option<String>,
    endpoint: EndpointFile,
    auth: AuthStyle,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    models: Vec<ModelSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointFile {
    base_url: String,
    formats: Vec<Dialect>,
}

impl TryFrom<SpecFile> for ProviderSpec {
    type Error = SpecError;

    fn try_from(file: SpecFile) -> Result<Self, SpecError> {
        if !is_prefix(&file.prefix) {
            return Err(SpecError::Prefix(file.prefix));
        }
        if file.endpoint.formats.is_empty() {
            return Err(SpecError::NoFormat);
        }
        let mut default_headers = HeaderMap::new();
        for (name, value) in file.headers {
            let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value))
            else {
                return Err(SpecError::Header(name));
            };
            default_headers.insert(name, value);
        }
        Ok(Self {
            id: ProviderId(file.id),
            name: file.name,
            prefix: file.prefix,
            docs: file.docs,
            endpoint: Endpoint {
                base_url: base_url::normalise(&file.endpoint.base_url)?,
                formats: file.endpoint.formats,
            },
            auth: file.auth,
            default_headers,
            models: file.models,
        })
    }
}
