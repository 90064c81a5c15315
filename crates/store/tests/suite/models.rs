//! Models beside the catalogue: found, added, switched off.

use api::ids::ProviderId;
use api::provider::ModelOrigin;
use store::Store;
use store::error::StoreError;
use store::records::ModelRecord;

use crate::samples::{at, model};

const DAY_MS: i64 = 24 * 3_600_000;

pub(crate) async fn what_is_found_is_kept_for_a_week(store: Store) {
    let acme = ProviderId::from("acme");
    let seen = |name: &str, day: i64| ModelRecord {
        created_at: at(day * DAY_MS),
        updated_at: at(day * DAY_MS),
        ..model("acme", name, ModelOrigin::Discovered)
    };
    let models = store.models();
    for (day, found) in [(0, vec!["a", "b"]), (1, vec!["b"]), (8, vec!["b", "c"])] {
        let found: Vec<_> = found.into_iter().map(|name| seen(name, day)).collect();
        models
            .save_discovered(&acme, &found, at(day * DAY_MS))
            .await
            .expect("models");
    }
    assert_eq!(names(&store).await, ["b", "c"]);
    // More than a statement holds.
    let many: Vec<_> = (0..1_700)
        .map(|number| seen(&format!("m{number:04}"), 8))
        .collect();
    models
        .save_discovered(&acme, &many, at(8 * DAY_MS))
        .await
        .expect("models");
    assert_eq!(names(&store).await.len(), 1_702);
}

pub(crate) async fn what_a_person_said_of_a_model_stays(store: Store) {
    let acme = ProviderId::from("acme");
    let models = store.models();
    let own = model("acme", "own", ModelOrigin::Custom);
    let off = ModelRecord {
        is_enabled: false,
        ..model("acme", "off", ModelOrigin::Discovered)
    };
    models.save_custom(&own).await.expect("a model");
    models.set_enabled(&off).await.expect("a model");
    let found = ["own", "off"].map(|name| ModelRecord {
        name: Some("as the vendor says".to_owned()),
        updated_at: at(9),
        ..model("acme", name, ModelOrigin::Discovered)
    });
    models
        .save_discovered(&acme, &found, at(9))
        .await
        .expect("models");
    let listed = models.list().await.expect("models");
    assert_eq!(listed[1], own);
    assert_eq!(
        (listed[0].is_enabled, listed[0].name.as_deref()),
        (false, Some("as the vendor says"))
    );
    // It stays off although nobody has listed it for long.
    models
        .save_discovered(&acme, &[], at(100 * DAY_MS))
        .await
        .expect("models");
    assert_eq!(names(&store).await, ["off", "own"]);

    let found = models.delete_custom(&acme, "off").await;
    assert!(matches!(found, Err(StoreError::NotFound)), "{found:?}");
    models
        .delete_custom(&acme, "own")
        .await
        .expect("a deletion");
    assert_eq!(names(&store).await, ["off"]);
}

async fn names(store: &Store) -> Vec<String> {
    let listed = store.models().list().await.expect("models");
    listed.into_iter().map(|record| record.model).collect()
}
