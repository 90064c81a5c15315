//! Settings by name.

use std::collections::BTreeMap;

use serde_json::json;
use store::Store;

use crate::samples::{admin, at};

pub(crate) async fn a_setting_is_replaced(store: Store) {
    let settings = store.settings();
    assert_eq!(settings.get("a").await.expect("an answer"), None);
    for value in [json!(null), json!({ "deep": [1, 2.5, "…"] }), json!(true)] {
        settings.set("a", &value, at(0)).await.expect("a setting");
        assert_eq!(settings.get("a").await.expect("an answer"), Some(value));
    }
    let several = BTreeMap::from([("a", json!(false)), ("b", json!(1))]);
    settings.set_all(&several, at(0)).await.expect("settings");
    let all = settings.all().await.expect("settings");
    assert_eq!(json!(all), json!({ "a": false, "b": 1 }));
}

pub(crate) async fn the_lock_of_the_first_admin_is_no_setting(store: Store) {
    admin(&store).await;
    assert!(store.settings().all().await.expect("settings").is_empty());
}
