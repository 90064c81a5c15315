//! Who could have served and was not asked: kept in the request's row, and said in short to the client.

use std::sync::Arc;

use api::log::SkipReason;
use store::records::SkipRecord;

use super::{Meter, millis};
use crate::caller::Caller;
use crate::health::Rest;
use crate::resolve::Target;
use crate::select::left_out;
use crate::snapshot::Account;

/// Of one request; somebody with more accounts than this knows what the first of them say.
const MOST: usize = 64;
/// Characters of a reason.
const LONGEST: usize = 300;

impl Meter {
    /// An account rests and is not asked.
    pub(crate) fn skipped(&mut self, target: &Target, account: &Account, rest: &Rest) {
        let why = rest.because().unwrap_or(rest.kind.as_str());
        self.trail.push(format!("{} rests: {why}", account.name));
        self.pass_over(target, Some(account), SkipReason::Resting, |skip| {
            skip.failure = Some(rest.kind.as_str().to_owned());
            skip.until = Some(rest.until);
            skip.words = rest.because().map(str::to_owned);
        });
    }

    /// An account cannot be asked, whatever its health.
    pub(crate) fn unusable(&mut self, target: &Target, account: &Account, words: &str) {
        self.trail.push(format!("{} unusable", account.name));
        self.pass_over(target, Some(account), SkipReason::Unusable, |skip| {
            skip.words = Some(words.chars().take(LONGEST).collect());
        });
    }

    /// No account of the target is asked.
    pub(crate) fn target_skipped(&mut self, target: &Target, reason: SkipReason, words: &str) {
        let name = format!("{}/{}", target.spec.prefix, target.model);
        self.trail.push(format!("{name}: {}", reason.words()));
        self.pass_over(target, None, reason, |skip| {
            let words: String = words.chars().take(LONGEST).collect();
            skip.words = Some(words).filter(|words| !words.is_empty());
        });
    }

    /// The accounts of a target that are no candidates at all. No word of them reaches the client.
    pub(crate) fn left_out(&mut self, target: &Target, accounts: &[Arc<Account>], caller: &Caller) {
        for account in accounts {
            if let Some(reason) = left_out(account, caller, &target.model) {
                self.pass_over(target, Some(account), reason, |_| {});
            }
        }
    }

    fn pass_over(
        &mut self,
        target: &Target,
        account: Option<&Account>,
        reason: SkipReason,
        say: impl FnOnce(&mut SkipRecord),
    ) {
        let at_ms = millis(self.started);
        let Some(record) = self.record() else { return };
        if record.skipped.len() >= MOST {
            return;
        }
        let mut skip = SkipRecord {
            provider: target.spec.id.clone(),
            connection_id: account.map(|account| account.id.clone()),
            model: target.model.clone(),
            at_ms,
            after: u32::try_from(record.attempts.len()).unwrap_or(u32::MAX),
            reason,
            failure: None,
            until: None,
            words: None,
        };
        say(&mut skip);
        record.skipped.push(skip);
    }
}
