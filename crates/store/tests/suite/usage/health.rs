//! What the requests tell of the connections and keys they used.

use api::connection::Health;
use api::ids::ConnectionId;
use api::usage::Outcome;
use chrono::{DateTime, Utc};
use store::Store;
use store::records::{ConnectionRecord, UsageRecord};

use crate::connections::find;
use crate::samples::{admin, at, attempt, connection, key, request};

type Told = (Health, Option<String>, Option<u16>, Option<DateTime<Utc>>);

pub(crate) async fn a_success_clears_the_error(store: Store) {
    let id = failed(&store, "a").await;
    append(&store, [used(&id, 10, Outcome::Ok, 200)]).await;
    assert_eq!(told(&store, &id).await, (Health::Active, None, None, None));
    assert_eq!(find(&store, &id).await.last_used_at, Some(at(10)));
}

pub(crate) async fn a_failure_of_the_account_is_told(store: Store) {
    let id = unknown(&store, "a").await;
    for (offset, status) in [
        (10, 401),
        (11, 402),
        (12, 403),
        (13, 429),
        (14, 500),
        (15, 599),
    ] {
        append(&store, [used(&id, offset, Outcome::UpstreamError, status)]).await;
        let expected = (
            Health::Error,
            Some("no".to_owned()),
            Some(status),
            Some(at(offset)),
        );
        assert_eq!(told(&store, &id).await, expected);
    }
    let unreachable = UsageRecord {
        attempts: vec![attempt(&id, Outcome::UpstreamError, None)],
        ..used(&id, 20, Outcome::UpstreamError, 502)
    };
    append(&store, [unreachable]).await;
    let said = Some("so said the upstream".to_owned());
    assert_eq!(
        told(&store, &id).await,
        (Health::Error, said, None, Some(at(20)))
    );
}

pub(crate) async fn a_failure_of_the_request_is_not(store: Store) {
    let id = unknown(&store, "a").await;
    let before = told(&store, &id).await;
    let cases = [
        (Outcome::UpstreamError, 400),
        (Outcome::UpstreamError, 404),
        (Outcome::Refused, 401),
        (Outcome::ClientGone, 499),
        (Outcome::Internal, 500),
    ];
    for (offset, (outcome, status)) in (10..).zip(cases) {
        append(&store, [used(&id, offset, outcome, status)]).await;
        assert_eq!(told(&store, &id).await, before, "{outcome:?} {status}");
        assert_eq!(find(&store, &id).await.last_used_at, Some(at(offset)));
    }
}

pub(crate) async fn each_attempt_speaks_for_its_connection(store: Store) {
    let (first, second) = (unknown(&store, "a").await, failed(&store, "b").await);
    let fell_back = UsageRecord {
        attempts: vec![
            attempt(&first, Outcome::UpstreamError, Some(429)),
            attempt(&second, Outcome::Ok, Some(200)),
        ],
        ..used(&second, 10, Outcome::Ok, 200)
    };
    append(&store, [fell_back]).await;
    let said = Some("so said the upstream".to_owned());
    assert_eq!(
        told(&store, &first).await,
        (Health::Error, said, Some(429), Some(at(10)))
    );
    assert_eq!(
        told(&store, &second).await,
        (Health::Active, None, None, None)
    );
    assert_eq!(find(&store, &first).await.last_used_at, Some(at(10)));
}

pub(crate) async fn older_news_do_not_overwrite_newer(store: Store) {
    let id = unknown(&store, "a").await;
    // The newest of a batch counts, and a client that went away says nothing.
    append(
        &store,
        [
            used(&id, 30, Outcome::ClientGone, 499),
            used(&id, 20, Outcome::Ok, 200),
            used(&id, 10, Outcome::UpstreamError, 500),
        ],
    )
    .await;
    assert_eq!(told(&store, &id).await, (Health::Active, None, None, None));
    append(&store, [used(&id, 25, Outcome::UpstreamError, 500)]).await;
    assert_eq!(told(&store, &id).await, (Health::Active, None, None, None));
}

pub(crate) async fn last_use_only_moves_forward(store: Store) {
    let owner = admin(&store).await;
    let key = key(&owner, "a");
    let connection = connection(&owner, "acme", "a");
    store.keys().insert(&key).await.expect("a key");
    store
        .connections()
        .insert(&connection)
        .await
        .expect("a connection");
    for (offset, expected) in [(10, 10), (5, 10), (12, 12)] {
        let record = UsageRecord {
            key_id: Some(key.id.clone()),
            ..used(&connection.id, offset, Outcome::Ok, 200)
        };
        append(&store, [record]).await;
        let key = store.keys().list().await.expect("keys").remove(0);
        assert_eq!(key.last_used_at, Some(at(expected)));
        assert_eq!(
            find(&store, &connection.id).await.last_used_at,
            Some(at(expected))
        );
    }
}

fn used(id: &ConnectionId, offset: i64, outcome: Outcome, status: u16) -> UsageRecord {
    UsageRecord {
        connection_id: Some(id.clone()),
        outcome,
        status,
        error: Some("no".to_owned()),
        ..request(&format!("r-{offset}"), at(offset))
    }
}

async fn append<const N: usize>(store: &Store, records: [UsageRecord; N]) {
    store.usage().append(&records).await.expect("a batch");
}

async fn told(store: &Store, id: &ConnectionId) -> Told {
    let found = find(store, id).await;
    (
        found.health,
        found.last_error,
        found.error_code,
        found.last_error_at,
    )
}

async fn unknown(store: &Store, name: &str) -> ConnectionId {
    let record = ConnectionRecord {
        health: Health::Unknown,
        last_error: None,
        error_code: None,
        last_error_at: None,
        last_used_at: None,
        ..of_the_admin(store, name).await
    };
    store
        .connections()
        .insert(&record)
        .await
        .expect("a connection");
    record.id
}

async fn failed(store: &Store, name: &str) -> ConnectionId {
    let record = of_the_admin(store, name).await;
    store
        .connections()
        .insert(&record)
        .await
        .expect("a connection");
    record.id
}

async fn of_the_admin(store: &Store, name: &str) -> ConnectionRecord {
    let owner = match store.users().first_admin().await.expect("an answer") {
        Some(user) => user.id,
        None => admin(store).await,
    };
    connection(&owner, "acme", name)
}
