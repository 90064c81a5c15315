//! Parts of a provider's address that belong to the account: a resource of its own, a number, a project.
//!
//! The catalogue's file declares them and names them in the address. What an account gives is checked when it is saved,
//! so that whatever is filled in leads to a host of the vendor's and nowhere else.

mod template;

use std::collections::BTreeMap;

use http::HeaderValue;
use serde::Deserialize;
use url::Url;

use crate::address::Reach;
use crate::base_url;
use crate::endpoint::{AuthStyle, Endpoint};
use crate::spec::ProviderSpec;

pub(crate) use template::check;
use template::{fill, names};

/// What the accounts gave, by the names of the parts. No empty texts.
pub type Given = BTreeMap<String, String>;

/// Longer than any name, number or address that is meant.
const LONGEST: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is stored under, and called in the address.
    pub name: String,
    /// For people.
    pub label: String,
    pub kind: PartKind,
    pub hint: Option<String>,
    pub example: Option<String>,
    /// What stands for it where an account says nothing. `{model}` is the model that is asked.
    pub default: Option<String>,
    /// An account cannot do without it.
    #[serde(default)]
    pub required: bool,
    /// Of an origin: its host is one of theirs.
    #[serde(default)]
    pub domains: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    /// `https://` and a host of one of the part's domains.
    Origin,
    /// An address of the account's own, wherever it is: http too.
    BaseUrl,
    /// One segment of a path: letters, digits, `-`, `_` and `.`.
    Segment,
    /// What can be a piece of a host's name: letters, digits and `-`.
    Label,
    /// The word of an administrator that the account's own address may lead into their own network: `true` or nothing.
    Consent,
}

/// Why what an account gives is no address, and which part is to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PartError {
    pub part: String,
    pub why: String,
}

impl Part {
    /// What is pasted as it is stored. Nothing, where it says nothing.
    fn read(&self, text: &str) -> Result<Option<String>, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > LONGEST {
            return Err(format!("expected at most {LONGEST} characters"));
        }
        let value = match self.kind {
            PartKind::Origin => self.origin(text)?,
            PartKind::BaseUrl => base_url::normalise(text).map_err(|error| error.to_string())?,
            PartKind::Segment if is_made_of(text, b"-_.") && !text.starts_with('.') => {
                text.to_owned()
            }
            PartKind::Segment => {
                return Err(format!(
                    "expected letters, digits, `-`, `_` and `.`, found `{text}`"
                ));
            }
            PartKind::Label if is_made_of(text, b"-") => text.to_ascii_lowercase(),
            PartKind::Label => {
                return Err(format!("expected letters, digits and `-`, found `{text}`"));
            }
            PartKind::Consent => match text {
                "true" => text.to_owned(),
                "false" => return Ok(None),
                _ => return Err(format!("expected `true` or `false`, found `{text}`")),
            },
        };
        Ok(Some(value))
    }

    /// People paste whole endpoints; who is asked is all that is kept.
    fn origin(&self, text: &str) -> Result<String, String> {
        let expected = || {
            let domains: Vec<String> = self
                .domains
                .iter()
                .map(|domain| format!("https://….{domain}"))
                .collect();
            format!("expected {}, found `{text}`", domains.join(" or "))
        };
        let url = Url::parse(text).map_err(|_| expected())?;
        let host = url.host_str().unwrap_or_default();
        let is_theirs = self.domains.iter().any(|domain| {
            host.strip_suffix(domain.as_str())
                .and_then(|own| own.strip_suffix('.'))
                .is_some_and(|own| !own.is_empty())
        });
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.port().is_none();
        if url.scheme() == "https" && is_theirs && is_plain {
            Ok(format!("https://{host}"))
        } else {
            Err(expected())
        }
    }
}

impl ProviderSpec {
    /// What an account gives, as it is stored: known names, checked values, no empty texts.
    pub fn parts_of(&self, given: &Given) -> Result<Given, PartError> {
        let error = |part: &str, why: String| PartError {
            part: part.to_owned(),
            why,
        };
        if let Some(unknown) = given
            .keys()
            .find(|name| !self.parts.iter().any(|part| part.name == **name))
        {
            let why = format!("the accounts of {} have no `{unknown}`", self.name);
            return Err(error(unknown, why));
        }
        let mut kept = Given::new();
        for part in &self.parts {
            let text = given.get(&part.name).map_or("", String::as_str);
            let read = part.read(text).map_err(|why| error(&part.name, why))?;
            match read {
                Some(value) => {
                    kept.insert(part.name.clone(), value);
                }
                None if part.required => {
                    return Err(error(&part.name, format!("{} is required", part.label)));
                }
                None => {}
            }
        }
        Ok(kept)
    }

    /// The provider as an account that gives these parts sees it: with an address that can be connected to.
    pub fn for_account(&self, given: &Given) -> Result<Self, PartError> {
        let given = self.parts_of(given)?;
        let mut own = self.clone();
        own.endpoint = self.filled(&given);
        for (name, template) in &self.part_headers {
            if names(template).all(|part| given.contains_key(part))
                && let Ok(value) = HeaderValue::from_str(&fill(template, &self.parts, &given))
            {
                own.default_headers.insert(name.clone(), value);
            }
        }
        if self.parts.iter().any(|part| part.kind == PartKind::BaseUrl) {
            own.reach = match self.consent(&given) {
                true => Reach::Private,
                false => Reach::Public,
            };
        }
        Ok(own)
    }

    /// The same for a service account, whose key file names a project.
    pub fn for_service_account(&self, given: &Given, project: &str) -> Result<Self, PartError> {
        let mut given = given.clone();
        if let Some(own) = &self.service_account {
            let named = given.entry(own.project.clone()).or_default();
            if named.trim().is_empty() {
                project.clone_into(named);
            }
        }
        let mut own = self.for_account(&given)?;
        // https://cloud.google.com/docs/authentication/rest#bearer-tokens
        own.auth = AuthStyle::Bearer;
        Ok(own)
    }

    /// The address of the account's own, where that is a part: to be looked at before it is stored.
    #[must_use]
    pub fn own_address(&self, given: &Given) -> Option<String> {
        let part = self
            .parts
            .iter()
            .find(|part| part.kind == PartKind::BaseUrl)?;
        given.get(&part.name).or(part.default.as_ref()).cloned()
    }

    /// Whether somebody has said that the account's own address may lead into their own network.
    #[must_use]
    pub fn consent(&self, given: &Given) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| part.kind == PartKind::Consent && given.contains_key(&part.name))
    }

    fn filled(&self, given: &Given) -> Endpoint {
        let endpoint = &self.endpoint;
        let full = |text: &String| fill(text, &self.parts, given);
        let base_url = endpoint
            .instead
            .iter()
            .find(|instead| given.contains_key(&instead.part))
            .map_or(&endpoint.base_url, |instead| &instead.base_url);
        Endpoint {
            base_url: full(base_url),
            query: endpoint.query.as_ref().map(full),
            models_url: endpoint.models_url.as_ref().map(full),
            check_url: endpoint.check_url.as_ref().map(full),
            instead: Vec::new(),
            formats: endpoint.formats.clone(),
            own: endpoint.own.clone(),
        }
    }
}

fn is_made_of(text: &str, also: &[u8]) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
}

#[cfg(test)]
mod tests;
