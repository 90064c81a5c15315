//! How often the configuration has been changed.

use store::Store;
use tokio::task::JoinSet;

pub(crate) async fn each_change_is_counted_once_however_many_change_at_once(store: Store) {
    let revision = store.revision();
    assert_eq!(revision.current().await.expect("a number"), 0);
    let mut raises = JoinSet::new();
    for _ in 0..20 {
        let revision = revision.clone();
        raises.spawn(async move { revision.raise().await });
    }
    for raised in raises.join_all().await {
        raised.expect("a change");
    }
    assert_eq!(revision.current().await.expect("a number"), 20);
}
