//! The steps of a combo while they are edited: added, moved, removed.

use api::error::ApiError;
use api::routing::RoutingView;
use leptos::prelude::*;

use crate::browser;
use crate::components::each::Each;
use crate::components::icon::{Drawing, Icon};
use crate::components::picker::Picker;
use crate::components::picker::offers::Offer;
use crate::pages::combos::card::Destination;

/// A model in its place. The key tells it from another step of the same model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    key: usize,
    model: String,
}

/// The steps of the form, and what a screen reader is told of them.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    list: RwSignal<Vec<Step>>,
    next: StoredValue<usize>,
    /// What stands in the picker and is no step yet.
    typed: RwSignal<String>,
    news: RwSignal<String>,
    dragged: StoredValue<Option<usize>>,
}

impl Steps {
    pub(crate) fn of(models: &[String]) -> Self {
        let steps = Self {
            list: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            typed: RwSignal::new(String::new()),
            news: RwSignal::new(String::new()),
            dragged: StoredValue::new(None),
        };
        for model in models {
            steps.push(model.clone());
        }
        steps
    }

    /// The models in order, with what is typed and not added yet.
    pub(crate) fn finish(self) -> Vec<String> {
        let typed = self.typed.get_untracked().trim().to_owned();
        if !typed.is_empty() {
            self.add(typed);
        }
        self.list
            .with_untracked(|steps| steps.iter().map(|step| step.model.clone()).collect())
    }

    fn push(self, model: String) {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        self.list.update(|steps| steps.push(Step { key, model }));
    }

    fn add(self, model: String) {
        self.typed.set(String::new());
        self.push(model.clone());
        let place = self.list.with_untracked(Vec::len);
        self.news.set(format!("{model} is added as step {place}."));
    }

    fn place(self, key: usize) -> Option<usize> {
        self.list
            .with_untracked(|steps| steps.iter().position(|step| step.key == key))
    }

    fn move_to(self, key: usize, place: usize) {
        let Some(from) = self.place(key) else {
            return;
        };
        let count = self.list.with_untracked(Vec::len);
        if from == place || place >= count {
            return;
        }
        let mut news = String::new();
        self.list.update(|steps| {
            let step = steps.remove(from);
            news = format!("{} is step {} of {count} now.", step.model, place + 1);
            steps.insert(place, step);
        });
        self.news.set(news);
    }

    /// One place up or down, with the focus on the button that was pressed, or on its other half at an end.
    fn shift(self, key: usize, direction: Direction) {
        let Some(from) = self.place(key) else {
            return;
        };
        let last = self.list.with_untracked(Vec::len).saturating_sub(1);
        let to = match direction {
            Direction::Up => from.saturating_sub(1),
            Direction::Down => (from + 1).min(last),
        };
        self.move_to(key, to);
        let wanted = match direction {
            Direction::Up if to == 0 => Direction::Down,
            Direction::Down if to == last => Direction::Up,
            Direction::Up | Direction::Down => direction,
        };
        browser::focus_soon(wanted.button_id(key));
    }

    fn remove(self, key: usize) {
        let Some(place) = self.place(key) else {
            return;
        };
        let mut news = String::new();
        self.list.update(|steps| {
            news = format!("{} is removed.", steps.remove(place).model);
        });
        self.news.set(news);
        browser::focus_soon(PICKER.to_owned());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Direction {
    fn button_id(self, key: usize) -> String {
        match self {
            Self::Up => format!("step-{key}-up"),
            Self::Down => format!("step-{key}-down"),
        }
    }
}

const PICKER: &str = "combo-step";

#[component]
pub(crate) fn StepsField(
    steps: Steps,
    known: Vec<Offer>,
    routing: RoutingView,
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let routing = Signal::stored(routing);
    let is_empty = move || steps.list.with(Vec::is_empty);
    view! {
        <fieldset class="field">
            <legend>"Steps, in the order in which they are asked"</legend>
            {move || is_empty().then(|| view! { <p class="hint">"No step yet. Find the first model below."</p> })}
            <ol class="steps steps-edited">
                <Each items=steps.list key=|step: &Step| step.key let:step>
                    <StepRow step steps routing/>
                </Each>
            </ol>
            <p class="visually-hidden" role="status">{move || steps.news.get()}</p>
        </fieldset>
        <Picker
            id=PICKER
            label="Add a step"
            hint="A model, an alias or another combo. A model that is not in the list can be typed as prefix/model."
            placeholder="Search, or type prefix/model"
            field="models"
            text=steps.typed
            known=Signal::stored(known)
            error
            choose=move |model: String| steps.add(model)
        />
    }
}

#[component]
fn StepRow(step: Signal<Step>, steps: Steps, routing: Signal<RoutingView>) -> impl IntoView {
    let Step { key, model } = step.get_untracked();
    let place = Memo::new(move |_| {
        steps
            .list
            .with(|steps| steps.iter().position(|step| step.key == key))
    });
    let is_last = move || {
        steps
            .list
            .with(|steps| place.get() == Some(steps.len().saturating_sub(1)))
    };
    let is_dragged = RwSignal::new(false);
    let begin = move |event: web_sys::DragEvent| {
        // Without data Firefox does not begin.
        if let Some(data) = event.data_transfer() {
            let _refused = data.set_data("text/plain", "");
            data.set_effect_allowed("move");
        }
        steps.dragged.set_value(Some(key));
        is_dragged.set(true);
    };
    let hover = move |event: web_sys::DragEvent| {
        if let Some(dragged) = steps.dragged.get_value() {
            event.prevent_default();
            if let Some(place) = place.get_untracked() {
                steps.move_to(dragged, place);
            }
        }
    };
    let press = move |event: web_sys::KeyboardEvent| {
        let direction = match event.key().as_str() {
            "ArrowUp" if event.alt_key() => Direction::Up,
            "ArrowDown" if event.alt_key() => Direction::Down,
            _ => return,
        };
        event.prevent_default();
        steps.shift(key, direction);
    };
    view! {
        <li
            class="step"
            class:is-dragged=move || is_dragged.get()
            draggable="true"
            on:dragstart=begin
            on:dragenter=hover
            on:dragover=move |event| {
                if steps.dragged.get_value().is_some() {
                    event.prevent_default();
                }
            }
            on:drop=|event| event.prevent_default()
            on:dragend=move |_| {
                steps.dragged.set_value(None);
                is_dragged.set(false);
            }
            on:keydown=press
        >
            <span class="grip"><Drawing icon=Icon::Grip/></span>
            <span class="step-name">
                <code class="breakable">{model.clone()}</code>
                <Destination routing name=model.clone()/>
            </span>
            <span class="row-actions">
                <button
                    type="button"
                    class="button button-quiet button-icon"
                    id=Direction::Up.button_id(key)
                    aria-label=format!("Move {model} up")
                    disabled=move || place.get() == Some(0)
                    on:click=move |_| steps.shift(key, Direction::Up)
                >
                    <Drawing icon=Icon::Up/>
                </button>
                <button
                    type="button"
                    class="button button-quiet button-icon"
                    id=Direction::Down.button_id(key)
                    aria-label=format!("Move {model} down")
                    disabled=is_last
                    on:click=move |_| steps.shift(key, Direction::Down)
                >
                    <Drawing icon=Icon::Down/>
                </button>
                <button
                    type="button"
                    class="button button-quiet button-warn button-icon"
                    aria-label=format!("Remove {model}")
                    on:click=move |_| steps.remove(key)
                >
                    <Drawing icon=Icon::Close/>
                </button>
            </span>
        </li>
    }
}
