//! The rungs of a stream: each event with the next number, each item opened before and closed after its parts.

use std::mem;
use std::time::Duration;

use crate::codec::Reply;
use crate::error::{ErrorKind, WireError};
use crate::ir::content::{Hosted, HostedResult, HostedUse};
use crate::ir::event::{Delta, Opening, Step, ToolOpening};
use crate::ir::proof::Proof;
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::object;
use crate::usage::Usage;

use super::echo::{Echo, Status, borrowed};
use super::item::{Events, Item};
use super::parts::image_data;

#[derive(Debug)]
pub(super) struct Ladder {
    echo: Echo,
    seed: String,
    prompt_estimate: u64,
    sequence: u64,
    is_created: bool,
    /// The items closed so far, as JSON text.
    output: Vec<Json<'static>>,
    open: Option<Item>,
    held: Option<Held>,
    /// Text written so far, for an estimate where nobody counts tokens.
    bytes: u64,
}

/// What is not written before it is known what comes next to it.
#[derive(Debug)]
enum Held {
    /// A call, until it is known whether it is signed: the signature must stand before it.
    Call(ToolOpening, String),
    /// A search, until it is known what it found.
    Search(HostedUse),
}

impl Ladder {
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            echo: Echo::new(&reply),
            seed: reply.seed,
            prompt_estimate: reply.prompt_estimate,
            sequence: 0,
            is_created: false,
            output: Vec::new(),
            open: None,
            held: None,
            bytes: 0,
        }
    }

    pub(super) fn step(&mut self, step: &Step, elapsed: Duration, out: &mut Vec<u8>) {
        match step {
            Step::Start { .. } => self.create(out),
            Step::Open(opening) => self.open(opening, out),
            Step::Delta(delta) => self.delta(delta, out),
            Step::Close => {
                self.release_call(out);
                self.close(out);
            }
            Step::Finish { reason, usage } => {
                self.release_search(&[], out);
                self.create(out);
                let at = self.echo.created_at().saturating_add(elapsed.as_secs());
                let (status, word) = ended(reason, at);
                let response = self.response(status, *usage);
                self.event(word, object! { "response" => response }, out);
            }
            Step::Error(error) => {
                self.create(out);
                let status = Status::Failed {
                    code: code_of(error),
                    message: &error.message,
                };
                let output = self.output.iter().map(borrowed).collect();
                let response = Json::from(self.echo.response(status, output, None));
                let response = Json::raw(response.to_text()).unwrap_or_default();
                self.event("response.failed", object! { "response" => response }, out);
            }
        }
    }

    /// The response alone, after the steps of all its blocks.
    pub(super) fn whole(&mut self, reason: &FinishReason, usage: Option<Usage>) -> Vec<u8> {
        self.release_search(&[], &mut Vec::new());
        let (status, _) = ended(reason, self.echo.created_at());
        self.response(status, usage).to_text().into_bytes()
    }

    fn response(&self, status: Status<'_>, usage: Option<Usage>) -> Json<'static> {
        // Some clients refuse an end without counts.
        let usage = usage.unwrap_or(Usage {
            input: self.prompt_estimate,
            output: self.bytes.div_ceil(4),
            ..Usage::default()
        });
        let output = self.output.iter().map(borrowed).collect();
        let response = Json::from(self.echo.response(status, output, Some(usage)));
        Json::raw(response.to_text()).unwrap_or_default()
    }

    fn create(&mut self, out: &mut Vec<u8>) {
        if mem::replace(&mut self.is_created, true) {
            return;
        }
        let response = Json::from(self.echo.response(Status::InProgress, Vec::new(), None));
        let response = Json::raw(response.to_text()).unwrap_or_default();
        for kind in ["response.created", "response.in_progress"] {
            let fields = object! { "response" => borrowed(&response) };
            write_event(kind, &mut self.sequence, fields, out);
        }
    }

    fn open(&mut self, opening: &Opening, out: &mut Vec<u8>) {
        if let Opening::HostedResult(HostedResult {
            tool: Hosted::WebSearch | Hosted::WebFetch,
            sources,
            ..
        }) = opening
        {
            self.release_search(sources, out);
            return;
        }
        self.release_search(&[], out);
        match opening {
            Opening::Text => self.start(Item::message, out),
            Opening::Refusal => self.start(Item::refusal, out),
            Opening::Thinking => self.start(|id| Item::reasoning(id, false), out),
            Opening::RedactedThinking => self.start(|id| Item::reasoning(id, true), out),
            Opening::Tool(tool) => self.held = Some(Held::Call(tool.clone(), String::new())),
            Opening::Image(media) => match image_data(media) {
                Some(data) => self.start(|id| Item::image(id, data, media), out),
                None => {
                    self.start(Item::message, out);
                    let url = media.to_url().unwrap_or_default();
                    self.delta(&Delta::Text(format!("![image]({url})")), out);
                }
            },
            Opening::HostedUse(call) => {
                if matches!(call.tool, Hosted::WebSearch | Hosted::WebFetch) {
                    self.held = Some(Held::Search(call.clone()));
                }
            }
            // A client can do nothing with it.
            Opening::HostedResult(_) => {}
        }
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        if let Delta::Text(text) | Delta::Thinking(text) | Delta::Input(text) = delta {
            if text.is_empty() {
                return;
            }
            self.bytes = self.bytes.saturating_add(text.len() as u64);
        }
        match (delta, &mut self.held) {
            (Delta::Proof(proof), Some(Held::Call(..))) => {
                let proof = proof.clone();
                self.sign(&proof, out);
                return;
            }
            (Delta::Input(text), Some(Held::Call(_, input))) if input.is_empty() => {
                input.push_str(text);
                return;
            }
            _ => {}
        }
        self.release_call(out);
        let index = self.output.len() as u64;
        if let Some(open) = &mut self.open {
            let mut events = Vec::new();
            open.delta(delta, &mut events);
            write_events(events, open.id(), index, &mut self.sequence, out);
        }
    }

    /// A call has no slot for a signature, but reasoning has; without words it stands for the call behind it.
    fn sign(&mut self, proof: &Proof, out: &mut Vec<u8>) {
        let held = self.held.take();
        self.start(|id| Item::reasoning(id, false), out);
        self.delta(&Delta::Proof(proof.clone()), out);
        self.close(out);
        self.held = held;
        self.release_call(out);
    }

    fn release_call(&mut self, out: &mut Vec<u8>) {
        if !matches!(self.held, Some(Held::Call(..))) {
            return;
        }
        let Some(Held::Call(tool, input)) = self.held.take() else {
            return;
        };
        self.start(|id| Item::call(id, tool), out);
        if !input.is_empty() {
            self.bytes = self.bytes.saturating_sub(input.len() as u64);
            self.delta(&Delta::Input(input), out);
        }
    }

    fn release_search(&mut self, sources: &[crate::ir::content::Citation], out: &mut Vec<u8>) {
        if !matches!(self.held, Some(Held::Search(_))) {
            return;
        }
        let Some(Held::Search(call)) = self.held.take() else {
            return;
        };
        self.start(|id| Item::search(id, &call, sources), out);
        self.close(out);
    }

    fn start(&mut self, item: impl FnOnce(&str) -> Item, out: &mut Vec<u8>) {
        self.create(out);
        let index = self.output.len() as u64;
        let item = item(&format!("{}_{index}", self.seed));
        let added = object! { "output_index" => index, "item" => item.added() };
        write_event("response.output_item.added", &mut self.sequence, added, out);
        let mut events = Vec::new();
        item.begin(&mut events);
        write_events(events, item.id(), index, &mut self.sequence, out);
        self.open = Some(item);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.as_ref().is_some_and(Item::lacks_input) {
            self.delta(&Delta::Input("{}".to_owned()), out);
        }
        let Some(item) = self.open.take() else {
            return;
        };
        let index = self.output.len() as u64;
        let mut events = Vec::new();
        item.end(&mut events);
        write_events(events, item.id(), index, &mut self.sequence, out);
        let done = Json::raw(Json::from(item.done()).to_text()).unwrap_or_default();
        let fields = object! { "output_index" => index, "item" => borrowed(&done) };
        write_event("response.output_item.done", &mut self.sequence, fields, out);
        self.output.push(done);
    }

    fn event(&mut self, kind: &str, fields: Object<'_>, out: &mut Vec<u8>) {
        write_event(kind, &mut self.sequence, fields, out);
    }
}

fn write_events(
    events: Events<'_>,
    item_id: &str,
    output_index: u64,
    sequence: &mut u64,
    out: &mut Vec<u8>,
) {
    for (kind, fields) in events {
        let mut all = object! { "item_id" => item_id, "output_index" => output_index };
        for (key, value) in fields {
            all.push(key, value);
        }
        write_event(kind, sequence, all, out);
    }
}

fn write_event(kind: &str, sequence: &mut u64, fields: Object<'_>, out: &mut Vec<u8>) {
    let mut event = object! { "type" => kind, "sequence_number" => *sequence };
    *sequence += 1;
    for (key, value) in fields {
        event.push(key, value);
    }
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    Json::from(event).write_to(out);
    out.extend_from_slice(b"\n\n");
}

fn ended(reason: &FinishReason, at: u64) -> (Status<'static>, &'static str) {
    let incomplete = |reason| (Status::Incomplete { reason }, "response.incomplete");
    match reason {
        FinishReason::Stop
        | FinishReason::StopSequence(_)
        | FinishReason::ToolUse
        | FinishReason::Pause => (Status::Completed { at }, "response.completed"),
        FinishReason::Length | FinishReason::ContextWindow => incomplete("max_output_tokens"),
        FinishReason::Refusal => incomplete("content_filter"),
    }
}

/// Codex acts on some of these: <https://github.com/openai/codex/blob/main/codex-rs/codex-api/src/sse/responses.rs>.
fn code_of(error: &WireError) -> &str {
    let code = match error.kind {
        ErrorKind::RateLimit => "rate_limit_exceeded",
        ErrorKind::Billing => "insufficient_quota",
        ErrorKind::InvalidRequest | ErrorKind::TooLarge | ErrorKind::NotFound => "invalid_prompt",
        ErrorKind::Authentication
        | ErrorKind::Permission
        | ErrorKind::Server
        | ErrorKind::Overloaded
        | ErrorKind::Timeout => "server_error",
    };
    error.code.as_deref().unwrap_or(code)
}
