//! What each variable does, and what is refused.

use secrecy::ExposeSecret as _;

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Config, Vec<ConfigError>> {
    let pairs: Vec<(String, String)> = [("HOME", "/home/someone")]
        .iter()
        .chain(pairs)
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Config::read(
        |name| {
            pairs
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        },
        Some("build-7"),
    )
}

#[test]
fn nothing_set_is_safe() {
    let config = read(&[]).expect("defaults");
    assert_eq!(
        (config.host, config.port),
        (IpAddr::V4(Ipv4Addr::LOCALHOST), 20128)
    );
    assert_eq!(config.data_dir, PathBuf::from("/home/someone/.9router"));
    assert!(config.key_required);
    assert!(
        config.initial_password.is_none()
            && config.cookie_secret.is_none()
            && config.api_key_secret.is_none()
    );
}

#[test]
fn the_machines_own_name_is_never_a_bind_address() {
    for name in ["build-7", "c0ffee123456", "somewhere.example.com", ""] {
        assert_eq!(
            read(&[("HOSTNAME", name)]).expect("a config").host,
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            "{name}"
        );
    }
    // A machine may be called by an address.
    let pairs = [
        ("HOME".to_owned(), "/h".to_owned()),
        ("HOSTNAME".to_owned(), "10.0.0.5".to_owned()),
    ];
    let lookup = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    assert!(
        Config::read(lookup, Some("10.0.0.5"))
            .expect("a config")
            .host
            .is_loopback()
    );
}

#[test]
fn an_address_in_hostname_is_where_to_listen() {
    assert_eq!(
        read(&[("HOSTNAME", "0.0.0.0")]).expect("a config").host,
        IpAddr::from([0, 0, 0, 0])
    );
    assert_eq!(
        read(&[("HOSTNAME", "::1")])
            .expect("a config")
            .host
            .to_string(),
        "::1"
    );
    assert!(
        read(&[("HOSTNAME", "localhost")])
            .expect("a config")
            .host
            .is_loopback()
    );
}

#[test]
fn wrong_values_are_refused_and_all_are_named() {
    let errors = read(&[
        ("PORT", "99999"),
        ("REQUIRE_API_KEY", "maybe"),
        ("NODE_ENV", "staging"),
        ("BASE_URL", "router.example.com"),
        ("HTTPS_PROXY", "ftp://proxy"),
        ("ENCRYPTION_KEY", "short"),
        ("DATABASE_URL", "mysql://x"),
        ("CLOUD_URL", "::"),
        ("INITIAL_PASSWORD", "123456"),
        ("JWT_SECRET", "9router-default-secret-change-me"),
        ("API_KEY_SECRET", "endpoint-proxy-api-key-secret"),
        ("RUST_LOG", "info,=x=y"),
    ])
    .expect_err("errors");
    let names: Vec<_> = errors.iter().map(|error| error.name).collect();
    assert_eq!(
        names,
        [
            "PORT",
            "DATABASE_URL",
            "ENCRYPTION_KEY",
            "INITIAL_PASSWORD",
            "JWT_SECRET",
            "API_KEY_SECRET",
            "NODE_ENV",
            "BASE_URL",
            "REQUIRE_API_KEY",
            "HTTPS_PROXY",
            "RUST_LOG",
            "CLOUD_URL"
        ]
    );
    // No refused secret is repeated.
    let text = errors.iter().map(ToString::to_string).collect::<String>();
    assert!(
        !text.contains("123456") && !text.contains("change-me") && !text.contains("endpoint-proxy")
    );
}

#[test]
fn lower_case_proxies_count_and_a_scheme_may_be_missing() {
    let config = read(&[
        ("https_proxy", "127.0.0.1:8080"),
        ("ALL_PROXY", "socks5://127.0.0.1:1080"),
    ])
    .expect("a config");
    assert_eq!(
        config.upstream.https_proxy.expect("a proxy").as_str(),
        "http://127.0.0.1:8080/"
    );
    assert_eq!(
        config.upstream.all_proxy.expect("a proxy").scheme(),
        "socks5"
    );
}

#[test]
fn https_in_public_makes_the_cookie_secure() {
    assert!(
        !read(&[("BASE_URL", "http://localhost:20128")])
            .expect("a config")
            .is_cookie_secure()
    );
    assert!(
        read(&[("NEXT_PUBLIC_BASE_URL", "https://router.example.com")])
            .expect("a config")
            .is_cookie_secure()
    );
    assert!(
        read(&[("AUTH_COOKIE_SECURE", "true")])
            .expect("a config")
            .is_cookie_secure()
    );
}

#[test]
fn keys_and_passwords_are_kept_as_given() {
    let config = read(&[
        ("ENCRYPTION_KEY", &"0f".repeat(32)),
        ("INITIAL_PASSWORD", " correct horse "),
    ])
    .expect("a config");
    assert_eq!(config.encryption_key, Some([0x0f; 32]));
    assert_eq!(
        config.initial_password.expect("a password").expose_secret(),
        "correct horse"
    );
}

#[test]
fn what_has_no_feature_yet_is_named() {
    let config = read(&[
        ("ENABLE_REQUEST_LOGS", "true"),
        ("CLOUD_URL", "https://sync.example.com"),
    ])
    .expect("a config");
    assert_eq!(config.not_yet, ["CLOUD_URL"]);
    assert!(config.capture);
}

#[test]
fn the_readme_lists_the_same_variables() {
    let readme = include_str!("../../../README.md");
    let rows = readme
        .lines()
        .filter(|line| line.starts_with("| `") && line.split('|').count() == 5);
    let listed: Vec<_> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().trim_matches('`'))
        .filter(|name| {
            name.chars()
                .all(|letter| letter.is_ascii_uppercase() || letter == '_')
        })
        .collect();
    let known: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(listed, known);
}

#[test]
fn metrics_that_others_could_read_want_a_token() {
    let token = ("METRICS_TOKEN", "a token of one's own");
    let local = read(&[("METRICS", "true")]).expect("a config");
    assert!(local.metrics.expect("metrics").token.is_none());
    let errors = read(&[("METRICS", "true"), ("HOSTNAME", "0.0.0.0")]).expect_err("an error");
    assert_eq!(errors[0].name, "METRICS_TOKEN");
    assert!(read(&[("METRICS", "true"), ("HOSTNAME", "0.0.0.0"), token]).is_ok());
    // One error for one mistake.
    let short = ("METRICS_TOKEN", "short");
    let errors = read(&[("METRICS", "true"), ("HOSTNAME", "0.0.0.0"), short]);
    assert_eq!(errors.expect_err("an error").len(), 1);
    assert!(read(&[token]).expect("a config").metrics.is_none());
}

#[test]
fn traces_go_where_the_standard_variables_say() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/base/");
    let traces = |pairs: &[(&str, &str)]| read(pairs).expect("a config").traces;
    let found = traces(&[
        endpoint,
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=b"),
    ]);
    let found = found.expect("traces");
    assert_eq!(found.url.as_str(), "http://127.0.0.1:4318/base/v1/traces");
    assert_eq!(
        found.resource[..2],
        [("service.name", "a"), ("team", "b")].map(|(k, v)| (k.to_owned(), v.to_owned()))
    );
    let whole = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/x");
    assert_eq!(traces(&[endpoint, whole]).expect("traces").url.path(), "/x");
    assert!(traces(&[endpoint, ("OTEL_SDK_DISABLED", "true")]).is_none());
    assert!(traces(&[("OTEL_SERVICE_NAME", "a")]).is_none());
    let errors = read(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "the-canary"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ])
    .expect_err("errors");
    assert_eq!(errors.len(), 4);
    assert!(!format!("{errors:?}").contains("canary"));
}

#[test]
fn every_client_secret_of_the_catalogue_is_a_variable() {
    let mut named: Vec<&str> = providers::registry::embedded()
        .filter_map(|(_, spec)| spec.as_ref().ok()?.oauth.as_ref())
        .flat_map(|oauth| &oauth.methods)
        .filter_map(|method| method.client_secret.as_deref())
        .collect();
    named.sort_unstable();
    let mut known = CLIENT_SECRETS;
    known.sort_unstable();
    assert_eq!(named, known);
    let config = read(&[("IFLOW_CLIENT_SECRET", "x")]).expect("a config");
    assert_eq!(
        config.client_secrets["IFLOW_CLIENT_SECRET"].expose_secret(),
        "x"
    );
}
