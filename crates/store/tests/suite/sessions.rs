//! Sessions, through the interface tower-sessions uses.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use store::Store;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record, Session};

use crate::samples::execute;

pub(crate) async fn a_session_is_saved_loaded_and_deleted(store: Store) {
    let mut record = saved(&store).await;
    assert_eq!(record.data["user"], "ada");

    record.data.insert("count".to_owned(), 2.into());
    store
        .sessions()
        .save(&record)
        .await
        .expect("a saved session");
    let loaded = store.sessions().load(&record.id).await.expect("an answer");
    assert_eq!(loaded.as_ref(), Some(&record));

    store
        .sessions()
        .delete(&record.id)
        .await
        .expect("a deletion");
    assert_eq!(
        store.sessions().load(&record.id).await.expect("an answer"),
        None
    );
    store
        .sessions()
        .delete(&record.id)
        .await
        .expect("nothing to delete");
}

pub(crate) async fn an_expired_session_is_none(store: Store) {
    let (old, fresh) = (saved(&store).await, saved(&store).await);
    let past = (Utc::now() - TimeDelta::minutes(1)).timestamp();
    let expire = format!(
        "UPDATE sessions SET expires_at = {past} WHERE id = '{}'",
        old.id
    );
    execute(&store, &expire).await;

    let sessions = store.sessions();
    assert_eq!(sessions.load(&old.id).await.expect("an answer"), None);
    assert_eq!(
        sessions.delete_expired(Utc::now()).await.expect("a count"),
        1
    );
    assert_eq!(
        sessions.delete_expired(Utc::now()).await.expect("a count"),
        0
    );
    assert_eq!(
        sessions.load(&fresh.id).await.expect("an answer"),
        Some(fresh)
    );
}

pub(crate) async fn a_taken_id_is_replaced(store: Store) {
    let first = saved(&store).await;
    let mut second = first.clone();
    second.data.clear();
    store
        .sessions()
        .create(&mut second)
        .await
        .expect("a session");
    assert_ne!(first.id, second.id);
    assert_eq!(
        store.sessions().load(&first.id).await.expect("an answer"),
        Some(first)
    );
    assert_eq!(
        store.sessions().load(&second.id).await.expect("an answer"),
        Some(second)
    );
}

pub(crate) async fn an_unreadable_session_counts_as_ended(store: Store) {
    let record = saved(&store).await;
    execute(&store, "UPDATE sessions SET data = 'of another version'").await;
    assert_eq!(
        store.sessions().load(&record.id).await.expect("an answer"),
        None
    );
    assert_eq!(
        store
            .sessions()
            .load(&Id::default())
            .await
            .expect("an answer"),
        None
    );
}

async fn saved(store: &Store) -> Record {
    let session = Session::new(None, Arc::new(store.sessions()), None);
    session.insert("user", "ada").await.expect("a value");
    session.save().await.expect("a saved session");
    let id = session.id().expect("an id");
    store
        .sessions()
        .load(&id)
        .await
        .expect("an answer")
        .expect("a session")
}
