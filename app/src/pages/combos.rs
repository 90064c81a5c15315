//! Combos, which are several models under one name, and aliases, which are one.

mod aliases;
mod budget;
mod card;
mod combo_form;
mod delete;
mod desk;
mod now;
mod steps;
mod words;

use api::routing::{ComboView, Strategy};
use leptos::prelude::*;

use crate::components::budget::own::BudgetDialogs;
use crate::components::each::Each;
use crate::components::error::ErrorNote;
use crate::components::icon::{Drawing, Icon};
use crate::components::skeleton::Skeleton;
use crate::pages::combos::aliases::{AliasDialog, AliasesCard};
use crate::pages::combos::card::ComboCard;
use crate::pages::combos::combo_form::ComboDialog;
use crate::pages::combos::delete::DeleteDialogs;
use crate::pages::combos::desk::Desk;

#[component]
pub(crate) fn CombosPage() -> impl IntoView {
    let desk = Desk::new();
    view! {
        <Transition fallback=|| view! {
            <Skeleton lines=4 what="the combos"/>
            <Skeleton lines=3 what="the aliases"/>
        }>
            <Lists desk/>
        </Transition>
        <ComboDialog desk/>
        <AliasDialog desk/>
        <DeleteDialogs desk/>
        <BudgetDialogs desk=desk.budget after=move |()| desk.refetch()/>
    }
}

#[component]
fn Lists(desk: Desk) -> impl IntoView {
    let routing = desk.routing();
    let reports = desk.reports();
    let budgets = desk.budgets();
    let combos = Memo::new(move |_| routing.with(|routing| routing.combos.clone()));
    let may_change = Memo::new(move |_| routing.with(|routing| routing.may_change));
    let is_empty = move || combos.with(Vec::is_empty) && desk.error().get().is_none();
    view! {
        <ErrorNote error=desk.error() retry=move |()| desk.refetch()/>
        <section class="stack" aria-labelledby="combos-title">
            <div class="section-head">
                <h2 id="combos-title">"Combos"</h2>
                {move || may_change.get().then(|| view! {
                    <button type="button" class="button button-primary" on:click=move |_| desk.open_combo(None)>
                        <Drawing icon=Icon::Plus/>
                        "Create a combo"
                    </button>
                })}
            </div>
            <Explanation/>
            {move || is_empty().then(|| view! {
                <div class="card empty">
                    <p>"No combo yet. Put the model you like best first, and behind it those that may stand in when it is out of quota or down: your tools go on working."</p>
                </div>
            })}
            <Each items=combos key=|combo: &ComboView| combo.id.clone() let:combo>
                <ComboCard combo routing reports budgets desk/>
            </Each>
        </section>
        <AliasesCard routing desk/>
        {move || {
            let is_known = desk.error().get().is_none();
            (is_known && !may_change.get()).then(|| view! {
                <p class="muted">"Only an administrator can change combos and aliases."</p>
            })
        }}
    }
}

#[component]
fn Explanation() -> impl IntoView {
    view! {
        <div class="prose">
            <p>"A combo is several models under one name. A client writes the combo's name where it would write a model's, and gets the answer of the first step that works."</p>
            <ul>
                {Strategy::ALL.map(|strategy| view! {
                    <li><strong>{strategy.name()}": "</strong>{words::strategy(strategy)}</li>
                })}
            </ul>
        </div>
    }
}
