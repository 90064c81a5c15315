//! The order of a provider's accounts while somebody changes it, and how it is saved: all of it at once.

use api::connection::{ConnectionOrder, ConnectionView};
use api::ids::ConnectionId;
use api::provider::ProviderView;
use leptos::prelude::*;

use crate::browser;
use crate::components::toast::{Toasts, use_toasts};
use crate::functions::providers::ReorderConnections;
use crate::pages::providers::desk::Desk;

#[derive(Clone, Copy)]
pub(crate) struct Order {
    provider: Signal<ProviderView>,
    accounts: Signal<Vec<ConnectionView>>,
    /// As it is shown, where that is not what the server has said.
    wanted: RwSignal<Option<Vec<ConnectionId>>>,
    /// What the server has, as far as we know.
    saved: StoredValue<Vec<ConnectionId>>,
    save: ServerAction<ReorderConnections>,
    pub(crate) dragged: StoredValue<Option<ConnectionId>>,
    /// What a screen reader is told.
    pub(crate) news: RwSignal<String>,
    toasts: Toasts,
    desk: Desk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

impl Direction {
    pub(crate) fn button_id(self, id: &ConnectionId) -> String {
        match self {
            Self::Up => format!("account-{id}-up"),
            Self::Down => format!("account-{id}-down"),
        }
    }
}

impl Order {
    pub(crate) fn new(
        provider: Signal<ProviderView>,
        accounts: Signal<Vec<ConnectionView>>,
        desk: Desk,
    ) -> Self {
        let order = Self {
            provider,
            accounts,
            wanted: RwSignal::new(None),
            saved: StoredValue::new(Vec::new()),
            save: ServerAction::new(),
            dragged: StoredValue::new(None),
            news: RwSignal::new(String::new()),
            toasts: use_toasts(),
            desk,
        };
        Effect::new(move |_| match order.save.value().get() {
            Some(Ok(())) => order.is_saved(),
            Some(Err(error)) => {
                order.toasts.say(error.message);
                order.wanted.set(None);
                order.desk.refetch();
            }
            None => {}
        });
        order
    }

    /// The accounts as they are shown. Those that one may not move keep their places.
    pub(crate) fn shown(self) -> Signal<Vec<ConnectionView>> {
        Memo::new(move |_| {
            let accounts = self.accounts.get();
            let Some(wanted) = self.wanted.get() else {
                return accounts;
            };
            let mut moved = wanted
                .iter()
                .filter_map(|id| accounts.iter().find(|account| account.id == *id));
            let place = |account: &ConnectionView| {
                if wanted.contains(&account.id) {
                    moved.next().unwrap_or(account).clone()
                } else {
                    account.clone()
                }
            };
            accounts.iter().map(place).collect()
        })
        .into()
    }

    /// The ids that can be moved, as they stand now.
    fn current(self) -> Vec<ConnectionId> {
        self.wanted.get_untracked().unwrap_or_else(|| self.known())
    }

    fn known(self) -> Vec<ConnectionId> {
        self.accounts.with_untracked(|accounts| {
            let movable = accounts.iter().filter(|account| account.may_change);
            movable.map(|account| account.id.clone()).collect()
        })
    }

    /// Where an account stands among those that can be moved, and how many there are.
    pub(crate) fn place(self, id: &ConnectionId) -> (Option<usize>, usize) {
        self.wanted.track();
        self.accounts.track();
        let current = self.current();
        (current.iter().position(|known| known == id), current.len())
    }

    /// Shows it there; [`Self::commit`] saves.
    pub(crate) fn move_to(self, id: &ConnectionId, place: usize) {
        let mut ids = self.current();
        let count = ids.len();
        let Some(from) = ids.iter().position(|known| known == id) else {
            return;
        };
        if from == place || place >= count {
            return;
        }
        if self.wanted.with_untracked(Option::is_none) {
            self.saved.set_value(ids.clone());
        }
        let moved = ids.remove(from);
        ids.insert(place, moved);
        let name = self.name(id);
        self.news
            .set(format!("{name} is account {} of {count} now.", place + 1));
        self.wanted.set(Some(ids));
    }

    /// One place up or down, with the focus on the button that was pressed, or on its other half at an end.
    pub(crate) fn shift(self, id: &ConnectionId, direction: Direction) {
        let ids = self.current();
        let Some(from) = ids.iter().position(|known| known == id) else {
            return;
        };
        let last = ids.len().saturating_sub(1);
        let to = match direction {
            Direction::Up => from.saturating_sub(1),
            Direction::Down => (from + 1).min(last),
        };
        self.move_to(id, to);
        self.commit();
        let wanted = match direction {
            Direction::Up if to == 0 => Direction::Down,
            Direction::Down if to == last => Direction::Up,
            Direction::Up | Direction::Down => direction,
        };
        browser::focus_soon(wanted.button_id(id));
    }

    /// Saves what is shown. While something is being saved, the rest follows it.
    pub(crate) fn commit(self) {
        let Some(after) = self.wanted.get_untracked() else {
            return;
        };
        let before = self.saved.get_value();
        if self.save.pending().get_untracked() || before == after {
            return;
        }
        let provider = self.provider.with_untracked(|provider| provider.id.clone());
        self.saved.set_value(after.clone());
        self.save.dispatch(ReorderConnections {
            order: ConnectionOrder {
                provider,
                before,
                after,
            },
        });
    }

    fn is_saved(self) {
        if self.wanted.get_untracked() == Some(self.saved.get_value()) {
            self.toasts.say("The order is saved.");
            self.desk.refetch();
        } else {
            self.commit();
        }
    }

    fn name(self, id: &ConnectionId) -> String {
        self.accounts.with_untracked(|accounts| {
            let found = accounts.iter().find(|account| account.id == *id);
            found
                .map(|account| account.name.clone())
                .unwrap_or_default()
        })
    }
}
