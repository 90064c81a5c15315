//! What a model costs at a moment: what was set here, or else the catalogue.

use std::collections::HashMap;

use api::ids::ProviderId;
use api::price::{AppliedPrice, PriceEntry, PriceSource, Rates};
use chrono::{DateTime, Utc};
use providers::registry::Registry;
use store::records::PriceRecord;

/// The prices that were set here.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    /// The latest first.
    entries: HashMap<ProviderId, HashMap<String, Vec<PriceEntry>>>,
}

impl Prices {
    #[must_use]
    pub fn new(records: Vec<PriceRecord>) -> Self {
        let mut entries: HashMap<ProviderId, HashMap<String, Vec<PriceEntry>>> = HashMap::new();
        for record in records {
            let models = entries.entry(record.provider).or_default();
            models.entry(record.model).or_default().push(PriceEntry {
                valid_from: record.valid_from,
                rates: record.rates,
            });
        }
        for list in entries.values_mut().flat_map(HashMap::values_mut) {
            list.sort_by_key(|entry| std::cmp::Reverse(entry.valid_from));
        }
        Self { entries }
    }

    /// What was set for a model, the latest first.
    #[must_use]
    pub fn entries(&self, provider: &ProviderId, model: &str) -> &[PriceEntry] {
        let models = self.entries.get(provider);
        models
            .and_then(|models| models.get(model))
            .map_or(&[], Vec::as_slice)
    }

    /// Every model that something was set for.
    pub fn models(&self) -> impl Iterator<Item = (&ProviderId, &str)> {
        self.entries
            .iter()
            .flat_map(|(id, models)| models.keys().map(move |model| (id, model.as_str())))
    }

    /// The price at `at`. `None` where no price is known.
    #[must_use]
    pub fn at(
        &self,
        registry: &Registry,
        provider: &ProviderId,
        model: &str,
        at: DateTime<Utc>,
    ) -> Option<AppliedPrice> {
        let entry = self
            .entries(provider, model)
            .iter()
            .find(|entry| entry.valid_from <= at);
        if let Some(rates) = entry.and_then(|entry| entry.rates) {
            return Some(AppliedPrice {
                source: PriceSource::Override,
                rates,
            });
        }
        catalogue(registry, provider, model).map(|rates| AppliedPrice {
            source: PriceSource::Catalogue,
            rates,
        })
    }
}

/// What the catalogue says.
#[must_use]
pub fn catalogue(registry: &Registry, provider: &ProviderId, model: &str) -> Option<Rates> {
    let price = registry.get(provider)?.model(model)?.price?;
    Some(price.rates())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "claude-sonnet-4-6";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
    }

    fn record(seconds: i64, input: Option<u64>) -> PriceRecord {
        PriceRecord {
            provider: "anthropic".into(),
            model: MODEL.to_owned(),
            valid_from: at(seconds),
            rates: input.map(|input| Rates {
                input,
                ..Rates::default()
            }),
            owner_id: "u".into(),
            created_at: at(0),
        }
    }

    #[test]
    fn each_moment_has_the_price_that_was_set_last_before_it() {
        let registry = Registry::new([]);
        let prices = Prices::new(vec![
            record(10, Some(1)),
            record(30, None),
            record(20, Some(2)),
        ]);
        let provider = ProviderId::from("anthropic");
        let input = |seconds| {
            let price = prices.at(&registry, &provider, MODEL, at(seconds))?;
            Some((price.source, price.rates.input))
        };
        let catalogue = Some((PriceSource::Catalogue, 3_000_000));
        assert_eq!(input(9), catalogue);
        assert_eq!(input(10), Some((PriceSource::Override, 1)));
        assert_eq!(input(29), Some((PriceSource::Override, 2)));
        assert_eq!(input(30), catalogue, "it was reset");
        let unknown = prices.at(&registry, &provider, "no-such-model", at(0));
        assert_eq!(unknown, None);
    }
}
