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
/// Hours that the day of budgets is ahead of UTC.
pub const BUDGET_UTC_OFFSET: &str = "budget_utc_offset";

/// Headers by the provider's id: what requests say of the program that sends them.
pub const IDENTIFICATION: &str = "identification";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Refuse a request rather than lose a part of it in translation.
    pub is_strict: bool,
    pub routing: RoutingSettings,
    pub timeouts: TimeoutSettings,
    pub budget_utc_offset: i8,
    /// What stands in place of what clients and this program call themselves.
    pub identification: BTreeMap<ProviderId, HeaderMap>,
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
            budget_utc_offset: one(values, BUDGET_UTC_OFFSET),
            identification: identifications(one(values, IDENTIFICATION)),
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
