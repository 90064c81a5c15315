//! How much the client wants its model to think.

use super::parameters::{count, flag};
use super::take_text;
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, Reasoning, Thinking};
use crate::json::{Json, Object};

/// OpenAI's effort, OpenRouter's `reasoning`, Anthropic's and GLM's `thinking`, Qwen's `enable_thinking`
/// and Google's `thinking_config`: a request holds one of them, seldom two.
pub(super) fn read(object: &mut Object, notes: &mut Notes) -> Reasoning {
    let mut reasoning = Reasoning::default();
    if let Some(mut thinking) = object.take("thinking").and_then(Json::into_object) {
        reasoning.thinking = match take_text(&mut thinking, "type").as_deref() {
            Some("disabled") => Some(Thinking::Off),
            Some(_) => Some(budget_or_dynamic(thinking.take("budget_tokens"))),
            None => thinking
                .take("budget_tokens")
                .and_then(|tokens| tokens.as_u64())
                .map(Thinking::Budget),
        };
        reasoning.is_visible = thinking
            .get("display")
            .map(|word| word.as_str() != Some("omitted"));
    }
    if let Some(mut nested) = object.take("reasoning").and_then(Json::into_object) {
        effort(
            nested.take("effort"),
            "reasoning.effort",
            &mut reasoning,
            notes,
        );
        let budget = nested.take("max_tokens").and_then(|tokens| tokens.as_u64());
        let enabled = nested.take("enabled").and_then(|flag| flag.as_bool());
        think(&mut reasoning, budget, enabled);
        if let Some(excluded) = nested.take("exclude").and_then(|flag| flag.as_bool()) {
            reasoning.is_visible = Some(!excluded);
        }
    }
    effort(
        object.take("reasoning_effort"),
        "reasoning_effort",
        &mut reasoning,
        notes,
    );
    let template = object.take("chat_template_kwargs").unwrap_or_default();
    let enabled = flag(object, "enable_thinking", notes)
        .or_else(|| template.get("enable_thinking")?.as_bool())
        .or_else(|| template.get("thinking")?.as_bool());
    let budget = count(object, "thinking_budget", notes);
    think(&mut reasoning, budget, enabled);
    let google = ["google", "extra_body"]
        .into_iter()
        .find_map(|key| object.take(key));
    if let Some(config) = google.as_ref().and_then(google_config) {
        let budget = config.get("thinking_budget").and_then(Json::as_i64);
        let enabled = budget.map(|tokens| tokens != 0);
        let budget = budget.and_then(|tokens| u64::try_from(tokens).ok());
        think(&mut reasoning, budget, enabled);
        effort(
            config.get("thinking_level").cloned(),
            "google.thinking_config.thinking_level",
            &mut reasoning,
            notes,
        );
        let visible = config.get("include_thoughts").and_then(Json::as_bool);
        reasoning.is_visible = reasoning.is_visible.or(visible);
    }
    if let Some(visible) = flag(object, "include_reasoning", notes) {
        reasoning.is_visible = Some(visible);
    }
    reasoning
}

/// <https://ai.google.dev/gemini-api/docs/openai#thinking>
fn google_config<'a>(extra: &'a Json<'a>) -> Option<&'a Json<'a>> {
    extra
        .at(&["thinking_config"])
        .or_else(|| extra.at(&["google", "thinking_config"]))
}

fn budget_or_dynamic(tokens: Option<Json>) -> Thinking {
    match tokens.and_then(|tokens| tokens.as_u64()) {
        Some(tokens) => Thinking::Budget(tokens),
        None => Thinking::Dynamic,
    }
}

/// What was said first stays.
fn think(reasoning: &mut Reasoning, budget: Option<u64>, enabled: Option<bool>) {
    let thinking = match (enabled, budget) {
        (Some(false), _) | (_, Some(0)) => Some(Thinking::Off),
        (_, Some(tokens)) => Some(Thinking::Budget(tokens)),
        (Some(true), None) => Some(Thinking::Dynamic),
        (None, None) => None,
    };
    reasoning.thinking = reasoning.thinking.or(thinking);
}

fn effort(word: Option<Json>, path: &str, reasoning: &mut Reasoning, notes: &mut Notes) {
    let Some(word) = word else { return };
    match word.as_str() {
        Some("none") => reasoning.thinking = reasoning.thinking.or(Some(Thinking::Off)),
        Some("" | "auto" | "default") => {}
        word => match word.and_then(Effort::parse) {
            Some(effort) => reasoning.effort = reasoning.effort.or(Some(effort)),
            None => notes.add(path, "dropped: no such effort is known"),
        },
    }
}
