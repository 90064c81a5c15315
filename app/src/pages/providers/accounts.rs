//! A provider's accounts, in the order in which they are asked.

pub(crate) mod bulk;
pub(crate) mod connect;
pub(crate) mod forms;
pub(crate) mod order;
mod parts;
pub(crate) mod rests;
pub(crate) mod row;

use api::connection::ConnectionView;
use api::provider::ProviderView;
use leptos::prelude::*;

use crate::components::each::Each;
use crate::pages::providers::accounts::bulk::{Bulk, Toolbar};
use crate::pages::providers::accounts::connect::Connect;
use crate::pages::providers::accounts::order::Order;
use crate::pages::providers::accounts::row::AccountRow;
use crate::pages::providers::badge::Badge;
use crate::pages::providers::desk::Desk;
use crate::pages::providers::words;

#[component]
pub(crate) fn AccountsSection(
    provider: Signal<ProviderView>,
    accounts: Signal<Vec<ConnectionView>>,
    desk: Desk,
) -> impl IntoView {
    let status = Memo::new(move |_| accounts.with(|accounts| words::accounts(accounts)));
    let order = Order::new(provider, accounts, desk);
    let bulk = Bulk::new(accounts);
    let shown = order.shown();
    let is_empty = Memo::new(move |_| accounts.with(Vec::is_empty));
    view! {
        <section class="card" aria-labelledby="accounts-title">
            <div class="card-head">
                <div class="provider-title">
                    <h2 id="accounts-title">"Accounts"</h2>
                    <Badge status/>
                </div>
                <Connect provider desk/>
            </div>
            {move || is_empty.get().then(|| view! {
                <p class="muted">"With an account, the models below can be named at your endpoint."</p>
            })}
            {move || (!is_empty.get()).then(|| view! { <Toolbar provider bulk desk/> })}
            <ol class="accounts" aria-labelledby="accounts-title">
                <Each items=shown key=|account: &ConnectionView| account.id.clone() let:account>
                    <AccountRow provider account order bulk desk/>
                </Each>
            </ol>
            <p class="visually-hidden" role="status">{move || order.news.get()}</p>
        </section>
    }
}
