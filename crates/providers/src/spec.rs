//! One provider, as its catalogue file or a user's node describes it.

use api::ids::ProviderId;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use wire::dialect::Dialect;

use crate::address::Reach;
use crate::base_url::BaseUrlError;
use crate::endpoint::{AuthStyle, Endpoint};
use crate::failure::rule::Rule;
use crate::oauth::OauthSpec;
use crate::parts::{self, Part};
use crate::price::Price;
use crate::quota::QuotaSpec;
use crate::speak::SpeakSpec;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSpec {
    pub id: ProviderId,
    pub name: String,
    /// What stands before the slash in a model name.
    pub prefix: String,
    /// The vendor's documentation: where the facts of this entry come from.
    pub docs: Option<String>,
    /// A user's node does not say.
    pub tier: Option<Tier>,
    pub login: Login,
    /// Of those that log in.
    pub oauth: Option<OauthSpec>,
    pub quota: Option<QuotaSpec>,
    /// What its requests say beside the token.
    pub speak: SpeakSpec,
    pub endpoint: Endpoint,
    /// What of its address belongs to the account.
    pub parts: Vec<Part>,
    /// Headers that an account's parts stand in, for those that give them.
    pub part_headers: Vec<(HeaderName, String)>,
    pub key: KeyNeed,
    /// An account may be one of Google's service accounts, and show its tokens instead of a key.
    pub service_account: Option<ServiceAccountSpec>,
    /// How far its address may lead. The catalogue's addresses are ours, so wherever a network sends their names is
    /// its own business: some carry everything through addresses of their own.
    pub reach: Reach,
    /// What most of its dialects want; [`Self::auth_for`] asks for one.
    pub auth: AuthStyle,
    /// Headers that are sent where the client's request has none of that name. They say what is asked for,
    /// never that another program asks.
    pub default_headers: HeaderMap,
    pub models: Vec<ModelSpec>,
    /// What its refusals mean where they mean something else than everybody's; the first that fits decides.
    pub failures: Vec<Rule>,
}

/// Where a provider stands between what is paid for anyway and what costs nothing. Combos go through them in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// A flat rate that is paid whether it is used or not.
    Subscription,
    /// Paid by use, or a plan whose key is bought for other programs.
    Cheap,
    /// It gives something away.
    Free,
}

/// How an account comes about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    #[default]
    ApiKey,
    /// The vendor's own login gives a token that is refreshed; a key would be refused.
    Oauth,
}

/// Whether an account that takes a key can do without one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyNeed {
    #[default]
    Required,
    Optional,
}

/// What becomes of a service account's key file, pasted where a key is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccountSpec {
    /// The part that the file's own project stands for, where the account names none.
    pub project: String,
    /// Nothing else is taken for a key.
    #[serde(default)]
    pub required: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    pub id: String,
    pub name: Option<String>,
    /// Tokens of context.
    pub context: Option<u64>,
    pub price: Option<Price>,
    /// What it is spoken to in, where models differ; [`ProviderSpec::formats`] asks for one.
    #[serde(default)]
    pub formats: Vec<Dialect>,
    /// A provider has listed it: a bare name does not lead here.
    #[serde(skip)]
    pub is_discovered: bool,
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
    #[error("expected one of the provider's own formats, found `{0}`")]
    NotSpoken(Dialect),
    #[error("{0}")]
    Login(String),
    #[error("expected an address on the provider's own host, found `{0}`")]
    OtherHost(String),
    #[error("{0}")]
    Parts(String),
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
        reach: Reach,
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
            tier: None,
            login: Login::ApiKey,
            oauth: None,
            quota: None,
            speak: SpeakSpec::default(),
            endpoint: Endpoint::new(base_url, vec![dialect])?,
            parts: Vec::new(),
            part_headers: Vec::new(),
            key: KeyNeed::default(),
            service_account: None,
            reach,
            auth,
            default_headers,
            models: Vec::new(),
            failures: Vec::new(),
        })
    }

    #[must_use]
    pub fn model(&self, id: &str) -> Option<&ModelSpec> {
        self.models.iter().find(|model| model.id == id)
    }

    /// What `model` is spoken to in, the dialect to translate to first.
    ///
    /// Where a provider's models differ, one of which nothing is said is spoken to in the provider's first.
    #[must_use]
    pub fn formats(&self, model: &str) -> &[Dialect] {
        let spoken = &self.endpoint.formats;
        match self.model(model) {
            Some(known) if !known.formats.is_empty() => &known.formats,
            _ if self.models.iter().any(|model| !model.formats.is_empty()) => {
                spoken.get(..1).unwrap_or_default()
            }
            _ => spoken,
        }
    }

    #[must_use]
    pub fn auth_for(&self, dialect: Dialect) -> AuthStyle {
        self.endpoint
            .own
            .get(&dialect)
            .and_then(|own| own.auth)
            .unwrap_or(self.auth)
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
    tier: Tier,
    #[serde(default)]
    login: Login,
    oauth: Option<OauthSpec>,
    quota: Option<QuotaSpec>,
    #[serde(default)]
    speak: SpeakSpec,
    endpoint: Endpoint,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    part_headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    key: KeyNeed,
    service_account: Option<ServiceAccountSpec>,
    auth: AuthStyle,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    models: Vec<ModelSpec>,
    #[serde(default)]
    failures: Vec<Rule>,
}

impl TryFrom<SpecFile> for ProviderSpec {
    type Error = SpecError;

    fn try_from(file: SpecFile) -> Result<Self, SpecError> {
        if !is_prefix(&file.prefix) {
            return Err(SpecError::Prefix(file.prefix));
        }
        let mut dialects = file.models.iter().flat_map(|model| &model.formats);
        if let Some(foreign) = dialects.find(|dialect| !file.endpoint.speaks(**dialect)) {
            return Err(SpecError::NotSpoken(*foreign));
        }
        match (&file.oauth, file.login) {
            (Some(oauth), Login::Oauth) => oauth.check().map_err(SpecError::Login)?,
            (Some(_), Login::ApiKey) => {
                return Err(SpecError::Login(
                    "a provider that takes keys has no login".to_owned(),
                ));
            }
            (None, Login::ApiKey | Login::Oauth) => {}
        }
        let templates = file.endpoint.templates();
        for template in templates.filter(|text| text.contains('{')) {
            parts::check(template, &file.parts).map_err(SpecError::Parts)?;
        }
        if let Some(own) = &file.service_account
            && !file.parts.iter().any(|part| part.name == own.project)
        {
            let why = format!("`{}`, a service account's project, is no part", own.project);
            return Err(SpecError::Parts(why));
        }
        let mut part_headers = Vec::new();
        for (name, template) in file.part_headers {
            let Ok(name) = name.parse::<HeaderName>() else {
                return Err(SpecError::Header(name));
            };
            part_headers.push((name, template));
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
            tier: Some(file.tier),
            login: file.login,
            oauth: file.oauth,
            quota: file.quota,
            speak: file.speak,
            endpoint: file.endpoint,
            parts: file.parts,
            part_headers,
            key: file.key,
            service_account: file.service_account,
            reach: Reach::Private,
            auth: file.auth,
            default_headers,
            models: file.models,
            failures: file.failures,
        })
    }
}
