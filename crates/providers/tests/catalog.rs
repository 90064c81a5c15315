//! What must hold of every catalogue file.

use std::collections::BTreeSet;

use providers::registry::{Registry, embedded};
use providers::spec::{ProviderSpec, SpecError};
use wire::dialect::Dialect;

#[test]
fn every_file_parses_and_is_named_after_its_id() {
    let mut seen = 0;
    for (name, spec) in embedded() {
        let spec = spec
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}.toml: {error}"));
        assert_eq!(spec.id.as_str(), name);
        assert!(
            spec.endpoint.base_url.starts_with("https://"),
            "{name}: {}",
            spec.endpoint.base_url
        );
        assert!(
            spec.docs.is_some(),
            "{name}.toml says where its facts come from"
        );
        seen += 1;
    }
    assert!(seen >= 3);
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
    let text = "id = 'x'\nname = 'X'\nprefix = 'x'\nauth = 'bearer'\nbase_url = 'oops'\n[endpoint]\nbase_url = 'https://x.example'\nformats = ['openai-chat']";
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
