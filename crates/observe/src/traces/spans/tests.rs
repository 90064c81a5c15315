//! What a request says about itself in spans, and what it keeps to itself.

use api::usage::Tokens;
use gateway::trace_parent::TraceParent;

use super::*;
use crate::metrics::tests::{attempt, record};

fn of(record: UsageRecord, parent: Option<TraceParent>) -> Vec<Span> {
    let next = std::cell::Cell::new(0);
    spans(&Settled { record, parent }, || {
        next.set(next.get() + 1);
        next.get()
    })
}

fn value<'a>(span: &'a Span, key: &str) -> Option<&'a Value> {
    let found = span.attributes.iter().find(|pair| pair.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

#[test]
fn a_try_is_a_child_of_its_request_and_a_request_of_its_client() {
    let parent = TraceParent {
        trace_id: [7; 16],
        span_id: [8; 8],
        is_sampled: true,
    };
    let mut answered = record("gpt-5-mini", Outcome::Ok);
    answered.attempts = vec![attempt("glm", Some("quota")), attempt("openai", None)];
    answered.attempts[1].started_ms = 300;
    let spans = of(answered.clone(), Some(parent));
    let [request, lost, given] = spans.as_slice() else {
        panic!("{spans:?}")
    };
    assert_eq!(request.trace_id, [7; 16].as_slice());
    assert_eq!(request.parent_span_id, [8; 8].as_slice());
    for child in [lost, given] {
        assert_eq!(child.trace_id, request.trace_id);
        assert_eq!(child.parent_span_id, request.span_id);
    }
    assert_eq!(request.end - request.start, 2_500_000_000);
    assert_eq!(given.start - request.start, 300_000_000);
    assert_eq!(request.flags & IS_REMOTE, IS_REMOTE);
    assert_eq!(
        spans
            .iter()
            .map(|span| span.status.as_ref().map(|status| status.code))
            .collect::<Vec<_>>(),
        [Some(0), Some(2), Some(0)]
    );
    assert_eq!(value(lost, "error.type"), Some(&"quota".into()));
    assert_eq!(value(request, "ninerouter.fallback"), Some(&true.into()));

    let own = of(answered, None);
    assert!(own[0].parent_span_id.is_empty() && own[0].trace_id != own[1].span_id);
}

#[test]
fn tokens_are_counted_as_the_conventions_count_them_and_on_the_request_alone() {
    let mut answered = record("m", Outcome::Ok);
    answered.usage_source = UsageSource::Reported;
    answered.tokens = Tokens {
        input: 1,
        cache_read: 20,
        cache_write: 300,
        output: 4_000,
        reasoning: 50,
    };
    answered.cost_micros = Some(77);
    answered.attempts = vec![attempt("openai", None)];
    let spans = of(answered, None);
    for (key, number) in [
        ("gen_ai.usage.input_tokens", 321_u64),
        ("gen_ai.usage.output_tokens", 4_000),
        ("gen_ai.usage.cache_read.input_tokens", 20),
        ("gen_ai.usage.cache_creation.input_tokens", 300),
        ("gen_ai.usage.reasoning.output_tokens", 50),
        ("ninerouter.cost.microdollars", 77),
    ] {
        assert_eq!(value(&spans[0], key), Some(&number.into()), "{key}");
        assert_eq!(value(&spans[1], key), None, "{key}");
    }
}

#[test]
fn words_of_clients_and_upstreams_stay_out() {
    let mut refused = record("m", Outcome::Refused);
    refused.model_requested = Some("x".repeat(10_000));
    refused.error = Some("the canary".to_owned());
    refused.user_agent = Some("the canary".to_owned());
    refused.tag = Some("the canary".to_owned());
    refused.attempts = vec![attempt("openai", Some("client"))];
    refused.attempts[0].error = Some("the canary".to_owned());
    let spans = of(refused, None);
    assert!(!format!("{spans:?}").contains("canary"));
    assert_eq!(
        value(&spans[0], "gen_ai.request.model"),
        Some(&"x".repeat(LONGEST_NAME).as_str().into())
    );
}

#[test]
fn operations_have_the_conventions_names() {
    for (endpoint, name) in [
        (gateway::call::CHAT_COMPLETIONS, "chat"),
        (gateway::call::MESSAGES, "chat"),
        (gateway::call::RESPONSES, "chat"),
        (gateway::call::OLLAMA_CHAT, "chat"),
        (gateway::call::GENERATE_CONTENT, "generate_content"),
        (gateway::call::EMBEDDINGS, "embeddings"),
        (gateway::call::COUNT_MESSAGES, "count_tokens"),
        (gateway::call::COUNT_CONTENT, "count_tokens"),
        (gateway::call::COUNT_INPUT, "count_tokens"),
    ] {
        assert_eq!(operation(Some(endpoint.endpoint)), name);
    }
}
