//! What upstreams say of quotas.

use api::ids::ConnectionId;
use api::quota::{Amount, Scope, Source, Window};
use store::Store;
use store::quotas::{KEPT, QuotaRecord};

use crate::samples::{HOUR_MS, admin, at, connection};

const MINUTE_MS: i64 = 60_000;

async fn account(store: &Store) -> ConnectionId {
    let record = connection(&admin(store).await, "claude", "main");
    store
        .connections()
        .insert(&record)
        .await
        .expect("a connection");
    record.id
}

fn window(name: &str, used: f64) -> Window {
    Window {
        name: name.to_owned(),
        scope: Scope::Model("opus".to_owned()),
        amount: Amount::Share { used },
        resets_at: Some(at(5 * HOUR_MS)),
        source: Source::Reported,
    }
}

pub(crate) async fn the_last_word_stays_through_failures(store: Store) {
    let (quotas, id) = (store.quotas(), account(&store).await);
    assert_eq!(quotas.find(&id).await.expect("an answer"), None);
    quotas.failed(&id, "no luck", at(0)).await.expect("stored");
    let mut expected = QuotaRecord {
        connection_id: id.clone(),
        plan: None,
        windows: Vec::new(),
        answered_at: None,
        asked_at: at(0),
        error: Some("no luck".to_owned()),
        failures: 1,
    };
    let found = async || {
        quotas
            .find(&id)
            .await
            .expect("an answer")
            .expect("a record")
    };
    assert_eq!(found().await, expected);
    let unlimited = Window {
        amount: Amount::Unlimited,
        resets_at: None,
        ..window("Chat", 0.0)
    };
    let windows = vec![window("5 hours", 0.25), unlimited];
    quotas
        .answered(&id, Some("Max"), &windows, at(1))
        .await
        .expect("stored");
    expected = QuotaRecord {
        plan: Some("Max".to_owned()),
        windows,
        answered_at: Some(at(1)),
        asked_at: at(1),
        error: None,
        failures: 0,
        ..expected
    };
    assert_eq!(found().await, expected);
    for (failures, time) in [(1, at(2)), (2, at(3))] {
        quotas.failed(&id, "429", time).await.expect("stored");
        expected = QuotaRecord {
            asked_at: time,
            error: Some("429".to_owned()),
            failures,
            ..expected
        };
        assert_eq!(found().await, expected);
    }
    assert_eq!(quotas.list().await.expect("all"), [expected]);
}

pub(crate) async fn history_is_bounded_and_says_nothing_twice(store: Store) {
    let (quotas, id) = (store.quotas(), account(&store).await);
    for (minute, used) in [
        (0, 0.1),
        (5, 0.1),
        (10, 0.2),
        (36, 0.2),
        (41, 0.2),
        (46, 0.0),
    ] {
        let windows = [window("5 hours", used), window("Weekly", 0.5)];
        quotas
            .answered(&id, None, &windows, at(minute * MINUTE_MS))
            .await
            .expect("stored");
    }
    let history = quotas.history(&id, at(0)).await.expect("history");
    let of = |name: &str| -> Vec<(i64, f64)> {
        let minute = |time: chrono::DateTime<chrono::Utc>| (time - at(0)).num_minutes();
        let points = history.get(name).expect("a window").iter();
        points.map(|point| (minute(point.at), point.used)).collect()
    };
    assert_eq!(of("5 hours"), [(0, 0.1), (10, 0.2), (41, 0.2), (46, 0.0)]);
    assert_eq!(of("Weekly"), [(0, 0.5), (36, 0.5)]);
    let later = at(20 * MINUTE_MS) + KEPT;
    quotas
        .answered(&id, None, &[window("Weekly", 0.9)], later)
        .await
        .expect("stored");
    let history = quotas.history(&id, at(0)).await.expect("history");
    assert_eq!(history["5 hours"].len(), 2);
    assert_eq!(history["Weekly"].len(), 2);
}

pub(crate) async fn they_go_with_their_account(store: Store) {
    let (quotas, id) = (store.quotas(), account(&store).await);
    quotas
        .answered(&id, None, &[window("5 hours", 0.1)], at(0))
        .await
        .expect("stored");
    store.connections().delete(&id).await.expect("deleted");
    assert!(quotas.list().await.expect("all").is_empty());
    let history = quotas.history(&id, at(0)).await.expect("history");
    assert!(history.is_empty());
    let late = quotas.answered(&id, None, &[], at(1)).await;
    assert!(late.is_err(), "nobody's quota is not kept");
}
