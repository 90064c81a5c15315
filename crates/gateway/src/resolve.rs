//! From the model name a client wrote to a provider and that provider's own name for it.
//!
//! Precedence: a combo's name, then an alias, then `prefix/model` by a node's prefix, a catalogue prefix, or a full provider id;
//! then a bare name, if exactly one provider that has accounts lists it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use api::routing::Strategy;
use providers::spec::ProviderSpec;
use wire::ir::reasoning::ThinkingSupport;

use crate::error::Refusal;
use crate::snapshot::{Combo, Snapshot};

/// Where a request goes: a provider, and the model by that provider's own name.
#[derive(Debug, Clone)]
pub struct Target {
    pub spec: Arc<ProviderSpec>,
    pub model: String,
}

/// Where a request may go, in order.
#[derive(Debug, Clone)]
pub struct Plan {
    pub targets: Vec<Target>,
    /// The combo that was asked for.
    pub combo: Option<String>,
}

/// Every target of a model name, in the order in which they are asked.
///
/// Precedence: a combo, then an alias, then what [`target`] finds. A step of a combo may be an alias or a combo
/// again; one that leads nowhere is left out, as long as another is left. Each target is asked once.
pub fn plan(snapshot: &Snapshot, model: &str, rotation: &Rotation) -> Result<Plan, Refusal> {
    let mut walk = Walk {
        snapshot,
        rotation,
        targets: Vec::new(),
        path: Vec::new(),
        steps: 0,
    };
    let found = walk.step(model);
    let combo = snapshot
        .combos
        .contains_key(model)
        .then(|| model.to_owned());
    match found {
        Err(refused) if walk.targets.is_empty() => Err(refused),
        Ok(()) | Err(_) => Ok(Plan {
            targets: walk.targets,
            combo,
        }),
    }
}

struct Walk<'a> {
    snapshot: &'a Snapshot,
    rotation: &'a Rotation,
    targets: Vec<Target>,
    /// The names that led here. A cycle is refused when it is saved, but a database may hold one.
    path: Vec<&'a str>,
    /// Combos of combos multiply, and nobody waits for thousands of targets.
    steps: usize,
}

const MOST_STEPS: usize = 1_000;

impl<'a> Walk<'a> {
    fn step(&mut self, model: &str) -> Result<(), Refusal> {
        let snapshot = self.snapshot;
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Ok(());
        }
        if let Some(combo) = snapshot.combos.get(model) {
            return self.inside(&combo.name, |walk| walk.combo(combo));
        }
        if let Some((alias, model)) = snapshot.aliases.get_key_value(model) {
            return self.inside(alias, |walk| walk.step(model));
        }
        let target = target(snapshot, model)?;
        let is_known = self
            .targets
            .iter()
            .any(|known| known.spec.id == target.spec.id && known.model == target.model);
        if !is_known {
            self.targets.push(target);
        }
        Ok(())
    }

    fn combo(&mut self, combo: &'a Combo) -> Result<(), Refusal> {
        let count = combo.models.len();
        let first = match combo.strategy {
            Strategy::Fallback => 0,
            Strategy::RoundRobin => self.rotation.turn(&combo.name, count),
        };
        let mut refused = None;
        for model in combo.models.iter().cycle().skip(first).take(count) {
            if let Err(error) = self.step(model) {
                refused.get_or_insert(error);
            }
        }
        refused.map_or(Ok(()), Err)
    }

    fn inside(
        &mut self,
        name: &'a str,
        work: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        if self.path.contains(&name) {
            return Err(Refusal::UnknownModel {
                model: name.to_owned(),
            });
        }
        self.path.push(name);
        let result = work(self);
        self.path.pop();
        result
    }
}

/// Whose turn it is, by the name of what takes turns: each request begins one step further than the one before.
#[derive(Debug, Default)]
pub struct Rotation {
    turns: Mutex<HashMap<String, usize>>,
}

impl Rotation {
    /// The turns as they are now: what takes turns of the copy changes nobody's.
    pub(crate) fn copy(&self) -> Self {
        let turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            turns: Mutex::new(turns.clone()),
        }
    }

    /// The turn of this request, out of `count`.
    pub fn turn(&self, name: &str, count: usize) -> usize {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let next = turns.entry(name.to_owned()).or_insert(0);
        let turn = *next % count.max(1);
        *next = turn + 1;
        turn
    }
}

pub fn target(snapshot: &Snapshot, model: &str) -> Result<Target, Refusal> {
    if let Some((prefix, rest)) = model.split_once('/')
        && let Some(spec) = snapshot.registry.by_prefix(prefix)
        && !rest.is_empty()
    {
        if snapshot.is_disabled(&spec.id, rest) {
            return Err(Refusal::DisabledModel {
                model: model.to_owned(),
            });
        }
        return Ok(Target {
            spec: Arc::clone(spec),
            model: rest.to_owned(),
        });
    }
    // What a provider lists today must not make a name ambiguous that was clear yesterday: a bare name leads to what
    // the catalogue or a person says, and to what was found only where nobody says anything.
    let named = |is_discovered: bool| {
        let offering = snapshot.registry.iter().filter(move |spec| {
            spec.model(model)
                .is_some_and(|known| known.is_discovered == is_discovered)
        });
        offering.filter(|spec| {
            !snapshot.accounts(&spec.id).is_empty() && !snapshot.is_disabled(&spec.id, model)
        })
    };
    let mut providers = named(false).chain(named(true));
    let said = named(false).count();
    match (providers.next(), providers.next()) {
        (Some(spec), second) if second.is_none() || said == 1 => Ok(Target {
            spec: Arc::clone(spec),
            model: model.to_owned(),
        }),
        (Some(first), Some(second)) => Err(Refusal::AmbiguousModel {
            model: model.to_owned(),
            first: format!("{}/{model}", first.prefix),
            second: format!("{}/{model}", second.prefix),
        }),
        (Some(_) | None, _) => Err(Refusal::UnknownModel {
            model: model.to_owned(),
        }),
    }
}

/// What is known of a model a client can name: its context in tokens, and whether it thinks.
#[must_use]
pub fn known(snapshot: &Snapshot, model: &str) -> (Option<u64>, bool) {
    let Ok(target) = target(snapshot, model) else {
        return (None, false);
    };
    let context = target
        .spec
        .model(&target.model)
        .and_then(|spec| spec.context);
    let traits = providers::traits::of(&target.model);
    (
        context,
        matches!(traits.thinking, ThinkingSupport::Known(_)),
    )
}

/// A name that a client can use right now, and what is known of what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    pub name: String,
    /// The provider's id, `combo`, or `alias`.
    pub owner: String,
    /// The name for people, where there is another.
    pub title: Option<String>,
    /// Tokens of context.
    pub context: Option<u64>,
}

/// Every model name that a client can use right now: the user's own names, then `prefix/model` with its
/// provider's id.
///
/// A provider without a usable account offers nothing, and nor does a model that is switched off or that no account is
/// asked for; an account's default model counts as listed, and so do those it is kept to.
#[must_use]
pub fn listed(snapshot: &Snapshot) -> Vec<ListedModel> {
    let combos = snapshot.combos.keys().map(|name| (name, "combo"));
    let own = combos.chain(snapshot.aliases.keys().map(|name| (name, "alias")));
    let own: BTreeSet<_> = own.collect();
    let mut names: Vec<ListedModel> = own
        .into_iter()
        .map(|(name, owner)| ListedModel {
            name: name.clone(),
            owner: owner.to_owned(),
            title: None,
            context: known(snapshot, name).0,
        })
        .collect();
    let mut seen: HashSet<String> = names.iter().map(|listed| listed.name.clone()).collect();
    for spec in snapshot.registry.iter() {
        let accounts = snapshot.accounts(&spec.id);
        if !accounts.iter().any(|account| account.is_active) {
            continue;
        }
        let own = spec.models.iter().map(|model| model.id.as_str());
        let defaults = accounts
            .iter()
            .filter_map(|account| account.default_model.as_deref());
        let enabled = accounts.iter().flat_map(|account| &account.enabled_models);
        for model in own.chain(defaults).chain(enabled.map(String::as_str)) {
            // What no account in use is asked for leads nowhere.
            if !accounts
                .iter()
                .any(|account| account.is_active && account.serves(model))
            {
                continue;
            }
            let name = format!("{}/{model}", spec.prefix);
            if snapshot.is_disabled(&spec.id, model) || !seen.insert(name.clone()) {
                continue;
            }
            let known = spec.model(model);
            names.push(ListedModel {
                name,
                owner: spec.id.0.clone(),
                title: known.and_then(|known| known.name.clone()),
                context: known.and_then(|known| known.context),
            });
        }
    }
    names
}
