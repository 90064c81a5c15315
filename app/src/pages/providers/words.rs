//! What is known of providers and accounts, in words. A colour never says it alone.

use std::collections::BTreeMap;

use api::connection::{ConnectionView, Health, RestView, Trouble};
use api::provider::{PartEntry, PartView, ProviderView, Tier};
use chrono::{DateTime, Utc};

use crate::format;

/// How an account, or a provider's accounts together, are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    /// It mends by itself.
    Warn,
    Bad,
    Quiet,
}

impl Mood {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "badge badge-good",
            Self::Warn => "badge badge-warn",
            Self::Bad => "badge badge-bad",
            Self::Quiet => "badge badge-quiet",
        }
    }
}

/// A few words, and the moment they end with: "resting until", 14:10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) mood: Mood,
    pub(crate) words: String,
    pub(crate) until: Option<DateTime<Utc>>,
}

impl Status {
    fn new(mood: Mood, words: impl Into<String>) -> Self {
        Self {
            mood,
            words: words.into(),
            until: None,
        }
    }

    /// It would be asked.
    fn is_ready(&self) -> bool {
        match self.mood {
            Mood::Good => true,
            Mood::Quiet => self.words == UNTRIED,
            Mood::Warn | Mood::Bad => false,
        }
    }
}

const UNTRIED: &str = "Not tried yet";
const PAUSED: &str = "Paused";
const NEEDS_KEY: &str = "Needs a new key";
const NEEDS_LOGIN: &str = "Has to be connected again";

/// What a tier means for the purse.
pub(crate) fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Subscription => "A flat rate that is paid whether it is used or not.",
        Tier::Cheap => "Paid by use, or a plan for programs.",
        Tier::Free => "It gives something away.",
    }
}

pub(crate) fn dialects(provider: &ProviderView) -> String {
    let names = provider.dialects.iter().map(|dialect| dialect.name());
    names.collect::<Vec<_>>().join(", ")
}

pub(crate) fn account(account: &ConnectionView) -> Status {
    if !account.is_active {
        return Status::new(Mood::Quiet, PAUSED);
    }
    if account
        .login
        .as_ref()
        .is_some_and(|login| login.revoked_at.is_some())
    {
        return Status::new(Mood::Bad, NEEDS_LOGIN);
    }
    // What its owner has to mend.
    let refused = match account.login {
        Some(_) => NEEDS_LOGIN,
        None => NEEDS_KEY,
    };
    let whole = account.rests.iter().find(|rest| rest.model.is_none());
    match whole {
        Some(rest) if rest.trouble == Trouble::Credential => {
            return Status::new(Mood::Bad, refused);
        }
        Some(rest) => {
            return Status {
                until: Some(rest.until),
                ..Status::new(Mood::Warn, "Resting until")
            };
        }
        None => {}
    }
    match (account.health, account.error_code) {
        (Health::Active, _) => Status::new(Mood::Good, "Working"),
        (Health::Unknown, _) => Status::new(Mood::Quiet, UNTRIED),
        (Health::Error, Some(401)) => Status::new(Mood::Bad, refused),
        (Health::Error, Some(code)) => Status::new(Mood::Bad, format!("Failing: {code}")),
        (Health::Error, None) => Status::new(Mood::Bad, "Failing"),
    }
}

/// "2 of 3 accounts ready" and the like; if none is, why.
pub(crate) fn accounts(accounts: &[ConnectionView]) -> Status {
    let all: Vec<Status> = accounts.iter().map(account).collect();
    let total = all.len() as u64;
    if total == 0 {
        return Status::new(Mood::Quiet, "No account yet");
    }
    let many = format::plural(total, "account", "accounts");
    let ready = all.iter().filter(|status| status.is_ready()).count() as u64;
    if ready > 0 {
        let is_tried = all.iter().any(|status| status.mood == Mood::Good);
        return match (ready == total, is_tried) {
            (true, true) => Status::new(Mood::Good, format!("{many} ready")),
            (true, false) => Status::new(Mood::Quiet, format!("{many}, not tried yet")),
            (false, _) => Status::new(
                Mood::Good,
                format!("{} of {many} ready", format::count(ready)),
            ),
        };
    }
    // The first to come back says when.
    if let Some(until) = all.iter().filter_map(|status| status.until).min() {
        return Status {
            until: Some(until),
            ..Status::new(Mood::Warn, format!("{many}, resting until"))
        };
    }
    if all.iter().all(|status| status.words == PAUSED) {
        return Status::new(Mood::Quiet, format!("{many}, paused"));
    }
    if all.iter().any(|status| status.words == NEEDS_KEY) {
        let needs = match total {
            1 => "needs a new key",
            _ => "none ready, one needs a new key",
        };
        return Status::new(Mood::Bad, format!("{many}, {needs}"));
    }
    if all.iter().any(|status| status.words == NEEDS_LOGIN) {
        let needs = match total {
            1 => "has to be connected again",
            _ => "none ready, one has to be connected again",
        };
        return Status::new(Mood::Bad, format!("{many}, {needs}"));
    }
    let why = accounts.iter().filter(|one| one.is_active).find_map(reason);
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    Status::new(Mood::Bad, format!("{many}, failing{why}"))
}

/// What rests, up to the moment: `Rests until `, or `some-model rests until `.
pub(crate) fn rests(rest: &RestView) -> String {
    match &rest.model {
        Some(model) => format!("{model} rests until "),
        None => "Rests until ".to_owned(),
    }
}

/// Why an account is left alone, and how long still.
pub(crate) fn rest(rest: &RestView, now: Option<DateTime<Utc>>) -> String {
    let left = now.map(|now| (rest.until - now).num_seconds().max(0));
    let left = match left {
        Some(seconds) => format!(", {} left", countdown(seconds.unsigned_abs())),
        None => String::new(),
    };
    let how = if rest.is_known {
        "not asked before"
    } else {
        "asked after the others"
    };
    format!("{left}: it {} ({how})", rest.trouble.words())
}

/// `2 h 5 min`, `4 min 10 s`, `10 s`.
fn countdown(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// The beginning of what the provider said: enough for a line, the rest stands at the account.
fn reason(account: &ConnectionView) -> Option<String> {
    const LONGEST: usize = 48;
    let text = account.last_error.as_deref()?;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Some(match account.error_code {
        Some(code) if !short.contains(&code.to_string()) => format!("{code} {short}"),
        Some(_) | None => short,
    })
}

/// "Kept to 2 models", of an account that is not asked for all.
pub(crate) fn kept_to(account: &ConnectionView) -> Option<String> {
    match account.enabled_models.as_slice() {
        [] => None,
        [one] => Some(format!("Only {one}")),
        several => Some(format!("Only {} models", several.len())),
    }
}

/// What an account gives to its provider's address: "Endpoint https://… · Deployment d-1".
pub(crate) fn parts(parts: &[PartView], given: &BTreeMap<String, String>) -> Option<String> {
    let words: Vec<String> = parts
        .iter()
        .filter_map(|part| {
            let value = given.get(&part.name)?;
            Some(match part.entry {
                PartEntry::Tick => part.label.clone(),
                PartEntry::Text | PartEntry::Url => format!("{} {value}", part.label),
            })
        })
        .collect();
    (!words.is_empty()).then(|| words.join(" · "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::slice::from_ref;

    use api::connection::{AuthKind, ConnectionView, Health, RestView, Trouble};
    use chrono::{DateTime, TimeDelta};

    use super::{Mood, accounts, countdown, rest};

    fn one(is_active: bool, health: Health, error: Option<(u16, &str)>) -> ConnectionView {
        ConnectionView {
            login: None,
            id: "c".into(),
            owner_id: "u".into(),
            provider: "p".into(),
            auth: AuthKind::ApiKey,
            name: "first".to_owned(),
            priority: 1,
            default_model: None,
            is_active,
            is_shared: true,
            proxy: None,
            parts: BTreeMap::new(),
            enabled_models: Vec::new(),
            rests: Vec::new(),
            may_change: true,
            health,
            last_error: error.map(|(_, text)| text.to_owned()),
            error_code: error.map(|(code, _)| code),
            last_error_at: None,
            last_used_at: None,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn resting(trouble: Trouble, seconds: i64) -> RestView {
        RestView {
            model: None,
            until: DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds),
            trouble,
            is_known: true,
        }
    }

    #[test]
    fn accounts_are_summed_up_in_words() {
        let working = one(true, Health::Active, None);
        let keyless = one(true, Health::Error, Some((401, "invalid key")));
        let failing = one(true, Health::Error, Some((500, "out of order")));
        let paused = one(false, Health::Active, None);
        let untried = one(true, Health::Unknown, None);
        let mut out = one(true, Health::Error, Some((429, "later")));
        out.rests = vec![resting(Trouble::Quota, 600)];
        let mut sooner = out.clone();
        sooner.rests = vec![resting(Trouble::Network, 5)];
        let cases: [(&[ConnectionView], Mood, &str, Option<i64>); 11] = [
            (&[], Mood::Quiet, "No account yet", None),
            (from_ref(&working), Mood::Good, "1 account ready", None),
            (
                &[working.clone(), untried.clone()],
                Mood::Good,
                "2 accounts ready",
                None,
            ),
            (
                from_ref(&untried),
                Mood::Quiet,
                "1 account, not tried yet",
                None,
            ),
            (
                &[working.clone(), out.clone(), paused.clone()],
                Mood::Good,
                "1 of 3 accounts ready",
                None,
            ),
            (
                from_ref(&keyless),
                Mood::Bad,
                "1 account, needs a new key",
                None,
            ),
            (
                &[keyless.clone(), failing.clone()],
                Mood::Bad,
                "2 accounts, none ready, one needs a new key",
                None,
            ),
            (
                from_ref(&failing),
                Mood::Bad,
                "1 account, failing: 500 out of order",
                None,
            ),
            (
                from_ref(&out),
                Mood::Warn,
                "1 account, resting until",
                Some(600),
            ),
            (
                &[out.clone(), sooner, keyless.clone()],
                Mood::Warn,
                "3 accounts, resting until",
                Some(5),
            ),
            (from_ref(&paused), Mood::Quiet, "1 account, paused", None),
        ];
        for (list, mood, words, until) in cases {
            let found = accounts(list);
            let until = until.map(|seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds));
            assert_eq!(
                (found.mood, found.words.as_str(), found.until),
                (mood, words, until)
            );
        }
    }

    #[test]
    fn a_rest_is_counted_down() {
        let quota = resting(Trouble::Quota, 100);
        assert_eq!(
            rest(&quota, Some(DateTime::UNIX_EPOCH)),
            ", 1 min 40 s left: it has used up its quota (not asked before)"
        );
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (7_500, "2 h 5 min"),
            (180_000, "2 d 2 h"),
        ] {
            assert_eq!(countdown(seconds), words);
        }
    }
}
