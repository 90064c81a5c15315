//! What the parts of the page share: what there is, and which dialog is open about what.

use api::budget::BudgetView;
use api::error::ApiError;
use api::explain::ComboReport;
use api::routing::{AliasView, ComboView, RoutingView};
use leptos::prelude::*;

use crate::components::budget::own::BudgetDesk;
use crate::functions;
use crate::pages::combos::words;

#[derive(Clone, Copy)]
pub(crate) struct Desk {
    fetched: Resource<Result<RoutingView, ApiError>>,
    /// How the combos are; the page is whole without it.
    reports: Resource<Result<Vec<ComboReport>, ApiError>>,
    /// Whoever is no administrator sees none.
    budgets: Resource<Option<Vec<BudgetView>>>,
    pub(crate) combo: RwSignal<Option<ComboSubject>>,
    pub(crate) alias: RwSignal<Option<AliasSubject>>,
    pub(crate) deleting_combo: RwSignal<Option<ComboView>>,
    pub(crate) deleting_alias: RwSignal<Option<AliasView>>,
    pub(crate) in_use: RwSignal<Option<InUse>>,
    pub(crate) budget: BudgetDesk,
}

/// What the combo's dialog is about: a new one, or one that is there; and what there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ComboSubject {
    pub(crate) existing: Option<ComboView>,
    pub(crate) routing: RoutingView,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AliasSubject {
    pub(crate) existing: Option<AliasView>,
    pub(crate) routing: RoutingView,
}

/// What cannot be deleted, and what still leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InUse {
    pub(crate) name: String,
    pub(crate) users: Vec<String>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            fetched: Resource::new(|| (), |()| functions::routing::routing()),
            reports: Resource::new(|| (), |()| functions::explain::combo_reports()),
            budgets: Resource::new(
                || (),
                |()| async {
                    let known = functions::budgets::budgets().await.ok()?;
                    Some(known.budgets)
                },
            ),
            combo: RwSignal::new(None),
            alias: RwSignal::new(None),
            deleting_combo: RwSignal::new(None),
            deleting_alias: RwSignal::new(None),
            in_use: RwSignal::new(None),
            budget: BudgetDesk::new(),
        }
    }

    /// As last known: a refetch, or one that fails, does not empty the page.
    pub(crate) fn routing(self) -> Memo<RoutingView> {
        Memo::new(
            move |previous: Option<&RoutingView>| match self.fetched.get() {
                Some(Ok(routing)) => routing,
                Some(Err(_)) | None => previous.cloned().unwrap_or_default(),
            },
        )
    }

    pub(crate) fn error(self) -> Memo<Option<ApiError>> {
        Memo::new(move |_| self.fetched.get().and_then(Result::err))
    }

    /// As last known.
    pub(crate) fn reports(self) -> Memo<Vec<ComboReport>> {
        Memo::new(
            move |previous: Option<&Vec<ComboReport>>| match self.reports.get() {
                Some(Ok(reports)) => reports,
                Some(Err(_)) | None => previous.cloned().unwrap_or_default(),
            },
        )
    }

    /// As last known.
    pub(crate) fn budgets(self) -> Memo<Vec<BudgetView>> {
        Memo::new(
            move |previous: Option<&Vec<BudgetView>>| match self.budgets.get() {
                Some(Some(budgets)) => budgets,
                Some(None) | None => previous.cloned().unwrap_or_default(),
            },
        )
    }

    pub(crate) fn refetch(self) {
        self.budgets.refetch();
        self.fetched.refetch();
        self.reports.refetch();
    }

    pub(crate) fn open_combo(self, existing: Option<ComboView>) {
        let routing = self.known();
        self.combo.set(Some(ComboSubject { existing, routing }));
    }

    pub(crate) fn open_alias(self, existing: Option<AliasView>) {
        let routing = self.known();
        self.alias.set(Some(AliasSubject { existing, routing }));
    }

    pub(crate) fn ask_to_delete_combo(self, combo: ComboView) {
        if !self.is_in_use(&combo.name) {
            self.deleting_combo.set(Some(combo));
        }
    }

    pub(crate) fn ask_to_delete_alias(self, alias: AliasView) {
        if !self.is_in_use(&alias.alias) {
            self.deleting_alias.set(Some(alias));
        }
    }

    /// Says so, if it is.
    fn is_in_use(self, name: &str) -> bool {
        let users = words::users(&self.known(), name);
        let is_used = !users.is_empty();
        if is_used {
            let name = name.to_owned();
            self.in_use.set(Some(InUse { name, users }));
        }
        is_used
    }

    fn known(self) -> RoutingView {
        self.fetched
            .get_untracked()
            .and_then(Result::ok)
            .unwrap_or_default()
    }
}
