//! The first administrator, and passwords.

use std::sync::Arc;

use api::auth::Role;
use api::ids::UserId;
use secrecy::{ExposeSecret, SecretString};
use store::Store;
use store::error::StoreError;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::samples::{admin, at};

pub(crate) async fn the_first_admin_is_made_once(store: Store) {
    let users = store.users();
    let hash = SecretString::from("the hash");
    let made = users
        .create_first_admin("ada", &hash, at(5))
        .await
        .expect("an admin");
    assert_eq!(
        (
            made.name.as_str(),
            made.role,
            made.is_active,
            made.session_epoch,
            made.created_at
        ),
        ("ada", Role::Admin, true, 0, at(5))
    );

    let again = users.create_first_admin("eve", &hash, at(6)).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    assert_eq!(users.count().await.expect("a count"), 1);

    let found = [
        users.find(&made.id).await.expect("an answer"),
        users.find_by_name("ada").await.expect("an answer"),
        users.first_admin().await.expect("an answer"),
        users.list().await.expect("a list").pop(),
    ];
    for found in found {
        let found = found.expect("the admin");
        assert_eq!(format!("{found:?}"), format!("{made:?}"));
        assert_eq!(found.password_hash.expose_secret(), "the hash");
    }
    assert!(
        users
            .find_by_name("eve")
            .await
            .expect("an answer")
            .is_none()
    );
}

pub(crate) async fn one_of_many_at_once_becomes_the_first_admin(store: Store) {
    // As many connections as the pool has, all open: or the first is done before the second begins.
    let mut warm = JoinSet::new();
    for _ in 0..16 {
        let users = store.users();
        warm.spawn(async move { users.count().await });
    }
    warm.join_all().await;

    let start = Arc::new(Barrier::new(16));
    let mut tries = JoinSet::new();
    for number in 0..16 {
        let (users, start) = (store.users(), Arc::clone(&start));
        tries.spawn(async move {
            start.wait().await;
            let hash = SecretString::from("hash");
            users
                .create_first_admin(&format!("admin-{number}"), &hash, at(number))
                .await
        });
    }
    let (won, lost): (Vec<_>, Vec<_>) = tries.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 15));
    for result in lost {
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    }
    assert_eq!(store.users().count().await.expect("a count"), 1);
}

pub(crate) async fn a_new_password_ends_sessions(store: Store) {
    let id = admin(&store).await;
    let users = store.users();
    users
        .set_password(&id, &SecretString::from("new"), at(9))
        .await
        .expect("a new password");
    let user = users
        .find(&id)
        .await
        .expect("an answer")
        .expect("the admin");
    assert_eq!(
        (user.session_epoch, user.updated_at, user.created_at),
        (1, at(9), at(0))
    );
    assert_eq!(user.password_hash.expose_secret(), "new");

    let nobody = UserId::from("nobody");
    let missing = users
        .set_password(&nobody, &SecretString::from("new"), at(9))
        .await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
}
