//! A client's request: <https://platform.claude.com/docs/en/api/messages>.

mod content;

mod tools;

use crate::error::DecodeError;
use crate::format::Format;
use crate::ir::content::{At, Block, Content};
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, Reasoning, Thinking};
use crate::ir::request::{Output, OutputSchema, Request, Role, Sampling, Turn};
use crate::json::{Json, Object};

/// Claude Code's first system block may be about its own account only.
const BILLING_HEADER: &str = "x-anthropic-billing-header:";

/// The longest cache key that others take.
const LONGEST_CACHE_KEY: usize = 64;

pub fn decode_request(body: &[u8], notes: &mut Notes) -> Result<Request, DecodeError> {
    let mut body = Json::parse(body, &["input"])?
        .into_object()
        .ok_or_else(|| DecodeError::at("", "expected the body to be an object"))?;
    let model = string(body.take("model"), "model")?;
    let mut request = Request::new(Format::Anthropic, model);
    request.system = system(body.take("system"), notes)?;
    request.turns = turns(body.take("messages"), notes)?;
    request.tools = tools::tools(body.take("tools"))?;
    if let Some(choice) = body.take("tool_choice") {
        tools::choose(choice, &mut request, notes);
    }
    request.sampling = sampling(&mut body);
    let mut config = body.take("output_config").and_then(Json::into_object);
    request.reasoning = reasoning(body.take("thinking"), config.as_ref(), notes);
    request.output = output(
        config
            .as_mut()
            .and_then(|config| config.take("format"))
            .or_else(|| body.take("output_format")),
    );
    request.stream = body
        .take("stream")
        .is_some_and(|value| value.as_bool() == Some(true));
    request.service_tier = body.take("service_tier").and_then(Json::into_string);
    if let Some(id) = body.take("metadata").and_then(user_id) {
        identify(id, &mut request);
    }
    note_rest(&body, notes);
    Ok(request)
}

fn system(json: Option<Json<'_>>, notes: &mut Notes) -> Result<Vec<Block>, DecodeError> {
    let at = At::message(0);
    let mut blocks = match json {
        None => Vec::new(),
        Some(json @ (Json::String(_) | Json::Array(_))) => {
            content::blocks(json, "system", at, notes)?
        }
        Some(other) => return Err(expected("system", "a string or a list", Some(&other))),
    };
    if let Some(Block {
        content: Content::Text(first),
        ..
    }) = blocks.first_mut()
        && first.text.starts_with(BILLING_HEADER)
    {
        // Whatever follows in the same block is the client's instruction.
        let rest = first.text.split_once('\n').map(|(_, rest)| rest.to_owned());
        match rest.filter(|rest| !rest.trim().is_empty()) {
            Some(rest) => first.text = rest,
            None => {
                blocks.remove(0);
            }
        }
    }
    Ok(blocks)
}

fn turns(json: Option<Json<'_>>, notes: &mut Notes) -> Result<Vec<Turn>, DecodeError> {
    let messages = match json {
        Some(Json::Array(messages)) => messages,
        other => return Err(expected("messages", "a list", other.as_ref())),
    };
    let mut turns = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let path = format!("messages[{index}]");
        let mut message = match message {
            Json::Object(message) => message,
            other => return Err(expected(&path, "an object", Some(&other))),
        };
        let role_path = format!("{path}.role");
        let role = string(message.take("role"), &role_path)?;
        let role = match role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" | "developer" => Role::System,
            other => {
                return Err(DecodeError::at(
                    &role_path,
                    format!(
                        "expected \"{role_path}\" to be \"user\" or \"assistant\", found \"{other}\""
                    ),
                ));
            }
        };
        let at = At::message(index);
        let blocks = match message.take("content") {
            Some(json) => content::blocks(json, &format!("{path}.content"), at, notes)?,
            None => Vec::new(),
        };
        turns.push(Turn::new(at, role, blocks));
    }
    Ok(turns)
}

fn sampling(body: &mut Object<'_>) -> Sampling {
    let stop = body.take("stop_sequences").and_then(Json::into_array);
    Sampling {
        max_tokens: body.take("max_tokens").and_then(|value| value.as_u64()),
        temperature: body.take("temperature").and_then(|value| value.as_f64()),
        top_p: body.take("top_p").and_then(|value| value.as_f64()),
        top_k: body.take("top_k").and_then(|value| value.as_u64()),
        stop: stop
            .unwrap_or_default()
            .into_iter()
            .filter_map(Json::into_string)
            .collect(),
        ..Sampling::default()
    }
}

/// <https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking>
fn reasoning(
    thinking: Option<Json<'_>>,
    config: Option<&Object<'_>>,
    notes: &mut Notes,
) -> Reasoning {
    let effort = config.and_then(|config| config.get("effort")?.as_str());
    let mut reasoning = Reasoning {
        effort: effort.and_then(Effort::parse),
        ..Reasoning::default()
    };
    let Some(thinking) = thinking else {
        return reasoning;
    };
    let budget = thinking.get("budget_tokens").and_then(Json::as_u64);
    reasoning.thinking = match thinking.get("type").and_then(Json::as_str) {
        Some("disabled") => Some(Thinking::Off),
        Some("enabled") => Some(budget.map_or(Thinking::Dynamic, Thinking::Budget)),
        Some("adaptive" | "between_tools") => Some(Thinking::Dynamic),
        Some(_) | None => {
            notes.add(
                "thinking.type",
                "dropped: a kind of thinking nobody else has",
            );
            None
        }
    };
    if matches!(
        reasoning.thinking,
        Some(Thinking::Dynamic | Thinking::Budget(_))
    ) {
        let display = thinking.get("display").and_then(Json::as_str);
        reasoning.is_visible = Some(display != Some("omitted"));
    }
    reasoning
}

/// <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>
fn output(format: Option<Json<'_>>) -> Output {
    let Some(mut format) = format.and_then(Json::into_object) else {
        return Output::Text;
    };
    match format.take("schema") {
        Some(schema @ Json::Object(_)) => Output::JsonSchema(OutputSchema {
            name: format.take("name").and_then(Json::into_string),
            description: None,
            schema: schema.into_owned(),
            strict: None,
        }),
        _ => Output::Text,
    }
}

fn user_id(metadata: Json<'_>) -> Option<String> {
    metadata.into_object()?.take("user_id")?.into_string()
}

/// Claude Code says which device, account and session it is, as JSON or in one word:
/// that is nobody else's business, but a session is what shares a cache.
fn identify(id: String, request: &mut Request) {
    if id.trim_start().starts_with('{') {
        let session = Json::parse(id.as_bytes(), &[])
            .ok()
            .and_then(|json| json.into_object()?.take("session_id")?.into_string());
        request.cache_key = session.and_then(|session| cache_key(&session));
    } else if let Some((_, session)) = id.split_once("_session_")
        && id.starts_with("user_")
    {
        request.cache_key = cache_key(session);
    } else if !id.is_empty() {
        request.user = Some(id);
    }
}

fn cache_key(session: &str) -> Option<String> {
    let key: String = session.chars().take(LONGEST_CACHE_KEY).collect();
    (!key.is_empty()).then_some(key)
}

/// Of what is left, only this could change the answer.
fn note_rest(body: &Object<'_>, notes: &mut Notes) {
    let has_servers = body
        .get("mcp_servers")
        .is_some_and(|servers| servers.as_array().is_some_and(|list| !list.is_empty()));
    if has_servers {
        notes.add("mcp_servers", "dropped: only Anthropic calls MCP servers");
    }
    if body.get("container").is_some_and(|value| !value.is_null()) {
        notes.add("container", "dropped: only Anthropic has containers");
    }
}

fn string(json: Option<Json<'_>>, path: &str) -> Result<String, DecodeError> {
    match json {
        Some(Json::String(text)) => Ok(text.into_owned()),
        other => Err(expected(path, "a string", other.as_ref())),
    }
}

fn expected(path: &str, what: &str, found: Option<&Json<'_>>) -> DecodeError {
    let found = found.map_or("nothing", Json::kind);
    DecodeError::at(
        path,
        format!("expected \"{path}\" to be {what}, found {found}"),
    )
}
