//! What models can do, by families of names: data, and only what is known.
//!
//! A model of a user's own node has no catalogue entry, but its name still says what it is.

use std::sync::LazyLock;

use serde::Deserialize;
use wire::ir::reasoning::{Effort, ThinkingLimits, ThinkingSupport};
use wire::ir::target::Traits;

static FAMILIES: LazyLock<Result<Vec<Family>, toml::de::Error>> = LazyLock::new(|| {
    toml::from_str::<File>(include_str!("../catalog/models/families.toml"))
        .map(|file| file.families)
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    families: Vec<Family>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    /// Beginnings of names; the longest that fits decides.
    prefixes: Vec<String>,
    max_output: Option<u64>,
    /// Absent: nothing is known.
    thinking: Option<ThinkingData>,
    #[serde(default)]
    refuses_sampling: bool,
    #[serde(default)]
    wants_completion_tokens: bool,
    #[serde(default)]
    refuses_prefill: bool,
    #[serde(default)]
    refuses_forced_tools: bool,
    #[serde(default)]
    wants_signatures: bool,
    #[serde(default)]
    lacks_structured_output: bool,
    #[serde(default)]
    takes_reasoning_back: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThinkingData {
    budget: Option<(u64, u64)>,
    #[serde(default)]
    can_be_off: bool,
    #[serde(default)]
    is_dynamic: bool,
    #[serde(default)]
    levels: Vec<Effort>,
}

/// What is known of `model`, by its own name or the last part of a name such as `vendor/model`.
#[must_use]
pub fn of(model: &str) -> Traits {
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = name.to_ascii_lowercase();
    let families = FAMILIES.as_deref().unwrap_or_default();
    let family = families
        .iter()
        .flat_map(|family| family.prefixes.iter().map(move |prefix| (prefix, family)))
        .filter(|(prefix, _)| name.starts_with(prefix.as_str()))
        .max_by_key(|(prefix, _)| prefix.len());
    family
        .map(|(_, family)| family.traits())
        .unwrap_or_default()
}

impl Family {
    fn traits(&self) -> Traits {
        Traits {
            thinking: match &self.thinking {
                None => ThinkingSupport::Unknown,
                Some(data)
                    if data.budget.is_none() && data.levels.is_empty() && !data.is_dynamic =>
                {
                    ThinkingSupport::None
                }
                Some(data) => ThinkingSupport::Known(ThinkingLimits {
                    budget: data.budget,
                    can_be_off: data.can_be_off,
                    is_dynamic: data.is_dynamic,
                    levels: data.levels.clone(),
                }),
            },
            max_output: self.max_output,
            refuses_sampling: self.refuses_sampling,
            wants_completion_tokens: self.wants_completion_tokens,
            refuses_prefill: self.refuses_prefill,
            refuses_forced_tools: self.refuses_forced_tools,
            wants_signatures: self.wants_signatures,
            lacks_structured_output: self.lacks_structured_output,
            takes_reasoning_back: self.takes_reasoning_back,
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::ir::reasoning::{Effort, ThinkingSupport};

    use super::{FAMILIES, of};

    fn levels(model: &str) -> Vec<Effort> {
        match of(model).thinking {
            ThinkingSupport::Known(limits) => limits.levels,
            ThinkingSupport::Unknown | ThinkingSupport::None => Vec::new(),
        }
    }

    #[test]
    fn the_file_is_read() {
        assert!(FAMILIES.is_ok(), "{:?}", FAMILIES.as_ref().err());
    }

    #[test]
    fn the_longest_name_decides() {
        assert_eq!(levels("gemini-3-pro-preview"), [Effort::Low, Effort::High]);
        assert!(levels("gemini-3.1-pro-preview").contains(&Effort::Medium));
        assert_eq!(of("anthropic/claude-opus-5").max_output, Some(128_000));
        assert_eq!(
            of("claude-3-5-haiku-latest").thinking,
            ThinkingSupport::None
        );
    }

    #[test]
    fn the_newest_claudes_are_not_told_to_call_a_tool() {
        for (model, refuses) in [
            ("claude-opus-5-5", true),
            ("anthropic/claude-fable-5-1", true),
            ("claude-opus-5", false),
            ("claude-sonnet-5", false),
        ] {
            assert_eq!(of(model).refuses_forced_tools, refuses, "{model}");
        }
    }

    #[test]
    fn of_an_unknown_model_nothing_is_claimed() {
        assert_eq!(of("my-own-model"), wire::ir::target::Traits::default());
    }
}
