//! What the values of dimensions are called now.

use std::collections::{HashMap, HashSet};

use api::usage::query::{Dimension, Selection};
use api::usage::table::Value;
use chrono::SecondsFormat;
use store::usage::cube::{Containing, Mark};

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::usage::clock::{self, Clock};

/// Names by dimension and id, and of days and hours by the clock.
#[derive(Debug)]
pub(crate) struct Names {
    clock: Clock,
    known: HashMap<(Dimension, String), String>,
}

impl Admin {
    /// The names that an answer needs, or that its text may mean. A member learns only their own.
    pub(super) async fn usage_names(
        &self,
        actor: &Actor,
        clock: &Clock,
        selection: &Selection,
        axes: &[Option<Dimension>],
    ) -> Result<Names, AdminError> {
        let mut names = Names {
            clock: clock.clone(),
            known: HashMap::new(),
        };
        let snapshot = self.inner.gateway.snapshot();
        for spec in snapshot.registry.iter() {
            names.add(Dimension::Provider, spec.id.as_str(), &spec.name);
        }
        for (id, name) in snapshot.key_names() {
            names.add(Dimension::Key, id.as_str(), name);
        }
        for (id, name) in snapshot.account_names() {
            names.add(Dimension::Account, id.as_str(), name);
        }
        if !actor.is_admin() {
            let me = actor.view();
            names.add(Dimension::User, me.id.as_str(), &me.name);
        } else if axes.contains(&Some(Dimension::User)) || !selection.text.is_empty() {
            for user in self.inner.store.users().list().await? {
                names.add(Dimension::User, user.id.as_str(), &user.name);
            }
        }
        Ok(names)
    }
}

impl Names {
    pub(crate) fn add(&mut self, dimension: Dimension, id: &str, name: &str) {
        self.known
            .insert((dimension, id.to_owned()), name.to_owned());
    }

    pub(super) fn value(&self, dimension: Option<Dimension>, mark: &Mark) -> Value {
        match mark {
            Mark::All | Mark::Text(None) => Value::default(),
            Mark::Slot(slot) => Value {
                id: Some(clock::time(*slot).to_rfc3339_opts(SecondsFormat::Secs, true)),
                name: dimension
                    .and_then(clock::step_of)
                    .map(|step| self.clock.label(step, *slot)),
            },
            Mark::Text(Some(id)) => Value {
                name: dimension
                    .and_then(|dimension| self.known.get(&(dimension, id.clone())))
                    .cloned(),
                id: Some(id.clone()),
            },
        }
    }

    /// What a text means: every value it is a part of, and every one whose name it is a part of.
    pub(super) fn containing(&self, text: &str) -> Option<Containing> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return None;
        }
        let named = self
            .known
            .iter()
            .filter(|(_, name)| name.to_lowercase().contains(&text));
        let ids: HashSet<_> = named.map(|((_, id), _)| id.clone()).collect();
        Some(Containing { text, ids })
    }
}
