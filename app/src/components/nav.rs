//! The sections of the dashboard.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::icon::{Drawing, Icon};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Endpoint,
    Providers,
    Combos,
    Quota,
    Usage,
    Logs,
    Pricing,
    Translator,
    Settings,
}

impl Section {
    const ALL: [Self; 9] = [
        Self::Endpoint,
        Self::Providers,
        Self::Combos,
        Self::Quota,
        Self::Usage,
        Self::Logs,
        Self::Pricing,
        Self::Translator,
        Self::Settings,
    ];

    /// The section a path belongs to; the first is also the dashboard's front page.
    pub(crate) fn of(path: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|section| path.starts_with(section.path()))
            .unwrap_or(Self::Endpoint)
    }

    fn path(self) -> &'static str {
        match self {
            Self::Endpoint => "/dashboard/endpoint",
            Self::Providers => "/dashboard/providers",
            Self::Combos => "/dashboard/combos",
            Self::Quota => "/dashboard/quota",
            Self::Usage => "/dashboard/usage",
            Self::Logs => "/dashboard/logs",
            Self::Pricing => "/dashboard/pricing",
            Self::Translator => "/dashboard/translator",
            Self::Settings => "/dashboard/settings",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Endpoint => "Endpoint & keys",
            Self::Providers => "Providers",
            Self::Combos => "Combos",
            Self::Quota => "Quota",
            Self::Usage => "Usage",
            Self::Logs => "Requests",
            Self::Pricing => "Pricing",
            Self::Translator => "Translator",
            Self::Settings => "Settings",
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Endpoint => Icon::Endpoint,
            Self::Providers => Icon::Providers,
            Self::Combos => Icon::Combos,
            Self::Quota => Icon::Quota,
            Self::Usage => Icon::Usage,
            Self::Logs => Icon::Logs,
            Self::Pricing => Icon::Pricing,
            Self::Translator => Icon::Translator,
            Self::Settings => Icon::Settings,
        }
    }
}

/// The section of the page that is shown.
pub(crate) fn use_section() -> Memo<Section> {
    let location = use_location();
    Memo::new(move |_| location.pathname.with(|path| Section::of(path)))
}

#[component]
pub(crate) fn SectionLinks() -> impl IntoView {
    let current = use_section();
    view! {
        <ul class="section-links">
            {Section::ALL.map(|section| view! {
                <li>
                    <a
                        href=section.path()
                        aria-current=move || (current.get() == section).then_some("page")
                    >
                        <Drawing icon=section.icon()/>
                        {section.title()}
                    </a>
                </li>
            })}
        </ul>
    }
}
