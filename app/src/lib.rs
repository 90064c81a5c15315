//! The dashboard: the document, the table of pages, and what both halves share.
//!
//! `ssr` renders it on the server, `hydrate` brings it to life in the browser.

#![recursion_limit = "512"]
#![expect(
    clippy::needless_pass_by_value,
    reason = "components take their props by value"
)]
#![expect(
    unreachable_pub,
    reason = "the component macro makes the props public whoever may use the component"
)]

pub mod functions;
#[cfg(feature = "ssr")]
pub mod session;

mod browser;
#[cfg(feature = "hydrate")]
mod charts;
mod components;
mod document;
mod format;
#[cfg(feature = "ssr")]
mod forms;
mod live;
mod pages;
mod query_string;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::layout::Layout;
use crate::components::toast;
use crate::pages::combos::CombosPage;
use crate::pages::connected::ConnectedPage;
use crate::pages::endpoint::EndpointPage;
use crate::pages::login::LoginPage;
use crate::pages::logs::LogsPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::pricing::PricingPage;
use crate::pages::providers::ProvidersPage;
use crate::pages::providers::detail::ProviderPage;
use crate::pages::quota::QuotaPage;
use crate::pages::request::RequestPage;
use crate::pages::settings::SettingsPage;
use crate::pages::setup::SetupPage;
use crate::pages::translator::TranslatorPage;
use crate::pages::usage::UsagePage;
use crate::pages::usage::report::UsageReportPage;

/// Where the browser finds what cargo-leptos built. A context of every page.
#[derive(Debug, Clone)]
pub struct Assets {
    /// The URL of the directory of the script, the wasm and the style sheet, without a slash at its
    /// end: `/pkg`, or `/pkg/<hash>` where they never change.
    pub pkg: String,
}

/// The whole document, around [`App`].
///
/// Its type is erased, so that whoever serves it need not be compiled against every page.
pub fn shell(options: LeptosOptions) -> AnyView {
    view! { <document::Document options/> }.into_any()
}

/// Every page there is, for the router of the server.
#[cfg(feature = "ssr")]
pub fn pages_list() -> Vec<leptos_axum::AxumRouteListing> {
    leptos_axum::generate_route_list(|| App().into_any())
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    toast::provide();

    view! {
        <Title formatter=|title: String| match title.as_str() {
            "" => "9Router".to_owned(),
            title => format!("{title} · 9Router"),
        }/>
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("") view=|| view! { <Redirect path="/dashboard"/> }/>
                <Route path=path!("login") view=LoginPage ssr=SsrMode::Async/>
                <Route path=path!("setup") view=SetupPage ssr=SsrMode::Async/>
                <Route path=path!("connect") view=ConnectedPage ssr=SsrMode::Async/>
                <ParentRoute path=path!("dashboard") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("") view=EndpointPage ssr=SsrMode::Async/>
                    <Route path=path!("endpoint") view=EndpointPage ssr=SsrMode::Async/>
                    <Route path=path!("providers") view=ProvidersPage ssr=SsrMode::Async/>
                    <Route path=path!("providers/:id") view=ProviderPage ssr=SsrMode::Async/>
                    <Route path=path!("combos") view=CombosPage ssr=SsrMode::Async/>
                    <Route path=path!("quota") view=QuotaPage ssr=SsrMode::Async/>
                    <Route path=path!("usage") view=UsagePage ssr=SsrMode::Async/>
                    <Route path=path!("usage/report") view=UsageReportPage ssr=SsrMode::Async/>
                    <Route path=path!("logs") view=LogsPage ssr=SsrMode::Async/>
                    <Route path=path!("logs/:id") view=RequestPage ssr=SsrMode::Async/>
                    <Route path=path!("pricing") view=PricingPage ssr=SsrMode::Async/>
                    <Route path=path!("translator") view=TranslatorPage ssr=SsrMode::Async/>
                    <Route path=path!("settings") view=SettingsPage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
