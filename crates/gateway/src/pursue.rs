//! Asking for an answer: the plan's targets in order, and of each its accounts, until one answers or none is left.

use std::sync::Arc;
use std::time::Duration;

use api::ids::ConnectionId;
use api::log::SkipReason;
use api::settings::Timeouts;
use chrono::{DateTime, Utc};
use http::Response;

use crate::Gateway;
use crate::attempt::{Lost, Terms};
use crate::conversation::Conversation;
use crate::error::Refusal;
use crate::exhausted::Exhausted;
use crate::letter::Letter;
use crate::meter::Meter;
use crate::prepare::{Sending, outgoing};
use crate::relay::ClientBody;
use crate::resolve::Target;
use crate::select::Candidate;
use crate::serve::{Job, decline};
use crate::snapshot::Account;
use crate::verdict::{Verdict, verdict};

impl Gateway {
    /// Before an answer begins nothing has reached the client, so another may be asked;
    /// from then on nothing is tried again.
    pub(crate) async fn pursue(&self, job: &Job<'_>, mut meter: Meter) -> Response<ClientBody> {
        let mut pursuit = Pursuit {
            gateway: self,
            job,
            conversation: job.conversation(),
            timeouts: job.snapshot.settings.timeouts.or(self.inner.timeouts),
            exhausted: Exhausted::default(),
        };
        let targets = &job.plan.targets;
        for (place, target) in targets.iter().enumerate() {
            let is_last = place + 1 == targets.len();
            match pursuit.target(target, is_last, meter).await {
                Pursued::Ended(response) => return response,
                Pursued::Stop(returned) => {
                    meter = returned;
                    break;
                }
                Pursued::Next(returned) => meter = returned,
            }
        }
        pursuit.exhausted.last_words(job.call.surface, meter)
    }

    /// Whether the account has something else to show than what its vendor has just refused.
    async fn renew(&self, account: &Account, target: &Target) -> bool {
        let (credentials, used) = (&self.inner.credentials, &account.credential);
        let renewed = credentials.renew(account, &target.spec, used, Utc::now());
        matches!(renewed.await, Some(Ok(_)))
    }
}

/// A request on its way through its targets.
struct Pursuit<'a> {
    gateway: &'a Gateway,
    job: &'a Job<'a>,
    conversation: Option<Conversation>,
    timeouts: Timeouts,
    exhausted: Exhausted,
}

/// What came of a target.
enum Pursued {
    /// The client has its answer.
    Ended(Response<ClientBody>),
    /// No other target would do better.
    Stop(Meter),
    Next(Meter),
}

/// Why nothing was sent to an account.
enum Unsent {
    /// Another account may be asked.
    Account,
    /// The request cannot be written for this target.
    Target,
    /// Nor for any other, since there is none.
    Request(Refusal),
}

impl Pursuit<'_> {
    async fn target(&mut self, target: &Target, is_last: bool, mut meter: Meter) -> Pursued {
        let (gateway, job) = (self.gateway, self.job);
        let provider = &target.spec.id;
        let price = job.snapshot.price(provider, &target.model, meter.at());
        meter.resolved(target, price);
        meter.left_out(target, job.snapshot.accounts(provider), job.caller);
        let now = Utc::now();
        let (candidates, _trial) = gateway.candidates(job, target, self.conversation, now);
        // Nobody could stand in for the only one, and its own no says more than ours would.
        let is_alone = job.plan.targets.len() == 1 && candidates.len() == 1;
        let mut candidates = candidates.into_iter().peekable();
        if candidates.peek().is_none() {
            meter.target_skipped(target, SkipReason::NoAccount, "");
            self.exhausted.no_account(target);
            return Pursued::Next(meter);
        }
        let mut letter = Letter::default();
        // Whose credential was renewed because the vendor refused it, and who is asked once more.
        let (mut renewed, mut again) = (None::<ConnectionId>, None);
        while let Some(candidate) = again.take().or_else(|| candidates.next()) {
            let account = match candidate {
                Candidate::Ready(account) => account,
                Candidate::Resting(account, rest) if is_alone && rest.may_be_broken() => account,
                Candidate::Resting(account, rest) => {
                    meter.skipped(target, &account, &rest);
                    self.exhausted.resting(target, &account, &rest, now);
                    continue;
                }
            };
            let another_is_ready = matches!(candidates.peek(), Some(Candidate::Ready(_)));
            let sending = self.sending(&mut letter, target, &account, now, &mut meter);
            let sending = match sending.await {
                Ok(sending) => sending,
                Err(Unsent::Account) => continue,
                Err(Unsent::Target) => break,
                Err(Unsent::Request(refused)) => {
                    return Pursued::Ended(decline(job.call.surface, &refused, meter));
                }
            };
            let (account, target) = (Arc::clone(&sending.account), sending.target.clone());
            let terms = self.terms(is_last && !another_is_ready);
            gateway.inner.orders.asked(&account.id);
            let lost = match gateway.attempt(terms, sending, meter).await {
                Ok(response) => {
                    self.answered(&target, &account);
                    return Pursued::Ended(response);
                }
                Err(lost) => *lost,
            };
            let Lost {
                meter: returned,
                failure,
                words,
            } = lost;
            meter = returned;
            if failure.is_token_old
                && renewed.as_ref() != Some(&account.id)
                && gateway.renew(&account, &target).await
            {
                meter.attempt_lost(&words, failure.kind, None);
                renewed = Some(account.id.clone());
                again = Some(Candidate::Ready(account));
                continue;
            }
            let health = &gateway.inner.health;
            let rests_until = health.penalise(&account.id, &target.model, &failure, Utc::now());
            // A guess of ours is not worth keeping.
            let known_until = failure.rest.and(rests_until);
            meter.attempt_lost(&words, failure.kind, known_until);
            let verdict = verdict(failure.kind);
            self.exhausted.lost(&target, &account, &failure, words);
            match verdict {
                Verdict::Stop => return Pursued::Stop(meter),
                Verdict::NextTarget => break,
                Verdict::NextAccount => {}
            }
        }
        Pursued::Next(meter)
    }

    /// What goes to an account: with the credential it shows now, to an address of its own where it has one.
    async fn sending(
        &mut self,
        letter: &mut Letter,
        target: &Target,
        account: &Arc<Account>,
        now: DateTime<Utc>,
        meter: &mut Meter,
    ) -> Result<Sending, Unsent> {
        let (inner, job) = (&self.gateway.inner, self.job);
        let shown = inner.credentials.fresh(account, &target.spec, now).await;
        let account = match shown {
            Ok(shown) => Arc::clone(account).showing(shown),
            Err(spoiled) => return Err(self.unusable(target, account, &spoiled.words, meter)),
        };
        // Where its provider's address has parts of the account's, it has a provider of its own.
        let target = Target {
            spec: Arc::clone(account.spec.as_ref().unwrap_or(&target.spec)),
            model: target.model.clone(),
        };
        let written = letter.to(job, &target, &account, &inner.images).await;
        let (written, url) = match written {
            Ok(written) => written,
            Err(refused) if job.plan.targets.len() == 1 => return Err(Unsent::Request(refused)),
            Err(refused) => {
                let words = refused.to_string();
                meter.target_skipped(&target, SkipReason::Untranslatable, &words);
                self.exhausted.cannot(&target, refused);
                return Err(Unsent::Target);
            }
        };
        meter.translated(&written, job.reply.prompt_estimate);
        let headers = outgoing(job, &target, &account, &written)
            .map_err(|error| self.unusable(&target, &account, &error.to_string(), meter))?;
        Ok(Sending {
            url,
            headers,
            account,
            target,
            written,
            asked: job.asked.clone(),
            reply: job.reply.clone(),
        })
    }

    fn unusable(
        &mut self,
        target: &Target,
        account: &Account,
        words: &str,
        meter: &mut Meter,
    ) -> Unsent {
        meter.unusable(target, account, words);
        self.exhausted.unusable(target, account, words);
        Unsent::Account
    }

    /// The last one is waited for as long as it is alive: nobody else could be asked.
    fn terms(&self, is_last: bool) -> Terms {
        Terms {
            surface: self.job.call.surface,
            patience: (!is_last).then_some(millis(self.timeouts.first_byte_ms)),
            idle: millis(self.timeouts.idle_ms),
            keep_alive: self.gateway.inner.keep_alive,
        }
    }

    fn answered(&self, target: &Target, account: &Account) {
        let inner = &self.gateway.inner;
        inner.health.succeed(&account.id, &target.model);
        if let Some(conversation) = self.conversation {
            let provider = &target.spec.id;
            inner
                .homes
                .settle(conversation, provider, &account.id, Utc::now());
        }
    }
}

fn millis(value: u32) -> Duration {
    Duration::from_millis(value.into())
}
