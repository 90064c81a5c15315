//! What the parts of the page share: the two lists, and which dialog is open about what.

use api::connection::ConnectionView;
use api::error::ApiError;
use api::provider::{NodeKind, NodeView, ProviderView};
use leptos::prelude::*;

use crate::functions;
use crate::pages::providers::connect::Subject;

type Fetched<T> = Resource<Result<Vec<T>, ApiError>>;

#[derive(Clone, Copy)]
pub(crate) struct Desk {
    providers: Fetched<ProviderView>,
    connections: Fetched<ConnectionView>,
    /// Rises with every refetch, for what is fetched elsewhere.
    pub(crate) version: RwSignal<u32>,
    pub(crate) adding: RwSignal<Option<ProviderView>>,
    pub(crate) connecting: RwSignal<Option<Subject>>,
    pub(crate) editing: RwSignal<Option<(ProviderView, ConnectionView)>>,
    pub(crate) deleting: RwSignal<Option<ConnectionView>>,
    pub(crate) node: RwSignal<Option<NodeSubject>>,
    pub(crate) deleting_node: RwSignal<Option<NodeView>>,
}

/// What the node's dialog is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NodeSubject {
    New(NodeKind),
    Existing(NodeView),
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            providers: Resource::new(|| (), |()| functions::providers::providers()),
            connections: Resource::new(|| (), |()| functions::providers::connections()),
            version: RwSignal::new(0),
            adding: RwSignal::new(None),
            connecting: RwSignal::new(None),
            editing: RwSignal::new(None),
            deleting: RwSignal::new(None),
            node: RwSignal::new(None),
            deleting_node: RwSignal::new(None),
        }
    }

    /// The providers as last known: a refetch, or one that fails, does not empty the page.
    pub(crate) fn providers(self) -> Memo<Vec<ProviderView>> {
        last_known(self.providers)
    }

    pub(crate) fn connections(self) -> Memo<Vec<ConnectionView>> {
        last_known(self.connections)
    }

    pub(crate) fn error(self) -> Memo<Option<ApiError>> {
        Memo::new(move |_| {
            let providers = self.providers.get().and_then(Result::err);
            let connections = self.connections.get().and_then(Result::err);
            providers.or(connections)
        })
    }

    pub(crate) fn refetch(self) {
        self.providers.refetch();
        self.connections.refetch();
        self.version.update(|version| *version += 1);
    }
}

fn last_known<T>(list: Fetched<T>) -> Memo<Vec<T>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |previous: Option<&Vec<T>>| match list.get() {
        Some(Ok(list)) => list,
        Some(Err(_)) | None => previous.cloned().unwrap_or_default(),
    })
}
