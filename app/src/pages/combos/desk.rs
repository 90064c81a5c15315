//! What the parts of the page share: what there is, and which dialog is open about what.

use api::error::ApiError;
use api::explain::ComboReport;
use api::ids::ComboId;
use api::routing::{AliasView, ComboView, RoutingView};
use leptos::prelude::*;

use crate::functions;
use crate::pages::combos::words;

#[derive(Clone, Copy)]
pub(crate) struct Desk {
    fetched: Resource<Result<RoutingView, ApiError>>,
    /// How the combos are; the page is whole without it.
    reports: Resource<Result<Vec<ComboReport>, ApiError>>,
    pub(crate) combo: RwSignal<Option<ComboSubject>>,
    pub(crate) alias: RwSignal<Option<AliasSubject>>,
    pub(crate) deleting: RwSignal<Option<Doomed>>,
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

/// What is to be deleted, and what still leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doomed {
    pub(crate) name: String,
    pub(crate) what: What,
    pub(crate) users: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Combo(ComboId),
    Alias,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            fetched: Resource::new(|| (), |()| functions::routing::routing()),
            reports: Resource::new(|| (), |()| functions::explain::combo_reports()),
            combo: RwSignal::new(None),
            alias: RwSignal::new(None),
            deleting: RwSignal::new(None),
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

    pub(crate) fn refetch(self) {
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

    pub(crate) fn ask_to_delete(self, name: String, what: What) {
        let users = words::users(&self.known(), &name);
        self.deleting.set(Some(Doomed { name, what, users }));
    }

    fn known(self) -> RoutingView {
        self.fetched
            .get_untracked()
            .and_then(Result::ok)
            .unwrap_or_default()
    }
}
