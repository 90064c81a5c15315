//! Canaries in every credential field: none may be seen anywhere but in the encrypted column.

use reqwest::Method;
use serde_json::json;
use testkit::Reply;

use crate::support::{ACCOUNT_KEY, PASSWORD, Routed};

#[tokio::test]
async fn no_answer_and_no_file_holds_a_secret() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let (key, app) = (routed.key.as_str(), &routed.app);
    let mut seen = String::new();

    // Every error path that has a credential at hand.
    for reply in [
        Reply::json(401, json!({ "error": { "message": "no" } })),
        Reply::json(500, json!({ "error": { "message": "no" } })),
        Reply::hang_up(),
        Reply::text(502, "text/html", "<html>bad gateway</html>"),
    ] {
        routed.upstream.reply(reply);
        let response = routed
            .call("/v1/messages", r#"{"model":"anthropic/m"}"#)
            .send()
            .await
            .expect("an answer");
        seen.push_str(&format!("{:?}", response.headers()));
        seen.push_str(&response.text().await.expect("a body"));
    }
    app.rows(4).await;
    for route in app
        .routes
        .iter()
        .filter(|route| route.method == Method::GET && route.path != "/api/usage/stream")
    {
        let path = route.path.replace("{id}", "x").replace("{*path}", "x");
        for request in [
            admin.request(Method::GET, &path),
            app.request(Method::GET, &path).bearer_auth(key),
        ] {
            seen.push_str(
                &request
                    .send()
                    .await
                    .expect("an answer")
                    .text()
                    .await
                    .unwrap_or_default(),
            );
        }
    }
    for secret in [ACCOUNT_KEY, PASSWORD, key] {
        assert!(!seen.contains(secret), "an answer holds {secret}");
    }

    let dir = routed.app.data_dir();
    for entry in std::fs::read_dir(&dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        for secret in [ACCOUNT_KEY, PASSWORD, key] {
            assert!(!text.contains(secret), "{} holds {secret}", path.display());
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_installations_key_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let routed = Routed::new().await;
    let file = routed.app.data_dir().join("ninerouter.key");
    assert_eq!(
        std::fs::metadata(&file)
            .expect("a file")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}
