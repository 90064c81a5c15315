//! What is known of names and where they lead, in words.

use api::routing::{RoutingView, Strategy};

use crate::components::picker::offers::Offer;

/// What a step or an alias leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leads {
    To(String),
    /// A provider without a usable account: it is passed over.
    Unready(String),
    Nowhere,
}

pub(crate) fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Fallback => {
            "Every request begins with the first step. The next one is asked only when a step fails. Put the best first."
        }
        Strategy::RoundRobin => {
            "Every request begins one step further than the one before it, so the load is spread evenly. When a step fails, the others are asked."
        }
    }
}

/// As the data plane looks names up: combos, aliases, then providers.
pub(crate) fn leads(routing: &RoutingView, name: &str) -> Leads {
    if routing.combos.iter().any(|combo| combo.name == name) {
        return Leads::To("combo".to_owned());
    }
    if let Some(alias) = routing.aliases.iter().find(|alias| alias.alias == name) {
        return Leads::To(format!("alias of {}", alias.model));
    }
    let prefix = name.split_once('/').map(|(prefix, _)| prefix);
    let by_prefix = prefix.and_then(|wanted| {
        let mut all = routing.prefixes.iter();
        let by_id = || {
            let mut all = routing.prefixes.iter();
            all.find(|known| known.provider.as_str() == wanted)
        };
        all.find(|known| known.prefix == wanted).or_else(by_id)
    });
    if let Some(provider) = by_prefix {
        return if provider.has_account {
            Leads::To(provider.name.clone())
        } else {
            Leads::Unready(provider.name.clone())
        };
    }
    // A bare name counts where exactly one provider with accounts lists it.
    let mut listed = routing
        .models
        .iter()
        .filter(|choice| choice.model == name && choice.has_account);
    match (listed.next(), listed.next()) {
        (Some(choice), None) => Leads::To(choice.provider_name.clone()),
        _ => Leads::Nowhere,
    }
}

/// The names that lead to this one directly, other than itself.
pub(crate) fn users(routing: &RoutingView, name: &str) -> Vec<String> {
    let combos = routing
        .combos
        .iter()
        .filter(|combo| combo.name != name && combo.models.iter().any(|model| model == name))
        .map(|combo| format!("the combo {}", combo.name));
    let aliases = routing
        .aliases
        .iter()
        .filter(|alias| alias.alias != name && alias.model == name)
        .map(|alias| format!("the alias {}", alias.alias));
    combos.chain(aliases).collect()
}

/// "a, b and c".
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Everything that may be picked but `except`: combos, aliases, models that can be asked, the other models.
pub(crate) fn offers(routing: &RoutingView, except: &str) -> Vec<Offer> {
    let offer = |id: &str, about: String| Offer {
        id: id.to_owned(),
        about,
    };
    let combos = routing
        .combos
        .iter()
        .map(|combo| offer(&combo.name, "combo".to_owned()));
    let aliases = routing
        .aliases
        .iter()
        .map(|alias| offer(&alias.alias, format!("alias of {}", alias.model)));
    let named = |choice: &api::routing::ModelChoice| {
        if choice.name == choice.model {
            choice.provider_name.clone()
        } else {
            format!("{} · {}", choice.name, choice.provider_name)
        }
    };
    let ready = routing
        .models
        .iter()
        .filter(|choice| choice.has_account)
        .map(|choice| offer(&choice.id, named(choice)));
    let unready = routing
        .models
        .iter()
        .filter(|choice| !choice.has_account)
        .map(|choice| offer(&choice.id, format!("{} · no account yet", named(choice))));
    combos
        .chain(aliases)
        .chain(ready)
        .chain(unready)
        .filter(|offer| offer.id != except)
        .collect()
}

#[cfg(test)]
mod tests {
    use api::routing::{AliasView, ComboView, ModelChoice, PrefixView, RoutingView, Strategy};
    use chrono::DateTime;

    use super::{Leads, leads, listed, offers, users};

    fn routing() -> RoutingView {
        let combo = |name: &str, models: &[&str]| ComboView {
            id: name.into(),
            name: name.to_owned(),
            models: models.iter().map(|model| (*model).to_owned()).collect(),
            strategy: Strategy::Fallback,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        };
        let model = |prefix: &str, has_account| ModelChoice {
            id: format!("{prefix}/m"),
            prefix: prefix.to_owned(),
            model: "m".to_owned(),
            name: "Model".to_owned(),
            provider_name: prefix.to_uppercase(),
            has_account,
        };
        let prefix = |prefix: &str, has_account| PrefixView {
            prefix: prefix.to_owned(),
            provider: format!("{prefix}-id").into(),
            name: prefix.to_uppercase(),
            has_account,
        };
        RoutingView {
            combos: vec![combo("low", &["p/m"]), combo("high", &["low", "q/m"])],
            aliases: vec![AliasView {
                alias: "short".to_owned(),
                model: "low".to_owned(),
                created_at: DateTime::UNIX_EPOCH,
                updated_at: DateTime::UNIX_EPOCH,
            }],
            models: vec![model("q", false), model("p", true)],
            prefixes: vec![prefix("q", false), prefix("p", true)],
            may_change: true,
        }
    }

    #[test]
    fn every_name_leads_somewhere_or_says_that_it_does_not() {
        let to = |text: &str| Leads::To(text.to_owned());
        for (name, expected) in [
            ("low", to("combo")),
            ("short", to("alias of low")),
            ("p/anything", to("P")),
            ("p-id/anything", to("P")),
            ("q/m", Leads::Unready("Q".to_owned())),
            ("m", to("P")),
            ("nothing", Leads::Nowhere),
            ("x/m", Leads::Nowhere),
        ] {
            assert_eq!(leads(&routing(), name), expected, "{name}");
        }
    }

    #[test]
    fn users_are_named() {
        let words = listed(&users(&routing(), "low"));
        assert_eq!(words, "the combo high and the alias short");
        assert_eq!(users(&routing(), "high"), [""; 0]);
    }

    #[test]
    fn what_can_be_asked_is_offered_first() {
        let ids: Vec<String> = offers(&routing(), "low")
            .into_iter()
            .map(|offer| offer.id)
            .collect();
        assert_eq!(ids, ["high", "short", "p/m", "q/m"]);
    }
}
