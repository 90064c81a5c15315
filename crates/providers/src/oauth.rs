//! How an account logs in with its vendor, as the catalogue's `[oauth]` table says it.
//!
//! Data alone: who asks, waits and keeps secrets is `accounts`. Client ids are the vendors' public ones for installed
//! programs; a client secret is never here, only the name of the variable that holds it.

mod check;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

/// All logins of one provider, and what its accounts need afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OauthSpec {
    /// Shown before anybody connects: what the vendor may hold against it.
    pub terms: Option<String>,
    /// How long before its end a token is refreshed.
    #[serde(rename = "lead_seconds", deserialize_with = "seconds")]
    pub lead: Duration,
    pub account: AccountKind,
    /// The usual one first.
    pub methods: Vec<Method>,
}

/// What is learned of an account once its tokens are there, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// The token answer says all there is.
    Plain,
    /// The token answer names account and organisation.
    Claude,
    /// The id token's claims.
    Codex,
    /// Google's user info, and the project that Code Assist works in.
    Google,
    /// GitHub's user; requests carry a second token that the first is exchanged for.
    Copilot,
    /// User info that holds the key which requests carry.
    Iflow,
    /// A profile that requests name.
    Kiro,
}

/// One way to log in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Kept with the account, since refreshing depends on it.
    pub id: String,
    /// What people choose by.
    pub name: String,
    pub flow: Flow,
    /// Where people go: the page that asks them, or where a device asks for its code. `{region}` is filled in.
    pub url: Option<String>,
    pub client_id: Option<String>,
    /// The variable that holds the client's secret, where the vendor wants one.
    pub client_secret: Option<String>,
    /// Where this program registers as a client of its own first.
    pub registration_url: Option<String>,
    #[serde(default)]
    pub scopes: Vec<String>,
    #[serde(default)]
    pub pkce: bool,
    /// Beside the standard ones.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// The only address the vendor sends people back to; without one it is this program's own.
    pub redirect: Option<String>,
    /// What the vendor calls `redirect_uri`.
    pub redirect_param: Option<String>,
    /// Organisations log in at an address and in a region of their own.
    #[serde(default)]
    pub asks_region: bool,
    /// Where an organisation's people log in, unless they say otherwise.
    pub start_url: Option<String>,
    /// What an imported token begins with.
    pub token_prefix: Option<String>,
    pub token: TokenEndpoint,
    /// Where refreshing differs from the first exchange.
    pub refresh: Option<TokenEndpoint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// The vendor's page sends the browser back with a code.
    Code,
    /// The user types a short code at the vendor's, while this program asks whether it is done.
    Device,
    /// The user brings a refresh token that another program of theirs holds.
    Import,
}

/// Where tokens are given out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEndpoint {
    pub url: String,
    #[serde(default)]
    pub encoding: Encoding,
    /// The client names itself in an `Authorization: Basic` header.
    #[serde(default)]
    pub basic: bool,
    /// The exchange repeats the state.
    #[serde(default)]
    pub sends_state: bool,
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// Standard parameters that the vendor does not know.
    #[serde(default)]
    pub omits: Vec<String>,
}

/// How the endpoint writes what others write as a form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    #[default]
    Form,
    Json,
    /// JSON whose names are `camelCase`, in the answer too.
    CamelJson,
}

impl OauthSpec {
    #[must_use]
    pub fn method(&self, id: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.id == id)
    }

    /// The method of an account that says `id`, or the usual one for accounts that say nothing.
    #[must_use]
    pub fn method_of(&self, id: Option<&str>) -> Option<&Method> {
        id.map_or_else(|| self.methods.first(), |id| self.method(id))
    }
}

impl Method {
    #[must_use]
    pub fn refresh(&self) -> &TokenEndpoint {
        self.refresh.as_ref().unwrap_or(&self.token)
    }

    /// Whether the browser comes back to an address that this program can listen at.
    #[must_use]
    pub fn fixed_redirect(&self) -> Option<FixedRedirect> {
        let url = Url::parse(self.redirect.as_deref()?).ok()?;
        let is_here =
            url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
        Some(match url.port() {
            Some(port) if is_here => FixedRedirect::Port(port),
            _ => FixedRedirect::Elsewhere,
        })
    }
}

/// A redirect that the vendor does not let us choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedRedirect {
    /// On this machine, at this port.
    Port(u16),
    /// Nowhere a program of ours could wait: the user copies the address.
    Elsewhere,
}

fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}
