//! The journey of one request: who asks, what for, and where it may go. `pursue` asks for the answer.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use api::settings::Conversations;
use api::usage::Outcome;
use bytes::Bytes;
use chrono::Utc;
use http::{Response, header};
use wire::error::WireError;
use wire::format::Format;

use crate::Gateway;
use crate::answer::{json_response, refusal};
use crate::call::{Call, Surface, Task};
use crate::caller::{self, Caller};
use crate::capture::Tape;
use crate::conversation::{self, Conversation};
use crate::count;
use crate::error::Refusal;
use crate::meter::{Ending, Meter};
use crate::prepare::{Asked, asked, reply};
use crate::relay::ClientBody;
use crate::resolve::{self, Plan, Target};
use crate::snapshot::Snapshot;
use crate::trace_parent::TraceParent;

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
            None => self.pursue(&job, meter).await,
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
    pub(crate) fn conversation(&self) -> Option<Conversation> {
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
