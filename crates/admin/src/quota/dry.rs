//! Whether a combo is about to run dry. Pure.

use api::quota::{DryCombo, Forecast, QuotaView, Scope};
use chrono::{DateTime, Duration, Utc};

/// Who is warned earlier forgets it.
const SOON: Duration = Duration::hours(1);

/// One of a combo's targets, and what is known of the quota of each account that may serve it.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) model: &'a str,
    pub(super) accounts: Vec<Option<&'a QuotaView>>,
}

/// An account of which nothing is known may go on for ever, and with it the combo.
pub(super) fn dry(combo: &str, steps: &[Step<'_>], now: DateTime<Utc>) -> Option<DryCombo> {
    let mut last = None;
    let mut resets_at: Option<DateTime<Utc>> = None;
    for step in steps {
        for account in &step.accounts {
            let (empties_at, reset) = empties((*account)?, step.model, now)?;
            last = last.max(Some(empties_at));
            resets_at = [resets_at, reset].into_iter().flatten().min();
        }
    }
    let empties_at = last.filter(|last| *last <= now + SOON)?;
    Some(DryCombo {
        combo: combo.to_owned(),
        empties_at,
        resets_at,
    })
}

/// When the account can serve the model no more, and when it can again.
fn empties(
    view: &QuotaView,
    model: &str,
    now: DateTime<Utc>,
) -> Option<(DateTime<Utc>, Option<DateTime<Utc>>)> {
    let model = model.to_lowercase();
    let concerned = view.windows.iter().filter(|view| match &view.window.scope {
        Scope::All => true,
        Scope::Model(word) => model.contains(word.as_str()),
        Scope::Part => false,
    });
    let ends = concerned.filter_map(|view| match view.forecast {
        Forecast::Empty => Some((now, view.window.resets_at)),
        Forecast::Empties { at, .. } => Some((at, view.window.resets_at)),
        Forecast::Unknown | Forecast::Idle | Forecast::Lasts => None,
    });
    ends.min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use api::quota::{Amount, Source, Window, WindowView};

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + 60 * minute, 0).expect("a time")
    }

    fn account(windows: &[(Scope, Forecast)]) -> QuotaView {
        let window = |(scope, forecast): &(Scope, Forecast)| WindowView {
            window: Window {
                name: "5 hours".to_owned(),
                scope: scope.clone(),
                amount: Amount::Share { used: 0.9 },
                resets_at: Some(at(200)),
                source: Source::Reported,
            },
            forecast: *forecast,
            history: Vec::new(),
        };
        QuotaView {
            id: "a".into(),
            name: "a".to_owned(),
            provider: "p".into(),
            provider_name: "P".to_owned(),
            is_active: true,
            is_revoked: false,
            plan: None,
            windows: windows.iter().map(window).collect(),
            message: None,
            as_of: None,
            next_at: None,
        }
    }

    fn empties_in(minutes: i64) -> Forecast {
        Forecast::Empties {
            at: at(minutes),
            earliest: at(minutes),
            latest: None,
        }
    }

    /// When the combo of one step with these accounts is dry.
    fn check(accounts: &[Option<&QuotaView>]) -> Option<DateTime<Utc>> {
        let step = Step {
            model: "claude-Opus-4",
            accounts: accounts.to_vec(),
        };
        let found = dry("c", &[step], at(0))?;
        assert_eq!(found.resets_at, Some(at(200)));
        Some(found.empties_at)
    }

    #[test]
    fn a_combo_is_dry_when_its_last_account_is() {
        let empty = account(&[(Scope::All, Forecast::Empty)]);
        let soon = account(&[(Scope::All, empties_in(20))]);
        let later = account(&[(Scope::All, empties_in(90))]);
        let lasts = account(&[(Scope::All, Forecast::Lasts)]);
        assert_eq!(check(&[Some(&empty)]), Some(at(0)));
        assert_eq!(check(&[Some(&empty), Some(&soon)]), Some(at(20)));
        for other in [Some(&later), Some(&lasts), None] {
            assert_eq!(check(&[Some(&soon), other]), None);
        }
        assert_eq!(check(&[]), None, "that is another trouble");
    }

    #[test]
    fn the_windows_of_the_model_count() {
        let of = |word: &str| {
            account(&[
                (Scope::All, Forecast::Lasts),
                (Scope::Model(word.to_owned()), empties_in(5)),
                (Scope::Part, Forecast::Empty),
            ])
        };
        assert_eq!(check(&[Some(&of("opus"))]), Some(at(5)));
        assert_eq!(check(&[Some(&of("sonnet"))]), None);
    }
}
