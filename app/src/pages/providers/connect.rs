//! The dialog in which an account logs in: which way, what the vendor may hold against it, and how far it is.

mod browser;
mod choose;
mod clock;
mod device;
mod import;

use std::time::Duration;

use api::connection::ConnectionView;
use api::error::{ApiError, ErrorKind};
use api::ids::LoginId;
use api::login::{LoginStep, LoginView};
use api::provider::ProviderView;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::error::ErrorNote;
use crate::components::modal::Modal;
use crate::components::toast::use_toasts;
use crate::functions::logins::{CancelLogin, cancel_login, login};
use crate::pages::providers::connect::browser::InBrowser;
use crate::pages::providers::connect::choose::Choose;
use crate::pages::providers::connect::device::OnDevice;
use crate::pages::providers::desk::Desk;

/// Between two looks at how far a login is.
const LOOK_EVERY: Duration = Duration::from_millis(1500);

/// What the dialog is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subject {
    pub(crate) provider: ProviderView,
    /// The account to be repaired; without one a new one is connected.
    pub(crate) account: Option<ConnectionView>,
}

impl Subject {
    /// Only an administrator may name a proxy; an account that is there has its own, or none.
    fn takes_proxy(&self) -> bool {
        self.account.is_none() && self.provider.may_change
    }
}

#[component]
pub(crate) fn ConnectDialog(desk: Desk) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.connecting.with(|subject| match subject {
            Some(Subject {
                account: Some(account),
                ..
            }) => format!("Connect {} again", account.name),
            Some(Subject { provider, .. }) => format!("Connect an account of {}", provider.name),
            None => "Connect an account".to_owned(),
        })
    });
    view! {
        <Modal id="connect-title" title open=desk.connecting children=move |subject: Subject| {
            view! { <Steps subject desk/> }.into_any()
        }/>
    }
}

/// What the parts of the dialog share.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    pub(super) view: RwSignal<Option<LoginView>>,
    pub(super) error: RwSignal<Option<ApiError>>,
    /// The window of the vendor's page, where the browser has opened one.
    pub(super) window: StoredValue<Option<web_sys::Window>, LocalStorage>,
}

impl Progress {
    /// A login has begun, or is further.
    pub(super) fn see(self, result: Result<LoginView, ApiError>) {
        match result {
            Ok(view) => {
                self.error.set(None);
                if self.view.with_untracked(|old| old.as_ref() != Some(&view)) {
                    self.view.set(Some(view));
                }
            }
            // A slip in the pasted text; the login goes on.
            Err(error) if error.kind == ErrorKind::Invalid => self.error.set(Some(error)),
            Err(error) if error.kind == ErrorKind::NotFound => {
                self.view.set(None);
                self.error.set(Some(ApiError::new(
                    ErrorKind::NotFound,
                    "this login took too long and has expired: begin again",
                )));
            }
            Err(error) => self.error.set(Some(error)),
        }
    }

    pub(super) fn begin_again(self) {
        self.view.set(None);
        self.error.set(None);
    }
}

#[component]
fn Steps(subject: Subject, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let progress = Progress {
        view: RwSignal::new(None),
        error: RwSignal::new(None),
        window: StoredValue::new_local(None),
    };
    let view = progress.view;
    let provider = StoredValue::new(subject.provider.name.clone());
    let subject = StoredValue::new(subject);

    Effect::new(move |_| {
        let Some(LoginStep::Connected { name, is_new, .. }) =
            view.with(|view| view.as_ref().map(|view| view.step.clone()))
        else {
            return;
        };
        toasts.say(if is_new {
            format!("The account {name} is connected.")
        } else {
            format!("The account {name} is connected again.")
        });
        desk.refetch();
        desk.connecting.set(None);
    });
    watch_over(progress);
    // Closing the dialog gives the login up, unless it has ended.
    on_cleanup(move || {
        let waiting = view.try_get_untracked().flatten();
        if let Some(waiting) = waiting.filter(|view| !view.step.is_over()) {
            give_up(waiting.id);
        }
    });

    let step = Memo::new(move |_| view.with(|view| view.as_ref().map(|view| view.step.clone())));
    view! {
        <div class="form">
            <ErrorNote error=progress.error/>
            {move || match step.get() {
                None => subject.with_value(|subject| view! { <Choose subject=subject.clone() progress/> }).into_any(),
                Some(LoginStep::Browser { url, redirect, is_awaited }) => view! {
                    <InBrowser provider=provider.get_value() url redirect is_awaited progress/>
                }.into_any(),
                Some(LoginStep::Device { user_code, url, complete_url }) => view! {
                    <OnDevice provider=provider.get_value() user_code url complete_url progress/>
                }.into_any(),
                Some(LoginStep::Finishing | LoginStep::Connected { .. }) => view! {
                    <p role="status">"Finishing the login…"</p>
                }.into_any(),
                Some(LoginStep::Failed { message }) => view! {
                    <Failed message progress desk/>
                }.into_any(),
            }}
        </div>
    }
}

/// Looks how far the login is, as long as something may happen.
fn watch_over(progress: Progress) {
    let waiting = Memo::new(move |_| {
        progress.view.with(|view| {
            let view = view.as_ref().filter(|view| !view.step.is_over())?;
            Some(view.id.clone())
        })
    });
    Effect::new(move |_| {
        let Some(id) = waiting.get() else {
            return;
        };
        let look = move || {
            let id = id.clone();
            spawn_local(async move {
                let found = login(id.clone()).await;
                // The dialog may be gone, or about another login.
                if waiting.try_get_untracked().flatten().as_ref() == Some(&id) {
                    progress.see(found);
                }
            });
        };
        if let Ok(looking) = set_interval_with_handle(look, LOOK_EVERY) {
            on_cleanup(move || looking.clear());
        }
    });
}

fn give_up(id: LoginId) {
    spawn_local(async move {
        // It expires by itself where this does not arrive.
        let _lost = cancel_login(id).await;
    });
}

#[component]
fn Failed(message: String, progress: Progress, desk: Desk) -> impl IntoView {
    let error = ApiError::new(ErrorKind::Upstream, message);
    view! {
        <ErrorNote error=Some(error)/>
        <div class="actions">
            <button type="button" class="button" on:click=move |_| desk.connecting.set(None)>"Close"</button>
            <button type="button" class="button button-primary" on:click=move |_| progress.begin_again()>
                "Begin again"
            </button>
        </div>
    }
}

/// Gives the login up and goes back to the choice.
#[component]
pub(super) fn GiveUp(progress: Progress) -> impl IntoView {
    let cancel = ServerAction::<CancelLogin>::new();
    view! {
        <button
            type="button"
            class="button"
            on:click=move |_| {
                if let Some(view) = progress.view.get_untracked() {
                    cancel.dispatch(CancelLogin { id: view.id });
                }
                progress.begin_again();
            }
        >
            "Cancel"
        </button>
    }
}
