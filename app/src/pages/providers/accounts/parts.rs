//! Fields of what an account gives to its provider's address, and of the models it is kept to.

use std::collections::BTreeMap;

use api::error::ApiError;
use api::provider::{PartEntry, PartView};
use leptos::prelude::*;

use crate::components::error::{sentence, under};
use crate::components::field::{Field, Kind};
use crate::components::tick::Tick;

const TICKED: &str = "true";

/// The parts of a provider's address as they stand in a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartsDraft {
    entries: StoredValue<Vec<(PartView, Entered)>>,
}

#[derive(Debug, Clone, Copy)]
enum Entered {
    Text(RwSignal<String>),
    Tick(RwSignal<bool>),
}

impl PartsDraft {
    pub(super) fn new(parts: Vec<PartView>, given: &BTreeMap<String, String>) -> Self {
        let entries = parts.into_iter().map(|part| {
            let value = given.get(&part.name).cloned().unwrap_or_default();
            let entered = match part.entry {
                PartEntry::Tick => Entered::Tick(RwSignal::new(value == TICKED)),
                PartEntry::Text | PartEntry::Url => Entered::Text(RwSignal::new(value)),
            };
            (part, entered)
        });
        Self {
            entries: StoredValue::new(entries.collect()),
        }
    }

    /// Every part by its name; an empty text clears one.
    pub(super) fn given(self) -> BTreeMap<String, String> {
        self.entries.with_value(|entries| {
            let entries = entries.iter().map(|(part, entered)| {
                let value = match entered {
                    Entered::Text(text) => text.get_untracked(),
                    Entered::Tick(is_on) if is_on.get_untracked() => TICKED.to_owned(),
                    Entered::Tick(_) => String::new(),
                };
                (part.name.clone(), value)
            });
            entries.collect()
        })
    }

    /// The names of the fields that say what is wrong with them.
    pub(super) fn fields(self) -> Vec<String> {
        self.entries.with_value(|entries| {
            let names = entries.iter().map(|(part, _)| part.name.clone());
            names.collect()
        })
    }
}

#[component]
pub(super) fn PartFields(draft: PartsDraft, error: Signal<Option<ApiError>>) -> impl IntoView {
    draft.entries.with_value(|entries| {
        let fields = entries.iter().cloned().map(|(part, entered)| match entered {
            Entered::Text(value) => view! {
                <Field
                    id=format!("account-part-{}", part.name)
                    label=if part.is_required { part.label } else { format!("{} (optional)", part.label) }
                    field=part.name
                    kind=if part.entry == PartEntry::Url { Kind::Url } else { Kind::Text }
                    hint=part.hint
                    placeholder=part.example
                    required=part.is_required
                    value
                    error
                />
            }
            .into_any(),
            Entered::Tick(value) => {
                let problem = under(error, part.name);
                view! {
                    <div>
                        <Tick label=part.label hint=part.hint value/>
                        {move || problem.get().map(|problem| view! {
                            <p class="problem" role="alert">{sentence(&problem)}</p>
                        })}
                    </div>
                }
                .into_any()
            }
        });
        fields.collect::<Vec<_>>()
    })
}

/// The models an account is kept to, one a line.
#[component]
pub(super) fn ModelsField(
    value: RwSignal<String>,
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let problem = under(error, "enabled_models".to_owned());
    view! {
        <div class="field">
            <label for="account-models">"Only these models (optional)"</label>
            <textarea
                id="account-models"
                rows="4"
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                aria-describedby="account-models-hint"
                prop:value=move || value.get()
                on:input:target=move |event| value.set(event.target().value())
            >
                {value.get_untracked()}
            </textarea>
            <p class="hint" id="account-models-hint">
                "One a line, as the provider calls them. Requests for other models pass this account over. Empty: it is asked for all."
            </p>
            {move || problem.get().map(|problem| view! {
                <p class="problem" role="alert">{sentence(&problem)}</p>
            })}
        </div>
    }
}

/// The models that stand in the field.
pub(super) fn models(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::models;

    #[test]
    fn models_stand_on_lines() {
        assert_eq!(models(" a/b \r\n\n  c:1\n"), ["a/b", "c:1"]);
        assert!(models(" \n").is_empty());
    }
}
