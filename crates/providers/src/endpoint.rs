//! Where a provider listens, what it speaks there, and how it wants to see a key.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use url::Url;
use wire::dialect::Dialect;

use crate::base_url;
use crate::spec::SpecError;

/// What the model's name is put in the place of, where it stands in the base.
const MODEL: &str = "{model}";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "EndpointFile")]
pub struct Endpoint {
    /// Without a trailing slash; a dialect's own path is appended. A template, where the provider has
    /// [parts](crate::parts): only [`ProviderSpec::for_account`](crate::spec::ProviderSpec::for_account) leads anywhere.
    pub base_url: String,
    /// Other addresses of the vendor's, for accounts that give a part; the first that fits.
    pub instead: Vec<Instead>,
    /// What every URL carries behind its `?`.
    pub query: Option<String>,
    /// Where models are listed, where that is not below the base.
    pub models_url: Option<String>,
    /// Where a key is tried, where nobody lists what an account may ask for.
    pub check_url: Option<String>,
    /// What it speaks, the one to translate to first.
    pub formats: Vec<Dialect>,
    /// What single dialects do differently.
    pub own: BTreeMap<Dialect, Own>,
}

/// The base URL of accounts that give a part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    pub part: String,
    pub base_url: String,
}

/// What a dialect has of its own, where a provider speaks several in different places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// On the same host: a key goes nowhere else.
    pub base_url: Option<String>,
    pub auth: Option<AuthStyle>,
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
    /// `api-key: …`
    ApiKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointFile {
    base_url: String,
    #[serde(default)]
    instead: Vec<Instead>,
    query: Option<String>,
    models_url: Option<String>,
    check_url: Option<String>,
    formats: Vec<Dialect>,
    #[serde(default)]
    own: BTreeMap<Dialect, Own>,
}

impl Endpoint {
    /// `base_url` as people paste it.
    pub fn new(base_url: &str, formats: Vec<Dialect>) -> Result<Self, SpecError> {
        if formats.is_empty() {
            return Err(SpecError::NoFormat);
        }
        Ok(Self {
            base_url: base_url::normalise(base_url)?,
            instead: Vec::new(),
            query: None,
            models_url: None,
            check_url: None,
            formats,
            own: BTreeMap::new(),
        })
    }

    /// Every template of addresses.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &str> {
        let instead = self.instead.iter().map(|instead| &instead.base_url);
        let others = self.models_url.iter().chain(&self.check_url);
        let all = std::iter::once(&self.base_url).chain(instead).chain(others);
        all.map(String::as_str)
    }

    /// Whether the model's name stands in the path, so that it must be one segment of it.
    #[must_use]
    pub fn names_model(&self) -> bool {
        self.base_url.contains(MODEL)
    }

    #[must_use]
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.formats.contains(&dialect)
    }

    /// What the paths of `dialect` are appended to.
    #[must_use]
    pub fn base(&self, dialect: Dialect) -> &str {
        self.own
            .get(&dialect)
            .and_then(|own| own.base_url.as_deref())
            .unwrap_or(&self.base_url)
    }

    /// Where `model` is asked for an answer.
    #[must_use]
    pub fn url(&self, dialect: Dialect, model: &str, stream: bool) -> String {
        self.at(dialect, &dialect.path(model, stream), model)
    }

    /// Another path of `dialect`.
    #[must_use]
    pub fn at(&self, dialect: Dialect, path: &str, model: &str) -> String {
        let url = format!("{}{path}", self.base(dialect)).replace(MODEL, model);
        self.with_query(url)
    }

    fn with_query(&self, url: String) -> String {
        match &self.query {
            Some(query) if url.contains('?') => format!("{url}&{query}"),
            Some(query) => format!("{url}?{query}"),
            None => url,
        }
    }

    /// The same on another host of the vendor's, which it has named for one account.
    #[must_use]
    pub fn at_host(&self, host: &str) -> Self {
        let moved = |base: &str| {
            let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
            let path = rest.find('/').map_or("", |start| &rest[start..]);
            format!("https://{host}{path}")
        };
        let mut own = self.own.clone();
        for differs in own.values_mut() {
            differs.base_url = differs.base_url.as_deref().map(moved);
        }
        Self {
            base_url: moved(&self.base_url),
            formats: self.formats.clone(),
            own,
            ..self.clone()
        }
    }

    /// Where this provider lists its models: asked to see whether a key works.
    #[must_use]
    pub fn models_url(&self) -> String {
        if let Some(url) = &self.models_url {
            return url.clone();
        }
        let Some(first) = self.formats.first() else {
            return format!("{}/models", self.base_url);
        };
        let path = match first {
            Dialect::Ollama => "/api/tags",
            _ => "/models",
        };
        format!("{}{path}", self.base(*first))
    }

    /// The same, asking for all of them at once, where a vendor would give a page.
    #[must_use]
    pub fn all_models_url(&self) -> String {
        let url = self.models_url();
        match self.formats.first() {
            Some(Dialect::Anthropic) => format!("{url}?limit=1000"),
            Some(Dialect::Gemini) => format!("{url}?pageSize=1000"),
            _ => url,
        }
    }

    /// Where a key is tried: mostly where models are listed.
    #[must_use]
    pub fn check_url(&self) -> String {
        let url = self.check_url.clone();
        url.map_or_else(|| self.all_models_url(), |url| self.with_query(url))
    }

    fn with_own(mut self, own: BTreeMap<Dialect, Own>) -> Result<Self, SpecError> {
        for (dialect, mut differs) in own {
            if !self.speaks(dialect) {
                return Err(SpecError::NotSpoken(dialect));
            }
            if let Some(pasted) = &differs.base_url {
                let base = base_url::normalise(pasted)?;
                if is_template(&self.base_url) || origin(&base) != origin(&self.base_url) {
                    return Err(SpecError::OtherHost(base));
                }
                differs.base_url = Some(base);
            }
            self.own.insert(dialect, differs);
        }
        Ok(self)
    }
}

impl TryFrom<EndpointFile> for Endpoint {
    type Error = SpecError;

    fn try_from(file: EndpointFile) -> Result<Self, SpecError> {
        let base_url = match is_template(&file.base_url) {
            true => file.base_url,
            false => base_url::normalise(&file.base_url)?,
        };
        if file.formats.is_empty() {
            return Err(SpecError::NoFormat);
        }
        let endpoint = Self {
            base_url,
            instead: file.instead,
            query: file.query,
            models_url: file.models_url,
            check_url: file.check_url,
            formats: file.formats,
            own: BTreeMap::new(),
        };
        endpoint.with_own(file.own)
    }
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
            Self::ApiKey => (
                HeaderName::from_static("api-key"),
                HeaderValue::from_str(secret),
            ),
        };
        let mut value = value.ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }
}

/// An address of which an account gives parts.
fn is_template(base: &str) -> bool {
    base.contains('{')
}

fn origin(base: &str) -> Option<url::Origin> {
    Url::parse(base).ok().map(|url| url.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_dialect_may_have_a_base_of_its_own() {
        let endpoint = parse(
            "base_url = 'https://x.example/v1'\nformats = ['openai-chat', 'anthropic']\n\
             [own.anthropic]\nbase_url = 'https://x.example/anthropic/v1/messages'\nauth = 'x-api-key'",
        )
        .expect("an endpoint");
        assert_eq!(
            endpoint.url(Dialect::Anthropic, "m", true),
            "https://x.example/anthropic/v1/messages"
        );
        assert_eq!(
            endpoint.url(Dialect::OpenaiChat, "m", true),
            "https://x.example/v1/chat/completions"
        );
        assert_eq!(endpoint.models_url(), "https://x.example/v1/models");
    }

    #[test]
    fn a_key_goes_to_one_host() {
        for base in [
            "https://y.example/v1",
            "http://x.example/v1",
            "https://x.example:8443/v1",
        ] {
            let error = parse(&format!(
                "base_url = 'https://x.example/v1'\nformats = ['anthropic']\n[own.anthropic]\nbase_url = '{base}'"
            ));
            assert!(
                error.is_err_and(|error| error.contains("host")),
                "{base} is another host"
            );
        }
    }

    #[test]
    fn what_is_not_spoken_has_nothing_of_its_own() {
        let error = parse(
            "base_url = 'https://x.example'\nformats = ['openai-chat']\n[own.anthropic]\nauth = 'bearer'",
        );
        assert!(error.is_err_and(|error| error.contains("anthropic")));
    }
}
