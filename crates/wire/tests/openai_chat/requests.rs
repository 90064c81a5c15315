//! Requests of chat clients as the neutral representation, and as chat again.

use wire::codec;
use wire::dialect::Dialect;
use wire::error::WireError;
use wire::format::Format;
use wire::ir::content::{At, Block, Content, Media, Source, ToolInput, ToolResult, ToolUse};
use wire::ir::note::Notes;
use wire::ir::reasoning::Reasoning;
use wire::ir::request::{Output, OutputSchema, Request, Role, Tool, ToolChoice, ToolKind, Turn};
use wire::ir::target::{Encoded, Target, Traits};
use wire::json::Json;
use wire::openai_chat;

use super::fixtures;

fn target(traits: Traits) -> Target {
    Target {
        dialect: Dialect::OpenaiChat,
        model: "up-model".to_owned(),
        traits,
        seed: "seed".to_owned(),
        project: None,
        profile: None,
        stream: false,
    }
}

fn openai() -> Traits {
    Traits {
        wants_completion_tokens: true,
        refuses_sampling: true,
        ..Traits::default()
    }
}

fn show(result: Result<Encoded, WireError>, notes: &Notes) -> String {
    let written = match result {
        Ok(encoded) => {
            // In the order in which it was written.
            let text = Json::parse(&encoded.body, &[]).expect("JSON");
            let pretty = serde_json::to_string_pretty(&text).expect("JSON");
            format!("{pretty}\n\n{:#?}", encoded.restore)
        }
        Err(error) => format!("{} {}", error.status, error.message),
    };
    let notes: String = notes.iter().map(|note| format!("\n{note}")).collect();
    format!("{written}\n{notes}")
}

fn encode(request: &Request, traits: Traits) -> Encoded {
    let mut notes = Notes::new();
    openai_chat::encode_request(request, &target(traits), &mut notes).expect("a request")
}

fn body(encoded: &Encoded) -> serde_json::Value {
    serde_json::from_slice(&encoded.body).expect("JSON")
}

#[test]
fn requests_are_read() {
    for (name, body) in fixtures("requests") {
        let mut notes = Notes::new();
        let request = openai_chat::decode_request(&body, &mut notes).expect("a request");
        let notes: String = notes.iter().map(|note| format!("{note}\n")).collect();
        insta::assert_snapshot!(format!("read_{name}"), format!("{request:#?}\n\n{notes}"));
    }
}

#[test]
fn requests_are_written() {
    for (name, body) in fixtures("requests") {
        for (kind, traits) in [("plain", Traits::default()), ("openai", openai())] {
            let mut notes = Notes::new();
            let target = target(traits);
            let encoded = codec::translate_request(Format::OpenaiChat, &body, &target, &mut notes);
            insta::assert_snapshot!(format!("written_{name}_{kind}"), show(encoded, &notes));
        }
    }
}

#[test]
fn what_is_no_request_is_refused_with_the_place() {
    let cases = [
        ("[]", ""),
        (r#"{"messages":[]}"#, "model"),
        (r#"{"model":"m"}"#, "messages"),
        (r#"{"model":"m","messages":{}}"#, "messages"),
        (r#"{"model":"m","messages":["hi"]}"#, "messages[0]"),
        (
            r#"{"model":"m","messages":[{"content":"hi"}]}"#,
            "messages[0].role",
        ),
        (
            r#"{"model":"m","messages":[{"role":"robot"}]}"#,
            "messages[0].role",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":7}]}"#,
            "messages[0].content",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#,
            "messages[0].content[0].image_url.url",
        ),
        (
            r#"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a"}]}]}"#,
            "messages[0].tool_calls[0].function.name",
        ),
        (r#"{"model":"m","messages":[],"tools":{}}"#, "tools"),
        (
            r#"{"model":"m","messages":[],"tools":[{"type":"function","function":{}}]}"#,
            "tools[0].function.name",
        ),
    ];
    for (body, path) in cases {
        let error = openai_chat::decode_request(body.as_bytes(), &mut Notes::new())
            .expect_err("no request");
        assert_eq!(error.path, path, "{body}: {error}");
    }
}

#[test]
fn several_answers_are_refused_by_the_clients_own_name() {
    let mut request = Request::new(Format::Gemini, "m");
    request.sampling.n = Some(2);
    let error =
        openai_chat::encode_request(&request, &target(Traits::default()), &mut Notes::new())
            .expect_err("more than one answer");
    assert_eq!(error.status, 400);
    assert!(error.message.contains("candidateCount"), "{error}");
}

#[test]
fn usage_is_sent_to_those_who_ask() {
    assert!(openai_chat::wants_usage(
        br#"{"stream_options":{"include_usage":true},"messages":[]}"#
    ));
    for body in [
        "",
        "[]",
        "{}",
        r#"{"stream_options":true}"#,
        r#"{"stream_options":{}}"#,
    ] {
        assert!(!openai_chat::wants_usage(body.as_bytes()), "{body}");
    }
}

fn turn(role: Role, contents: Vec<Content>) -> Turn {
    let at = At::message(0);
    let blocks = contents
        .into_iter()
        .map(|content| Block::new(at, content))
        .collect();
    Turn::new(at, role, blocks)
}

fn call(id: &str, name: &str) -> Content {
    Content::ToolUse(ToolUse {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        namespace: None,
        input: ToolInput::Json(String::new()),
        proof: None,
    })
}

fn result(id: &str, content: Vec<Content>, is_error: bool) -> Content {
    let content = content
        .into_iter()
        .map(|content| Block::new(At::default(), content))
        .collect();
    Content::ToolResult(ToolResult {
        id: Some(id.to_owned()),
        name: None,
        content,
        is_error,
        is_custom: false,
    })
}

fn text(text: &str) -> Content {
    Block::text(At::default(), text).content
}

fn image() -> Content {
    Content::Image(Media::base64(None, "iVBORw0KGgo="))
}

#[test]
fn images_wait_for_the_last_result_and_come_before_the_users_words() {
    let mut request = Request::new(Format::Anthropic, "m");
    request.turns = vec![
        turn(
            Role::Assistant,
            vec![text("t1"), call("a", "f"), text("t2"), call("b", "g")],
        ),
        turn(Role::User, vec![result("a", vec![image()], false)]),
        turn(
            Role::User,
            vec![result("b", vec![text("broke")], true), text("go on")],
        ),
    ];
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&body(&encode(&request, Traits::default()))["messages"])
            .expect("JSON")
    );
}

#[test]
fn a_file_that_only_its_provider_knows_is_refused() {
    let mut request = Request::new(Format::OpenaiResponses, "m");
    let media = Media {
        source: Source::FileId("file_1".to_owned()),
        media_type: None,
        detail: None,
    };
    request.turns = vec![turn(Role::User, vec![Content::Image(media)])];
    let error =
        openai_chat::encode_request(&request, &target(Traits::default()), &mut Notes::new())
            .expect_err("nobody else knows the file");
    assert!(error.message.contains("input[0]"), "{error}");
}

fn function(name: &str, namespace: Option<&str>) -> Tool {
    Tool {
        index: 0,
        name: name.to_owned(),
        namespace: namespace.map(str::to_owned),
        description: None,
        kind: ToolKind::Function {
            schema: None,
            strict: None,
        },
        cache: None,
    }
}

#[test]
fn a_choice_among_tools_hides_the_others_from_servers_that_cannot_be_told() {
    let mut request = Request::new(Format::OpenaiResponses, "m");
    request.tools = vec![
        function("read", Some("fs")),
        function("read", Some("web")),
        function("write", None),
    ];
    request.tool_choice = Some(ToolChoice::Allowed {
        names: vec!["fs__read".to_owned(), "write".to_owned()],
        is_required: true,
    });
    let plain = body(&encode(&request, Traits::default()));
    assert_eq!(plain["tool_choice"], "required");
    let sent: Vec<&str> = plain["tools"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|tool| tool["function"]["name"].as_str())
        .collect();
    assert_eq!(sent, ["fs__read", "write"]);
    let told = body(&encode(&request, openai()));
    assert_eq!(told["tool_choice"]["allowed_tools"]["mode"], "required");
    assert_eq!(told["tools"].as_array().map(Vec::len), Some(3));
}

#[test]
fn thoughts_go_back_only_where_they_are_taken() {
    let thought = wire::ir::content::Thinking {
        text: "hm".to_owned(),
        ..wire::ir::content::Thinking::default()
    };
    let mut request = Request::new(Format::Anthropic, "m");
    request.turns = vec![turn(
        Role::Assistant,
        vec![Content::Thinking(thought), text("ok")],
    )];
    let traits = Traits {
        takes_reasoning_back: true,
        ..Traits::default()
    };
    let taken = body(&encode(&request, traits));
    assert_eq!(taken["messages"][0]["reasoning_content"], "hm");
    let dropped = encode(&request, Traits::default());
    assert!(!String::from_utf8_lossy(&dropped.body).contains("hm"));
}

#[test]
fn a_schema_without_a_name_gets_one() {
    let mut request = Request::new(Format::Anthropic, "m");
    request.reasoning = Reasoning::default();
    request.output = Output::JsonSchema(OutputSchema {
        name: None,
        description: None,
        schema: Json::from(wire::object! { "type" => "object" }),
        strict: None,
    });
    let format = &body(&encode(&request, Traits::default()))["response_format"];
    assert_eq!(format["json_schema"]["name"], "response");
    let traits = Traits {
        lacks_structured_output: true,
        ..Traits::default()
    };
    let told = body(&encode(&request, traits));
    assert_eq!(told["response_format"]["type"], "json_object");
    assert_eq!(told["messages"][0]["role"], "system");
}
