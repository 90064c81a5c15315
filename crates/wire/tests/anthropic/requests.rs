//! Requests: what we read of them, and what we write.

use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use wire::codec::{decode_request, encode_request, translate_request};
use wire::dialect::Dialect;
use wire::format::Format;
use wire::ir::content::{
    At, Block, Content, Hosted, Media, Thinking, ToolInput, ToolResult, ToolUse,
};
use wire::ir::note::Notes;
use wire::ir::proof::{Issuer, Proof};
use wire::ir::reasoning::{self, Effort, Reasoning, ThinkingLimits, ThinkingSupport};
use wire::ir::request::{Output, OutputSchema, Request, Role, Tool, ToolChoice, ToolKind, Turn};
use wire::ir::target::{Encoded, Target, Traits};
use wire::json::Json;

use crate::fixtures;

fn target(traits: Traits) -> Target {
    Target {
        dialect: Dialect::Anthropic,
        model: "claude-up".to_owned(),
        traits,
        seed: "seed".to_owned(),
        project: None,
        profile: None,
        stream: true,
    }
}

/// Manual budgets, as Claude has them up to 4.5.
fn budget() -> Traits {
    Traits {
        thinking: ThinkingSupport::Known(ThinkingLimits {
            budget: Some((1_024, 128_000)),
            can_be_off: true,
            ..ThinkingLimits::default()
        }),
        ..Traits::default()
    }
}

/// Adaptive thinking with efforts.
fn adaptive() -> Traits {
    Traits {
        thinking: ThinkingSupport::Known(ThinkingLimits {
            can_be_off: true,
            is_dynamic: true,
            levels: vec![Effort::Low, Effort::Medium, Effort::High, Effort::Max],
            ..ThinkingLimits::default()
        }),
        ..Traits::default()
    }
}

fn shown(encoded: &Encoded, notes: &Notes) -> String {
    let body: Value = serde_json::from_slice(&encoded.body).expect("a request is JSON");
    let mut shown = format!("{body:#}\n");
    if encoded.restore != wire::ir::target::Restore::default() {
        let _ = writeln!(shown, "{:?}", encoded.restore);
    }
    for note in notes.iter() {
        let _ = writeln!(shown, "note: {note}");
    }
    shown
}

/// A request of a chat client, since that is whose words need most care.
fn conversation(turns: Vec<(Role, Vec<Content>)>) -> Request {
    let mut request = Request::new(Format::OpenaiChat, "m");
    request.turns = turns
        .into_iter()
        .enumerate()
        .map(|(index, (role, contents))| {
            let at = At::message(index);
            let blocks = contents.into_iter().map(|content| Block::new(at, content));
            Turn::new(at, role, blocks.collect())
        })
        .collect();
    request
}

fn text(text: &str) -> Content {
    Block::text(At::default(), text).content
}

fn said(words: &str) -> Request {
    conversation(vec![(Role::User, vec![text(words)])])
}

fn call(id: &str, name: &str, input: &str) -> Content {
    Content::ToolUse(ToolUse {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        namespace: None,
        input: ToolInput::Json(input.to_owned()),
        proof: None,
    })
}

fn result(id: &str, content: Vec<Content>, is_error: bool) -> Content {
    Content::ToolResult(ToolResult {
        id: Some(id.to_owned()),
        name: None,
        content: content
            .into_iter()
            .map(|content| Block::new(At::default(), content))
            .collect(),
        is_error,
        is_custom: false,
    })
}

fn tool(index: u32, name: &str, kind: ToolKind) -> Tool {
    Tool {
        index,
        name: name.to_owned(),
        namespace: None,
        description: None,
        kind,
        cache: None,
    }
}

fn function() -> ToolKind {
    ToolKind::Function {
        schema: None,
        strict: None,
    }
}

fn write(request: &mut Request, traits: Traits) -> (Value, String) {
    let mut notes = Notes::new();
    request.repair_history(&mut notes);
    let encoded =
        encode_request(request, &target(traits), &mut notes).expect("the request can be said");
    let body = serde_json::from_slice(&encoded.body).expect("a request is JSON");
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    (body, notes.join("\n"))
}

fn refused(request: &Request) -> String {
    encode_request(request, &target(Traits::default()), &mut Notes::new())
        .expect_err("it cannot be said")
        .message
}

#[test]
fn requests_are_read() {
    for (name, body) in fixtures("request") {
        let mut notes = Notes::new();
        let request =
            decode_request(Format::Anthropic, &body, &mut notes).expect("a fixture is a request");
        let mut shown = format!("{request:#?}\n");
        for note in notes.iter() {
            let _ = writeln!(shown, "note: {note}");
        }
        assert_snapshot!(format!("read_{name}"), shown);
    }
}

#[test]
fn requests_survive_the_neutral_form() {
    for (name, body) in fixtures("request") {
        for (kind, traits) in [("budget", budget()), ("adaptive", adaptive())] {
            let mut notes = Notes::new();
            let encoded = translate_request(Format::Anthropic, &body, &target(traits), &mut notes)
                .expect("a fixture is a request");
            assert_snapshot!(format!("written_{name}_{kind}"), shown(&encoded, &notes));
        }
    }
}

#[test]
fn what_is_no_request_is_refused_with_the_reason() {
    for (body, reason) in [
        (r#"[]"#, "expected the body to be an object"),
        (
            r#"{"messages":[]}"#,
            "expected \"model\" to be a string, found nothing",
        ),
        (
            r#"{"model":"m"}"#,
            "expected \"messages\" to be a list, found nothing",
        ),
        (
            r#"{"model":"m","messages":[{"role":null}]}"#,
            "expected \"messages[0].role\" to be a string, found nothing",
        ),
        (
            r#"{"model":"m","messages":[{"role":"tool"}]}"#,
            "expected \"messages[0].role\" to be \"user\" or \"assistant\", found \"tool\"",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":[{"text":"x"}]}]}"#,
            "expected \"messages[0].content[0].type\" to be a string, found nothing",
        ),
        (
            r#"{"model":"m","messages":[],"tools":[{"input_schema":{}}]}"#,
            "expected \"tools[0].name\" to be a string, found nothing",
        ),
    ] {
        let error =
            decode_request(Format::Anthropic, body.as_bytes(), &mut Notes::new()).expect_err(body);
        assert_eq!(error.message, reason, "{body}");
    }
}

#[test]
fn a_session_becomes_a_cache_key_and_nobody_learns_the_account() {
    for (id, user, cache_key) in [
        ("u-9", Some("u-9"), None),
        ("user_ab12_account_c3_session_5e55", None, Some("5e55")),
        (
            r#"{"device_id":"d","session_id":"5e55"}"#,
            None,
            Some("5e55"),
        ),
        (r#"{"device_id":"d"}"#, None, None),
        ("", None, None),
    ] {
        let body = json!({"model": "m", "messages": [], "metadata": {"user_id": id}});
        let body = body.to_string();
        let request = decode_request(Format::Anthropic, body.as_bytes(), &mut Notes::new())
            .expect("a request");
        assert_eq!(request.user.as_deref(), user, "{id}");
        assert_eq!(request.cache_key.as_deref(), cache_key, "{id}");
    }
}

#[test]
fn turns_alternate_and_begin_with_the_user() {
    let mut request = conversation(vec![
        (Role::System, vec![text("rule")]),
        (Role::Assistant, vec![text("hello"), text("  ")]),
        (Role::User, vec![text("w?")]),
        (
            Role::Assistant,
            vec![call("call|1", "a.b", "{\"x\":1.0}"), call("2", "c", "{bad")],
        ),
        (Role::User, vec![result("call|1", vec![text("one")], false)]),
        (Role::User, vec![result("2", Vec::new(), true)]),
        (Role::System, vec![text("faster")]),
        (Role::User, vec![text("thanks")]),
        (
            Role::Assistant,
            vec![Content::Thinking(Thinking::default())],
        ),
        (Role::User, vec![text("?")]),
    ]);
    let (body, notes) = write(&mut request, budget());
    assert_snapshot!(format!(
        "{:#}\n{notes}",
        json!([body["system"], body["messages"]])
    ));
}

#[test]
fn tools_are_named_described_and_chosen() {
    let schema = Json::raw(
        r#"{"type":"object","properties":{"a":{"type":"integer","minimum":0}}}"#.to_owned(),
    );
    let schema = schema.map(|raw| {
        Json::parse(raw.to_text().as_bytes(), &[])
            .expect("a schema")
            .into_owned()
    });
    let mut request = said("go");
    request.tools = vec![
        tool(0, "a.b", function()),
        tool(
            1,
            "strict",
            ToolKind::Function {
                schema,
                strict: Some(true),
            },
        ),
        tool(
            2,
            "patch",
            ToolKind::Custom {
                format: Some(Json::from(wire::object! {
                    "type" => "grammar", "syntax" => "lark", "definition" => "start: \"x\""
                })),
            },
        ),
        tool(3, "strict", function()),
        tool(4, "search", ToolKind::Hosted(Hosted::WebSearch)),
        tool(5, "draw", ToolKind::Hosted(Hosted::ImageGeneration)),
    ];
    request.parallel_tool_calls = Some(false);
    let (body, notes) = write(&mut request, Traits::default());
    assert_snapshot!(format!(
        "{:#}\n{:#}\n{notes}",
        body["tools"], body["tool_choice"]
    ));

    for (choice, expected) in [
        (
            ToolChoice::Auto,
            json!({"type": "auto", "disable_parallel_tool_use": true}),
        ),
        (ToolChoice::None, json!({"type": "none"})),
        (
            ToolChoice::Required,
            json!({"type": "any", "disable_parallel_tool_use": true}),
        ),
        (
            ToolChoice::Tool("a.b".to_owned()),
            json!({"type": "tool", "name": "a_b", "disable_parallel_tool_use": true}),
        ),
        (
            ToolChoice::Tool("search".to_owned()),
            json!({"type": "tool", "name": "web_search", "disable_parallel_tool_use": true}),
        ),
    ] {
        request.tool_choice = Some(choice);
        let (body, _) = write(&mut request, Traits::default());
        assert_eq!(body["tool_choice"], expected);
    }
    request.tool_choice = Some(ToolChoice::Allowed {
        names: vec!["patch".to_owned()],
        is_required: true,
    });
    let (body, _) = write(&mut request, Traits::default());
    assert_eq!(body["tools"].as_array().map(Vec::len), Some(1));
    assert_eq!(body["tool_choice"]["type"], "any");
    request.tool_choice = Some(ToolChoice::Allowed {
        names: vec!["draw".to_owned()],
        is_required: true,
    });
    assert_eq!(
        refused(&request),
        "expected \"tool_choice\" to leave a choice: none of the tools it demands exists at Anthropic"
    );
}

/// What is said about thinking: `thinking`, the effort, and the notes.
fn thinking(request: &mut Request, traits: Traits) -> (Value, Value, String) {
    let (body, notes) = write(request, traits);
    (
        body["thinking"].clone(),
        body["output_config"]["effort"].clone(),
        notes,
    )
}

#[test]
fn thinking_fits_the_model_and_the_request() {
    let asked = |thinking, effort| {
        let mut request = said("hi");
        request.reasoning = Reasoning {
            thinking,
            effort,
            is_visible: None,
        };
        request
    };
    let high = || asked(None, Some(Effort::High));
    let enabled = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    let summarized = json!({"type": "adaptive", "display": "summarized"});

    let (sent, effort, notes) = thinking(&mut high(), budget());
    assert_eq!(
        (sent, effort, notes),
        (enabled(24_576), Value::Null, String::new())
    );
    let (sent, effort, notes) = thinking(&mut high(), adaptive());
    assert_eq!(
        (sent, effort, notes),
        (summarized.clone(), json!("high"), String::new())
    );
    let (sent, effort, _) = thinking(&mut asked(None, Some(Effort::Minimal)), adaptive());
    assert_eq!((sent, effort), (summarized.clone(), json!("low")));
    let (sent, effort, _) = thinking(
        &mut asked(Some(reasoning::Thinking::Dynamic), None),
        adaptive(),
    );
    assert_eq!((sent, effort), (summarized.clone(), Value::Null));
    let (sent, _, _) = thinking(&mut asked(Some(reasoning::Thinking::Off), None), adaptive());
    assert_eq!(sent, json!({"type": "disabled"}));

    // A small answer leaves less room, a tiny one none.
    for (max_tokens, expected) in [
        (2_000, enabled(1_500)),
        (1_100, enabled(1_024)),
        (1_024, json!({"type": "disabled"})),
    ] {
        let mut request = high();
        request.sampling.max_tokens = Some(max_tokens);
        assert_eq!(thinking(&mut request, budget()).0, expected, "{max_tokens}");
    }

    // A forced call and a begun answer exclude thinking; the effort stays.
    let mut request = high();
    request.tools = vec![tool(0, "f", function())];
    request.tool_choice = Some(ToolChoice::Required);
    let (sent, effort, notes) = thinking(&mut request, adaptive());
    assert_eq!((sent, effort), (json!({"type": "disabled"}), json!("high")));
    assert_eq!(
        notes,
        "reasoning_effort: dropped: Claude does not think when a call is forced"
    );

    // Calls without their thinking: a budget is refused then, adaptive thinking is not.
    let with_calls = |proof: Option<Proof>| {
        let thought = Content::Thinking(Thinking {
            text: "t".to_owned(),
            proof,
            is_redacted: false,
        });
        let mut request = conversation(vec![
            (Role::User, vec![text("w?")]),
            (Role::Assistant, vec![thought, call("1", "f", "")]),
            (Role::User, vec![result("1", vec![text("x")], false)]),
        ]);
        request.reasoning.effort = Some(Effort::High);
        request
    };
    let foreign = Some(Proof::new(Issuer::Openai, "gAAAA"));
    let own = Some(Proof::new(Issuer::Anthropic, "Eq"));
    let off = json!({"type": "disabled"});
    assert_eq!(
        thinking(&mut with_calls(foreign.clone()), budget()),
        (off, Value::Null, String::new())
    );
    assert_eq!(thinking(&mut with_calls(foreign), adaptive()).0, summarized);
    assert_eq!(thinking(&mut with_calls(own), budget()).0, enabled(24_576));
}

#[test]
fn sampling_keeps_what_anthropic_has() {
    let mut request = said("hi");
    request.sampling.temperature = Some(1.7);
    request.sampling.top_p = Some(0.5);
    request.sampling.seed = Some(1);
    request.sampling.presence_penalty = Some(0.0);
    request.sampling.stop = vec!["END".to_owned(), " \n".to_owned()];
    let (body, notes) = write(&mut request, Traits::default());
    // A temperature of one is the default, and leaves room for the other.
    assert_eq!(
        (&body["temperature"], &body["top_p"]),
        (&Value::Null, &json!(0.5))
    );
    assert_eq!(body["stop_sequences"], json!(["END"]));
    assert_snapshot!(notes, @r"
    temperature: lowered to 1, the highest Anthropic has
    stop: dropped: Anthropic does not stop at white space alone
    seed: dropped: Anthropic has no seed
    ");
    request.sampling.temperature = Some(0.3);
    let (body, _) = write(&mut request, Traits::default());
    assert_eq!(
        (&body["temperature"], &body["top_p"]),
        (&json!(0.3), &Value::Null)
    );

    request.sampling.n = Some(2);
    assert_eq!(
        refused(&request),
        "expected \"n\" to be 1, found 2: Anthropic gives one answer"
    );
}

#[test]
fn structured_output_has_three_ways() {
    let schema = Json::from(wire::object! {
        "type" => "object",
        "properties" => wire::object! { "a" => wire::object! { "type" => "string" } },
    });
    let mut request = said("hi");
    request.output = Output::JsonSchema(OutputSchema {
        name: Some("my answer".to_owned()),
        description: None,
        schema,
        strict: None,
    });
    request.reasoning.effort = Some(Effort::High);
    let older = Traits {
        lacks_structured_output: true,
        ..budget()
    };
    let (newer, _) = write(&mut request, adaptive());
    let (forced, notes) = write(&mut request, older.clone());
    request.output = Output::JsonObject;
    let (told, more) = write(&mut request, older);
    assert_snapshot!(format!(
        "{:#}\n{:#}\n{:#}\n{:#}\n{notes}\n{:#}\n{more}",
        newer["output_config"],
        forced["tools"],
        forced["tool_choice"],
        forced["thinking"],
        told["system"],
    ));
}

#[test]
fn media_is_sent_or_refused_but_never_lost() {
    let pdf = "JVBERi0xLjQ=";
    let file = |media_type: &str, data: &str| {
        Content::Document(wire::ir::content::Document {
            body: wire::ir::content::DocumentBody::File(Media::base64(
                Some(media_type.to_owned()),
                data,
            )),
            title: Some("t".to_owned()),
            context: None,
        })
    };
    let image =
        |media_type: &str| Content::Image(Media::base64(Some(media_type.to_owned()), "AAAA"));
    let mut request = conversation(vec![(
        Role::User,
        vec![
            image("image/jpg"),
            Content::Image(Media::from_url("https://example.com/a.png")),
            file("application/pdf", pdf),
            file("text/csv", "YSxi"),
        ],
    )]);
    let (body, _) = write(&mut request, Traits::default());
    assert_snapshot!(format!("{:#}", body["messages"][0]["content"]));
    for (content, reason) in [
        (
            image("image/tiff"),
            "expected \"messages[0]\" to be text, an image or a document, found \"image/tiff\": Anthropic takes none",
        ),
        (
            Content::Audio(Media::base64(None, "AAAA")),
            "expected \"messages[0]\" to be text, an image or a document, found audio: Anthropic takes none",
        ),
        (
            file("application/zip", "////"),
            "expected \"messages[0]\" to be a PDF or text, found application/zip: Anthropic takes no other documents",
        ),
        (
            Content::Image(Media {
                source: wire::ir::content::Source::FileId("file-1".to_owned()),
                media_type: None,
                detail: None,
            }),
            "expected \"messages[0]\" to hold its data or an address: Anthropic does not have the file \"file-1\"",
        ),
    ] {
        let refusal = refused(&conversation(vec![(Role::User, vec![content])]));
        assert_eq!(refusal, reason);
    }
}

#[test]
fn a_begun_answer_ends_in_a_letter_or_is_continued() {
    let begun = || {
        conversation(vec![
            (Role::User, vec![text("a")]),
            (Role::Assistant, vec![text("b \n")]),
        ])
    };
    let (body, _) = write(&mut begun(), Traits::default());
    assert_eq!(body["messages"][1]["content"][0]["text"], "b");
    let refusing = Traits {
        refuses_prefill: true,
        ..Traits::default()
    };
    let (body, notes) = write(&mut begun(), refusing);
    assert_eq!(body["messages"][2]["content"][0]["text"], "Continue.");
    assert!(notes.starts_with("messages[1]: "), "{notes}");
}

#[test]
fn a_model_that_refuses_to_be_told_may_choose() {
    let refusing = || Traits {
        refuses_forced_tools: true,
        ..Traits::default()
    };
    for (choice, said) in [
        (ToolChoice::Required, "a tool"),
        (ToolChoice::Tool("f".to_owned()), "the tool \"f\""),
    ] {
        let mut request = said_with(choice.clone());
        let (body, notes) = write(&mut request, refusing());
        assert_eq!(body["tool_choice"], json!({ "type": "auto" }));
        assert!(notes.starts_with("tool_choice: became"), "{notes}");
        assert!(notes.contains(said), "{notes}");
        let (body, notes) = write(&mut said_with(choice), Traits::default());
        assert_ne!(body["tool_choice"]["type"], "auto");
        assert_eq!(notes, "");
    }
    let (body, notes) = write(&mut said_with(ToolChoice::None), refusing());
    assert_eq!(body["tool_choice"], json!({ "type": "none" }));
    assert_eq!(notes, "");
}

fn said_with(choice: ToolChoice) -> Request {
    let mut request = said("hi");
    request.tools = vec![tool(0, "f", function())];
    request.tool_choice = Some(choice);
    request
}

#[test]
fn a_client_without_marks_gets_four() {
    let mut request = conversation(vec![
        (Role::User, vec![text("a")]),
        (Role::Assistant, vec![text("b")]),
        (Role::User, vec![text("c")]),
    ]);
    request.system = vec![Block::text(At::default(), "s")];
    request.tools = vec![tool(0, "f", function()), tool(1, "g", function())];
    let (body, _) = write(&mut request, Traits::default());
    let mark = json!({"type": "ephemeral"});
    assert_eq!(body["tools"][0]["cache_control"], Value::Null);
    for place in [
        &body["tools"][1],
        &body["system"][0],
        &body["messages"][0]["content"][0],
        &body["messages"][2]["content"][0],
    ] {
        assert_eq!(place["cache_control"], mark);
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_request(Format::Anthropic, &body, &mut Notes::new());
    }

    /// A fixture with one value replaced by another kind of value.
    #[test]
    fn no_type_breaks_the_reader(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), with in prop::sample::select(vec![json!(null), json!(1), json!("x"), json!([]), json!([1]), json!({}), json!(true)])) {
        let fixtures = fixtures("request");
        let (_, body) = which.get(&fixtures);
        let mut value: Value = serde_json::from_slice(body).expect("a fixture is JSON");
        let mut count = 0;
        visit(&mut value, &mut |_| count += 1);
        let chosen = place.index(count);
        let mut index = 0;
        visit(&mut value, &mut |value| {
            if index == chosen {
                *value = with.clone();
            }
            index += 1;
        });
        let mut notes = Notes::new();
        let _ = translate_request(Format::Anthropic, value.to_string().as_bytes(), &target(budget()), &mut notes);
    }
}

fn visit(value: &mut Value, see: &mut dyn FnMut(&mut Value)) {
    see(value);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, see)),
        Value::Object(fields) => fields.values_mut().for_each(|field| visit(field, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
