//! The translator's bench: what would become of a request or an answer, without sending anything.

use serde::{Deserialize, Serialize};

use crate::provider::{ClientFormat, Dialect};
use crate::usage::NoteView;

/// The longest sample: it is shown on a page.
pub const MOST_SAMPLE_BYTES: usize = 2 * 1024 * 1024;

/// A client's request, and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSample {
    pub from: ClientFormat,
    pub to: Dialect,
    /// The model by the provider's own name; empty: the body's.
    pub model: String,
    /// Whether a stream is asked for, where the body does not say.
    pub is_stream: bool,
    pub body: String,
}

/// A provider's answer, and who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSample {
    pub from: Dialect,
    pub to: ClientFormat,
    /// The model by the name the client asked for.
    pub model: String,
    /// Whether the client asked for a stream; the answer may come as either.
    pub is_stream: bool,
    /// A JSON document or a stream's text; a binary stream in base64.
    pub body: String,
}

/// How much has to change between two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Both speak the same: the bytes pass unchanged.
    Same,
    /// The same in a vendor's envelope: edited where the envelope demands it.
    Envelope,
    /// Through the neutral form.
    Translated,
}

/// What became of a sample, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translation {
    pub tier: Tier,
    /// The neutral form: of a request, or of an answer step by step.
    pub neutral: Option<String>,
    /// What the other side gets.
    pub target: Option<String>,
    /// Where a request goes, after the provider's base URL.
    pub path: Option<String>,
    /// What is lost or approximated.
    pub notes: Vec<NoteView>,
    pub error: Option<TranslationError>,
}

/// Why it went no further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslationError {
    /// Where in the sample: `messages[3].content`.
    pub path: Option<String>,
    pub message: String,
}
