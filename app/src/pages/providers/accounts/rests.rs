//! For how long an account is left alone, and why.

use api::connection::{ConnectionView, RestView};
use leptos::prelude::*;

use crate::components::clock::{Clock, use_now};
use crate::components::each::Each;
use crate::components::icon::{Drawing, Icon};
use crate::components::toast::use_toasts;
use crate::functions::providers::WakeConnection;
use crate::pages::providers::desk::Desk;
use crate::pages::providers::words;

#[component]
pub(crate) fn Rests(account: Signal<ConnectionView>, desk: Desk) -> impl IntoView {
    let rests = Memo::new(move |_| account.with(|account| account.rests.clone()));
    let is_resting = Memo::new(move |_| !rests.with(Vec::is_empty));
    move || {
        is_resting
            .get()
            .then(|| view! { <List account rests desk/> })
    }
}

#[component]
fn List(account: Signal<ConnectionView>, rests: Memo<Vec<RestView>>, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let now = use_now();
    let wake = ServerAction::<WakeConnection>::new();
    Effect::new(move |_| match wake.value().get() {
        Some(Ok(())) => {
            toasts.say("The account is asked again.");
            desk.refetch();
        }
        Some(Err(error)) => toasts.say(error.message),
        None => {}
    });
    // Once for each rest that ends, not every second after it.
    let over = Memo::new(move |_| {
        let now = now.get()?;
        Some(rests.with(|rests| rests.iter().filter(|rest| rest.until <= now).count()))
    });
    Effect::new(move |_| {
        if over.get().is_some_and(|count| count > 0) {
            desk.refetch();
        }
    });
    let may_change = Memo::new(move |_| account.with(|account| account.may_change));
    view! {
        <div class="account-rests">
            <Drawing icon=Icon::Pause/>
            <ul>
                <Each items=rests key=|rest: &RestView| rest.model.clone() let:rest>
                    <li>
                        // An element for each text: texts that meet are one in the server's page.
                        <span class="breakable">{move || rest.with(words::rests)}</span>
                        <Clock at=Signal::derive(move || rest.with(|rest| rest.until))/>
                        <span>{move || rest.with(|rest| words::rest(rest, now.get()))}</span>
                    </li>
                </Each>
            </ul>
            {move || may_change.get().then(|| view! {
                <button
                    type="button"
                    class="button button-quiet"
                    disabled=move || wake.pending().get()
                    aria-label=move || account.with(|account| format!("Ask {} again now", account.name))
                    on:click=move |_| {
                        let id = account.with_untracked(|account| account.id.clone());
                        wake.dispatch(WakeConnection { id, model: None });
                    }
                >
                    "Ask again now"
                </button>
            })}
        </div>
    }
}
