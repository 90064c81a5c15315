//! Key files of service accounts, and the tokens that they sign for.
#![expect(
    clippy::expect_used,
    reason = "what fails in a helper fails the test that uses it"
)]

use accounts::error::AccountError;
use accounts::http::Http;
use accounts::service_account::{NoKeyFile, ServiceAccount};
use chrono::{Duration, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use testkit::Reply;
use testkit::vendor::{PRIVATE_KEY, PROJECT, Vendor, key_file};
use url::Url;

/// One that is no RSA key, made for this test alone: it protects nothing.
const ELLIPTIC: &str = include_str!("elliptic.pem");

fn parse(file: &Value) -> Result<ServiceAccount, NoKeyFile> {
    ServiceAccount::parse(&SecretString::from(file.to_string()))
}

fn way_out(vendor: &Vendor) -> Http {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build();
    let vendors = Url::parse(&vendor.url()).expect("an address");
    Http::new(client.expect("a client"), None, Some(vendors))
}

#[tokio::test]
async fn a_key_file_signs_for_a_token_and_never_leaves() {
    let vendor = Vendor::start().await;
    let account = parse(&key_file()).expect("a key file");
    assert_eq!(account.project, PROJECT);
    let now = Utc::now();
    let token = account.token(&way_out(&vendor), now).await;
    let token = token.expect("a token");
    assert!(vendor.is_valid(token.token.expose_secret()));
    assert_eq!(token.expires_at, Some(now + Duration::hours(1)));
    let requests = vendor.upstream().requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path(), "/oauth2.googleapis.com/token");
    let body = requests[0].text();
    let line = PRIVATE_KEY.lines().nth(3).expect("a line");
    assert!(!body.contains(line) && !body.contains("PRIVATE"));
}

#[tokio::test]
async fn a_refusal_is_told_in_googles_words() {
    let vendor = Vendor::start().await;
    let (account, http) = (parse(&key_file()).expect("a key file"), way_out(&vendor));
    // A clock that is wrong by a day.
    let late = Utc::now() + Duration::days(1);
    let error = account.token(&http, late).await.expect_err("a refusal");
    assert!(matches!(error, AccountError::Denied(_)), "{error:?}");
    let words = error.to_string();
    assert!(
        words.contains("Invalid JWT Signature.") && words.contains("clock"),
        "{words}"
    );
    assert!(!error.is_passing());

    vendor.fail_once(Reply::text(503, "text/html", "<html>busy</html>"));
    let error = account.token(&http, Utc::now()).await;
    assert!(error.expect_err("a bad day").is_passing());
}

#[test]
fn what_is_no_key_file_is_told_without_being_repeated() {
    let with = |name: &str, value: Value| {
        let mut file = key_file();
        file[name] = value;
        file
    };
    for (file, expected) in [
        (json!("sk-secret"), NoKeyFile::NotJson),
        (json!({}), NoKeyFile::OtherType),
        (with("type", json!("authorized_user")), NoKeyFile::OtherType),
        (
            with("client_email", Value::Null),
            NoKeyFile::Missing("client_email"),
        ),
        (
            with("project_id", json!("")),
            NoKeyFile::Missing("project_id"),
        ),
        (
            with("private_key", Value::Null),
            NoKeyFile::Missing("private_key"),
        ),
        (with("private_key", json!("secret")), NoKeyFile::NoRsaKey),
        (with("private_key", json!(ELLIPTIC)), NoKeyFile::NoRsaKey),
        (
            with("token_uri", json!("https://evil.example/token")),
            NoKeyFile::OtherIssuer,
        ),
        (
            with("token_uri", json!("http://oauth2.googleapis.com/token")),
            NoKeyFile::OtherIssuer,
        ),
    ] {
        let error = parse(&file).expect_err("no key file");
        assert_eq!(error, expected, "{file}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert!(parse(&with("token_uri", Value::Null)).is_ok());
    assert!(!format!("{:?}", parse(&key_file()).expect("a key file")).contains("tests@"));
}
