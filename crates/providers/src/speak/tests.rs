use super::*;

fn spec(text: &str) -> SpeakSpec {
    toml::from_str(text).expect("a table")
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}

fn facts() -> Facts<'static> {
    Facts {
        account_id: Some("account-1"),
        conversation: "00000000-0000-4000-8000-000000000000",
        secret: "k",
        user_agent: "ninerouter/0",
        now_ms: 1_700_000_000_000,
        ..Facts::default()
    }
}

/// What goes out, of what was sent.
fn check(
    table: &str,
    sent: &[(&'static str, &'static str)],
    facts: &Facts<'_>,
    expected: &[(&'static str, &'static str)],
) {
    let mut out = headers(sent);
    spec(table).complete(&mut out, facts).expect("headers");
    assert_eq!(out, headers(expected), "{table}");
}

#[test]
fn the_account_is_named_by_us_alone() {
    let table = "always = { chatgpt-account-id = '{account_id}' }\nunless_sent = { session_id = '{conversation}' }";
    let conversation = ("session_id", "00000000-0000-4000-8000-000000000000");
    let named = ("chatgpt-account-id", "account-1");
    check(table, &[], &facts(), &[named, conversation]);
    let sent = [
        ("chatgpt-account-id", "the client's own"),
        ("session_id", "s"),
    ];
    check(table, &sent, &facts(), &[named, ("session_id", "s")]);
    let unknown = Facts {
        account_id: None,
        ..facts()
    };
    check(table, &sent, &unknown, &[("session_id", "s")]);
}

#[test]
fn lists_keep_the_clients_words() {
    let table = "joined = { anthropic-beta = ['oauth-2025-04-20'] }";
    for (sent, expected) in [
        (&[][..], "oauth-2025-04-20"),
        (&[("anthropic-beta", "a, b")], "oauth-2025-04-20,a,b"),
        (
            &[("anthropic-beta", "b,oauth-2025-04-20")],
            "b,oauth-2025-04-20",
        ),
    ] {
        check(table, sent, &facts(), &[("anthropic-beta", expected)]);
    }
}

#[test]
fn images_are_announced_where_there_are_some() {
    let table = "with_images = { copilot-vision-request = 'true' }";
    check(table, &[], &facts(), &[]);
    let with = Facts {
        has_images: true,
        ..facts()
    };
    check(table, &[], &with, &[("copilot-vision-request", "true")]);
}

#[test]
fn iflows_signature_is_by_the_user_agent_that_is_sent() {
    let table = "signature = 'iflow'";
    let rest = [
        ("session-id", "session-00000000-0000-4000-8000-000000000000"),
        ("x-iflow-timestamp", "1700000000000"),
    ];
    // Computed by another program: `openssl dgst -sha256 -hmac k`.
    let signed = [
        (
            &[("user-agent", "a-client")][..],
            ("user-agent", "a-client"),
            "43748c2043f4c7700bbf84338536c48e7be4631840295c3a4e5d33df33d6689b",
        ),
        (
            &[],
            ("user-agent", "ninerouter/0"),
            "940ffb2410ebde567f5da4929b38d8b43c007f26df3302fc6093a767cca216cc",
        ),
    ];
    for (sent, agent, signature) in signed {
        let expected = [agent, rest[0], rest[1], ("x-iflow-signature", signature)];
        check(table, sent, &facts(), &expected);
    }
}

#[test]
fn a_host_of_its_own_is_under_the_providers_domains() {
    let spec = spec("hosts = ['qwen.ai', 'aliyuncs.com']");
    let asked = |host: Option<&'static str>| {
        let facts = Facts {
            resource_host: host,
            ..facts()
        };
        spec.complete(&mut HeaderMap::new(), &facts)
    };
    for own in [None, Some("dashscope.aliyuncs.com"), Some("qwen.ai")] {
        assert_eq!(asked(own), Ok(()));
    }
    for foreign in ["evilqwen.ai", "qwen.ai.example.com", "10.0.0.1"] {
        let error = Err(Unspeakable::ForeignHost(foreign.to_owned()));
        assert_eq!(asked(Some(foreign)), error);
    }
}

#[test]
fn what_is_needed_is_demanded() {
    let refused =
        |table: &str, facts: &Facts<'_>| spec(table).complete(&mut HeaderMap::new(), facts);
    let nobody = Facts::default();
    assert_eq!(
        refused("needs = ['project']", &nobody),
        Err(Unspeakable::NoProject)
    );
    assert_eq!(
        refused("needs = ['account-id']", &nobody),
        Err(Unspeakable::NoAccountId)
    );
    let known = Facts {
        project_id: Some("p"),
        ..facts()
    };
    assert_eq!(refused("needs = ['project', 'account-id']", &known), Ok(()));
}

#[test]
fn nonsense_is_no_table() {
    for text in [
        "always = { 'a b' = 'x' }",
        "always = { a = '{secret}' }",
        "unless_sent = { a = \"\\u0000\" }",
        "needs = ['luck']",
        "signature = 'x'",
    ] {
        let parsed = toml::from_str::<SpeakSpec>(text);
        assert!(parsed.is_err(), "{text}");
    }
}
