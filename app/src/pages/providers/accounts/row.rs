//! An account: how it is, when it served, and what can be done with it.

use api::connection::{CheckResult, ConnectionPatch, ConnectionView, Health};
use api::provider::ProviderView;
use leptos::prelude::*;

use crate::components::error::sentence;
use crate::components::icon::{Drawing, Icon};
use crate::components::switch::Switch;
use crate::components::time::Time;
use crate::components::toast::use_toasts;
use crate::format;
use crate::functions::providers::{PatchConnection, TestConnection};
use crate::pages::providers::accounts::bulk::Bulk;
use crate::pages::providers::accounts::order::{Direction, Order};
use crate::pages::providers::accounts::rests::Rests;
use crate::pages::providers::badge::Badge;
use crate::pages::providers::connect::Subject;
use crate::pages::providers::desk::Desk;
use crate::pages::providers::words;

#[component]
pub(crate) fn AccountRow(
    provider: Signal<ProviderView>,
    account: Signal<ConnectionView>,
    order: Order,
    bulk: Bulk,
    desk: Desk,
) -> impl IntoView {
    let test = ServerAction::<TestConnection>::new();
    let name = Signal::derive(move || account.with(|account| account.name.clone()));
    let status = Memo::new(move |_| account.with(words::account));
    let is_active = move || account.with(|account| account.is_active);
    let may_change = Memo::new(move |_| account.with(|account| account.may_change));
    let id = StoredValue::new(account.with_untracked(|account| account.id.clone()));
    Effect::new(move |_| {
        if test.value().get().is_some() {
            desk.refetch();
        }
    });
    let is_dragged = RwSignal::new(false);
    let begin = move |event: web_sys::DragEvent| {
        if !may_change.get_untracked() {
            return;
        }
        // Without data Firefox does not begin.
        if let Some(data) = event.data_transfer() {
            let _refused = data.set_data("text/plain", "");
            data.set_effect_allowed("move");
        }
        order.dragged.set_value(Some(id.get_value()));
        is_dragged.set(true);
    };
    let hover = move |event: web_sys::DragEvent| {
        if let Some(dragged) = order.dragged.get_value() {
            event.prevent_default();
            if let (Some(place), _) = untrack(|| id.with_value(|id| order.place(id))) {
                order.move_to(&dragged, place);
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
        id.with_value(|id| order.shift(id, direction));
    };
    view! {
        <li
            class="account-row"
            class:is-paused=move || !is_active()
            class:is-dragged=move || is_dragged.get()
            draggable=move || if may_change.get() { "true" } else { "false" }
            on:dragstart=begin
            on:dragenter=hover
            on:dragover=move |event| {
                if order.dragged.with_value(Option::is_some) {
                    event.prevent_default();
                }
            }
            on:drop=|event| event.prevent_default()
            on:dragend=move |_| {
                order.dragged.set_value(None);
                is_dragged.set(false);
                order.commit();
            }
            on:keydown=press
        >
            <div class="account-main">
                {move || may_change.get().then(|| view! { <Handle account order bulk/> })}
                <strong>{name}</strong>
                <Badge status/>
                {move || account.with(|account| !account.is_shared).then(|| view! {
                    <span class="badge badge-quiet">"Its owner's alone"</span>
                })}
                {move || account.with(|account| account.proxy.clone()).map(|proxy| view! {
                    <span class="muted">"through " <code class="breakable">{proxy}</code></span>
                })}
                {move || account.with(words::kept_to).map(|words| view! { <span class="badge badge-quiet">{words}</span> })}
                <span class="muted">
                    {move || match account.with(|account| account.last_used_at) {
                        Some(at) => view! { "Last used " <Time at/> }.into_any(),
                        None => "Never used".into_any(),
                    }}
                </span>
            </div>
            {move || may_change.get().then(|| view! { <RowActions provider account test desk/> })}
            <Rests account desk/>
            <LoginLine account/>
            <PartsLine account desk/>
            <LastError account/>
            <div role="status" class="account-result">
                {move || test.value().get().map(|result| match result {
                    Ok(result) => view! { <Found result/> }.into_any(),
                    Err(error) => view! { <p class="problem">{sentence(&error.message)}</p> }.into_any(),
                })}
            </div>
        </li>
    }
}

/// To choose an account, and to move it.
#[component]
fn Handle(account: Signal<ConnectionView>, order: Order, bulk: Bulk) -> impl IntoView {
    let name = Signal::derive(move || account.with(|account| account.name.clone()));
    let id = StoredValue::new(account.with_untracked(|account| account.id.clone()));
    let place = Memo::new(move |_| id.with_value(|id| order.place(id)));
    let is_first = move || place.get().0 == Some(0);
    let is_last = move || {
        let (place, count) = place.get();
        place.is_some_and(|place| place + 1 == count)
    };
    view! {
        <span class="account-handle">
            <input
                type="checkbox"
                aria-label=move || format!("Choose {}", name.get())
                prop:checked=move || id.with_value(|id| bulk.is_chosen(id))
                on:change:target=move |event| bulk.choose(id.get_value(), event.target().checked())
            />
            <span class="grip"><Drawing icon=Icon::Grip/></span>
            <button
                type="button"
                class="button button-quiet button-icon"
                id=id.with_value(|id| Direction::Up.button_id(id))
                aria-label=move || format!("Move {} up", name.get())
                disabled=is_first
                on:click=move |_| id.with_value(|id| order.shift(id, Direction::Up))
            >
                <Drawing icon=Icon::Up/>
            </button>
            <button
                type="button"
                class="button button-quiet button-icon"
                id=id.with_value(|id| Direction::Down.button_id(id))
                aria-label=move || format!("Move {} down", name.get())
                disabled=is_last
                on:click=move |_| id.with_value(|id| order.shift(id, Direction::Down))
            >
                <Drawing icon=Icon::Down/>
            </button>
        </span>
    }
}

#[component]
fn RowActions(
    provider: Signal<ProviderView>,
    account: Signal<ConnectionView>,
    test: ServerAction<TestConnection>,
    desk: Desk,
) -> impl IntoView {
    let toasts = use_toasts();
    let patch = ServerAction::<PatchConnection>::new();
    let name = move || account.with(|account| account.name.clone());
    let is_active = Signal::derive(move || account.with(|account| account.is_active));
    let id = move || account.with_untracked(|account| account.id.clone());
    Effect::new(move |_| match patch.value().get() {
        Some(Ok(view)) => {
            let words = if view.is_active {
                "in use again"
            } else {
                "paused"
            };
            toasts.say(format!("{} is {words}.", view.name));
            desk.refetch();
        }
        Some(Err(error)) => toasts.say(error.message),
        None => {}
    });
    let set = move |is_active| {
        let patch_active = ConnectionPatch {
            is_active: Some(is_active),
            ..ConnectionPatch::default()
        };
        patch.dispatch(PatchConnection {
            id: id(),
            patch: patch_active,
        });
    };
    view! {
        <div class="row-actions">
            <Switch label=Signal::derive(move || format!("{} is in use", name())) is_on=is_active is_busy=patch.pending() set/>
            <button
                type="button"
                class="button button-quiet"
                aria-label=move || format!("Test {}", name())
                disabled=move || test.pending().get()
                on:click=move |_| {
                    test.dispatch(TestConnection { id: id() });
                }
            >
                {move || if test.pending().get() { "Testing…" } else { "Test" }}
            </button>
            <Reconnect account desk/>
            <button
                type="button"
                class="button button-quiet"
                aria-label=move || format!("Edit {}", name())
                on:click=move |_| desk.editing.set(Some((provider.get_untracked(), account.get_untracked())))
            >
                "Edit"
            </button>
            <button
                type="button"
                class="button button-quiet button-warn"
                aria-label=move || format!("Delete {}", name())
                on:click=move |_| desk.deleting.set(Some(account.get_untracked()))
            >
                "Delete"
            </button>
        </div>
    }
}

/// Who has logged in, what they pay for, and until when the token holds.
#[component]
fn LoginLine(account: Signal<ConnectionView>) -> impl IntoView {
    let login = Memo::new(move |_| account.with(|account| account.login.clone()));
    move || {
        login.get().map(|login| {
            let who = login.label.map(|label| format!("Signed in as {label}"));
            let plan = login.plan.map(|plan| format!("plan {plan}"));
            let words: Vec<String> = who.into_iter().chain(plan).collect();
            view! {
                <p class="account-result muted">
                    {words.join(" · ")}
                    {login.token_ends_at.map(|at| view! { " · token until " <Time at/> })}
                    {login.revoked_at.map(|at| view! { " · signed out by the provider " <Time at/> })}
                </p>
            }
        })
    }
}

/// What it gives to its provider's address.
#[component]
fn PartsLine(account: Signal<ConnectionView>, desk: Desk) -> impl IntoView {
    let providers = desk.providers();
    move || {
        let words = account.with(|account| {
            providers.with(|all| {
                let provider = all.iter().find(|one| one.id == account.provider)?;
                words::parts(&provider.parts, &account.parts)
            })
        })?;
        Some(view! { <p class="account-result muted breakable">{words}</p> })
    }
}

/// Signs in again with the same account.
#[component]
fn Reconnect(account: Signal<ConnectionView>, desk: Desk) -> impl IntoView {
    let login = Memo::new(move |_| account.with(|account| account.login.clone()));
    let providers = desk.providers();
    let open = move |_| {
        let account = account.get_untracked();
        let provider = providers.with_untracked(|all| {
            let mut found = all.iter().filter(|one| one.id == account.provider);
            found.next().cloned()
        });
        if let Some(provider) = provider {
            desk.connecting.set(Some(Subject {
                provider,
                account: Some(account),
            }));
        }
    };
    move || {
        login.get().map(|login| {
            view! {
                <button
                    type="button"
                    class=if login.revoked_at.is_some() { "button button-primary" } else { "button button-quiet" }
                    aria-label=move || format!("Connect {} again", account.with(|account| account.name.clone()))
                    on:click=open
                >
                    "Reconnect"
                </button>
            }
        })
    }
}

/// What the provider said when it last refused, in full, as long as that is how things stand.
#[component]
fn LastError(account: Signal<ConnectionView>) -> impl IntoView {
    move || {
        account.with(
            |account| match (account.health, account.last_error.clone()) {
                (Health::Error, Some(text)) => {
                    let at = account.last_error_at;
                    Some(view! {
                        <div class="account-error">
                            <Drawing icon=Icon::Warning/>
                            <div>
                                <p class="breakable">{text}</p>
                                {at.map(|at| view! { <p class="muted"><Time at/></p> })}
                            </div>
                        </div>
                    })
                }
                (Health::Error, None) | (Health::Active | Health::Unknown, _) => None,
            },
        )
    }
}

/// What a test of a credential found.
#[component]
pub(crate) fn Found(result: CheckResult) -> impl IntoView {
    let took = format::duration(result.latency_ms);
    if result.valid {
        let how = if result.was_renewed {
            "It works, with a new token · "
        } else {
            "It works · "
        };
        view! { <p class="found found-good"><Drawing icon=Icon::Check/>{how}{took}</p> }.into_any()
    } else {
        let why = result
            .error
            .map_or_else(|| "It does not work.".to_owned(), |error| sentence(&error));
        view! { <p class="found found-bad"><Drawing icon=Icon::Warning/>{why}" · "{took}</p> }
            .into_any()
    }
}
