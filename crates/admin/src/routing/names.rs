//! Which names lead to which: combos to their steps, aliases to their models.

use std::collections::{BTreeMap, HashSet};

use store::records::{AliasRecord, ComboRecord};

/// The user's own names and what each leads to. What is no name here is a provider's model.
#[derive(Debug, Default)]
pub(super) struct Names {
    leads_to: BTreeMap<String, Lead>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Combo,
    Alias,
}

#[derive(Debug)]
struct Lead {
    kind: Kind,
    to: Vec<String>,
}

impl Names {
    pub(super) fn of(combos: &[ComboRecord], aliases: &[AliasRecord]) -> Self {
        let mut names = Self::default();
        for alias in aliases {
            names.insert(&alias.alias, Kind::Alias, vec![alias.model.clone()]);
        }
        for combo in combos {
            names.insert(&combo.name, Kind::Combo, combo.models.clone());
        }
        names
    }

    pub(super) fn insert(&mut self, name: &str, kind: Kind, to: Vec<String>) {
        self.leads_to.insert(name.to_owned(), Lead { kind, to });
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.leads_to.remove(name);
    }

    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        self.leads_to.get(name).map(|lead| lead.kind)
    }

    /// The names that lead to this one directly, other than itself.
    pub(super) fn users(&self, name: &str) -> Vec<&str> {
        self.leads_to
            .iter()
            .filter(|(user, lead)| *user != name && lead.to.iter().any(|to| to == name))
            .map(|(user, _)| user.as_str())
            .collect()
    }

    /// The way from a name back to itself, where there is one, with the name at both ends.
    pub(super) fn circle(&self, name: &str) -> Option<Vec<&str>> {
        let (start, lead) = self.leads_to.get_key_value(name)?;
        let mut way = vec![start.as_str()];
        let mut open = vec![lead.to.iter()];
        let mut seen = HashSet::new();
        while let Some(steps) = open.last_mut() {
            let Some(step) = steps.next() else {
                open.pop();
                way.pop();
                continue;
            };
            if step == start {
                way.push(start);
                return Some(way);
            }
            if seen.insert(step.as_str())
                && let Some(lead) = self.leads_to.get(step)
            {
                way.push(step);
                open.push(lead.to.iter());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Names};

    fn names(leads: &[(&str, &[&str])]) -> Names {
        let mut names = Names::default();
        for (name, to) in leads {
            let to = to.iter().map(|to| (*to).to_owned()).collect();
            names.insert(name, Kind::Combo, to);
        }
        names
    }

    #[test]
    fn a_way_back_is_found_and_shown() {
        let names = names(&[
            ("a", &["p/m", "b", "c"]),
            ("b", &["p/m", "d"]),
            ("c", &["d", "e"]),
            ("d", &["p/n"]),
            ("e", &["p/n", "a"]),
            ("self", &["self"]),
            ("above", &["a"]),
        ]);
        let circles = ["a", "b", "e", "self", "above", "nobody"].map(|name| names.circle(name));
        assert_eq!(
            circles,
            [
                Some(vec!["a", "c", "e", "a"]),
                None,
                Some(vec!["e", "a", "c", "e"]),
                Some(vec!["self", "self"]),
                None,
                None,
            ]
        );
    }

    #[test]
    fn users_are_those_one_step_away() {
        let names = names(&[("a", &["b", "a"]), ("b", &["c"]), ("d", &["p/m", "b"])]);
        assert_eq!(names.users("b"), ["a", "d"]);
        assert_eq!(names.users("a"), [""; 0]);
    }
}
