//! A whole answer, folded from the steps of a stream.

use crate::ir::content::Block;
use crate::usage::Usage;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Response {
    /// In the order in which the model wrote them; `at` is without meaning here.
    pub blocks: Vec<Block>,
    pub finish: FinishReason,
    pub usage: Option<Usage>,
    /// The upstream's own name of the model.
    pub model: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FinishReason {
    #[default]
    Stop,
    /// Which of the client's stop sequences it met, if the upstream says so.
    StopSequence(Option<String>),
    /// It waits for the results of its calls.
    ToolUse,
    /// `max_tokens` was reached.
    Length,
    /// The model's context is full.
    ContextWindow,
    /// Withheld, by the model or by a filter.
    Refusal,
    /// A hosted tool's turn was cut; the client may ask to go on (Anthropic's `pause_turn`).
    Pause,
}
