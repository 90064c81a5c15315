//! The request log, searched: the database finds what the pages would keep, and pages join.

use api::ids::{ProviderId, UserId};
use api::log::{Ended, LogCursor, LogFilter, LogPlace};
use api::usage::{Outcome, Period, UsageRow};
use chrono::{DateTime, Utc};
use store::Store;
use store::usage::UsageScope;

use super::random;
use super::recent::unnamed;
use crate::samples::{HOUR_MS, admin, at, key, request};

const EVERYONE: UsageScope = UsageScope::Everyone;

fn all() -> LogFilter {
    LogFilter {
        period: Period::All,
        ..LogFilter::default()
    }
}

async fn search(store: &Store, filter: &LogFilter, cursor: &LogCursor) -> Vec<UsageRow> {
    let found = store
        .usage()
        .search(&EVERYONE, filter, at(0), cursor, 500)
        .await;
    found.expect("rows")
}

fn place(row: &UsageRow) -> LogPlace {
    LogPlace {
        at: row.at,
        id: row.id.clone(),
    }
}

pub(crate) async fn the_database_finds_what_a_page_would_keep(store: Store) {
    let records = random::records(11, 400);
    store.usage().append(&records).await.expect("a batch");
    let mut rows: Vec<UsageRow> = records.iter().map(unnamed).collect();
    rows.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));

    let text = |text: &str| Some(text.to_owned());
    let filters = [
        all(),
        LogFilter {
            outcome: Some(Ended::With(Outcome::Refused)),
            ..all()
        },
        LogFilter {
            outcome: Some(Ended::Failed),
            ..all()
        },
        LogFilter {
            provider: Some(ProviderId::from("émile")),
            ..all()
        },
        LogFilter {
            model: text("b"),
            ..all()
        },
        LogFilter {
            endpoint: text("/v1/messages"),
            key: Some("k1".into()),
            connection: Some("c2".into()),
            ..all()
        },
        LogFilter {
            combo: text("fast"),
            since: Some(at(-HOUR_MS)),
            until: Some(at(-HOUR_MS / 4)),
            ..all()
        },
        LogFilter {
            search: text("OVERload"),
            ..all()
        },
        LogFilter {
            search: text("acme/"),
            outcome: Some(Ended::With(Outcome::Ok)),
            ..all()
        },
        LogFilter {
            search: text("100%"),
            ..all()
        },
    ];
    for filter in filters {
        let expected: Vec<_> = rows
            .iter()
            .filter(|row| filter.takes(row))
            .cloned()
            .collect();
        let found = search(&store, &filter, &LogCursor::Newest).await;
        assert_eq!(found, expected, "{filter:?}");
        let numbered = store
            .usage()
            .numbered(&EVERYONE, &filter, at(0), 3, 5)
            .await;
        let (page, count) = numbered.expect("a page");
        assert_eq!(count, expected.len() as u64, "{filter:?}");
        let expected: Vec<_> = expected.into_iter().skip(3).take(5).collect();
        assert_eq!(page, expected, "{filter:?}");
    }
    let day = LogFilter {
        period: Period::Day,
        ..all()
    };
    let found = search(&store, &day, &LogCursor::Newest).await;
    let since: DateTime<Utc> = at(-24 * HOUR_MS);
    assert_eq!(
        found.len(),
        rows.iter().filter(|row| row.at >= since).count()
    );
}

pub(crate) async fn a_wildcard_is_a_letter(store: Store) {
    let mut records = Vec::new();
    for (id, model) in [("1", "50%_off"), ("2", "50xxoff"), ("3", "50\\off")] {
        let mut record = request(id, at(0));
        record.model_served = Some(model.to_owned());
        records.push(record);
    }
    store.usage().append(&records).await.expect("a batch");
    for (text, id) in [("50%", "1"), ("%_O", "1"), ("50\\o", "3"), ("0xx", "2")] {
        let filter = LogFilter {
            search: Some(text.to_owned()),
            ..all()
        };
        let found = search(&store, &filter, &LogCursor::Newest).await;
        let ids: Vec<_> = found.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, [id], "{text}");
    }
}

pub(crate) async fn an_account_or_key_is_found_by_its_name(store: Store) {
    let owner = admin(&store).await;
    let key = key(&owner, "Laptop");
    store.keys().insert(&key).await.expect("a key");
    let mut record = request("r", at(0));
    record.key_id = Some(key.id);
    store
        .usage()
        .append(&[record, request("other", at(0))])
        .await
        .expect("a batch");
    let filter = LogFilter {
        search: Some("lapTOP".to_owned()),
        ..all()
    };
    let found = search(&store, &filter, &LogCursor::Newest).await;
    assert_eq!(found.len(), 1);
    assert!(filter.takes(&found[0]));
}

pub(crate) async fn pages_join_in_both_directions(store: Store) {
    let records = random::records(12, 120);
    store.usage().append(&records).await.expect("a batch");
    let everything = search(&store, &all(), &LogCursor::Newest).await;
    assert_eq!(everything.len(), 120);
    let usage = store.usage();
    let (mut down, mut cursor) = (Vec::new(), LogCursor::Newest);
    loop {
        let page = usage
            .search(&EVERYONE, &all(), at(0), &cursor, 17)
            .await
            .expect("a page");
        let Some(last) = page.last() else { break };
        cursor = LogCursor::Before(place(last));
        down.extend(page);
    }
    assert_eq!(down, everything);
    let (mut up, mut cursor) = (
        Vec::new(),
        LogCursor::After(place(everything.last().expect("rows"))),
    );
    loop {
        let page = usage
            .search(&EVERYONE, &all(), at(0), &cursor, 17)
            .await
            .expect("a page");
        let Some(first) = page.first() else { break };
        cursor = LogCursor::After(place(first));
        up.splice(0..0, page);
    }
    assert_eq!(up, everything[..119]);
}

pub(crate) async fn a_member_finds_only_theirs(store: Store) {
    let records = random::records(13, 200);
    store.usage().append(&records).await.expect("a batch");
    let user = UserId::from("u2");
    let theirs: Vec<_> = records
        .iter()
        .filter(|record| record.user_id.as_ref() == Some(&user))
        .collect();
    let scope = UsageScope::User(user.clone());
    let found = store
        .usage()
        .search(&scope, &all(), at(0), &LogCursor::Newest, 500)
        .await
        .expect("rows");
    assert_eq!(found.len(), theirs.len());
    for record in &records {
        let detail = store
            .usage()
            .detail(&scope, &record.id)
            .await
            .expect("an answer");
        assert_eq!(detail.is_some(), record.user_id.as_ref() == Some(&user));
    }
    let words = store.usage().words(&scope).await.expect("words");
    let mut models: Vec<_> = theirs
        .iter()
        .flat_map(|record| [&record.model_requested, &record.model_served])
        .flatten()
        .cloned()
        .collect();
    models.sort_unstable();
    models.dedup();
    assert_eq!(words.models, models);
    let nobody = UsageScope::User(UserId::from("nobody"));
    let words = store.usage().words(&nobody).await.expect("words");
    assert_eq!(words, store::usage::LogWords::default());
}
