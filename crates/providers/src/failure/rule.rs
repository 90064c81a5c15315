//! What one provider means by a refusal, as its catalogue file says it.

use std::time::Duration;

use serde::Deserialize;

use crate::failure::FailureKind;
use crate::failure::said::Said;

/// Fits a refusal when everything it names is there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RuleFile")]
pub struct Rule {
    status: Option<u16>,
    /// One of the vendor's names for it: a code, type, status or reason.
    names: Vec<String>,
    /// A part of the vendor's sentence.
    contains: Option<String>,
    kind: FailureKind,
    rest: Option<Duration>,
    renews: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    status: Option<u16>,
    #[serde(default)]
    names: Vec<String>,
    contains: Option<String>,
    kind: FailureKind,
    rest_seconds: Option<u64>,
    #[serde(default)]
    renews: bool,
}

impl TryFrom<RuleFile> for Rule {
    type Error = String;

    fn try_from(file: RuleFile) -> Result<Self, String> {
        if let Some(status) = file.status
            && !(300..=599).contains(&status)
        {
            return Err(format!("expected a status of 300 to 599, found {status}"));
        }
        let contains = file.contains.map(|words| words.to_lowercase());
        let is_blank = file
            .names
            .iter()
            .chain(&contains)
            .any(|words| words.trim().is_empty());
        if is_blank || (file.status.is_none() && file.names.is_empty() && contains.is_none()) {
            return Err("expected a rule with a status, a name or words to find".to_owned());
        }
        if file.rest_seconds == Some(0) {
            return Err("expected a rest of at least one second".to_owned());
        }
        if file.renews && file.kind != FailureKind::Credential {
            return Err("expected only a credential's failure to renew it".to_owned());
        }
        Ok(Self {
            status: file.status,
            names: file.names.iter().map(|name| name.to_lowercase()).collect(),
            contains,
            kind: file.kind,
            rest: file.rest_seconds.map(Duration::from_secs),
            renews: file.renews,
        })
    }
}

impl Rule {
    pub(super) fn fits(&self, status: u16, said: &Said) -> bool {
        self.status.is_none_or(|wanted| wanted == status)
            && (self.names.is_empty() || self.names.iter().any(|name| said.is_named(name)))
            && self
                .contains
                .as_ref()
                .is_none_or(|words| said.message.contains(words.as_str()))
    }

    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The vendor says so of tokens that are too old.
    #[must_use]
    pub fn renews(&self) -> bool {
        self.renews
    }

    /// How long it takes where the vendor's answer does not say.
    #[must_use]
    pub fn rest(&self) -> Option<Duration> {
        self.rest
    }
}
