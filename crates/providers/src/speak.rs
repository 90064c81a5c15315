//! What a provider's requests say of the account beside its token, as the catalogue's `[speak]` table says it.
//!
//! Facts of the account and of the request, where the vendor documents or demands them. Nothing here names another
//! program, and what a client says of itself stays as it is.

mod signature;

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Deserialize;

pub use signature::Signature;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "SpeakFile")]
pub struct SpeakSpec {
    /// Whatever the client sends under these names: it would speak of another account.
    always: Vec<(HeaderName, Template)>,
    /// Where the client sends none of that name.
    unless_sent: Vec<(HeaderName, Template)>,
    /// Lists of words, separated by commas. The client's own words stay.
    joined: Vec<(HeaderName, Vec<String>)>,
    /// Of requests that hold images.
    with_images: Vec<(HeaderName, HeaderValue)>,
    /// Accounts may have hosts of their own under these domains, and nowhere else.
    hosts: Vec<String>,
    needs: Vec<Need>,
    signature: Option<Signature>,
}

/// What no request goes out without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The project that is billed.
    Project,
    /// The vendor's id of the account.
    AccountId,
}

/// What is known when a request goes out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    pub account_id: Option<&'a str>,
    pub project_id: Option<&'a str>,
    pub resource_host: Option<&'a str>,
    /// The same for all requests of one conversation.
    pub conversation: &'a str,
    /// What the request is authorized by.
    pub secret: &'a str,
    /// What this program calls itself, where the client is not heard.
    pub user_agent: &'a str,
    pub has_images: bool,
    pub now_ms: i64,
}

/// Why a request of this account cannot go out, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unspeakable {
    #[error("no project is known for this account: connect it again")]
    NoProject,
    #[error("the vendor's id of this account is not known: connect it again")]
    NoAccountId,
    #[error("its login is for the host `{0}`, which is none of this provider's")]
    ForeignHost(String),
    #[error("its credential cannot be sent in a header")]
    Header,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Template {
    Text(HeaderValue),
    AccountId,
    Conversation,
}

impl SpeakSpec {
    /// Completes the headers of a request that is ready but for them.
    pub fn complete(&self, headers: &mut HeaderMap, facts: &Facts<'_>) -> Result<(), Unspeakable> {
        for need in &self.needs {
            match need {
                Need::Project if facts.project_id.is_none() => return Err(Unspeakable::NoProject),
                Need::AccountId if facts.account_id.is_none() => {
                    return Err(Unspeakable::NoAccountId);
                }
                Need::Project | Need::AccountId => {}
            }
        }
        self.check_host(facts)?;
        for (name, template) in &self.always {
            headers.remove(name);
            if let Some(value) = template.fill(facts)? {
                headers.insert(name, value);
            }
        }
        for (name, template) in &self.unless_sent {
            if !headers.contains_key(name)
                && let Some(value) = template.fill(facts)?
            {
                headers.insert(name, value);
            }
        }
        for (name, words) in &self.joined {
            join(headers, name, words)?;
        }
        if facts.has_images {
            for (name, value) in &self.with_images {
                headers.insert(name, value.clone());
            }
        }
        if let Some(signature) = self.signature {
            if !headers.contains_key(header::USER_AGENT) {
                headers.insert(header::USER_AGENT, value(facts.user_agent)?);
            }
            signature.sign(headers, facts)?;
        }
        Ok(())
    }

    /// Whether it matters which conversation a request belongs to.
    #[must_use]
    pub fn names_conversation(&self) -> bool {
        let mut templates = self.always.iter().chain(&self.unless_sent);
        self.signature.is_some() || templates.any(|(_, text)| *text == Template::Conversation)
    }

    /// Whether it matters if a request holds images.
    #[must_use]
    pub fn asks_for_images(&self) -> bool {
        !self.with_images.is_empty()
    }

    /// Its tokens go to the provider's own domains alone.
    fn check_host(&self, facts: &Facts<'_>) -> Result<(), Unspeakable> {
        let Some(host) = facts.resource_host else {
            return Ok(());
        };
        let is_known = self.hosts.iter().any(|domain| {
            host.strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        if is_known {
            Ok(())
        } else {
            Err(Unspeakable::ForeignHost(host.to_owned()))
        }
    }
}

impl Template {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "{account_id}" => Some(Self::AccountId),
            "{conversation}" => Some(Self::Conversation),
            text if text.contains(['{', '}']) => None,
            text => HeaderValue::from_str(text).ok().map(Self::Text),
        }
    }

    /// Nothing, where the fact is not known.
    fn fill(&self, facts: &Facts<'_>) -> Result<Option<HeaderValue>, Unspeakable> {
        match self {
            Self::Text(text) => Ok(Some(text.clone())),
            Self::AccountId => facts.account_id.map(value).transpose(),
            Self::Conversation => value(facts.conversation).map(Some),
        }
    }
}

fn value(text: &str) -> Result<HeaderValue, Unspeakable> {
    HeaderValue::from_str(text).map_err(|_| Unspeakable::Header)
}

fn join(headers: &mut HeaderMap, name: &HeaderName, words: &[String]) -> Result<(), Unspeakable> {
    let sent: Vec<String> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    let added = words.iter().filter(|word| !sent.contains(word)).cloned();
    let all: Vec<String> = added.chain(sent.iter().cloned()).collect();
    headers.insert(name, value(&all.join(","))?);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpeakFile {
    #[serde(default)]
    always: BTreeMap<String, String>,
    #[serde(default)]
    unless_sent: BTreeMap<String, String>,
    #[serde(default)]
    joined: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    with_images: BTreeMap<String, String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    needs: Vec<Need>,
    signature: Option<Signature>,
}

impl TryFrom<SpeakFile> for SpeakSpec {
    type Error = String;

    fn try_from(file: SpeakFile) -> Result<Self, String> {
        Ok(Self {
            always: parsed(file.always, |text| Template::parse(&text))?,
            unless_sent: parsed(file.unless_sent, |text| Template::parse(&text))?,
            joined: parsed(file.joined, Some)?,
            with_images: parsed(file.with_images, |text| HeaderValue::from_str(&text).ok())?,
            hosts: file.hosts,
            needs: file.needs,
            signature: file.signature,
        })
    }
}

fn parsed<T, U>(
    table: BTreeMap<String, T>,
    parse: impl Fn(T) -> Option<U>,
) -> Result<Vec<(HeaderName, U)>, String> {
    table
        .into_iter()
        .map(|(name, text)| {
            let error = || format!("expected a header, found `{name}`");
            let header = name.parse::<HeaderName>().map_err(|_| error())?;
            Ok((header, parse(text).ok_or_else(error)?))
        })
        .collect()
}

#[cfg(test)]
mod tests;
