//! In which order a provider's accounts are asked, and which conversations stay with theirs.

use api::error::ApiError;
use api::settings::{AccountStrategy, Conversations, SettingsPatch, SettingsView};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::choice::Choice;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::toast::use_toasts;
use crate::functions::settings::PatchSettings;
use crate::pages::settings::{number, words};

#[component]
pub(crate) fn OrderCard(now: RwSignal<SettingsView>) -> impl IntoView {
    let toasts = use_toasts();
    let patch = ServerAction::<PatchSettings>::new();
    let (order, may_change) = now.with_untracked(|now| (now.accounts, now.may_change));
    let strategy = RwSignal::new(order.strategy);
    let sticky_limit = RwSignal::new(order.sticky_limit.to_string());
    let conversations = RwSignal::new(now.with_untracked(|now| now.conversations));
    let wrong = RwSignal::new(None::<ApiError>);
    let error: Signal<Option<ApiError>> = Signal::derive(move || {
        wrong
            .get()
            .or_else(|| patch.value().get().and_then(Result::err))
    });
    Effect::new(move |_| {
        if let Some(Ok(settings)) = patch.value().get() {
            now.set(settings);
            toasts.say("The order of accounts is saved.");
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let limit = match number::whole(&sticky_limit.get_untracked(), "sticky_limit") {
            Ok(limit) => limit,
            Err(error) => return wrong.set(Some(error)),
        };
        wrong.set(None);
        let patch_of = SettingsPatch {
            strategy: Some(strategy.get_untracked()),
            sticky_limit: limit,
            conversations: Some(conversations.get_untracked()),
            ..SettingsPatch::default()
        };
        patch.dispatch(PatchSettings { patch: patch_of });
    };
    view! {
        <section class="card" aria-labelledby="order-title">
            <div class="card-head"><h2 id="order-title">"Which account is asked first"</h2></div>
            <p>"A provider may have several accounts. Those that work come in this order; those in trouble come behind them, and those that are out of quota or budget are not asked."</p>
            <form class="form" on:submit=submit>
                <ErrorNote error=outside(error, &["sticky_limit"])/>
                <fieldset class="form fieldset" disabled=!may_change>
                    <div>
                        <Choice
                            id="order"
                            label="Order"
                            options=AccountStrategy::ALL.map(|one| (one.as_str(), one.name())).to_vec()
                            value=Signal::derive(move || strategy.get().as_str())
                            choose=move |text: String| {
                                if let Some(chosen) = AccountStrategy::parse(&text) {
                                    strategy.set(chosen);
                                }
                            }
                        />
                        <p class="hint">{move || words::strategy(strategy.get())}</p>
                    </div>
                    {move || (strategy.get() == AccountStrategy::RoundRobin).then(|| view! {
                        <Field
                            id="sticky-limit"
                            label="Requests in a row"
                            field="sticky_limit"
                            hint="How many requests one account gets before its turn is over. With 1 the load is even at every moment; with more, prompt caches are hit more often."
                            value=sticky_limit
                            error
                        />
                    })}
                    <ConversationsChoice conversations/>
                    <div class="actions">
                        <Submit label="Save the order" busy="Saving…" is_busy=patch.pending()/>
                    </div>
                </fieldset>
            </form>
        </section>
    }
}

#[component]
fn ConversationsChoice(conversations: RwSignal<Conversations>) -> impl IntoView {
    let option = move |option: Conversations| {
        let (name, about) = words::conversations(option);
        let id = format!("conversations-{}", option.as_str());
        view! {
            <div>
                <label class="choice">
                    <input
                        type="radio"
                        name="conversations"
                        aria-describedby=id.clone()
                        checked=conversations.get_untracked() == option
                        prop:checked=move || conversations.get() == option
                        on:change=move |_| conversations.set(option)
                    />
                    {name}
                </label>
                <p class="hint" id=id>{about}</p>
            </div>
        }
    };
    view! {
        <fieldset class="field">
            <legend>"Conversations"</legend>
            <p class="hint">
                "A conversation that stays with its account finds its prompt in the provider's cache, which is cheaper and faster. "
                "The price is fairness: turns are then taken by conversations and not by requests, so an account with a long one does more work. "
                "A conversation moves when its account is in trouble, and is forgotten after an hour."
            </p>
            {Conversations::ALL.map(option)}
        </fieldset>
    }
}
