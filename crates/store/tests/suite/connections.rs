//! Accounts with providers, and their sealed credentials.

use std::collections::BTreeMap;

use api::connection::{AuthKind, Health};
use api::ids::{ConnectionId, ProviderId, UserId};
use secrecy::ExposeSecret;
use store::Store;
use store::error::StoreError;
use store::records::{
    AccountFacts, ConnectionRecord, Credential, LoginCredential, RegisteredClient, SessionToken,
};
use store::vault::{Vault, VaultError};

use crate::engine::VAULT_KEY;
use crate::samples::{admin, at, connection, execute, raw, raw_number, secret_of};

pub(crate) async fn a_connection_comes_back_as_it_went_in(store: Store) {
    let owner = admin(&store).await;
    let inserted = connection(&owner, "acme", "a");
    store
        .connections()
        .insert(&inserted)
        .await
        .expect("a connection");
    let found = find(&store, &inserted.id).await;
    assert_eq!(format!("{found:?}"), format!("{inserted:?}"));
    assert_eq!(secret(&found), secret_of("a"));

    let updated = ConnectionRecord {
        is_shared: false,
        provider: ProviderId::from("other"),
        auth: AuthKind::OAuth,
        name: "b".to_owned(),
        priority: 7,
        default_model: None,
        is_active: false,
        proxy: None,
        parts: BTreeMap::new(),
        enabled_models: Vec::new(),
        version: 1,
        health: Health::Unknown,
        last_error: None,
        error_code: None,
        last_error_at: None,
        updated_at: at(99),
        ..inserted
    };
    store
        .connections()
        .update(&updated)
        .await
        .expect("an update");
    let found = find(&store, &updated.id).await;
    assert_eq!(format!("{found:?}"), format!("{updated:?}"));
    assert_eq!(secret(&found), secret_of("a"));
}

pub(crate) async fn a_credential_is_replaced_by_whoever_read_it_last(store: Store) {
    let owner = admin(&store).await;
    let record = connection(&owner, "acme", "a");
    let connections = store.connections();
    connections.insert(&record).await.expect("a connection");
    let login = Credential::Login(Box::new(LoginCredential {
        access_token: "access".into(),
        refresh_token: Some("refresh".into()),
        expires_at: Some(at(9)),
        session: Some(SessionToken {
            token: "session".into(),
            expires_at: None,
        }),
        client: Some(RegisteredClient {
            id: "registered".to_owned(),
            secret: "client secret".into(),
        }),
        facts: AccountFacts {
            project_id: Some("project".to_owned()),
            ..AccountFacts::default()
        },
    }));
    let written = connections
        .set_credential(&record.id, 0, &login, at(10))
        .await;
    assert!(written.expect("an answer"));
    let late = Credential::ApiKey("late".into());
    let written = connections
        .set_credential(&record.id, 0, &late, at(11))
        .await;
    assert!(!written.expect("an answer"), "it had read an older one");

    let found = find(&store, &record.id).await;
    assert_eq!((found.version, found.revoked_at), (1, None));
    assert_eq!(found.credential.bearer().expose_secret(), "session");
    let found = match found.credential {
        Credential::Login(login) => Some(login),
        Credential::ApiKey(_) | Credential::ServiceAccount(_) => None,
    };
    let found = found.expect("a login");
    let refresh = found
        .refresh_token
        .as_ref()
        .map(ExposeSecret::expose_secret);
    let client = found
        .client
        .map(|client| (client.id, client.secret.expose_secret().to_owned()));
    assert_eq!(
        (
            found.access_token.expose_secret(),
            refresh,
            found.expires_at
        ),
        ("access", Some("refresh"), Some(at(9)))
    );
    assert_eq!(
        client,
        Some(("registered".to_owned(), "client secret".to_owned()))
    );
    assert_eq!(found.facts.project_id.as_deref(), Some("project"));
}

pub(crate) async fn connections_are_in_the_order_of_trying(store: Store) {
    let owner = admin(&store).await;
    let cases = [
        ("b", "1", 0, 0),
        ("a", "2", 9, 0),
        ("a", "3", 1, 8),
        ("a", "4", 1, 7),
    ];
    for (provider, name, priority, created) in cases {
        let record = ConnectionRecord {
            priority,
            created_at: at(created),
            ..connection(&owner, provider, name)
        };
        store
            .connections()
            .insert(&record)
            .await
            .expect("a connection");
    }
    let listed = store.connections().list().await.expect("connections");
    let names: Vec<_> = listed.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["4", "3", "2", "1"]);
}

async fn three(store: &Store) -> [ConnectionId; 3] {
    let owner = admin(store).await;
    let records = ["a", "b", "c"].map(|name| connection(&owner, "acme", name));
    for record in &records {
        store
            .connections()
            .insert(record)
            .await
            .expect("a connection");
    }
    records.map(|record| record.id)
}

async fn order(store: &Store) -> Vec<ConnectionId> {
    let listed = store.connections().list().await.expect("connections");
    listed.into_iter().map(|record| record.id).collect()
}

pub(crate) async fn accounts_are_put_in_order_at_once(store: Store) {
    let [a, b, c] = three(&store).await;
    let acme = ProviderId::from("acme");
    let before = [a.clone(), b.clone(), c.clone()];
    let after = [c.clone(), a.clone(), b.clone()];
    let connections = store.connections();
    let is_done = connections.reorder(&acme, &before, &after, at(9)).await;
    assert!(is_done.expect("an order"));
    assert_eq!(order(&store).await, after);
    // One whose order is not meant keeps its place.
    let (before, after) = ([c.clone(), b.clone()], [b.clone(), c.clone()]);
    let is_done = connections.reorder(&acme, &before, &after, at(9)).await;
    assert!(is_done.expect("an order"));
    assert_eq!(order(&store).await, [b, a, c]);
}

pub(crate) async fn an_order_that_is_no_longer_true_is_refused(store: Store) {
    let [a, b, c] = three(&store).await;
    let acme = ProviderId::from("acme");
    let swapped = [b.clone(), a.clone(), c.clone()];
    let gone = [a.clone(), b.clone(), ConnectionId::from("gone")];
    for before in [&swapped, &gone] {
        let result = store
            .connections()
            .reorder(&acme, before, &[c.clone(), b.clone(), a.clone()], at(9))
            .await;
        assert!(!result.expect("an answer"));
    }
    assert_eq!(order(&store).await, [a, b, c]);
}

pub(crate) async fn a_proxy_is_not_readable_in_the_table(store: Store) {
    let owner = admin(&store).await;
    let record = connection(&owner, "acme", "a");
    store
        .connections()
        .insert(&record)
        .await
        .expect("a connection");
    let rows = raw(&store, "SELECT proxy FROM connections").await;
    let sealed: String = rows[0].try_get("", "proxy").expect("a text");
    assert!(sealed.starts_with("v1:"), "{sealed}");
    let found = find(&store, &record.id).await;
    let proxy = found.proxy.expect("a proxy");
    assert_eq!(
        proxy.expose_secret(),
        "socks5://me:proxy-secret@proxy.example:1080"
    );
    // A credential's blob is no proxy.
    execute(&store, "UPDATE connections SET proxy = credential").await;
    let swapped = store.connections().list().await;
    assert!(
        matches!(swapped, Err(StoreError::Vault(VaultError::Refused))),
        "{swapped:?}"
    );
}

pub(crate) async fn a_name_is_taken_once_per_provider_and_owner(store: Store) {
    let owner = admin(&store).await;
    let first = connection(&owner, "acme", "a");
    let second = connection(&owner, "acme", "b");
    let elsewhere = connection(&owner, "other", "a");
    for record in [&first, &second, &elsewhere] {
        store
            .connections()
            .insert(record)
            .await
            .expect("a connection");
    }
    let results = [
        store
            .connections()
            .insert(&ConnectionRecord {
                id: ConnectionId::from("third"),
                ..first
            })
            .await,
        store
            .connections()
            .update(&ConnectionRecord {
                name: "a".to_owned(),
                ..second
            })
            .await,
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    }
}

pub(crate) async fn a_credential_is_not_readable_in_the_table(store: Store) {
    let owner = admin(&store).await;
    store
        .connections()
        .insert(&connection(&owner, "acme", "a"))
        .await
        .expect("a connection");
    let rows = raw(&store, "SELECT credential FROM connections").await;
    let sealed: String = rows[0].try_get("", "credential").expect("a text");
    assert!(sealed.starts_with("v1:"), "{sealed}");
    assert!(
        !sealed.contains("secret") && !sealed.contains("api_key"),
        "{sealed}"
    );

    let plain = Vault::new(&VAULT_KEY)
        .open(&sealed, "connection-acme-a")
        .expect("a plain text");
    let expected = format!(r#"{{"kind":"api_key","api_key":"{}"}}"#, secret_of("a"));
    assert_eq!(String::from_utf8(plain).expect("a text"), expected);
}

pub(crate) async fn a_blob_moved_to_another_row_does_not_open(store: Store) {
    let owner = admin(&store).await;
    let (first, second) = (
        connection(&owner, "acme", "a"),
        connection(&owner, "acme", "b"),
    );
    for record in [&first, &second] {
        store
            .connections()
            .insert(record)
            .await
            .expect("a connection");
    }
    let moved = format!(
        "UPDATE connections SET credential =
            (SELECT credential FROM connections WHERE id = '{}') WHERE id = '{}'",
        first.id, second.id
    );
    execute(&store, &moved).await;
    let result = store.connections().find(&second.id).await;
    assert!(
        matches!(result, Err(StoreError::Vault(VaultError::Refused))),
        "{result:?}"
    );
    assert_eq!(secret(&find(&store, &first.id).await), secret_of("a"));
}

pub(crate) async fn another_key_does_not_open_it(store: Store) {
    let owner = admin(&store).await;
    let record = connection(&owner, "acme", "a");
    store
        .connections()
        .insert(&record)
        .await
        .expect("a connection");
    let sealed = Vault::new(&[8; 32]).seal(b"{}", record.id.as_str());
    execute(
        &store,
        &format!("UPDATE connections SET credential = '{sealed}'"),
    )
    .await;
    let result = store.connections().list().await;
    assert!(
        matches!(result, Err(StoreError::Vault(VaultError::OtherKey { .. }))),
        "{result:?}"
    );
}

pub(crate) async fn every_update_raises_the_version(store: Store) {
    let owner = admin(&store).await;
    let record = connection(&owner, "acme", "a");
    store
        .connections()
        .insert(&record)
        .await
        .expect("a connection");
    for expected in 0..3 {
        assert_eq!(
            raw_number(&store, "SELECT version FROM connections").await,
            expected
        );
        store
            .connections()
            .update(&record)
            .await
            .expect("an update");
    }
}

pub(crate) async fn only_an_error_keeps_an_error(store: Store) {
    let owner = admin(&store).await;
    let record = connection(&owner, "acme", "a");
    let connections = store.connections();
    connections.insert(&record).await.expect("a connection");
    let told = async || {
        let found = find(&store, &record.id).await;
        (
            found.health,
            found.last_error,
            found.error_code,
            found.last_error_at,
        )
    };

    connections
        .set_health(
            &record.id,
            Health::Active,
            Some("ignored"),
            Some(200),
            at(50),
        )
        .await
        .expect("a change");
    assert_eq!(told().await, (Health::Active, None, None, None));

    connections
        .set_health(
            &record.id,
            Health::Error,
            Some("no such key"),
            Some(401),
            at(60),
        )
        .await
        .expect("a change");
    let expected = (
        Health::Error,
        Some("no such key".to_owned()),
        Some(401),
        Some(at(60)),
    );
    assert_eq!(told().await, expected);
}

pub(crate) async fn what_is_not_there_is_not_found(store: Store) {
    let nobody = UserId::from("nobody");
    let missing = connection(&nobody, "acme", "a");
    let connections = store.connections();
    assert!(
        connections
            .find(&missing.id)
            .await
            .expect("an answer")
            .is_none()
    );
    let results = [
        connections.update(&missing).await,
        connections.delete(&missing.id).await,
        connections
            .set_health(&missing.id, Health::Active, None, None, at(0))
            .await,
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::NotFound)), "{result:?}");
    }
    let unowned = connections.insert(&missing).await;
    assert!(
        matches!(unowned, Err(StoreError::Database(_))),
        "{unowned:?}"
    );
}

pub(crate) async fn find(store: &Store, id: &ConnectionId) -> ConnectionRecord {
    store
        .connections()
        .find(id)
        .await
        .expect("an answer")
        .expect("a connection")
}

fn secret(record: &ConnectionRecord) -> &str {
    record.credential.bearer().expose_secret()
}
