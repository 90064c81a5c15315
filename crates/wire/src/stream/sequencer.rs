//! From the events of a wire to the steps of the grammar: one block at a time, each closed, one end.

use std::collections::VecDeque;

use crate::error::WireError;
use crate::ir::event::{Delta, Event, Opening, Step, ToolOpening};
use crate::ir::response::FinishReason;
use crate::usage::Usage;

/// What one answer may hold back while an earlier block is open.
const MOST_WAITING_BYTES: usize = 32 * 1024 * 1024;

/// Holds back the blocks behind the front one, and what must come last until it is known to be last.
///
/// An empty block of text or thinking is never opened. Calls without an id, or with one that was there
/// already, get one made of `seed`.
#[derive(Debug)]
pub struct Sequencer {
    seed: String,
    model: Option<String>,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    state: State,
    front: Option<Front>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    call_ids: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Within,
    Ended,
}

#[derive(Debug)]
struct Front {
    index: u32,
    /// Kept until the block turns out to hold something.
    unopened: Option<Opening>,
}

#[derive(Debug)]
struct Waiting {
    index: u32,
    opening: Opening,
    deltas: Vec<Delta>,
    is_stopped: bool,
}

impl Sequencer {
    pub fn new(seed: impl Into<String>) -> Self {
        Self {
            seed: seed.into(),
            model: None,
            usage: None,
            finish: None,
            state: State::Before,
            front: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            call_ids: Vec::new(),
        }
    }

    pub fn push(&mut self, event: Event, out: &mut Vec<Step>) {
        if let Event::Usage(usage) = event {
            // A late report still counts for whoever asks afterwards.
            self.usage = Some(usage);
            return;
        }
        if self.state == State::Ended {
            return;
        }
        match event {
            Event::Usage(_) => {}
            Event::Start { model } => self.model = self.model.take().or(model),
            Event::BlockStart { index, opening } => self.block_start(index, opening, out),
            Event::BlockDelta { index, delta } => self.block_delta(index, delta, out),
            Event::BlockStop { index } => self.block_stop(index, out),
            Event::Finish(reason) => self.finish = Some(reason),
            Event::End => self.end(out),
            Event::Error(error) => self.fail(error, out),
        }
    }

    /// Nothing more will come. Without a reason to have ended, that is an error.
    pub fn end(&mut self, out: &mut Vec<Step>) {
        if self.state == State::Ended {
            return;
        }
        let Some(reason) = self.finish.take() else {
            let error = WireError::broken("the upstream ended its answer before it was complete");
            self.fail(error, out);
            return;
        };
        self.start(out);
        self.close_front(out);
        while let Some(block) = self.waiting.pop_front() {
            self.open(block.index, block.opening);
            for delta in block.deltas {
                self.delta(delta, out);
            }
            self.close_front(out);
        }
        self.state = State::Ended;
        out.push(Step::Finish {
            reason: settled(reason, !self.call_ids.is_empty()),
            usage: self.usage,
        });
    }

    /// Ends the answer with `error`, if it has not ended already.
    pub fn fail(&mut self, error: WireError, out: &mut Vec<Step>) {
        if self.state != State::Ended {
            self.state = State::Ended;
            self.waiting = VecDeque::new();
            out.push(Step::Error(error));
        }
    }

    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// The upstream's own name of the model.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    fn start(&mut self, out: &mut Vec<Step>) {
        if self.state == State::Before {
            self.state = State::Within;
            out.push(Step::Start {
                model: self.model.clone(),
                usage: self.usage,
            });
        }
    }

    fn block_start(&mut self, index: u32, opening: Opening, out: &mut Vec<Step>) {
        if self.front.is_some() {
            self.waiting_bytes += 64;
            self.waiting.push_back(Waiting {
                index,
                opening,
                deltas: Vec::new(),
                is_stopped: false,
            });
            self.check_waiting(out);
            return;
        }
        self.open(index, opening);
        self.open_if_whole(out);
    }

    fn open(&mut self, index: u32, opening: Opening) {
        self.front = Some(Front {
            index,
            unopened: Some(opening),
        });
    }

    /// Blocks of which nothing more need come are shown at once.
    fn open_if_whole(&mut self, out: &mut Vec<Step>) {
        let is_whole = self
            .front
            .as_ref()
            .and_then(|front| front.unopened.as_ref())
            .is_some_and(|opening| match opening {
                Opening::Tool(_)
                | Opening::Image(_)
                | Opening::HostedUse(_)
                | Opening::HostedResult(_) => true,
                Opening::Text
                | Opening::Refusal
                | Opening::Thinking
                | Opening::RedactedThinking => false,
            });
        if is_whole {
            self.show_front(out);
        }
    }

    fn show_front(&mut self, out: &mut Vec<Step>) {
        let Some(mut opening) = self.front.as_mut().and_then(|front| front.unopened.take()) else {
            return;
        };
        if let Opening::Tool(tool) = &mut opening {
            self.identify(tool);
        }
        self.start(out);
        out.push(Step::Open(opening));
    }

    fn identify(&mut self, tool: &mut ToolOpening) {
        let is_new = |id: &String| !id.is_empty() && !self.call_ids.contains(id);
        let id = tool
            .id
            .take()
            .filter(is_new)
            .unwrap_or_else(|| format!("call_{}{}", self.seed, self.call_ids.len()));
        self.call_ids.push(id.clone());
        tool.id = Some(id);
    }

    fn block_delta(&mut self, index: u32, delta: Delta, out: &mut Vec<Step>) {
        if self
            .front
            .as_ref()
            .is_some_and(|front| front.index == index)
        {
            self.delta(delta, out);
        } else if let Some(block) = self.waiting.iter_mut().find(|block| block.index == index) {
            self.waiting_bytes += keep(&mut block.deltas, delta);
            self.check_waiting(out);
        }
    }

    fn delta(&mut self, delta: Delta, out: &mut Vec<Step>) {
        if is_empty(&delta) {
            return;
        }
        self.show_front(out);
        out.push(Step::Delta(delta));
    }

    fn block_stop(&mut self, index: u32, out: &mut Vec<Step>) {
        if self.front.as_ref().is_none_or(|front| front.index != index) {
            if let Some(block) = self.waiting.iter_mut().find(|block| block.index == index) {
                block.is_stopped = true;
            }
            return;
        }
        self.close_front(out);
        while self.front.is_none() {
            let Some(block) = self.waiting.pop_front() else {
                self.waiting_bytes = 0;
                return;
            };
            self.open(block.index, block.opening);
            self.open_if_whole(out);
            for delta in block.deltas {
                self.delta(delta, out);
            }
            if block.is_stopped {
                self.close_front(out);
            }
        }
    }

    fn close_front(&mut self, out: &mut Vec<Step>) {
        self.open_if_whole(out);
        if self
            .front
            .take()
            .is_some_and(|front| front.unopened.is_none())
        {
            out.push(Step::Close);
        }
    }

    fn check_waiting(&mut self, out: &mut Vec<Step>) {
        if self.waiting_bytes > MOST_WAITING_BYTES {
            let error = WireError::broken(
                "the upstream sent more interleaved blocks than can be put in order",
            );
            self.fail(error, out);
        }
    }
}

/// A turn with calls waits for their results, whatever the upstream called it; one without does not.
fn settled(reason: FinishReason, has_calls: bool) -> FinishReason {
    match (reason, has_calls) {
        (FinishReason::Stop | FinishReason::StopSequence(_) | FinishReason::ToolUse, true) => {
            FinishReason::ToolUse
        }
        (FinishReason::ToolUse, false) => FinishReason::Stop,
        (
            reason @ (FinishReason::Stop
            | FinishReason::StopSequence(_)
            | FinishReason::Length
            | FinishReason::ContextWindow
            | FinishReason::Refusal
            | FinishReason::Pause),
            _,
        ) => reason,
    }
}

fn is_empty(delta: &Delta) -> bool {
    match delta {
        Delta::Text(text) | Delta::Thinking(text) | Delta::Input(text) => text.is_empty(),
        Delta::Proof(proof) => proof.data.is_empty(),
        Delta::Logprobs(tokens) => tokens.is_empty(),
        Delta::Citation(_) => false,
    }
}

/// Keeps `delta` behind the others, joined to the last if it continues it. Returns its size.
fn keep(deltas: &mut Vec<Delta>, delta: Delta) -> usize {
    if is_empty(&delta) {
        return 0;
    }
    match (deltas.last_mut(), &delta) {
        (Some(Delta::Text(last)), Delta::Text(text))
        | (Some(Delta::Thinking(last)), Delta::Thinking(text))
        | (Some(Delta::Input(last)), Delta::Input(text)) => {
            last.push_str(text);
            text.len()
        }
        _ => {
            let size = match &delta {
                Delta::Text(text) | Delta::Thinking(text) | Delta::Input(text) => text.len(),
                Delta::Proof(proof) => proof.data.len(),
                Delta::Logprobs(tokens) => tokens.len() * 64,
                Delta::Citation(_) => 256,
            };
            deltas.push(delta);
            size + 64
        }
    }
}

#[cfg(test)]
mod tests;
