//! Records to store, each with every field set, and a look at raw tables.

use std::collections::BTreeMap;

use api::connection::{AuthKind, Health};
use api::ids::{ComboId, ConnectionId, KeyId, NodeId, ProviderId, RequestId, UserId};
use api::provider::{ApiType, ModelOrigin, NodeKind};
use api::routing::Strategy;
use api::usage::{Outcome, Tokens};
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use secrecy::SecretString;
use store::Store;
use store::records::{
    AliasRecord, AttemptRecord, ComboRecord, ConnectionRecord, Credential, KeyRecord, ModelRecord,
    NodeRecord, UsageRecord, UsageSource,
};

/// Some time on 2026-11-22, a few minutes after 16:00.
const START_MS: i64 = 1_795_363_456_789;

pub(crate) const HOUR_MS: i64 = 3_600_000;

pub(crate) fn at(offset_ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(START_MS + offset_ms).expect("a time in range")
}

pub(crate) async fn admin(store: &Store) -> UserId {
    let hash = SecretString::from("$argon2id$v=19$…");
    store
        .users()
        .create_first_admin("admin", &hash, at(0))
        .await
        .expect("an admin")
        .id
}

pub(crate) fn key(owner: &UserId, name: &str) -> KeyRecord {
    KeyRecord {
        id: KeyId(format!("key-{name}")),
        owner_id: owner.clone(),
        name: name.to_owned(),
        hash: format!("hash of {name}"),
        prefix: "sk-9r-abcd".to_owned(),
        is_active: true,
        created_at: at(1),
        last_used_at: Some(at(2)),
        expires_at: Some(at(3)),
    }
}

pub(crate) fn node(owner: &UserId, name: &str) -> NodeRecord {
    NodeRecord {
        id: NodeId(format!("node-{name}")),
        owner_id: owner.clone(),
        kind: NodeKind::OpenaiCompatible,
        name: name.to_owned(),
        prefix: format!("prefix-{name}"),
        api_type: Some(ApiType::Responses),
        base_url: "https://example.org/v1".to_owned(),
        allows_private: true,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn connection(owner: &UserId, provider: &str, name: &str) -> ConnectionRecord {
    ConnectionRecord {
        id: ConnectionId(format!("connection-{provider}-{name}")),
        owner_id: owner.clone(),
        is_shared: true,
        provider: ProviderId::from(provider),
        auth: AuthKind::ApiKey,
        identity: Some("someone@example.com".to_owned()),
        revoked_at: Some(at(5)),
        version: 0,
        name: name.to_owned(),
        priority: -3,
        default_model: Some("some-model".to_owned()),
        is_active: true,
        credential: Credential::ApiKey(SecretString::from(secret_of(name))),
        proxy: Some(SecretString::from(
            "socks5://me:proxy-secret@proxy.example:1080",
        )),
        parts: BTreeMap::from([("deployment".to_owned(), "d-1".to_owned())]),
        enabled_models: vec!["some-model".to_owned(), "another".to_owned()],
        health: Health::Error,
        last_error: Some("credit balance too low".to_owned()),
        error_code: Some(402),
        last_error_at: Some(at(1)),
        last_used_at: Some(at(2)),
        created_at: at(3),
        updated_at: at(4),
    }
}

pub(crate) fn model(provider: &str, name: &str, origin: ModelOrigin) -> ModelRecord {
    ModelRecord {
        provider: ProviderId::from(provider),
        model: name.to_owned(),
        origin,
        name: Some(format!("The {name}")),
        context: Some(200_000),
        is_enabled: true,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn combo(owner: &UserId, name: &str) -> ComboRecord {
    ComboRecord {
        id: ComboId(format!("combo-{name}")),
        owner_id: owner.clone(),
        name: name.to_owned(),
        models: vec!["acme/large".to_owned(), "\"quoted\" ✓".to_owned()],
        strategy: Strategy::RoundRobin,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn alias(owner: &UserId, alias: &str) -> AliasRecord {
    AliasRecord {
        alias: alias.to_owned(),
        owner_id: owner.clone(),
        model: "acme/large".to_owned(),
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn secret_of(name: &str) -> String {
    format!("sk-secret-of-{name}")
}

pub(crate) fn request(id: &str, at: DateTime<Utc>) -> UsageRecord {
    UsageRecord {
        id: RequestId::from(id),
        at,
        endpoint: Some("/v1/messages".to_owned()),
        client_format: Some("anthropic".to_owned()),
        upstream_format: Some("openai-chat".to_owned()),
        is_stream: true,
        provider: Some(ProviderId::from("acme")),
        connection_id: None,
        key_id: None,
        user_id: None,
        combo: Some("fast".to_owned()),
        model_requested: Some("acme/large".to_owned()),
        model_served: Some("large".to_owned()),
        tokens: Tokens {
            input: 10,
            cache_read: 20,
            cache_write: 30,
            output: 40,
            reasoning: 5,
        },
        usage_source: UsageSource::Estimated,
        cost_micros: Some(1_234),
        is_flat_rate: false,
        ttft_ms: Some(321),
        duration_ms: 4_321,
        status: 200,
        outcome: Outcome::Ok,
        error: None,
        user_agent: Some("client/1.0".to_owned()),
        tag: None,
        notes: Vec::new(),
        price: None,
        attempts: Vec::new(),
        skipped: Vec::new(),
    }
}

pub(crate) fn attempt(
    connection: &ConnectionId,
    outcome: Outcome,
    status: Option<u16>,
) -> AttemptRecord {
    AttemptRecord {
        provider: ProviderId::from("acme"),
        connection_id: connection.clone(),
        model: "large".to_owned(),
        started_ms: 1,
        duration_ms: 2,
        headers_ms: None,
        ttft_ms: Some(3),
        status,
        outcome,
        error: (outcome != Outcome::Ok).then(|| "so said the upstream".to_owned()),
        failure: None,
        rest_until: None,
    }
}

pub(crate) async fn raw(store: &Store, sql: &str) -> Vec<QueryResult> {
    let db = store.database();
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_all_raw(statement).await.expect("rows")
}

pub(crate) async fn raw_number(store: &Store, sql: &str) -> i64 {
    let rows = raw(store, sql).await;
    rows.first()
        .expect("a row")
        .try_get_by_index(0)
        .expect("a number")
}

pub(crate) async fn execute(store: &Store, sql: &str) {
    store
        .database()
        .execute_unprepared(sql)
        .await
        .expect("a statement that runs");
}
