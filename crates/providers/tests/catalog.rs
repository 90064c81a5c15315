//! What must hold of every catalogue file.

use std::collections::BTreeSet;

use api::usage::Tokens;
use chrono::DateTime;
use http::HeaderMap;
use providers::address::Reach;
use providers::failure::{FailureKind, classify};
use providers::parts::PartKind;
use providers::quota::QuotaApi;
use providers::registry::{Registry, embedded};
use providers::spec::{Login, ProviderSpec, SpecError};
use wire::dialect::Dialect;

/// Who takes an API key.
const KEYS: [&str; 35] = [
    "alicode",
    "alicode-intl",
    "anthropic",
    "azure",
    "byteplus",
    "cerebras",
    "chutes",
    "cloudflare-ai",
    "cohere",
    "deepseek",
    "fireworks",
    "gemini",
    "glm",
    "glm-cn",
    "groq",
    "hyperbolic",
    "kimi",
    "minimax",
    "minimax-cn",
    "mistral",
    "nebius",
    "nvidia",
    "ollama",
    "ollama-local",
    "openai",
    "opencode",
    "opencode-go",
    "openrouter",
    "perplexity",
    "siliconflow",
    "together",
    "vertex",
    "vertex-partner",
    "volcengine-ark",
    "xai",
];

/// Who takes the token of a login.
const LOGINS: [&str; 11] = [
    "antigravity",
    "claude",
    "cline",
    "codex",
    "gemini-cli",
    "github",
    "iflow",
    "kilocode",
    "kimi-coding",
    "kiro",
    "qwen",
];

/// All files that could be read; a test of its own holds that all can.
fn catalogue() -> impl Iterator<Item = (&'static str, &'static ProviderSpec)> {
    embedded().filter_map(|(name, spec)| Some((name, spec.as_ref().ok()?.as_ref())))
}

#[test]
fn every_file_parses_and_is_named_after_its_id() {
    for (name, spec) in embedded() {
        let spec = spec
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}.toml: {error}"));
        assert_eq!(spec.id.as_str(), name);
        let docs = spec.docs.as_deref().unwrap_or_default();
        assert!(
            docs.starts_with("https://"),
            "{name}.toml says where its facts come from"
        );
        assert!(spec.tier.is_some(), "{name}");
    }
}

#[test]
fn who_takes_a_key_and_who_a_login_is_decided_by_hand() {
    let of = |login: Login| -> Vec<&str> {
        let mut names: Vec<&str> = catalogue()
            .filter(|(_, spec)| spec.login == login)
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names
    };
    assert_eq!(of(Login::ApiKey), KEYS);
    assert_eq!(of(Login::Oauth), LOGINS);
}

#[test]
fn a_key_leaves_encrypted_and_for_one_host() {
    for (name, spec) in catalogue() {
        // Where the user says, and nowhere else.
        if spec.parts.iter().any(|part| part.kind == PartKind::BaseUrl) {
            continue;
        }
        let given = spec
            .parts
            .iter()
            .filter_map(|part| Some((part.name.clone(), part.example.clone()?)));
        let spec = &spec.for_account(&given.collect()).expect(name);
        let origin = |url: &str| {
            let host = url.strip_prefix("https://").expect("https");
            host.split('/').next().unwrap_or_default().to_owned()
        };
        let own = origin(&spec.endpoint.base_url);
        for dialect in &spec.endpoint.formats {
            let url = spec.endpoint.url(*dialect, "m", true);
            assert_eq!(origin(&url), own, "{name} {dialect}");
            assert!(spec.auth_for(*dialect).header("k").is_some());
        }
        assert_eq!(origin(&spec.endpoint.models_url()), own, "{name}");
        assert_eq!(origin(&spec.endpoint.check_url()), own, "{name}");
    }
}

#[test]
fn nobody_is_impersonated() {
    const NAMING: [&str; 6] = [
        "user-agent",
        "originator",
        "editor-version",
        "editor-plugin-version",
        "copilot-integration-id",
        "x-client-name",
    ];
    for (name, spec) in catalogue() {
        for (header, value) in &spec.default_headers {
            assert!(!NAMING.contains(&header.as_str()), "{name}: {header}");
            let value = value.to_str().expect("text").to_ascii_lowercase();
            for program in ["claude-code", "codex", "vscode", "cli/", "kiro-ide"] {
                assert!(!value.contains(program), "{name}: {header}: {value}");
            }
        }
    }
}

#[test]
fn quotas_are_asked_for_on_the_providers_own_domain() {
    let domain = |url: &str| {
        let url = url::Url::parse(url).expect("an address");
        assert_eq!(url.scheme(), "https", "{url}");
        let host = url.host_str().expect("a host").to_owned();
        let labels: Vec<&str> = host.rsplitn(3, '.').take(2).collect();
        labels.join(".")
    };
    for (file, spec) in catalogue() {
        let Some(quota) = &spec.quota else { continue };
        if let Some(url) = &quota.url {
            let base = &spec.endpoint.base_url;
            assert_eq!(domain(url), domain(base), "{file}");
        }
        let takes_key = quota.api.is_some_and(QuotaApi::takes_key);
        assert_eq!(quota.url.is_some(), takes_key, "{file}");
    }
}

#[test]
fn prices_and_contexts_are_sane() {
    let one_of = |fill: fn(&mut Tokens)| {
        let mut tokens = Tokens::default();
        fill(&mut tokens);
        tokens
    };
    let input = one_of(|tokens| tokens.input = 1_000_000);
    let output = one_of(|tokens| tokens.output = 1_000_000);
    let read = one_of(|tokens| tokens.cache_read = 1_000_000);
    let write = one_of(|tokens| tokens.cache_write = 1_000_000);
    for (name, spec) in catalogue() {
        for model in &spec.models {
            let place = format!("{name}/{}", model.id);
            assert_eq!(model.id.trim(), model.id, "{place}");
            assert!(!model.id.is_empty(), "{place}");
            if let Some(context) = model.context {
                assert!((1_000..=10_000_000).contains(&context), "{place}");
            }
            let Some(price) = model.price else {
                continue;
            };
            let of = |tokens: &Tokens| price.cost_micros(tokens);
            assert!(of(&input) > 0 && of(&input) <= of(&output), "{place}");
            assert!(of(&output) <= 200_000_000, "{place}");
            assert!(of(&read) <= of(&input), "{place}");
            assert!(
                (of(&input)..=2 * of(&input)).contains(&of(&write)),
                "{place}"
            );
        }
    }
}

#[test]
fn one_model_costs_the_same_wherever_its_vendors_list_is_quoted() {
    let registry = Registry::new([]);
    let price = |provider: &str, model: &str| {
        let spec = registry.by_prefix(provider).expect("a provider");
        spec.model(model).expect("a model").price.expect("a price")
    };
    for (one, other) in [
        (
            ("claude", "claude-opus-4-6"),
            ("anthropic", "claude-opus-4-6"),
        ),
        (("gh", "claude-opus-4.6"), ("anthropic", "claude-opus-4-6")),
        (("gc", "gemini-2.5-pro"), ("gemini", "gemini-2.5-pro")),
        (("cx", "gpt-5.2"), ("openai", "gpt-5.2")),
        (("gh", "gpt-5-mini"), ("openai", "gpt-5-mini")),
    ] {
        assert_eq!(price(one.0, one.1), price(other.0, other.1), "{one:?}");
    }
}

#[test]
fn a_model_may_be_spoken_to_in_less_than_its_provider_speaks() {
    let registry = Registry::new([]);
    let formats = |provider: &str, model: &str| {
        let spec = registry.by_prefix(provider).expect("a provider");
        spec.formats(model).to_vec()
    };
    assert_eq!(formats("ocg", "minimax-m2.7"), [Dialect::Anthropic]);
    assert_eq!(formats("ocg", "glm-5"), [Dialect::OpenaiChat]);
    assert_eq!(formats("ocg", "new-model"), [Dialect::OpenaiChat]);
    assert_eq!(formats("gh", "gpt-5.3-codex"), [Dialect::OpenaiResponses]);
    assert_eq!(formats("gh", "claude-opus-4.6"), [Dialect::OpenaiChat]);
    assert_eq!(
        formats("openai", "new-model"),
        [Dialect::OpenaiChat, Dialect::OpenaiResponses]
    );
}

#[test]
fn the_documented_addresses_are_asked() {
    let registry = Registry::new([]);
    for (prefix, dialect, url) in [
        (
            "gemini",
            Dialect::Gemini,
            "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse",
        ),
        (
            "vx",
            Dialect::Gemini,
            "https://aiplatform.googleapis.com/v1/publishers/google/models/m:streamGenerateContent?alt=sse",
        ),
        (
            "glm",
            Dialect::Anthropic,
            "https://api.z.ai/api/anthropic/v1/messages",
        ),
        (
            "glm",
            Dialect::OpenaiChat,
            "https://api.z.ai/api/coding/paas/v4/chat/completions",
        ),
        (
            "glm-cn",
            Dialect::OpenaiChat,
            "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions",
        ),
        (
            "kimi",
            Dialect::Anthropic,
            "https://api.kimi.com/coding/v1/messages",
        ),
        (
            "minimax",
            Dialect::Anthropic,
            "https://api.minimax.io/anthropic/v1/messages",
        ),
        (
            "minimax-cn",
            Dialect::Anthropic,
            "https://api.minimaxi.com/anthropic/v1/messages",
        ),
        (
            "ds",
            Dialect::OpenaiChat,
            "https://api.deepseek.com/chat/completions",
        ),
        ("ollama", Dialect::Ollama, "https://ollama.com/api/chat"),
        (
            "cc",
            Dialect::Anthropic,
            "https://api.anthropic.com/v1/messages",
        ),
        (
            "cx",
            Dialect::Codex,
            "https://chatgpt.com/backend-api/codex/responses",
        ),
        (
            "gc",
            Dialect::GeminiCli,
            "https://cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse",
        ),
        (
            "kr",
            Dialect::Kiro,
            "https://codewhisperer.us-east-1.amazonaws.com/generateAssistantResponse",
        ),
        (
            "gh",
            Dialect::OpenaiResponses,
            "https://api.githubcopilot.com/responses",
        ),
    ] {
        let spec = registry.by_prefix(prefix).expect("a provider");
        assert!(spec.endpoint.speaks(dialect), "{prefix}");
        assert_eq!(spec.endpoint.url(dialect, "m", true), url);
    }
}

#[test]
fn the_catalogues_rules_say_what_its_vendors_mean() {
    let registry = Registry::new([]);
    for (prefix, status, body, kind) in [
        (
            "glm",
            429,
            r#"{"error":{"code":"1308","message":"m"}}"#,
            FailureKind::Quota,
        ),
        (
            "glm",
            429,
            r#"{"error":{"code":"1302","message":"m"}}"#,
            FailureKind::RateLimit,
        ),
        (
            "glm-cn",
            400,
            r#"{"error":{"code":"1211","message":"m"}}"#,
            FailureKind::UnknownModel,
        ),
        (
            "glm",
            400,
            r#"{"error":{"code":"1210","message":"m"}}"#,
            FailureKind::Client,
        ),
        (
            "groq",
            413,
            r#"{"error":{"message":"Request too large for model on tokens per minute (TPM): Limit 1, Requested 2","type":"tokens","code":"rate_limit_exceeded"}}"#,
            FailureKind::Context,
        ),
        (
            "anthropic",
            403,
            r#"{"type":"error","error":{"type":"forbidden","message":"Request not allowed"}}"#,
            FailureKind::Overload,
        ),
        (
            "openrouter",
            403,
            r#"{"error":{"code":403,"message":"Your input was flagged"}}"#,
            FailureKind::Refused,
        ),
    ] {
        let spec = registry.by_prefix(prefix).expect("a provider");
        let now = DateTime::UNIX_EPOCH;
        let failure = classify(
            &spec.failures,
            status,
            &HeaderMap::new(),
            body.as_bytes(),
            now,
        );
        assert_eq!(failure.kind, kind, "{prefix} {status} {body}");
    }
}

#[test]
fn only_who_says_so_under_403_gets_a_new_token_for_it() {
    let words =
        r#"{"message":"The bearer token included in the request is invalid.","reason":null}"#;
    let ended = r#"{"__type":"com.amazon#ExpiredTokenException","message":"m"}"#;
    for (prefix, status, body, is_old) in [
        ("kr", 403, words, true),
        ("kr", 403, ended, true),
        ("kr", 403, r#"{"message":"User is not authorized"}"#, false),
        ("cc", 401, words, true),
        ("cc", 403, words, false),
        ("gc", 403, words, false),
    ] {
        let registry = Registry::new([]);
        let spec = registry.by_prefix(prefix).expect("a provider");
        let headers = HeaderMap::new();
        let now = DateTime::UNIX_EPOCH;
        let failure = classify(&spec.failures, status, &headers, body.as_bytes(), now);
        assert_eq!(failure.is_token_old, is_old, "{prefix} {status} {body}");
    }
}

#[test]
fn ids_prefixes_and_models_are_unique() {
    let (mut ids, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
    for spec in Registry::new([]).iter() {
        assert!(ids.insert(spec.id.clone()), "{} stands twice", spec.id);
        assert!(
            prefixes.insert(spec.prefix.clone()),
            "{} stands twice",
            spec.prefix
        );
        let namesake = Registry::new([])
            .iter()
            .any(|other| other.id != spec.id && other.id.as_str() == spec.prefix);
        assert!(!namesake, "{} is another provider's id", spec.prefix);
        let mut models = BTreeSet::new();
        for model in &spec.models {
            assert!(
                models.insert(&model.id),
                "{}/{} stands twice",
                spec.id,
                model.id
            );
        }
    }
}

#[test]
fn an_unknown_field_is_refused() {
    let text = "id = 'x'\nname = 'X'\nprefix = 'x'\ntier = 'free'\nauth = 'bearer'\nbase_url = 'oops'\n[endpoint]\nbase_url = 'https://x.example'\nformats = ['openai-chat']";
    assert!(matches!(
        ProviderSpec::parse(text),
        Err(SpecError::Syntax(_))
    ));
}

#[test]
fn a_node_may_take_over_a_prefix_of_the_catalogue() {
    let node = ProviderSpec::node(
        "7e0c".into(),
        "Mirror".to_owned(),
        "openai".to_owned(),
        "http://127.0.0.1:9/v1/",
        Dialect::OpenaiChat,
        Reach::Private,
    )
    .expect("a node");
    let registry = Registry::new([node]);
    let found = registry.by_prefix("openai").expect("a provider");
    assert_eq!(found.id.as_str(), "7e0c");
    assert_eq!(
        found.endpoint.url(Dialect::OpenaiChat, "m", false),
        "http://127.0.0.1:9/v1/chat/completions"
    );
}

#[test]
fn a_full_id_works_like_a_prefix() {
    let registry = Registry::new([]);
    assert_eq!(
        registry
            .by_prefix("anthropic")
            .map(|spec| spec.name.as_str()),
        Some("Anthropic")
    );
    assert!(registry.by_prefix("nobody").is_none());
}
