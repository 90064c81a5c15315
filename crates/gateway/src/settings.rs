//! The settings of the database as the data plane reads them: by these names, a JSON value each.
//!
//! What cannot be read counts as not set: a program that is a version older must still start.

use std::collections::BTreeMap;

use api::ids::ProviderId;
use api::settings::{
    AccountSettings, Conversations, ProviderOrder, RoutingSettings, TimeoutSettings,
};
use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::warn;

use crate::headers::identification;

pub const STRICT_TRANSLATION: &str = "strict_translation";
/// [`AccountSettings`].
pub const ACCOUNT_ORDER: &str = "account_order";
/// A [`ProviderOrder`] by the provider's id.
pub const PROVIDER_ORDERS: &str = "provider_orders";
/// A number by the account's id.
pub const ACCOUNT_WEIGHTS: &str = "account_weights";
/// [`Conversations`].
pub const CONVERSATIONS: &str = "conversations";
/// [`TimeoutSettings`].
pub const TIMEOUTS: &str = "timeouts";
/// The IANA name of the time zone in which the days of budgets begin.
pub const BUDGET_ZONE: &str = "budget_zone";
/// What stood for it before: hours ahead of UTC. It counts where no zone is set.
const BUDGET_UTC_OFFSET: &str = "budget_utc_offset";

/// Headers by the provider's id: what requests say of the program that sends them.
pub const IDENTIFICATION: &str = "identification";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Refuse a request rather than lose a part of it in translation.
    pub is_strict: bool,
    pub routing: RoutingSettings,
    pub timeouts: TimeoutSettings,
    /// What stands in place of what clients and this program call themselves.
    pub identification: BTreeMap<ProviderId, HeaderMap>,
    /// Unknown or empty: UTC.
    pub budget_zone: String,
}

impl Settings {
    pub(crate) fn read(values: &BTreeMap<String, Value>) -> Self {
        Self {
            is_strict: one(values, STRICT_TRANSLATION),
            routing: RoutingSettings {
                accounts: one::<AccountSettings>(values, ACCOUNT_ORDER),
                providers: one::<BTreeMap<_, ProviderOrder>>(values, PROVIDER_ORDERS),
                weights: one(values, ACCOUNT_WEIGHTS),
                conversations: one::<Conversations>(values, CONVERSATIONS),
            },
            timeouts: one(values, TIMEOUTS),
            identification: identifications(one(values, IDENTIFICATION)),
            budget_zone: one::<Option<String>>(values, BUDGET_ZONE)
                .unwrap_or_else(|| fixed_zone(one(values, BUDGET_UTC_OFFSET))),
        }
    }
}

/// What must not be said is left out, whoever has written it.
fn identifications(
    stored: BTreeMap<ProviderId, BTreeMap<String, String>>,
) -> BTreeMap<ProviderId, HeaderMap> {
    let read = |headers: BTreeMap<String, String>| {
        let known = headers.iter().filter_map(|(name, value)| {
            let read = identification(name, value);
            read.inspect_err(|error| warn!(setting = IDENTIFICATION, %error, "left out a header"))
                .ok()
        });
        known.collect()
    };
    stored
        .into_iter()
        .map(|(provider, headers)| (provider, read(headers)))
        .collect()
}

/// The zone that is so many hours ahead of UTC. The names of these have their signs the other way round:
/// <https://data.iana.org/time-zones/tzdb/etcetera>.
fn fixed_zone(hours: i8) -> String {
    match hours {
        0 => "UTC".to_owned(),
        hours => format!("Etc/GMT{:+}", -hours),
    }
}

pub(crate) fn one<T: DeserializeOwned + Default>(
    values: &BTreeMap<String, Value>,
    name: &str,
) -> T {
    let Some(value) = values.get(name) else {
        return T::default();
    };
    serde_json::from_value(value.clone())
        .inspect_err(
            |error| warn!(setting = name, %error, "left out a setting that cannot be read"),
        )
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::Settings;

    #[test]
    fn hours_that_were_set_before_are_a_zone() {
        for (hours, zone) in [
            (0, "UTC"),
            (2, "Etc/GMT-2"),
            (-8, "Etc/GMT+8"),
            (14, "Etc/GMT-14"),
        ] {
            let values = BTreeMap::from([("budget_utc_offset".to_owned(), json!(hours))]);
            assert_eq!(Settings::read(&values).budget_zone, zone);
            let known = TimeZone::get(zone).expect("a zone");
            let offset = known.to_offset(jiff::Timestamp::UNIX_EPOCH);
            assert_eq!(offset.seconds(), hours * 3_600);
        }
        let values = BTreeMap::from([
            ("budget_utc_offset".to_owned(), json!(2)),
            ("budget_zone".to_owned(), json!("Europe/Berlin")),
        ]);
        assert_eq!(Settings::read(&values).budget_zone, "Europe/Berlin");
    }
}
