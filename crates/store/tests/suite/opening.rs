//! Opening a database, on each engine as it needs.

use std::error::Error;

use sea_orm::DbBackend;
use store::Store;
use store::vault::Vault;

use crate::engine::VAULT_KEY;
use crate::samples::raw;

pub(crate) async fn a_fresh_database_answers(store: Store) {
    store.ping().await.expect("an answer");
    assert_eq!(store.users().count().await.expect("a count"), 0);
    assert!(
        store
            .users()
            .first_admin()
            .await
            .expect("an answer")
            .is_none()
    );
    assert!(store.keys().list().await.expect("keys").is_empty());
    assert!(store.nodes().list().await.expect("nodes").is_empty());
    assert!(
        store
            .connections()
            .list()
            .await
            .expect("connections")
            .is_empty()
    );
    assert!(store.settings().all().await.expect("settings").is_empty());
    store.usage().append(&[]).await.expect("nothing to do");
}

pub(crate) async fn sqlite_is_set_up_for_many_readers_and_one_writer(store: Store) {
    if store.database().get_database_backend() != DbBackend::Sqlite {
        return;
    }
    let pragma = async |name: &str| raw(&store, &format!("PRAGMA {name}")).await.remove(0);
    let journal: String = pragma("journal_mode")
        .await
        .try_get_by_index(0)
        .expect("a mode");
    assert!(["wal", "memory"].contains(&journal.as_str()), "{journal}");
    for (name, expected) in [
        ("foreign_keys", 1),
        ("synchronous", 1),
        ("busy_timeout", 5_000),
    ] {
        let value: i64 = pragma(name).await.try_get_by_index(0).expect("a number");
        assert_eq!(value, expected, "{name}");
    }
}

pub(crate) async fn an_error_shows_no_password(_: Store) {
    for url in [
        "postgres://me:hunter2@localhost:no-port/db",
        "postgres://me:hunter2@local host/db",
        "mysql://me:hunter2@localhost/db",
        "hunter2",
    ] {
        let error = Store::connect(url, Vault::new(&VAULT_KEY))
            .await
            .expect_err("no database");
        let mut shown = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(error) = source {
            shown += &format!(" {error} {error:?}");
            source = error.source();
        }
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
