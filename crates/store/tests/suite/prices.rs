//! Prices that were set here.

use api::ids::ProviderId;
use api::price::Rates;
use store::Store;
use store::error::StoreError;
use store::records::PriceRecord;

use crate::samples::{admin, at};

pub(crate) async fn a_price_comes_back_as_it_went_in(store: Store) {
    let owner = admin(&store).await;
    let record = |model: &str, offset: i64, input: Option<u64>| PriceRecord {
        provider: ProviderId::from("acme"),
        model: model.to_owned(),
        valid_from: at(offset),
        rates: input.map(|input| Rates {
            input,
            output: Rates::MOST,
            cache_read: 1,
            cache_write: 0,
            reasoning: 3,
        }),
        owner_id: owner.clone(),
        created_at: at(9),
    };
    let (old, new, reset) = (
        record("large", 1, Some(5)),
        record("large", 2, Some(6)),
        record("large", 3, None),
    );
    let other = record("Small", 2, Some(7));
    let prices = store.prices();
    let all = [old.clone(), reset.clone(), other.clone(), new.clone()];
    prices.set(&all).await.expect("prices");
    prices.set(&[]).await.expect("nothing to do");
    assert_eq!(
        prices.list().await.expect("prices"),
        [other.clone(), reset.clone(), new, old.clone()]
    );

    let corrected = record("large", 2, Some(8));
    prices
        .set(std::slice::from_ref(&corrected))
        .await
        .expect("a price");
    assert_eq!(
        prices.list().await.expect("prices"),
        [other, reset, corrected, old]
    );
    prices
        .delete(&"acme".into(), "large", at(3))
        .await
        .expect("a deletion");
    assert_eq!(prices.list().await.expect("prices").len(), 3);
    let gone = prices.delete(&"acme".into(), "large", at(3)).await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
}
