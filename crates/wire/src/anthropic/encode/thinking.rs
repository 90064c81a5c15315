//! Whether and how much the model is told to think.
//!
//! Two generations: a budget (<https://platform.claude.com/docs/en/build-with-claude/extended-thinking>),
//! and an effort (<https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking>).

use crate::ir::note::Notes;
use crate::ir::reasoning::{self, Effort, Plan, Preference, ThinkingSupport};
use crate::ir::request::{Param, Request};

/// The smallest budget.
const LEAST_BUDGET: u64 = 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thinking {
    pub(super) mode: Mode,
    /// How much trouble to take; it counts without thinking too.
    pub(super) effort: Option<Effort>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Unsaid,
    Off,
    Budget(u64),
    Adaptive,
}

/// What in the request bears on thinking.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    pub(super) max_tokens: u64,
    pub(super) is_call_forced: bool,
    pub(super) is_prefilled: bool,
    /// The last answer called tools, and came without thinking.
    pub(super) is_history_unthought: bool,
}

impl Mode {
    pub(super) fn is_on(self) -> bool {
        match self {
            Self::Unsaid | Self::Off => false,
            Self::Budget(_) | Self::Adaptive => true,
        }
    }
}

impl Thinking {
    pub(super) fn decide(
        request: &Request,
        support: &ThinkingSupport,
        situation: &Situation,
        notes: &mut Notes,
    ) -> Self {
        let mut thinking = Self::planned(request, support, notes);
        let path = || request.param_path(Param::Reasoning);
        if let Mode::Budget(budget) = thinking.mode {
            match fitting(budget, situation.max_tokens) {
                Some(fitting) => thinking.mode = Mode::Budget(fitting),
                None => {
                    notes.add(
                        path(),
                        "dropped: the answer's limit leaves no room to think",
                    );
                    thinking.mode = off(support);
                }
            }
        }
        if !thinking.mode.is_on() {
            return thinking;
        }
        if situation.is_call_forced {
            notes.add(
                path(),
                "dropped: Claude does not think when a call is forced",
            );
            thinking.mode = off(support);
        } else if situation.is_prefilled {
            notes.add(
                path(),
                "dropped: Claude does not think when its answer is begun for it",
            );
            thinking.mode = off(support);
        } else if situation.is_history_unthought && matches!(thinking.mode, Mode::Budget(_)) {
            // With a budget, the last answer's calls must come with the thinking that led to them;
            // adaptive thinking is content without.
            thinking.mode = off(support);
        }
        thinking
    }

    fn planned(request: &Request, support: &ThinkingSupport, notes: &mut Notes) -> Self {
        let reasoning = &request.reasoning;
        let (mode, effort) = match reasoning.plan(support, Preference::Budget) {
            Plan::Unsaid => {
                let is_wanted = reasoning.effort.is_some() || reasoning.thinking.is_some();
                if is_wanted && reasoning.thinking != Some(reasoning::Thinking::Off) {
                    let path = request.param_path(Param::Reasoning);
                    notes.add(path, "dropped: the model cannot be told how much to think");
                }
                (Mode::Unsaid, None)
            }
            Plan::Off => (Mode::Off, None),
            // More servers know budgets than know adaptive thinking.
            Plan::Dynamic if *support == ThinkingSupport::Unknown => {
                (Mode::Budget(Effort::Medium.budget()), None)
            }
            Plan::Dynamic => (Mode::Adaptive, None),
            Plan::Budget(tokens) => (Mode::Budget(tokens), None),
            // There is no `minimal`.
            Plan::Effort(effort) => (Mode::Adaptive, Some(effort.max(Effort::Low))),
        };
        Self { mode, effort }
    }
}

/// A budget that leaves room for the answer, if there is one.
fn fitting(budget: u64, max_tokens: u64) -> Option<u64> {
    if max_tokens <= LEAST_BUDGET {
        return None;
    }
    let budget = budget.max(LEAST_BUDGET);
    if budget < max_tokens {
        return Some(budget);
    }
    Some((max_tokens / 4 * 3).max(LEAST_BUDGET))
}

/// Newer models think unless told not to; of those we know nothing about, some refuse to be told.
fn off(support: &ThinkingSupport) -> Mode {
    match support {
        ThinkingSupport::Known(limits) if limits.can_be_off => Mode::Off,
        ThinkingSupport::Known(_) | ThinkingSupport::Unknown | ThinkingSupport::None => {
            Mode::Unsaid
        }
    }
}
