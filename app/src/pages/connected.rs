//! Where a vendor's page leads back to. It hands the answer to the server, says how it ended, and closes itself.
//!
//! The dialog that opened it asks the server by itself, so nothing passes between the two windows.

use api::error::ApiError;
use api::login::{LoginStep, LoginView};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::browser;
use crate::components::error::{ErrorNote, sentence};
use crate::components::icon::Logo;
use crate::functions::logins::FinishLogin;
use crate::pages::providers;

#[component]
pub(crate) fn ConnectedPage() -> impl IntoView {
    let location = use_location();
    let finish = ServerAction::<FinishLogin>::new();
    Effect::new(move |done: Option<()>| {
        if done.is_none() {
            let query = location.search.get_untracked();
            // The code stays in no history.
            browser::forget_query();
            finish.dispatch(FinishLogin {
                id: None,
                text: format!("?{}", query.trim_start_matches('?')),
            });
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(LoginView {
            step: LoginStep::Connected { .. },
            ..
        })) = finish.value().get()
        {
            browser::close_soon();
        }
    });
    view! {
        <Title text="Connect an account"/>
        <main class="alone">
            <div class="alone-card card">
                <Logo/>
                <h1>"Connect an account"</h1>
                <div class="stack" role="status">
                    {move || match finish.value().get() {
                        None => view! { <p>"Finishing the login…"</p> }.into_any(),
                        Some(result) => view! { <Ended result/> }.into_any(),
                    }}
                </div>
            </div>
        </main>
    }
}

#[component]
fn Ended(result: Result<LoginView, ApiError>) -> impl IntoView {
    let view = match result {
        Ok(view) => view,
        Err(error) => {
            return view! {
                <ErrorNote error=Some(error)/>
                <p>"Begin again in the window of the dashboard, in the browser that has opened this page."</p>
                <p><a href="/dashboard/providers">"To the providers"</a></p>
            }
            .into_any();
        }
    };
    let back = providers::path(view.provider.as_str());
    match view.step {
        LoginStep::Connected { name, .. } => view! {
            <p>{format!("{name} is connected. You may close this window.")}</p>
            <p><a href=back>"To the account"</a></p>
        }
        .into_any(),
        LoginStep::Failed { message } => view! {
            <p class="problem">{sentence(&message)}</p>
            <p><a href=back>"Begin again"</a></p>
        }
        .into_any(),
        LoginStep::Browser { .. } | LoginStep::Device { .. } | LoginStep::Finishing => {
            view! { <p>"Finishing the login…"</p> }.into_any()
        }
    }
}
