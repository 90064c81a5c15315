//! How much a model is asked to think: effort, budget and adaptive, and what a given model can do of it.
//!
//! The table between efforts and budgets is the field's common one; the limits of models are data of `providers`.

/// What a client asked for; both may be set (Claude's adaptive thinking with an effort).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reasoning {
    pub thinking: Option<Thinking>,
    pub effort: Option<Effort>,
    /// Whether the client wants to see the thinking or a summary of it; `None` if it did not say.
    pub is_visible: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    Off,
    /// As much as the model likes.
    Dynamic,
    /// Tokens.
    Budget(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

/// What a model can be told about thinking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ThinkingSupport {
    /// Nothing is known of the model: the request is written as the format allows.
    #[default]
    Unknown,
    /// The model does not think, and refuses to be asked.
    None,
    Known(ThinkingLimits),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThinkingLimits {
    /// Smallest and largest budget in tokens, if it takes one.
    pub budget: Option<(u64, u64)>,
    /// It can be told not to think.
    pub can_be_off: bool,
    /// It can be told to decide for itself.
    pub is_dynamic: bool,
    /// The efforts it knows, lowest first; empty if it knows none.
    pub levels: Vec<Effort>,
}

/// What to tell a model, after its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Say nothing.
    Unsaid,
    Off,
    Dynamic,
    Budget(u64),
    Effort(Effort),
}

/// Which of the two ways a target prefers where a model knows both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    Budget,
    Effort,
}

impl Effort {
    pub const ALL: [Self; 6] = [
        Self::Minimal,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Xhigh,
        Self::Max,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// In any case; `None` for `none`, which is no effort, and for words nobody knows.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|effort| effort.as_str().eq_ignore_ascii_case(text))
    }

    pub fn budget(self) -> u64 {
        match self {
            Self::Minimal => 512,
            Self::Low => 1_024,
            Self::Medium => 8_192,
            Self::High => 24_576,
            Self::Xhigh => 32_768,
            Self::Max => 128_000,
        }
    }

    pub fn of_budget(tokens: u64) -> Self {
        match tokens {
            0..=512 => Self::Minimal,
            513..=1_024 => Self::Low,
            1_025..=8_192 => Self::Medium,
            8_193..=24_576 => Self::High,
            _ => Self::Xhigh,
        }
    }

    /// The closest of `levels`; of two equally close ones the lower.
    pub fn nearest(self, levels: &[Self]) -> Option<Self> {
        let distance = |level: &Self| (*level as i32 - self as i32).abs();
        levels
            .iter()
            .copied()
            .min_by_key(|level| (distance(level), *level))
    }
}

impl Reasoning {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Decides what to tell a model with `support`.
    ///
    /// A budget and an effort become each other where the model knows only one of them;
    /// a level it lacks becomes the nearest it has, a budget is moved into its range.
    pub fn plan(&self, support: &ThinkingSupport, preference: Preference) -> Plan {
        if self.thinking == Some(Thinking::Off) {
            return off(support);
        }
        match support {
            ThinkingSupport::None => Plan::Unsaid,
            ThinkingSupport::Unknown => self.plan_freely(preference),
            ThinkingSupport::Known(limits) => self.plan_within(limits, preference),
        }
    }

    fn plan_freely(&self, preference: Preference) -> Plan {
        match (self.thinking, self.effort, preference) {
            (Some(Thinking::Budget(tokens)), _, Preference::Budget) => Plan::Budget(tokens),
            (_, Some(effort), Preference::Effort) => Plan::Effort(effort),
            (Some(Thinking::Budget(tokens)), None, Preference::Effort) => {
                Plan::Effort(Effort::of_budget(tokens))
            }
            (_, Some(effort), Preference::Budget) => Plan::Budget(effort.budget()),
            (Some(Thinking::Dynamic), None, _) => Plan::Dynamic,
            (Some(Thinking::Off) | None, None, _) => Plan::Unsaid,
        }
    }

    fn plan_within(&self, limits: &ThinkingLimits, preference: Preference) -> Plan {
        let by_effort = |effort: Effort| effort.nearest(&limits.levels).map(Plan::Effort);
        let by_budget = |tokens: u64| {
            let (least, most) = limits.budget?;
            Some(Plan::Budget(tokens.clamp(least, most)))
        };
        let wanted = match (self.thinking, self.effort) {
            (Some(Thinking::Budget(tokens)), effort) => match preference {
                Preference::Budget => by_budget(tokens)
                    .or_else(|| by_effort(effort.unwrap_or_else(|| Effort::of_budget(tokens)))),
                Preference::Effort => {
                    by_effort(effort.unwrap_or_else(|| Effort::of_budget(tokens)))
                        .or_else(|| by_budget(tokens))
                }
            },
            (_, Some(effort)) => by_effort(effort).or_else(|| by_budget(effort.budget())),
            (Some(Thinking::Dynamic), None) => return dynamic(limits),
            (Some(Thinking::Off) | None, None) => None,
        };
        wanted.unwrap_or(Plan::Unsaid)
    }
}

/// A model that cannot stop thinking is asked for the least.
fn off(support: &ThinkingSupport) -> Plan {
    match support {
        ThinkingSupport::None => Plan::Unsaid,
        ThinkingSupport::Unknown => Plan::Off,
        ThinkingSupport::Known(limits) if limits.can_be_off => Plan::Off,
        ThinkingSupport::Known(limits) => match (limits.levels.first(), limits.budget) {
            (Some(least), _) => Plan::Effort(*least),
            (None, Some((least, _))) => Plan::Budget(least),
            (None, None) => Plan::Unsaid,
        },
    }
}

fn dynamic(limits: &ThinkingLimits) -> Plan {
    match (limits.is_dynamic, limits.budget) {
        (true, _) => Plan::Dynamic,
        (false, Some((least, most))) => Plan::Budget(Effort::Medium.budget().clamp(least, most)),
        (false, None) => Plan::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::{Effort, Plan, Preference, Reasoning, Thinking, ThinkingLimits, ThinkingSupport};

    fn asked(thinking: Option<Thinking>, effort: Option<Effort>) -> Reasoning {
        Reasoning {
            thinking,
            effort,
            is_visible: None,
        }
    }

    fn levels(levels: &[Effort]) -> ThinkingSupport {
        ThinkingSupport::Known(ThinkingLimits {
            levels: levels.to_vec(),
            ..ThinkingLimits::default()
        })
    }

    fn budget(least: u64, most: u64) -> ThinkingSupport {
        ThinkingSupport::Known(ThinkingLimits {
            budget: Some((least, most)),
            ..ThinkingLimits::default()
        })
    }

    #[test]
    fn an_effort_becomes_the_nearest_the_model_has() {
        let support = levels(&[Effort::Low, Effort::High]);
        for (wanted, expected) in [
            (Effort::Minimal, Effort::Low),
            (Effort::Medium, Effort::Low),
            (Effort::Max, Effort::High),
        ] {
            let plan = asked(None, Some(wanted)).plan(&support, Preference::Effort);
            assert_eq!(plan, Plan::Effort(expected), "{wanted:?}");
        }
    }

    #[test]
    fn effort_and_budget_become_each_other() {
        let plan = asked(None, Some(Effort::High)).plan(&budget(1_024, 20_000), Preference::Budget);
        assert_eq!(plan, Plan::Budget(20_000));
        let plan = asked(Some(Thinking::Budget(9_000)), None)
            .plan(&levels(&Effort::ALL), Preference::Budget);
        assert_eq!(plan, Plan::Effort(Effort::High));
    }

    #[test]
    fn a_model_that_cannot_stop_thinks_as_little_as_it_can() {
        let off = asked(Some(Thinking::Off), None);
        assert_eq!(
            off.plan(&ThinkingSupport::Unknown, Preference::Budget),
            Plan::Off
        );
        assert_eq!(
            off.plan(&ThinkingSupport::None, Preference::Budget),
            Plan::Unsaid
        );
        assert_eq!(
            off.plan(&budget(128, 32_768), Preference::Budget),
            Plan::Budget(128)
        );
        assert_eq!(
            off.plan(&levels(&[Effort::Low, Effort::High]), Preference::Effort),
            Plan::Effort(Effort::Low)
        );
    }

    #[test]
    fn nothing_asked_is_nothing_said() {
        let plan = asked(None, None).plan(&levels(&Effort::ALL), Preference::Effort);
        assert_eq!(plan, Plan::Unsaid);
    }
}
