//! Nobody answered: one error that tells the most, with everybody's reason.

use chrono::{DateTime, Utc};
use http::{HeaderValue, Response, header};
use providers::failure::{Failure, FailureKind};

use crate::answer::error_response;
use crate::attempt::LastWords;
use crate::call::Surface;
use crate::error::{Refusal, told};
use crate::health::Rest;
use crate::meter::Meter;
use crate::relay::ClientBody;
use crate::resolve::Target;
use crate::serve::{decline, settled};
use crate::snapshot::Account;

/// What became of each who was asked, or was not.
#[derive(Debug, Default)]
pub(crate) struct Exhausted {
    /// In words, in the order of the plan.
    reasons: Vec<String>,
    lost: Vec<(FailureKind, LastWords)>,
    refused: Option<Refusal>,
    /// Who rests: why, and for how many seconds more.
    rests: Vec<(FailureKind, u64)>,
}

impl Exhausted {
    pub(crate) fn cannot(&mut self, target: &Target, refused: Refusal) {
        self.reasons.push(format!("{}: {refused}", name(target)));
        self.refused.get_or_insert(refused);
    }

    pub(crate) fn no_account(&mut self, target: &Target) {
        let refused = Refusal::NoAccount {
            provider: target.spec.name.clone(),
        };
        self.cannot(target, refused);
    }

    pub(crate) fn unusable(&mut self, target: &Target, account: &Account, words: &str) {
        self.reasons
            .push(format!("{} ({}): {words}", name(target), account.name));
        self.refused.get_or_insert(Refusal::Spoiled {
            provider: target.spec.name.clone(),
            account: account.name.clone(),
            words: words.to_owned(),
        });
    }

    pub(crate) fn resting(
        &mut self,
        target: &Target,
        account: &Account,
        rest: &Rest,
        now: DateTime<Utc>,
    ) {
        let seconds = u64::try_from((rest.until - now).num_seconds()).unwrap_or_default() + 1;
        self.reasons.push(format!(
            "{} ({}): {}, rests for {seconds} s more",
            name(target),
            account.name,
            rest.words()
        ));
        self.rests.push((rest.kind, seconds));
    }

    pub(crate) fn lost(
        &mut self,
        target: &Target,
        account: &Account,
        failure: &Failure,
        words: LastWords,
    ) {
        self.reasons.push(format!(
            "{} ({}): {} {}",
            name(target),
            account.name,
            words.status.as_u16(),
            words.message
        ));
        if let Some(rest) = failure.rest {
            self.rests.push((failure.kind, rest.as_secs().max(1)));
        }
        self.lost.push((failure.kind, words));
    }

    /// The one answer. A single attempt's own words are passed on as they are.
    pub(crate) fn last_words(mut self, surface: Surface, meter: Meter) -> Response<ClientBody> {
        let retry_after = self.rests.iter().map(|(_, seconds)| *seconds).min();
        let most_telling = self
            .lost
            .iter()
            .enumerate()
            .max_by_key(|(_, (kind, _))| telling(*kind))
            .map(|(index, _)| index);
        if let Some(index) = most_telling {
            let (kind, mut words) = self.lost.swap_remove(index);
            if self.reasons.len() == 1 || matches!(kind, FailureKind::Client | FailureKind::Context)
            {
                return words.give(meter);
            }
            if let Some(seconds) = retry_after {
                words.header(header::RETRY_AFTER, seconds.into());
            }
            return words.give_instead(surface, &self.reasons, meter);
        }
        if let Some((kind, seconds)) = self.rests.iter().min_by_key(|(_, seconds)| *seconds) {
            let status = match kind {
                FailureKind::RateLimit | FailureKind::Quota => 429,
                _ => 503,
            };
            let error = told(status, all(&self.reasons));
            let mut response = error_response(surface, &error, meter.id(), None);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            return settled(response, error.message, meter);
        }
        let refused = self.refused.unwrap_or(Refusal::Stopping);
        decline(surface, &refused, meter)
    }
}

/// `prefix/model`.
fn name(target: &Target) -> String {
    format!("{}/{}", target.spec.prefix, target.model)
}

pub(crate) fn all(reasons: &[String]) -> String {
    format!("no target answered: {}", reasons.join("; "))
}

/// The more a client can do about it, the more it tells.
fn telling(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Client => 9,
        FailureKind::Context => 8,
        FailureKind::Refused => 7,
        FailureKind::RateLimit => 6,
        FailureKind::Quota => 5,
        FailureKind::UnknownModel => 4,
        FailureKind::Overload => 3,
        FailureKind::Down => 2,
        FailureKind::Network => 1,
        FailureKind::Credential => 0,
    }
}
