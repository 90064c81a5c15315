//! Providers the user defined.

use api::provider::NodeKind;
use store::Store;
use store::error::StoreError;
use store::records::NodeRecord;

use crate::samples::{admin, at, connection, node};

pub(crate) async fn a_node_comes_back_as_it_went_in(store: Store) {
    let owner = admin(&store).await;
    let inserted = node(&owner, "a");
    store.nodes().insert(&inserted).await.expect("a node");
    let listed = store.nodes().list().await.expect("nodes");
    assert_eq!(format!("{listed:?}"), format!("{:?}", [&inserted]));

    let updated = NodeRecord {
        kind: NodeKind::AnthropicCompatible,
        name: "b".to_owned(),
        prefix: "b".to_owned(),
        api_type: None,
        base_url: "https://example.com".to_owned(),
        allows_private: false,
        updated_at: at(99),
        ..inserted
    };
    store.nodes().update(&updated).await.expect("an update");
    let listed = store.nodes().list().await.expect("nodes");
    assert_eq!(format!("{listed:?}"), format!("{:?}", [&updated]));
}

pub(crate) async fn a_prefix_is_taken_once(store: Store) {
    let owner = admin(&store).await;
    let (first, second) = (node(&owner, "a"), node(&owner, "b"));
    store.nodes().insert(&first).await.expect("a node");
    store.nodes().insert(&second).await.expect("a node");
    let of_the_first = |record: NodeRecord| NodeRecord {
        prefix: first.prefix.clone(),
        ..record
    };
    let results = [
        store.nodes().insert(&of_the_first(node(&owner, "c"))).await,
        store.nodes().update(&of_the_first(second)).await,
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    }
    let missing = store.nodes().update(&node(&owner, "d")).await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
}

pub(crate) async fn a_deleted_node_takes_its_connections_along(store: Store) {
    let owner = admin(&store).await;
    let gone = node(&owner, "a");
    store.nodes().insert(&gone).await.expect("a node");
    for (provider, name) in [
        (gone.id.as_str(), "1"),
        (gone.id.as_str(), "2"),
        ("acme", "3"),
    ] {
        let connection = connection(&owner, provider, name);
        store
            .connections()
            .insert(&connection)
            .await
            .expect("a connection");
    }

    store.nodes().delete(&gone.id).await.expect("a deletion");
    assert!(store.nodes().list().await.expect("nodes").is_empty());
    let left = store.connections().list().await.expect("connections");
    assert_eq!(
        left.iter()
            .map(|left| left.name.as_str())
            .collect::<Vec<_>>(),
        ["3"]
    );

    // A deletion that finds no node touches no connection either.
    let orphan = connection(&owner, gone.id.as_str(), "4");
    store
        .connections()
        .insert(&orphan)
        .await
        .expect("a connection");
    let again = store.nodes().delete(&gone.id).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    assert_eq!(
        store.connections().list().await.expect("connections").len(),
        2
    );
}
