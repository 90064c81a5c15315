//! Our own API keys.

use api::ids::KeyId;
use api::key::KeyPatch;
use store::Store;
use store::error::StoreError;
use store::records::KeyRecord;

use crate::samples::{admin, key};

pub(crate) async fn a_key_comes_back_as_it_went_in(store: Store) {
    let owner = admin(&store).await;
    let full = key(&owner, "full");
    let bare = KeyRecord {
        is_active: false,
        last_used_at: None,
        expires_at: None,
        ..key(&owner, "bare")
    };
    for record in [&bare, &full] {
        store.keys().insert(record).await.expect("a key");
    }
    let listed = store.keys().list().await.expect("keys");
    assert_eq!(format!("{listed:?}"), format!("{:?}", [bare, full]));
}

pub(crate) async fn a_patch_changes_what_it_names(store: Store) {
    let owner = admin(&store).await;
    let before = key(&owner, "a");
    store.keys().insert(&before).await.expect("a key");

    let nothing = KeyPatch::default();
    let unchanged = store
        .keys()
        .patch(&before.id, &nothing)
        .await
        .expect("a key");
    assert_eq!(format!("{unchanged:?}"), format!("{before:?}"));

    let off = KeyPatch {
        is_active: Some(false),
        ..KeyPatch::default()
    };
    store.keys().patch(&before.id, &off).await.expect("a key");
    let renamed = KeyPatch {
        name: Some("b".to_owned()),
        ..KeyPatch::default()
    };
    let after = store
        .keys()
        .patch(&before.id, &renamed)
        .await
        .expect("a key");
    let expected = KeyRecord {
        name: "b".to_owned(),
        is_active: false,
        ..before
    };
    assert_eq!(format!("{after:?}"), format!("{expected:?}"));
}

pub(crate) async fn the_same_key_is_a_conflict(store: Store) {
    let owner = admin(&store).await;
    let first = key(&owner, "a");
    store.keys().insert(&first).await.expect("a key");
    let second = KeyRecord {
        id: KeyId::from("another"),
        ..first
    };
    let result = store.keys().insert(&second).await;
    assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
}

pub(crate) async fn what_is_not_there_is_not_found(store: Store) {
    let owner = admin(&store).await;
    let here = key(&owner, "a");
    store.keys().insert(&here).await.expect("a key");
    store.keys().delete(&here.id).await.expect("a deletion");
    let deleted = store.keys().delete(&here.id).await;
    assert!(matches!(deleted, Err(StoreError::NotFound)), "{deleted:?}");
    let patched = store.keys().patch(&here.id, &KeyPatch::default()).await;
    assert!(matches!(patched, Err(StoreError::NotFound)), "{patched:?}");
}
