use http::{HeaderName, HeaderValue};

use super::*;
use FailureKind::{
    Client, Context, Credential, Down, Network, Overload, Quota, RateLimit, Refused, UnknownModel,
};

/// Tue, 14 Nov 2023 22:13:20 GMT.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).expect("a time")
}

fn read(rules: &[Rule], status: u16, headers: &[(&str, &str)], body: &str) -> Failure {
    let headers = headers
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        })
        .collect();
    classify(rules, status, &headers, body.as_bytes(), now())
}

fn kind_of(status: u16, body: &str) -> FailureKind {
    read(&[], status, &[], body).kind
}

fn rest_of(status: u16, headers: &[(&str, &str)], body: &str) -> Option<u128> {
    let rest = read(&[], status, headers, body).rest;
    rest.map(|rest| rest.as_millis())
}

fn rules(text: &str) -> Result<Vec<Rule>, String> {
    #[derive(Debug, Deserialize)]
    struct File {
        failures: Vec<Rule>,
    }
    toml::from_str(text)
        .map(|file: File| file.failures)
        .map_err(|error| error.to_string())
}

#[test]
fn a_kind_has_one_name() {
    for kind in FailureKind::ALL {
        assert_eq!(FailureKind::parse(kind.as_str()), Some(kind));
        let rules = rules(&format!(
            "[[failures]]\nstatus = 400\nkind = '{}'",
            kind.as_str()
        ));
        assert_eq!(rules.expect("a rule")[0].kind(), kind);
    }
}

#[test]
fn a_status_alone_says_what_kind_of_failure_it_is() {
    let kinds = [
        (301, Down),
        (302, Down),
        (400, Client),
        (401, Credential),
        (402, Quota),
        (403, Credential),
        (404, UnknownModel),
        (405, Client),
        (406, Client),
        (407, Network),
        (408, Network),
        (409, Client),
        (410, UnknownModel),
        (411, Client),
        (413, Client),
        (415, Client),
        (422, Client),
        (424, Client),
        (429, RateLimit),
        (451, Refused),
        (499, Network),
        (500, Down),
        (501, Down),
        (502, Down),
        (503, Overload),
        (504, Network),
        (520, Down),
        (522, Network),
        (524, Network),
        (529, Overload),
        (530, Down),
    ];
    for (status, kind) in kinds {
        for body in [
            "",
            "<html><title>no</title></html>",
            "{}",
            "[]",
            "null",
            "{\"error\":",
        ] {
            assert_eq!(kind_of(status, body), kind, "{status} {body}");
        }
    }
}

#[test]
fn each_vendors_table_of_errors_is_read() {
    // OpenAI's, Anthropic's and Google's names under their statuses: they must not disagree.
    let table = [
        (400, "invalid_request_error", "", "INVALID_ARGUMENT", Client),
        (
            401,
            "authentication_error",
            "invalid_api_key",
            "UNAUTHENTICATED",
            Credential,
        ),
        (
            402,
            "billing_error",
            "insufficient_quota",
            "FAILED_PRECONDITION",
            Quota,
        ),
        (403, "permission_error", "", "PERMISSION_DENIED", Credential),
        (
            404,
            "not_found_error",
            "model_not_found",
            "NOT_FOUND",
            UnknownModel,
        ),
        (413, "request_too_large", "", "INVALID_ARGUMENT", Client),
        (
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
            "RESOURCE_EXHAUSTED",
            RateLimit,
        ),
        (500, "api_error", "", "INTERNAL", Down),
        (503, "overloaded_error", "", "UNAVAILABLE", Overload),
        (504, "timeout_error", "", "DEADLINE_EXCEEDED", Network),
        (529, "overloaded_error", "", "UNAVAILABLE", Overload),
    ];
    for (status, name, code, state, kind) in table {
        for body in [
            format!(r#"{{"error":{{"message":"m","type":"{name}","param":null,"code":null}}}}"#),
            format!(r#"{{"error":{{"message":"m","type":"{name}","code":"{code}"}}}}"#),
            format!(
                r#"{{"type":"error","error":{{"type":"{name}","message":"m"}},"request_id":"r"}}"#
            ),
            format!(r#"{{"error":{{"code":{status},"message":"m","status":"{state}"}}}}"#),
            format!(r#"[{{"error":{{"code":{status},"message":"m","status":"{state}"}}}}]"#),
            r#"{"error":"m"}"#.to_owned(),
            r#"{"detail":"m"}"#.to_owned(),
        ] {
            assert_eq!(kind_of(status, &body), kind, "{status} {body}");
        }
    }
}

#[test]
fn words_say_more_than_a_status() {
    let error = |message: &str| format!(r#"{{"error":{{"message":"{message}"}}}}"#);
    let named = |name: &str| format!(r#"{{"error":{{"message":"m","code":"{name}"}}}}"#);
    let cases = [
        (400, error("prompt is too long: 210000 tokens > 200000 maximum"), Context),
        (400, error("This model's maximum context length is 8192 tokens"), Context),
        (400, error("input length and `max_tokens` exceed context limit: 1 + 2 > 2"), Context),
        (400, error("The input token count (9) exceeds the maximum number of tokens allowed (8)."), Context),
        (400, error("Input is too long for requested model."), Context),
        (400, named("context_length_exceeded"), Context),
        (413, named("context_length_exceeded"), Context),
        (400, r#"{"__type":"com.amazon.x#ValidationException","message":"m","reason":"CONTENT_LENGTH_EXCEEDS_THRESHOLD"}"#.to_owned(), Context),
        (400, named("content_policy_violation"), Refused),
        (400, named("content_filter"), Refused),
        (400, named("data_inspection_failed"), Refused),
        (400, error("Content Exists Risk"), Refused),
        (429, r#"{"error":{"message":"You exceeded your current quota, please check your plan","type":"insufficient_quota","code":"insufficient_quota"}}"#.to_owned(), Quota),
        (403, error("Free allocated quota exceeded."), Quota),
        (403, named("quota_exceeded"), Quota),
        (403, named("insufficient_quota"), Quota),
        (429, error("The usage limit has been reached"), Quota),
        (429, r#"{"error":{"type":"usage_limit_reached","message":"m","plan_type":"plus"}}"#.to_owned(), Quota),
        (400, error("Your credit balance is too low to access the API"), Quota),
        (402, error("Insufficient Balance"), Quota),
        (429, r#"{"error":{"type":"exceeded_current_quota_error","message":"m"}}"#.to_owned(), Quota),
        (429, r#"{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}"#.to_owned(), Quota),
        (429, r#"{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}]}}"#.to_owned(), RateLimit),
        (429, r#"{"error":{"code":429,"message":"m","details":[{"reason":"QUOTA_EXHAUSTED"}]}}"#.to_owned(), Quota),
        (429, r#"{"error":{"code":429,"message":"m","details":[{"reason":"RATE_LIMIT_EXCEEDED"}]}}"#.to_owned(), RateLimit),
        (429, r#"{"error":{"code":429,"message":"m","details":[{"reason":"MODEL_CAPACITY_EXHAUSTED"}]}}"#.to_owned(), Overload),
        (429, r#"{"error":{"type":"engine_overloaded_error","message":"The engine is currently overloaded"}}"#.to_owned(), Overload),
        (500, error("Overloaded"), Overload),
        (502, error("Too Many Requests"), RateLimit),
        (403, error("You have exceeded a secondary rate limit"), RateLimit),
        (400, r#"{"__type":"ThrottlingException","message":"m"}"#.to_owned(), RateLimit),
        (400, error("The requested model is not supported."), UnknownModel),
        (400, error("model x is not accessible via the /chat/completions endpoint"), UnknownModel),
        (400, error("Model Not Exist"), UnknownModel),
        (400, error("acme/x is not a valid model ID"), UnknownModel),
        (403, named("model_not_found"), UnknownModel),
        (400, r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#.to_owned(), Credential),
        (400, error("Incorrect API key provided"), Credential),
        (403, r#"{"errors":[{"code":10000,"message":"Authentication error"}]}"#.to_owned(), Credential),
    ];
    for (status, body, kind) in cases {
        assert_eq!(kind_of(status, &body), kind, "{status} {body}");
    }
}

#[test]
fn a_clients_words_are_not_the_upstreams() {
    for quoted in ["rate limit", "overloaded", "too many requests"] {
        let body = format!(r#"{{"error":{{"message":"invalid tool description: '{quoted}'"}}}}"#);
        assert_eq!(kind_of(400, &body), Client, "{quoted}");
    }
}

#[test]
fn retry_after_is_read_in_every_form() {
    let cases = [
        ("retry-after", "7", Some(7_000)),
        ("retry-after", " 1.5 ", Some(1_500)),
        ("retry-after-ms", "250", Some(250)),
        ("retry-after-ms", "1500.5", Some(1_500)),
        ("retry-after", "2m", Some(120_000)),
        ("retry-after", "1700000030", Some(30_000)),
        ("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT", Some(30_000)),
        (
            "retry-after",
            "Tuesday, 14-Nov-23 22:13:50 GMT",
            Some(30_000),
        ),
        ("retry-after", "Tue Nov 14 22:13:50 2023", Some(30_000)),
        ("retry-after", "2023-11-14T22:13:50Z", Some(30_000)),
        ("retry-after", "Tue, 14 Nov 2023 22:13:10 GMT", None),
        ("retry-after", "0", None),
        ("retry-after", "-3", None),
        ("retry-after", "soon", None),
        ("retry-after", "", None),
        ("retry-after", "NaN", None),
        ("retry-after", "inf", None),
        ("retry-after", "1e300", None),
    ];
    for (name, value, rest) in cases {
        for status in [401, 404, 429, 500, 503, 529] {
            assert_eq!(
                rest_of(status, &[(name, value)], ""),
                rest,
                "{status} {name}: {value}"
            );
        }
    }
    let both = [("retry-after", "9"), ("retry-after-ms", "8500")];
    assert_eq!(rest_of(429, &both, ""), Some(8_500));
}

#[test]
fn a_window_that_is_full_says_when_it_is_over() {
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(Headers, Option<u128>); 17] = [
        (&[("x-ratelimit-reset-requests", "6m0s")], Some(360_000)),
        (&[("x-ratelimit-reset-tokens", "20ms")], Some(20)),
        (&[("x-ratelimit-reset-requests", "2m59.56s")], Some(179_560)),
        (&[("x-ratelimit-reset", "1700000045")], Some(45_000)),
        (&[("x-ratelimit-reset", "1700000045500")], Some(45_500)),
        (&[("x-ratelimit-reset", "45")], Some(45_000)),
        (&[("x-ratelimit-reset-after", "3.5")], Some(3_500)),
        (
            &[("x-ratelimit-reset-tokens-minute", "12.25")],
            Some(12_250),
        ),
        (&[("ratelimit-reset", "45")], Some(45_000)),
        (&[("x-rate-limit-reset", "45")], Some(45_000)),
        (
            &[("anthropic-ratelimit-requests-reset", "2023-11-14T22:13:50Z")],
            Some(30_000),
        ),
        (
            &[("anthropic-ratelimit-unified-reset", "1700003600")],
            Some(3_600_000),
        ),
        // The full one counts, and of two the later.
        (
            &[
                ("x-ratelimit-remaining-requests", "12"),
                ("x-ratelimit-reset-requests", "10s"),
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "30s"),
            ],
            Some(30_000),
        ),
        (
            &[
                ("anthropic-ratelimit-input-tokens-remaining", "0"),
                (
                    "anthropic-ratelimit-input-tokens-reset",
                    "2023-11-14T22:13:40Z",
                ),
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2023-11-14T22:14:20Z"),
            ],
            Some(60_000),
        ),
        (
            &[
                ("x-codex-primary-used-percent", "100"),
                ("x-codex-primary-reset-at", "1700000600"),
                ("x-codex-secondary-used-percent", "40"),
                ("x-codex-secondary-reset-at", "1700600000"),
            ],
            Some(600_000),
        ),
        // One with something left is no reason.
        (
            &[
                ("x-ratelimit-remaining-requests", "12"),
                ("x-ratelimit-reset-requests", "10s"),
            ],
            None,
        ),
        (&[("x-ratelimit-reset", "1699999999")], None),
    ];
    for (headers, rest) in cases {
        assert_eq!(rest_of(429, headers, ""), rest, "{headers:?}");
        assert_eq!(rest_of(503, headers, ""), rest, "{headers:?}");
        assert_eq!(
            rest_of(500, headers, ""),
            None,
            "they come with every answer: {headers:?}"
        );
    }
}

#[test]
fn a_subscription_tells_its_windows_apart() {
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#;
    let of = |headers: &[(&str, &str)]| read(&[], 429, headers, body);
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let whole = of(&[
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", "1700000300"),
        ("anthropic-ratelimit-unified-5h-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-reset", "1700000300"),
        ("anthropic-ratelimit-unified-7d-status", "allowed"),
        ("anthropic-ratelimit-unified-7d-reset", "1700500000"),
        ("anthropic-ratelimit-unified-overage-status", "rejected"),
        ("anthropic-ratelimit-unified-overage-reset", "1702000000"),
    ]);
    assert_eq!(
        whole,
        Failure {
            kind: Quota,
            rest: seconds(300),
            is_token_old: false,
        }
    );
    let family = of(&[
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-status", "allowed"),
        ("anthropic-ratelimit-unified-5h-reset", "1700000300"),
        ("anthropic-ratelimit-unified-7d_oi-status", "rejected"),
        ("anthropic-ratelimit-unified-7d_oi-reset", "1700090000"),
    ]);
    assert_eq!(
        family,
        Failure {
            kind: RateLimit,
            rest: seconds(90_000),
            is_token_old: false,
        }
    );
    let crowded = of(&[
        ("anthropic-ratelimit-unified-status", "allowed"),
        ("anthropic-ratelimit-unified-reset", "1700000300"),
    ]);
    assert_eq!(
        crowded,
        Failure {
            kind: RateLimit,
            rest: None,
            is_token_old: false,
        }
    );
}

#[test]
fn a_body_may_say_how_long() {
    let cases = [
        (
            r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"m","details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"12.3s"}]}}"#,
            Some(12_300),
        ),
        (
            r#"[{"error":{"message":"m","details":[{"retryDelay":"2s"}]}}]"#,
            Some(2_000),
        ),
        (
            r#"{"error":{"message":"m","details":[{"reason":"QUOTA_EXHAUSTED","metadata":{"quotaResetDelay":"1h0m1s"}},{"retryDelay":"0.4s"}]}}"#,
            Some(3_601_000),
        ),
        (
            r#"{"error":{"message":"m","details":[{"metadata":{"quotaResetTimeStamp":"2023-11-14T22:14:20Z"}}]}}"#,
            Some(60_000),
        ),
        (
            r#"{"error":{"type":"usage_limit_reached","message":"m","resets_in_seconds":90}}"#,
            Some(90_000),
        ),
        (
            r#"{"error":{"type":"usage_limit_reached","message":"m","resets_at":1700000060}}"#,
            Some(60_000),
        ),
        (
            r#"{"error":{"type":"usage_limit_reached","message":"m","resets_at":1700000060,"resets_in_seconds":null}}"#,
            Some(60_000),
        ),
        (
            r#"{"error":{"type":"usage_limit_reached","message":"m","resets_at":1600000000}}"#,
            None,
        ),
        (
            r#"{"error":{"code":429,"message":"m","metadata":{"headers":{"X-RateLimit-Reset":"1700000045000"}}}}"#,
            Some(45_000),
        ),
        (
            r#"{"error":{"message":"Your quota will reset after 135h10m5s."}}"#,
            Some(486_605_000),
        ),
        (
            r#"{"error":{"message":"Rate limit reached. Please try again in 7m12.5s. Visit us"}}"#,
            Some(432_500),
        ),
        (
            r#"{"error":{"message":"Please try again in 20ms."}}"#,
            Some(20),
        ),
        (
            r#"{"error":{"message":"Please retry after 5 seconds."}}"#,
            Some(5_000),
        ),
        (
            r#"{"error":{"message":"Please retry in 12.5s."}}"#,
            Some(12_500),
        ),
        (r#"{"error":{"message":"try again in a moment"}}"#, None),
        (
            r#"{"error":{"message":"m","details":"x","resets_at":"soon"}}"#,
            None,
        ),
        ("<html>429</html>", None),
        ("", None),
    ];
    for (body, rest) in cases {
        assert_eq!(rest_of(429, &[], body), rest, "{body}");
    }
    let body = r#"{"error":{"message":"m","details":[{"retryDelay":"12s"}]}}"#;
    assert_eq!(rest_of(429, &[("retry-after", "3")], body), Some(3_000));
}

#[test]
fn a_body_that_is_cut_or_hostile_is_read_as_far_as_it_goes() {
    let whole = r#"{"error":{"code":429,"message":"try again in 1h2m3.5s µs","details":[{"reason":"X","violations":[{"quotaId":"A"}],"metadata":{"quotaResetDelay":"1h"}}],"resets_at":1700000060}}"#;
    for end in 0..=whole.len() {
        let cut = whole.as_bytes().get(..end).unwrap_or_default();
        let failure = classify(&[], 429, &HeaderMap::new(), cut, now());
        assert!(matches!(failure.kind, RateLimit | Quota), "{end}");
    }
    for body in [
        r#"{"error":{"message":"try again in 99999999999999999999999999h"}}"#,
        r#"{"error":{"message":"try again in ...s"}}"#,
        r#"{"error":{"resets_at":1e300}}"#,
        r#"{"error":{"resets_at":-1e300,"resets_in_seconds":-5}}"#,
        r#"{"error":{"details":[[],null,"x",{"retryDelay":{}}]},"errors":[1]}"#,
    ] {
        assert_eq!(read(&[], 429, &[], body).rest, None, "{body}");
    }
}

#[test]
fn what_is_about_the_request_asks_for_no_rest() {
    let headers = [("retry-after", "7")];
    for (status, body) in [
        (400, ""),
        (422, ""),
        (400, r#"{"error":{"message":"prompt is too long"}}"#),
        (400, r#"{"error":{"message":"m","code":"content_filter"}}"#),
    ] {
        assert_eq!(rest_of(status, &headers, body), None, "{status} {body}");
    }
}

#[test]
fn a_providers_rules_come_first_and_in_their_order() {
    let rules = rules(
        "[[failures]]\nstatus = 429\nnames = ['1113', '1309']\nkind = 'quota'\n\
         [[failures]]\nstatus = 403\ncontains = 'Request Not Allowed'\nkind = 'overload'\nrest_seconds = 5\n\
         [[failures]]\nstatus = 403\nkind = 'unknown_model'",
    )
    .expect("rules");
    let of = |status, headers: &[(&str, &str)], body: &str| read(&rules, status, headers, body);
    let no_rest = |kind| Failure {
        kind,
        rest: None,
        is_token_old: false,
    };
    for body in [
        r#"{"error":{"code":"1113","message":"m"}}"#,
        r#"{"error":{"code":1309,"message":"m"}}"#,
        r#"{"code":1309,"message":"m"}"#,
    ] {
        assert_eq!(of(429, &[], body), no_rest(Quota), "{body}");
    }
    assert_eq!(
        of(429, &[], r#"{"error":{"code":"1302","message":"m"}}"#),
        no_rest(RateLimit)
    );
    assert_eq!(of(403, &[], ""), no_rest(UnknownModel));
    let transient = r#"{"error":{"type":"forbidden","message":"Request not allowed"}}"#;
    let five = Failure {
        kind: Overload,
        rest: Some(Duration::from_secs(5)),
        is_token_old: false,
    };
    assert_eq!(of(403, &[], transient), five);
    let said = of(403, &[("retry-after", "60")], transient);
    assert_eq!(
        said.rest,
        Some(Duration::from_secs(60)),
        "the upstream knows better"
    );
    assert_eq!(of(400, &[], transient), no_rest(Client));
}

#[test]
fn a_rule_that_is_none_is_refused() {
    for text in [
        "[[failures]]\nkind = 'quota'",
        "[[failures]]\nstatus = 429",
        "[[failures]]\nstatus = 200\nkind = 'quota'",
        "[[failures]]\nstatus = 429\nkind = 'sulking'",
        "[[failures]]\ncontains = ' '\nkind = 'quota'",
        "[[failures]]\nnames = ['']\nkind = 'quota'",
        "[[failures]]\nstatus = 429\nkind = 'quota'\nrest_seconds = 0",
        "[[failures]]\nstatus = 429\nkind = 'quota'\nsays = 'x'",
        "[[failures]]\nstatus = 403\nkind = 'quota'\nrenews = true",
    ] {
        assert!(rules(text).is_err(), "{text}");
    }
}
