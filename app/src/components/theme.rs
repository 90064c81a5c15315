//! Light, dark, or as the system has it. The document's inline script applies it before the first paint.

use leptos::prelude::*;

use crate::browser;
use crate::components::icon::{Drawing, Icon};

/// The name in the browser's storage. The inline script in `document` knows it too.
const STORED_AS: &str = "theme";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::System => Icon::Screen,
            Self::Light => Icon::Sun,
            Self::Dark => Icon::Moon,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

/// The theme of the page, a context. What is drawn by script follows it.
pub(crate) fn provide() {
    provide_context(RwSignal::new(Theme::default()));
}

pub(crate) fn use_theme() -> RwSignal<Theme> {
    expect_context()
}

#[component]
pub(crate) fn ThemeSwitch(
    /// Sets the radio buttons of one switch apart from another's.
    name: &'static str,
) -> impl IntoView {
    let theme = use_theme();
    Effect::new(move |_| {
        if let Some(kept) = browser::stored(STORED_AS).and_then(|text| Theme::parse(&text)) {
            theme.set(kept);
        }
    });
    let choose = move |chosen: Theme| {
        browser::store(STORED_AS, chosen.as_str());
        if let Some(root) = browser::root() {
            let _same = match chosen {
                Theme::System => root.remove_attribute("data-theme"),
                Theme::Light | Theme::Dark => root.set_attribute("data-theme", chosen.as_str()),
            };
        }
        theme.set(chosen);
    };
    view! {
        <fieldset class="theme-switch">
            <legend class="visually-hidden">"Theme"</legend>
            {Theme::ALL.map(|option| view! {
                <label title=option.label()>
                    <input
                        type="radio"
                        name=name
                        value=option.as_str()
                        checked=option == Theme::System
                        prop:checked=move || theme.get() == option
                        on:change=move |_| choose(option)
                    />
                    <Drawing icon=option.icon()/>
                    <span class="visually-hidden">{option.label()}</span>
                </label>
            })}
        </fieldset>
    }
}
