//! The journey of one request, and the only place that decides what becomes of it.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::ids::ConnectionId;
use api::log::SkipReason;
use api::settings::Conversations;
use api::usage::Outcome;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Response, header};
use wire::error::WireError;
use wire::format::Format;

use crate::Gateway;
use crate::answer::{json_response, refusal};
use crate::attempt::{Lost, Terms};
use crate::call::{Call, Surface, Task};
use crate::caller::{self, Caller};
use crate::capture::Tape;
use crate::conversation::{self, Conversation};
use crate::count;
use crate::error::Refusal;
use crate::exhausted::Exhausted;
use crate::health::{Rest, Trial};
use crate::letter::Letter;
use crate::meter::{Ending, Meter};
use crate::prepare::{Asked, Sending, asked, outgoing, reply};
use crate::relay::ClientBody;
use crate::resolve::{self, Plan, Target};
use crate::select::orders::{self, Orders};
use crate::select::{self, Candidate};
use crate::snapshot::{Account, Snapshot};
use crate::trace_parent::TraceParent;
use crate::verdict::{Verdict, verdict};

/// What the client calls this request and others of its kind: the usage can be grouped by it.
const TAG: &str = "x-9router-tag";

/// A request that was read and knows its targets.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) caller: &'a Caller,
    pub(crate) call: &'a Call,
    pub(crate) body: Bytes,
    pub(crate) asked: Asked,
    pub(crate) reply: wire::codec::Reply,
    pub(crate) plan: Plan,
}

/// Whose accounts are put in order, and by what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) caller: &'a Caller,
    pub(crate) combo: Option<&'a str>,
    pub(crate) target: &'a Target,
    /// Where the request's conversation is at home.
    pub(crate) home: Option<&'a ConnectionId>,
    pub(crate) now: DateTime<Utc>,
}

impl Gateway {
    /// Whether this call may see what the data plane offers.
    ///
    /// Wrong and missing keys are counted per address. One that goes on guessing is told to wait;
    /// whoever shows a right key is let in all the same, since many may share an address.
    pub fn admit(&self, call: &Call) -> Result<(Arc<Snapshot>, Caller), Refusal> {
        let snapshot = self.snapshot();
        let (peer, now) = (call.credentials.peer, Instant::now());
        match caller::admit(&snapshot, &call.credentials, Utc::now()) {
            Ok(caller) => Ok((snapshot, caller)),
            Err(Refusal::UnknownKey | Refusal::MissingKey)
                if self.inner.guesses.is_blocked(peer, now) =>
            {
                Err(Refusal::TooManyGuesses)
            }
            Err(refused) => {
                if matches!(refused, Refusal::UnknownKey | Refusal::MissingKey) {
                    self.inner.guesses.wrong(peer, now);
                }
                Err(refused)
            }
        }
    }

    /// Answers a request for a model, and leaves exactly one row for it.
    /// `body` is read after the caller is admitted, so a stranger cannot make us read it.
    ///
    /// Only what [`Gateway::admit`] turns away for guessing leaves none: it must not fill the books.
    pub async fn serve(
        &self,
        call: Call,
        body: impl Future<Output = Result<Bytes, WireError>>,
    ) -> Response<ClientBody> {
        let tape = self.inner.capture.tape();
        let response = self.serve_on(tape.clone(), call, body).await;
        ClientBody::kept(response, tape)
    }

    async fn serve_on(
        &self,
        tape: Option<Tape>,
        call: Call,
        body: impl Future<Output = Result<Bytes, WireError>>,
    ) -> Response<ClientBody> {
        let admitted = self.admit(&call);
        if let Err(refused @ Refusal::TooManyGuesses) = &admitted {
            return refusal(call.surface, refused, None);
        }
        let Some(permit) = self.inner.recorder.reserve().await else {
            return refusal(call.surface, &Refusal::RecorderBehind, None);
        };
        let mut meter = Meter::start(
            call.surface,
            permit,
            self.inner.live.begin(),
            Arc::clone(&self.inner.ledger),
            Utc::now(),
        );
        meter.record_on(tape, &call);
        meter.sent_by(
            call.headers
                .get(header::USER_AGENT)
                .and_then(|value| value.to_str().ok()),
        );
        meter.tagged(call.headers.get(TAG).and_then(|value| value.to_str().ok()));
        meter.within(TraceParent::of(&call.headers));
        let (snapshot, caller) = match admitted {
            Ok(admitted) => admitted,
            Err(refused) => return decline(call.surface, &refused, meter),
        };
        meter.admitted(&caller);
        let job = match self.read(&snapshot, &caller, &call, body, &mut meter).await {
            Ok(job) => job,
            Err(refused) => return decline(call.surface, &refused, meter),
        };
        match here(&job) {
            Some(Ok(answer)) => {
                let response = json_response(answer, meter.id());
                meter.settle(Ending {
                    outcome: Outcome::Ok,
                    status: 200,
                    error: None,
                });
                response
            }
            Some(Err(refused)) => decline(call.surface, &refused, meter),
            None => self.run(&job, meter).await,
        }
    }

    /// Reads the request, and decides where it may go.
    async fn read<'a>(
        &self,
        snapshot: &'a Snapshot,
        caller: &'a Caller,
        call: &'a Call,
        body: impl Future<Output = Result<Bytes, WireError>>,
        meter: &mut Meter,
    ) -> Result<Job<'a>, Refusal> {
        let body = tokio::select! {
            body = body => body.map_err(Refusal::Body)?,
            () = self.inner.ending.cancelled() => return Err(Refusal::Stopping),
        };
        meter.client_body(&body);
        let (body, asked) = asked(call, body)?;
        meter.asked(&asked.model, asked.stream);
        // Before a turn is taken, and before anybody else is asked: nobody could stand in.
        let budgets = &snapshot.budgets;
        if let Some(refused) = budgets.refuses(caller, &self.inner.ledger, Utc::now()) {
            return Err(refused);
        }
        let plan = resolve::plan(snapshot, &asked.model, &self.inner.rotation)?;
        if let Some(combo) = &plan.combo {
            meter.combo(combo);
        }
        let reply = reply(&asked, &body, meter.at());
        Ok(Job {
            snapshot,
            caller,
            call,
            body,
            asked,
            reply,
            plan,
        })
    }

    /// Asks the plan's targets in order, and of each its accounts, until one answers or none is left.
    ///
    /// Before an answer begins nothing has reached the client, so another may be asked;
    /// from then on nothing is tried again.
    async fn run(&self, job: &Job<'_>, mut meter: Meter) -> Response<ClientBody> {
        let mut exhausted = Exhausted::default();
        let targets = &job.plan.targets;
        let conversation = job.conversation();
        let timeouts = job.snapshot.settings.timeouts.or(self.inner.timeouts);
        for (place, target) in targets.iter().enumerate() {
            let provider = &target.spec.id;
            let price = job.snapshot.price(provider, &target.model, meter.at());
            meter.resolved(target, price);
            let accounts = job.snapshot.accounts(provider);
            meter.left_out(target, accounts, job.caller);
            let now = Utc::now();
            let (candidates, _trial) = self.candidates(job, target, conversation, now);
            let mut candidates = candidates.into_iter().peekable();
            if candidates.peek().is_none() {
                meter.target_skipped(target, SkipReason::NoAccount, "");
                exhausted.no_account(target);
                continue;
            }
            let mut letter = Letter::default();
            // Nobody could stand in for the only one, and its own no says more than ours would.
            let is_alone = targets.len() == 1 && candidates.len() == 1;
            // Whose credential was renewed because the vendor refused it, and who is asked once more.
            let (mut renewed, mut again) = (None, None);
            while let Some(candidate) = again.take().or_else(|| candidates.next()) {
                let account = match candidate {
                    Candidate::Ready(account) => account,
                    Candidate::Resting(account, rest) if is_alone && rest.may_be_broken() => {
                        account
                    }
                    Candidate::Resting(account, rest) => {
                        meter.skipped(target, &account, &rest);
                        exhausted.resting(target, &account, &rest, now);
                        continue;
                    }
                };
                let is_last = place + 1 == targets.len()
                    && !candidates
                        .peek()
                        .is_some_and(|next| matches!(next, Candidate::Ready(_)));
                let shown = self.inner.credentials.fresh(&account, &target.spec, now);
                let account = match shown.await {
                    Ok(shown) => account.showing(shown),
                    Err(spoiled) => {
                        meter.unusable(target, &account, &spoiled.words);
                        exhausted.unusable(target, &account, &spoiled.words);
                        continue;
                    }
                };
                // Where its provider's address has parts of the account's, it has a provider of its own.
                let own = account.spec.as_ref().map(|spec| Target {
                    spec: Arc::clone(spec),
                    model: target.model.clone(),
                });
                let target = own.as_ref().unwrap_or(target);
                let (written, url) =
                    match letter.to(job, target, &account, &self.inner.images).await {
                        Ok(written) => written,
                        Err(refused) if targets.len() == 1 => {
                            return decline(job.call.surface, &refused, meter);
                        }
                        Err(refused) => {
                            let words = refused.to_string();
                            meter.target_skipped(target, SkipReason::Untranslatable, &words);
                            exhausted.cannot(target, refused);
                            break;
                        }
                    };
                meter.translated(&written, job.reply.prompt_estimate);
                let headers = match outgoing(job, target, &account, &written) {
                    Ok(headers) => headers,
                    Err(error) => {
                        let words = error.to_string();
                        meter.unusable(target, &account, &words);
                        exhausted.unusable(target, &account, &words);
                        continue;
                    }
                };
                let sending = Sending {
                    url,
                    headers,
                    account: Arc::clone(&account),
                    target: target.clone(),
                    written,
                    asked: job.asked.clone(),
                    reply: job.reply.clone(),
                };
                let terms = Terms {
                    surface: job.call.surface,
                    patience: (!is_last).then_some(millis(timeouts.first_byte_ms)),
                    idle: millis(timeouts.idle_ms),
                    keep_alive: self.inner.keep_alive,
                };
                self.inner.orders.asked(&account.id);
                let lost = match self.attempt(terms, sending, meter).await {
                    Ok(response) => {
                        self.inner.health.succeed(&account.id, &target.model);
                        if let Some(conversation) = conversation {
                            let homes = &self.inner.homes;
                            homes.settle(conversation, &target.spec.id, &account.id, Utc::now());
                        }
                        return response;
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
                    && self.renew(&account, target).await
                {
                    meter.attempt_lost(&words, failure.kind, None);
                    renewed = Some(account.id.clone());
                    again = Some(Candidate::Ready(account));
                    continue;
                }
                let rests_until =
                    self.inner
                        .health
                        .penalise(&account.id, &target.model, &failure, Utc::now());
                // A guess of ours is not worth keeping.
                let known_until = failure.rest.and(rests_until);
                meter.attempt_lost(&words, failure.kind, known_until);
                let verdict = verdict(failure.kind);
                exhausted.lost(target, &account, &failure, words);
                match verdict {
                    Verdict::Stop => return exhausted.last_words(job.call.surface, meter),
                    Verdict::NextTarget => break,
                    Verdict::NextAccount => {}
                }
            }
        }
        exhausted.last_words(job.call.surface, meter)
    }

    /// Whether the account has something else to show than what its vendor has just refused.
    async fn renew(&self, account: &Account, target: &Target) -> bool {
        let (credentials, used) = (&self.inner.credentials, &account.credential);
        let renewed = credentials.renew(account, &target.spec, used, Utc::now());
        matches!(renewed.await, Some(Ok(_)))
    }

    /// Whether and why an account rests for a target; of several reasons the weightiest.
    pub(crate) fn rest(
        &self,
        snapshot: &Snapshot,
        account: &Account,
        target: &Target,
        now: DateTime<Utc>,
    ) -> Option<Rest> {
        let inner = &self.inner;
        let failed = inner.health.rest(&account.id, &target.model, now);
        let used_up = inner.quotas.used_up(&account.id, &target.model, now);
        let used_up = used_up.map(|(window, until)| Rest::quota_window(&window, until));
        let spent = snapshot
            .budgets
            .account_rests(&account.id, &inner.ledger, now);
        let rests = failed.into_iter().chain(used_up).chain(spent);
        rests.max_by_key(Rest::weight)
    }

    /// The accounts of a target in order, and the trial of the first one where its rest has just ended.
    fn candidates(
        &self,
        job: &Job<'_>,
        target: &Target,
        conversation: Option<Conversation>,
        now: DateTime<Utc>,
    ) -> (Vec<Candidate>, Option<Trial<'_>>) {
        let homes = &self.inner.homes;
        let home = conversation.and_then(|known| homes.of(known, &target.spec.id, now));
        let choice = Choice {
            snapshot: job.snapshot,
            caller: job.caller,
            combo: job.plan.combo.as_deref(),
            target,
            home: home.as_ref(),
            now,
        };
        let mut trial = None;
        let candidates = self.arranged(choice, &self.inner.orders, |sound| {
            trial = self.try_first(sound, target, now);
        });
        (candidates, trial)
    }

    /// The accounts of a target by `orders`; `first` may change who of the sound ones is first.
    pub(crate) fn arranged(
        &self,
        choice: Choice<'_>,
        orders: &Orders,
        first: impl FnOnce(&mut [Arc<Account>]),
    ) -> Vec<Candidate> {
        let Choice {
            snapshot,
            target,
            now,
            ..
        } = choice;
        let provider = &target.spec.id;
        let terms = orders::Terms {
            provider,
            settings: &snapshot.settings.routing,
            quotas: &self.inner.quotas,
            home: choice.home,
            now,
        };
        let (budgets, ledger) = (&snapshot.budgets, &self.inner.ledger);
        let target_rests = budgets.target_rests(choice.combo, target, ledger, now);
        select::candidates(
            snapshot.accounts(provider),
            choice.caller,
            &target.model,
            |account| {
                let rest = self.rest(snapshot, account, target, now);
                rest.into_iter()
                    .chain(target_rests.clone())
                    .max_by_key(Rest::weight)
            },
            |sound| {
                orders.arrange(sound, terms);
                first(sound);
            },
        )
    }

    /// Lets an account whose trial another request has just begun come behind the others.
    fn try_first(
        &self,
        sound: &mut [Arc<Account>],
        target: &Target,
        now: DateTime<Utc>,
    ) -> Option<Trial<'_>> {
        for _ in 0..sound.len() {
            let first = sound.first()?;
            match self.inner.health.try_again(&first.id, &target.model, now) {
                Trial::NotNeeded => return None,
                Trial::Taken => sound.rotate_left(1),
                mine @ Trial::Mine(_) => return Some(mine),
            }
        }
        None
    }
}

impl Job<'_> {
    /// The same for all requests of a conversation, and nobody else's.
    pub(crate) fn conversation_id(&self) -> String {
        let conversation = conversation::identify(
            Conversations::Stay,
            self.caller,
            &self.call.headers,
            &self.asked.opening,
            &self.body,
        );
        conversation.map_or_else(|| self.reply.seed.clone(), Conversation::id)
    }

    /// The conversation the request belongs to, where that decides anything.
    fn conversation(&self) -> Option<Conversation> {
        let has_choice = |target: &Target| self.snapshot.accounts(&target.spec.id).len() > 1;
        if self.call.surface.task != Task::Answer || !self.plan.targets.iter().any(has_choice) {
            return None;
        }
        conversation::identify(
            self.snapshot.settings.routing.conversations,
            self.caller,
            &self.call.headers,
            &self.asked.opening,
            &self.body,
        )
    }
}

fn millis(value: u32) -> Duration {
    Duration::from_millis(value.into())
}

/// What needs no upstream: a count that only we can make, a probe whether we are there.
fn here(job: &Job<'_>) -> Option<Result<Bytes, Refusal>> {
    let surface = job.call.surface;
    if surface.task == Task::CountTokens
        && !job
            .plan
            .targets
            .iter()
            .all(|target| count::is_native(surface.format, target))
    {
        return Some(count::estimate(surface.format, &job.body));
    }
    if surface.format == Format::Ollama {
        let loaded = wire::ollama::answer_to_probe(&job.body, &job.reply)?;
        return Some(Ok(loaded.into()));
    }
    None
}

/// The request is sent nowhere.
pub(crate) fn decline(
    surface: Surface,
    refused: &Refusal,
    mut meter: Meter,
) -> Response<ClientBody> {
    let response = refusal(surface, refused, meter.id());
    meter.settle(Ending {
        outcome: refused.outcome(),
        status: response.status().as_u16(),
        error: Some(refused.to_string()),
    });
    response
}

/// Every upstream is out of reach; the books say so.
pub(crate) fn settled(
    response: Response<ClientBody>,
    error: String,
    mut meter: Meter,
) -> Response<ClientBody> {
    meter.settle(Ending {
        outcome: Outcome::UpstreamError,
        status: response.status().as_u16(),
        error: Some(error),
    });
    response
}
