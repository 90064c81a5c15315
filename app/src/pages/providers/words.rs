//! What is known of providers and accounts, in words. A colour never says it alone.

use api::connection::{ConnectionView, Health};
use api::provider::{ProviderView, Tier};

use crate::format;

/// How an account, or a provider's accounts together, are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    Bad,
    Quiet,
}

impl Mood {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "badge badge-good",
            Self::Bad => "badge badge-bad",
            Self::Quiet => "badge badge-quiet",
        }
    }
}

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

pub(crate) fn account(account: &ConnectionView) -> (Mood, String) {
    if !account.is_active {
        return (Mood::Quiet, "Paused".to_owned());
    }
    match (account.health, account.error_code) {
        (Health::Active, _) => (Mood::Good, "Working".to_owned()),
        (Health::Unknown, _) => (Mood::Quiet, "Not tried yet".to_owned()),
        (Health::Error, Some(code)) => (Mood::Bad, format!("Failing: {code}")),
        (Health::Error, None) => (Mood::Bad, "Failing".to_owned()),
    }
}

/// "2 accounts, both working" and the like.
pub(crate) fn accounts(accounts: &[ConnectionView]) -> (Mood, String) {
    let total = accounts.len() as u64;
    let count = |wanted: Mood| {
        accounts
            .iter()
            .filter(|one| account(one).0 == wanted)
            .count() as u64
    };
    let failing = count(Mood::Bad);
    let working = count(Mood::Good);
    let all = format::plural(total, "account", "accounts");
    if total == 0 {
        return (Mood::Quiet, "No account yet".to_owned());
    }
    if failing > 0 {
        let first = accounts
            .iter()
            .find(|one| account(one).0 == Mood::Bad)
            .and_then(reason);
        let reason = first
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        let words = if failing == total {
            format!("{all} failing{reason}")
        } else {
            format!("{} of {all} failing{reason}", format::count(failing))
        };
        return (Mood::Bad, words);
    }
    if working == total {
        let together = match total {
            1 => "working",
            2 => "both working",
            _ => "all working",
        };
        return (Mood::Good, format!("{all}, {together}"));
    }
    let paused = accounts.iter().filter(|one| !one.is_active).count() as u64;
    let untried = total - working - paused;
    let parts: Vec<String> = [
        (working, "working"),
        (untried, "not tried yet"),
        (paused, "paused"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, words)| {
        if number == total {
            words.to_owned()
        } else {
            format!("{number} {words}")
        }
    })
    .collect();
    let mood = if working > 0 { Mood::Good } else { Mood::Quiet };
    (mood, format!("{all}, {}", parts.join(", ")))
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

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use api::connection::{AuthKind, ConnectionView, Health};
    use chrono::DateTime;

    use super::accounts;

    fn one(is_active: bool, health: Health, error: Option<&str>) -> ConnectionView {
        ConnectionView {
            id: "c".into(),
            owner_id: "u".into(),
            provider: "p".into(),
            auth: AuthKind::ApiKey,
            name: "first".to_owned(),
            priority: 1,
            default_model: None,
            is_active,
            health,
            last_error: error.map(str::to_owned),
            error_code: error.map(|_| 401),
            last_error_at: None,
            last_used_at: None,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn accounts_are_summed_up_in_words() {
        let working = one(true, Health::Active, None);
        let failing = one(true, Health::Error, Some("invalid key"));
        let paused = one(false, Health::Active, None);
        let untried = one(true, Health::Unknown, None);
        let cases: [(&[ConnectionView], &str); 7] = [
            (&[], "No account yet"),
            (from_ref(&working), "1 account, working"),
            (
                &[working.clone(), working.clone()],
                "2 accounts, both working",
            ),
            (from_ref(&failing), "1 account failing: 401 invalid key"),
            (
                &[working.clone(), failing.clone()],
                "1 of 2 accounts failing: 401 invalid key",
            ),
            (
                &[working.clone(), paused.clone(), untried],
                "3 accounts, 1 working, 1 not tried yet, 1 paused",
            ),
            (&[paused], "1 account, paused"),
        ];
        for (list, words) in cases {
            assert_eq!(accounts(list).1, words);
        }
    }
}
