//! The frame around every page of the dashboard, and the gate before it.

use api::auth::Welcome;
use api::error::ApiError;
use leptos::html::Details;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::use_location;

use crate::components::dry::DryWarning;
use crate::components::error::{ErrorNote, sign_in_path};
use crate::components::icon::{Drawing, Icon, Logo};
use crate::components::nav::{SectionLinks, use_section};
use crate::components::theme::{self, ThemeSwitch};
use crate::components::toast::ToastList;
use crate::functions::auth::{SignOut, welcome};

/// The frame, for whoever is signed in; the others are shown where to go.
///
/// The page stands beside what waits for the visitor and not in it: the server runs what is inside a `Suspense` several
/// times, with everything that a page asks for.
#[component]
pub(crate) fn Layout() -> impl IntoView {
    let visit = Resource::new(|| (), |()| welcome());
    theme::provide();
    let section = use_section();
    view! {
        <Title text=move || section.get().title()/>
        <a class="skip-link" href="#content">"Skip to the content"</a>
        <div class="frame">
            <aside class="sidebar">
                <a class="brand" href="/dashboard"><Logo/>"9Router"</a>
                <nav aria-label="Sections"><SectionLinks/></nav>
            </aside>
            <header class="topbar">
                <Menu/>
                <h1>{move || section.get().title()}</h1>
                <Account visit/>
            </header>
            <main id="content" class="content" tabindex="-1">
                <Gate visit/>
                <DryWarning/>
                <Outlet/>
            </main>
        </div>
        <ToastList/>
    }
}

type Visit = Resource<Result<Welcome, ApiError>>;

/// Leads whoever is not signed in to where that is done.
#[component]
fn Gate(visit: Visit) -> impl IntoView {
    let location = use_location();
    view! {
        <Suspense>
            {move || visit.get().and_then(|answer| match answer {
                Ok(Welcome { user: Some(_), .. }) => None,
                Ok(Welcome { setup_required: true, .. }) => {
                    Some(view! { <Redirect path="/setup"/> }.into_any())
                }
                Ok(_) => {
                    let here = location.pathname.get_untracked() + &search(&location.search.get_untracked());
                    Some(view! { <Redirect path=sign_in_path(&here)/> }.into_any())
                }
                Err(error) => Some(view! {
                    <ErrorNote error=Some(error) retry=move |()| visit.refetch()/>
                }
                .into_any()),
            })}
        </Suspense>
    }
}

/// The query as it stands in a URL.
fn search(query: &str) -> String {
    match query {
        "" => String::new(),
        query if query.starts_with('?') => query.to_owned(),
        query => format!("?{query}"),
    }
}

/// The sections again, for a screen without room for a sidebar. It opens without any script.
#[component]
fn Menu() -> impl IntoView {
    let menu = NodeRef::<Details>::new();
    let location = use_location();
    Effect::new(move |_| {
        location.pathname.track();
        if let Some(menu) = menu.get() {
            menu.set_open(false);
        }
    });
    view! {
        <details class="menu" node_ref=menu>
            <summary aria-label="Menu"><Drawing icon=Icon::Menu/></summary>
            <div class="menu-panel">
                <nav aria-label="Sections, menu"><SectionLinks/></nav>
            </div>
        </details>
    }
}

#[component]
fn Account(visit: Visit) -> impl IntoView {
    let sign_out = ServerAction::<SignOut>::new();
    view! {
        <div class="account">
            <ThemeSwitch name="theme"/>
            <Suspense>
                {move || visit.get().and_then(Result::ok).and_then(|visit| visit.user).map(|user| view! {
                    <span class="account-name" title=format!("Signed in as {}", user.role.as_str())>{user.name}</span>
                })}
            </Suspense>
            <ActionForm action=sign_out>
                <button type="submit" class="button button-quiet" aria-label="Sign out">
                    <Drawing icon=Icon::SignOut/>
                    <span class="wide-only">"Sign out"</span>
                </button>
            </ActionForm>
        </div>
    }
}
