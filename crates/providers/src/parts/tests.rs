use wire::dialect::Dialect;

use crate::address::Reach;
use crate::parts::Given;
use crate::registry::Registry;
use crate::spec::ProviderSpec;

fn given(parts: &[(&str, &str)]) -> Given {
    let own = |text: &&str| (*text).to_owned();
    parts
        .iter()
        .map(|(name, value)| (own(name), own(value)))
        .collect()
}

fn spec(id: &str) -> ProviderSpec {
    let registry = Registry::new([]);
    registry
        .get(&id.into())
        .expect("in the catalogue")
        .as_ref()
        .clone()
}

fn chat(id: &str, parts: &[(&str, &str)], model: &str) -> String {
    let own = spec(id).for_account(&given(parts)).expect("parts");
    let dialect = own.endpoint.formats[0];
    own.endpoint.url(dialect, model, false)
}

#[test]
fn the_address_is_the_accounts() {
    let azure = ("azureEndpoint", "https://mine.openai.azure.com");
    for (id, parts, url) in [
        (
            "azure",
            &[azure] as &[_],
            "https://mine.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21",
        ),
        (
            "azure",
            &[
                (
                    "azureEndpoint",
                    "https://Mine.OpenAI.azure.com/openai/deployments/x?api-version=1",
                ),
                ("deployment", "d-1"),
                ("apiVersion", "2025-04-01-preview"),
            ],
            "https://mine.openai.azure.com/openai/deployments/d-1/chat/completions?api-version=2025-04-01-preview",
        ),
        (
            "cloudflare-ai",
            &[("accountId", "0a1b")],
            "https://api.cloudflare.com/client/v4/accounts/0a1b/ai/v1/chat/completions",
        ),
        ("ollama-local", &[], "http://localhost:11434/api/chat"),
        (
            "ollama-local",
            &[
                ("baseUrl", "http://10.0.0.5:11434/"),
                ("allowsPrivate", "true"),
            ],
            "http://10.0.0.5:11434/api/chat",
        ),
        (
            "vertex",
            &[],
            "https://aiplatform.googleapis.com/v1/publishers/google/models/m:generateContent",
        ),
        (
            "vertex",
            &[("projectId", "p-1")],
            "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google/models/m:generateContent",
        ),
        (
            "vertex",
            &[("projectId", "p-1"), ("location", "europe-west4")],
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west4/publishers/google/models/m:generateContent",
        ),
    ] {
        assert_eq!(chat(id, parts, "m"), url);
    }
}

#[test]
fn a_service_account_works_in_its_own_project_unless_another_is_named() {
    for (id, parts, url) in [
        (
            "vertex",
            &[] as &[_],
            "https://aiplatform.googleapis.com/v1/projects/own/locations/global/publishers/google/models/m:generateContent",
        ),
        (
            "vertex",
            &[("projectId", " "), ("location", "us-central1")],
            "https://us-central1-aiplatform.googleapis.com/v1/projects/own/locations/us-central1/publishers/google/models/m:generateContent",
        ),
        (
            "vertex",
            &[("projectId", "p-1")],
            "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google/models/m:generateContent",
        ),
        (
            "vertex-partner",
            &[],
            "https://aiplatform.googleapis.com/v1/projects/own/locations/global/endpoints/openapi/chat/completions",
        ),
        (
            "vertex-partner",
            &[("location", "us-south1")],
            "https://us-south1-aiplatform.googleapis.com/v1/projects/own/locations/us-south1/endpoints/openapi/chat/completions",
        ),
    ] {
        let own = spec(id).for_service_account(&given(parts), "own");
        let own = own.expect("parts");
        let dialect = own.endpoint.formats[0];
        assert_eq!(own.endpoint.url(dialect, "m", false), url);
        let (name, value) = own.auth_for(dialect).header("t").expect("a header");
        assert_eq!(
            (name.as_str(), value),
            ("authorization", "Bearer t".parse().expect("a value"))
        );
    }
    let error = spec("vertex").for_service_account(&given(&[]), "a/../b");
    assert_eq!(error.expect_err("refused").part, "projectId");
}

#[test]
fn a_key_goes_to_nobody_elses_host() {
    for (id, parts, blamed) in [
        ("azure", &[] as &[_], "azureEndpoint"),
        ("cloudflare-ai", &[], "accountId"),
        ("cloudflare-ai", &[("accountId", "../../x")], "accountId"),
        ("cloudflare-ai", &[("accountId", "a/b")], "accountId"),
        ("cloudflare-ai", &[("accountId", "a?b")], "accountId"),
        (
            "cloudflare-ai",
            &[("accountId", "a"), ("zone", "b")],
            "zone",
        ),
        (
            "vertex",
            &[("projectId", "p"), ("location", "evil.example/")],
            "location",
        ),
        ("ollama-local", &[("baseUrl", "ftp://x")], "baseUrl"),
        ("ollama-local", &[("allowsPrivate", "yes")], "allowsPrivate"),
    ] {
        let error = spec(id).for_account(&given(parts)).expect_err("refused");
        assert_eq!(error.part, blamed, "{id} {parts:?}");
    }
    for address in [
        "https://evil.example",
        "https://openai.azure.com",
        "https://evilopenai.azure.com",
        "https://mine.openai.azure.com.evil.example",
        "http://mine.openai.azure.com",
        "https://mine.openai.azure.com:8443",
        "https://user@mine.openai.azure.com",
        "https://evil.example/mine.openai.azure.com",
        "https://evil.example#.openai.azure.com",
        "mine.openai.azure.com",
    ] {
        let parts = given(&[("azureEndpoint", address)]);
        let error = spec("azure").for_account(&parts).expect_err(address);
        assert_eq!(error.part, "azureEndpoint", "{address}");
    }
}

#[test]
fn an_own_network_is_somebodys_word() {
    let reach = |parts: &[(&str, &str)]| {
        let own = spec("ollama-local").for_account(&given(parts));
        own.expect("parts").reach
    };
    assert_eq!(reach(&[]), Reach::Public);
    assert_eq!(reach(&[("allowsPrivate", "false")]), Reach::Public);
    assert_eq!(reach(&[("allowsPrivate", "true")]), Reach::Private);
}

#[test]
fn what_is_given_may_stand_in_a_header() {
    let azure = |parts: &[(&str, &str)]| {
        let mut all = given(&[("azureEndpoint", "https://mine.openai.azure.com")]);
        all.extend(given(parts));
        spec("azure").for_account(&all).expect("parts")
    };
    let header = "openai-organization";
    assert_eq!(azure(&[]).default_headers.get(header), None);
    let own = azure(&[("organization", "org-1")]);
    assert_eq!(own.default_headers.get(header).expect("one"), "org-1");
    let (name, _) = own.auth_for(Dialect::OpenaiChat).header("k").expect("one");
    assert_eq!(name, "api-key");
    assert_eq!(
        own.endpoint.check_url(),
        "https://mine.openai.azure.com/openai/models?api-version=2024-10-21"
    );
}

#[test]
fn a_file_cannot_name_just_any_host() {
    let file = |base: &str, parts: &str| {
        let text = format!(
            "id = 'x'\nname = 'X'\nprefix = 'x'\ntier = 'free'\nauth = 'bearer'\n[endpoint]\nbase_url = '{base}'\nformats = ['openai-chat']\n{parts}"
        );
        ProviderSpec::parse(&text)
    };
    let part = |kind: &str| format!("[[parts]]\nname = 'a'\nlabel = 'A'\nkind = '{kind}'\n");
    for (base, parts) in [
        ("https://{a}/v1", part("label")),
        ("https://{a}.x.example/v1", part("segment")),
        ("https://x.example/{a}", part("base-url")),
        ("https://x.example/{b}", part("segment")),
        ("http://{a}.x.example", part("label")),
        ("{a}/v1", part("segment")),
        ("https://x.example/{a}", String::new()),
    ] {
        assert!(file(base, &parts).is_err(), "{base}");
    }
    for (base, parts) in [
        ("https://{a}.x.example/v1", part("label")),
        ("https://x.example/{a}/v1", part("segment")),
        ("{a}/v1", part("base-url")),
    ] {
        let read = file(base, &parts);
        assert!(read.is_ok(), "{base}: {:?}", read.err());
    }
}
