//! An answer as it comes: what decoders emit, and what encoders are given.
//!
//! A decoder emits [`Event`]s in the order of the wire: blocks may interleave, a start or an end may be missing.
//! The [`Sequencer`](crate::stream::sequencer::Sequencer) turns them into [`Step`]s, in which an encoder can trust:
//!
//! ```text
//! Start  ( Open Delta* Close )*  ( Finish | Error )
//! ```
//!
//! One block is open at a time, so a step needs no index. After an [`Step::Error`] in an open block no `Close` follows:
//! a half-received call must never look complete. An error may also come first, without `Start`.

use crate::error::WireError;
use crate::ir::content::{Citation, HostedResult, HostedUse, Media, TokenLogprob};
use crate::ir::proof::Proof;
use crate::ir::response::FinishReason;
use crate::usage::Usage;

/// What a decoder reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Optional, once, first.
    Start {
        model: Option<String>,
    },
    /// `index` is the decoder's own name for the block, never used again after its stop.
    BlockStart {
        index: u32,
        opening: Opening,
    },
    BlockDelta {
        index: u32,
        delta: Delta,
    },
    BlockStop {
        index: u32,
    },
    /// Cumulative: everything reported so far.
    Usage(Usage),
    /// Once the upstream has said why it ended. Usage may still follow.
    Finish(FinishReason),
    /// The format's own mark of the end: nothing that matters follows, so nobody need wait for the stream's end.
    End,
    Error(WireError),
}

/// What an encoder writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Start {
        model: Option<String>,
        /// What is known of the prompt at this point.
        usage: Option<Usage>,
    },
    Open(Opening),
    Delta(Delta),
    Close,
    Finish {
        reason: FinishReason,
        usage: Option<Usage>,
    },
    Error(WireError),
}

/// The kind of a block that begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Opening {
    Text,
    Refusal,
    Thinking,
    /// Its proof follows as a delta; it has no text.
    RedactedThinking,
    Tool(ToolOpening),
    /// Whole; no delta follows.
    Image(Media),
    HostedUse(HostedUse),
    HostedResult(HostedResult),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolOpening {
    /// `None` from a decoder whose upstream gave none; in a step it is always set.
    pub id: Option<String>,
    pub name: String,
    /// Known to the client under this group (Responses' namespaces).
    pub namespace: Option<String>,
    /// Its input is free text, not JSON.
    pub is_custom: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Of text and of a refusal.
    Text(String),
    Thinking(String),
    /// Of thinking, of a call, or of text (Gemini signs all three).
    Proof(Proof),
    /// A fragment of a call's input.
    Input(String),
    Citation(Citation),
    Logprobs(Vec<TokenLogprob>),
}
