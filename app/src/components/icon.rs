//! Small drawings. Decoration only: the words stand beside them.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Icon {
    Endpoint,
    Providers,
    Combos,
    Quota,
    Usage,
    Logs,
    Pricing,
    Translator,
    Settings,
    Copy,
    Check,
    Warning,
    Plus,
    Menu,
    SignOut,
    Chevron,
    Up,
    Down,
    Grip,
    Pause,
    Sun,
    Moon,
    Screen,
    Close,
}

impl Icon {
    /// The path of the drawing on a field of 24 by 24.
    fn path(self) -> &'static str {
        match self {
            Self::Endpoint => "M5 12h6m2 0a3 3 0 1 0 6 0 3 3 0 1 0-6 0M5 6v12M3 12h2",
            Self::Providers => "M4 7.5 12 4l8 3.5-8 3.5zM4 12l8 3.5 8-3.5M4 16.5 12 20l8-3.5",
            Self::Combos => "M4 6h4m4 0h8M4 12h4m4 0h8M4 18h4m4 0h8",
            Self::Quota => "M4 15a8 8 0 1 1 16 0M12 15l4-5M4 19h16",
            Self::Usage => "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
            Self::Logs => "M5 4h14v16H5zM8 9h8M8 13h8M8 17h5",
            Self::Pricing => {
                "M12 3v18M16.5 7.5C16 6 14.3 5 12 5c-2.6 0-4.5 1.3-4.5 3.3 0 4.6 9.2 2.5 9.2 7.3 0 2-2 3.4-4.7 3.4-2.6 0-4.4-1.1-4.8-2.8"
            }
            Self::Translator => "M4 8h13m-3.5-3.5L17 8l-3.5 3.5M20 16H7m3.5-3.5L7 16l3.5 3.5",
            Self::Settings => {
                "M4 7h9m5 0h2M13 7a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M4 17h2m5 0h9M6 17a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0"
            }
            Self::Copy => "M9 9h10v11H9zM15 9V4H5v11h4",
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::Warning => "M12 4 2.8 19.5h18.4zM12 10v4m0 2.6v.1",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::SignOut => "M14 4H6v16h8M10 12h10m-3.5-3.5L20 12l-3.5 3.5",
            Self::Up => "M12 19V5m-6 6 6-6 6 6",
            Self::Down => "M12 5v14m-6-6 6 6 6-6",
            Self::Grip => "M9 6v.1M15 6v.1M9 12v.1M15 12v.1M9 18v.1M15 18v.1",
            Self::Pause => "M9 6v12M15 6v12",
            Self::Chevron => "m9 6 6 6-6 6",
            Self::Sun => {
                "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2m0 15v2M2.5 12h2m15 0h2M5.3 5.3l1.4 1.4m10.6 10.6 1.4 1.4m0-13.4-1.4 1.4M6.7 17.3l-1.4 1.4"
            }
            Self::Moon => "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5",
            Self::Screen => "M4 5h16v11H4zM9 20h6m-3-4v4",
            Self::Close => "m6 6 12 12M18 6 6 18",
        }
    }
}

#[component]
pub(crate) fn Drawing(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=icon.path()></path>
        </svg>
    }
}

/// The mark: a nine that is a route, from a ring to a stop.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect class="logo-ground" width="32" height="32" rx="8"></rect>
            <path class="logo-route" d="M21.5 12.5c0 6-2.5 9.8-8 12"></path>
            <circle class="logo-route" cx="15.5" cy="12.5" r="6"></circle>
            <circle class="logo-stop" cx="15.5" cy="12.5" r="1.9"></circle>
            <circle class="logo-stop" cx="12.6" cy="24.8" r="2.3"></circle>
        </svg>
    }
}
