//! A provider's accounts, in the order in which they are asked.

pub(crate) mod connect;
pub(crate) mod forms;
pub(crate) mod row;

use api::connection::ConnectionView;
use api::provider::ProviderView;
use leptos::prelude::*;

use crate::components::each::Each;
use crate::pages::providers::accounts::connect::Connect;
use crate::pages::providers::accounts::row::AccountRow;
use crate::pages::providers::desk::Desk;
use crate::pages::providers::words;

#[component]
pub(crate) fn AccountsSection(
    provider: Signal<ProviderView>,
    accounts: Signal<Vec<ConnectionView>>,
    desk: Desk,
) -> impl IntoView {
    let status = Memo::new(move |_| accounts.with(|accounts| words::accounts(accounts)));
    view! {
        <section class="card" aria-labelledby="accounts-title">
            <div class="card-head">
                <div class="provider-title">
                    <h2 id="accounts-title">"Accounts"</h2>
                    <p class=move || status.get().0.class()>{move || status.get().1}</p>
                </div>
                <Connect provider desk/>
            </div>
            <ul class="accounts" aria-labelledby="accounts-title">
                <Each items=accounts key=|account: &ConnectionView| account.id.clone() let:account>
                    <AccountRow account desk/>
                </Each>
            </ul>
        </section>
    }
}
