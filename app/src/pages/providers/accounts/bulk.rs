//! What can be done with several accounts at once: tested, taken into use, paused.

use std::collections::BTreeSet;

use api::connection::{ConnectionView, TestScope, TestView};
use api::error::ApiError;
use api::ids::ConnectionId;
use api::provider::ProviderView;
use leptos::prelude::*;

use crate::components::error::sentence;
use crate::components::toast::use_toasts;
use crate::format;
use crate::functions::providers::{SetConnectionsActive, TestConnections};
use crate::pages::providers::desk::Desk;

/// Which accounts are chosen.
#[derive(Clone, Copy)]
pub(crate) struct Bulk {
    accounts: Signal<Vec<ConnectionView>>,
    chosen: RwSignal<BTreeSet<ConnectionId>>,
}

impl Bulk {
    pub(crate) fn new(accounts: Signal<Vec<ConnectionView>>) -> Self {
        Self {
            accounts,
            chosen: RwSignal::new(BTreeSet::new()),
        }
    }

    pub(crate) fn is_chosen(self, id: &ConnectionId) -> bool {
        self.chosen.with(|chosen| chosen.contains(id))
    }

    pub(crate) fn choose(self, id: ConnectionId, is_chosen: bool) {
        self.chosen.update(|chosen| {
            if is_chosen {
                chosen.insert(id);
            } else {
                chosen.remove(&id);
            }
        });
    }

    /// Those of them that are still there.
    fn ids(self) -> Vec<ConnectionId> {
        let chosen = self.chosen.get();
        self.changeable()
            .into_iter()
            .filter(|id| chosen.contains(id))
            .collect()
    }

    fn changeable(self) -> Vec<ConnectionId> {
        self.accounts.with(|accounts| {
            let changeable = accounts.iter().filter(|account| account.may_change);
            changeable.map(|account| account.id.clone()).collect()
        })
    }

    fn choose_all(self, is_chosen: bool) {
        let ids = if is_chosen {
            self.changeable().into_iter().collect()
        } else {
            BTreeSet::new()
        };
        self.chosen.set(ids);
    }
}

#[component]
pub(crate) fn Toolbar(provider: Signal<ProviderView>, bulk: Bulk, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let test = ServerAction::<TestConnections>::new();
    let set = ServerAction::<SetConnectionsActive>::new();
    let count = Memo::new(move |_| bulk.ids().len());
    let total = Memo::new(move |_| bulk.changeable().len());
    let is_all = move || count.get() == total.get() && count.get() > 0;
    Effect::new(move |_| match set.value().get() {
        Some(Ok(())) => {
            toasts.say("The accounts are changed.");
            bulk.choose_all(false);
            desk.refetch();
        }
        Some(Err(error)) => toasts.say(error.message),
        None => {}
    });
    Effect::new(move |_| {
        if test.value().get().is_some() {
            desk.refetch();
        }
    });
    let set_active = move |is_active| {
        let ids = untrack(|| bulk.ids());
        set.dispatch(SetConnectionsActive { ids, is_active });
    };
    let is_idle = move || count.get() == 0 || set.pending().get();
    view! {
        <div class="account-tools" role="group" aria-label="Several accounts at once">
            <label class="choice">
                <input
                    type="checkbox"
                    prop:checked=is_all
                    on:change:target=move |event| bulk.choose_all(event.target().checked())
                />
                {move || match count.get() {
                    0 => "Choose all".to_owned(),
                    count => format!("{} chosen", format::count(count as u64)),
                }}
            </label>
            <button type="button" class="button button-quiet" disabled=is_idle on:click=move |_| set_active(true)>
                "Take into use"
            </button>
            <button type="button" class="button button-quiet" disabled=is_idle on:click=move |_| set_active(false)>
                "Pause"
            </button>
            <button
                type="button"
                class="button button-quiet"
                disabled=move || test.pending().get()
                on:click=move |_| {
                    let scope = TestScope::Provider(provider.with_untracked(|provider| provider.id.clone()));
                    test.dispatch(TestConnections { scope });
                }
            >
                {move || if test.pending().get() { "Testing all…" } else { "Test all" }}
            </button>
            <div role="status">
                {move || test.value().get().map(|result| view! { <Tested result/> })}
            </div>
        </div>
    }
}

#[component]
fn Tested(result: Result<Vec<TestView>, ApiError>) -> impl IntoView {
    match result {
        Ok(tests) => {
            let total = tests.len() as u64;
            let passed = tests.iter().filter(|test| test.result.valid).count() as u64;
            let words = format!(
                "{} of {} work.",
                format::count(passed),
                format::plural(total, "account", "accounts")
            );
            view! { <p class="muted">{words}</p> }.into_any()
        }
        Err(error) => view! { <p class="problem">{sentence(&error.message)}</p> }.into_any(),
    }
}
