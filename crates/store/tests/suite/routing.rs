//! Combos and aliases.

use api::routing::Strategy;
use store::Store;
use store::error::StoreError;
use store::records::{AliasRecord, ComboRecord};

use crate::samples::{admin, alias, at, combo};

pub(crate) async fn a_combo_comes_back_as_it_went_in(store: Store) {
    let owner = admin(&store).await;
    let routing = store.routing();
    let (first, second) = (combo(&owner, "a"), combo(&owner, "b"));
    for inserted in [&first, &second] {
        routing.insert_combo(inserted).await.expect("a combo");
    }
    let listed = routing.combos().await.expect("combos");
    assert_eq!(listed, [first.clone(), second.clone()]);

    let updated = ComboRecord {
        name: "c".to_owned(),
        models: vec!["b".to_owned()],
        strategy: Strategy::Fallback,
        updated_at: at(99),
        ..first
    };
    routing.update_combo(&updated).await.expect("an update");
    let listed = routing.combos().await.expect("combos");
    assert_eq!(listed, [updated.clone(), second.clone()]);

    routing.delete_combo(&updated.id).await.expect("a deletion");
    assert_eq!(routing.combos().await.expect("combos"), [second]);
}

pub(crate) async fn a_name_of_a_combo_is_taken_once(store: Store) {
    let owner = admin(&store).await;
    let routing = store.routing();
    let (first, second) = (combo(&owner, "a"), combo(&owner, "b"));
    for inserted in [&first, &second] {
        routing.insert_combo(inserted).await.expect("a combo");
    }
    let of_the_first = |record: ComboRecord| ComboRecord {
        name: first.name.clone(),
        ..record
    };
    let results = [
        routing
            .insert_combo(&of_the_first(combo(&owner, "c")))
            .await,
        routing.update_combo(&of_the_first(second)).await,
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    }
}

pub(crate) async fn an_alias_comes_back_as_it_went_in(store: Store) {
    let owner = admin(&store).await;
    let routing = store.routing();
    let (first, second) = (alias(&owner, "a"), alias(&owner, "b"));
    for inserted in [&second, &first] {
        routing.insert_alias(inserted).await.expect("an alias");
    }
    let listed = routing.aliases().await.expect("aliases");
    assert_eq!(listed, [first.clone(), second.clone()]);

    let updated = AliasRecord {
        model: "acme/small".to_owned(),
        updated_at: at(99),
        ..first
    };
    routing.update_alias(&updated).await.expect("an update");
    let listed = routing.aliases().await.expect("aliases");
    assert_eq!(listed, [updated, second.clone()]);

    routing.delete_alias("a").await.expect("a deletion");
    assert_eq!(routing.aliases().await.expect("aliases"), [second]);
}

pub(crate) async fn an_alias_is_taken_once(store: Store) {
    let owner = admin(&store).await;
    let routing = store.routing();
    let record = alias(&owner, "a");
    routing.insert_alias(&record).await.expect("an alias");
    let again = routing.insert_alias(&record).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
}

pub(crate) async fn what_is_not_there_is_not_found(store: Store) {
    let owner = admin(&store).await;
    let routing = store.routing();
    let nowhere = combo(&owner, "a");
    let results = [
        routing.update_combo(&nowhere).await,
        routing.delete_combo(&nowhere.id).await,
        routing.update_alias(&alias(&owner, "a")).await,
        routing.delete_alias("a").await,
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::NotFound)), "{result:?}");
    }
}
