//! The response object, which repeats what the client asked for:
//! <https://platform.openai.com/docs/api-reference/responses/object>.

use crate::codec::Reply;
use crate::json::{Json, Object};
use crate::object;
use crate::usage::Usage;

/// What every response object of one answer has in common.
#[derive(Debug)]
pub(super) struct Echo {
    id: String,
    created_at: u64,
    model: String,
    /// Each field as JSON text.
    fields: Vec<(&'static str, Json<'static>)>,
}

/// How far the answer is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Status<'a> {
    InProgress,
    Completed { at: u64 },
    Incomplete { reason: &'static str },
    Failed { code: &'a str, message: &'a str },
}

impl Echo {
    pub(super) fn new(reply: &Reply) -> Self {
        Self {
            id: format!("resp_{}", reply.seed),
            created_at: reply.created_at,
            model: reply.model.clone(),
            fields: fields(request(&reply.request)),
        }
    }

    pub(super) fn created_at(&self) -> u64 {
        self.created_at
    }

    pub(super) fn response<'a>(
        &'a self,
        status: Status<'a>,
        output: Vec<Json<'a>>,
        usage: Option<Usage>,
    ) -> Object<'a> {
        let (word, completed_at, error, incomplete) = match status {
            Status::InProgress => ("in_progress", None, None, None),
            Status::Completed { at } => ("completed", Some(at), None, None),
            Status::Incomplete { reason } => ("incomplete", None, None, Some(reason)),
            Status::Failed { code, message } => ("failed", None, Some((code, message)), None),
        };
        let mut response = object! {
            "id" => &self.id,
            "object" => "response",
            "created_at" => self.created_at,
            "status" => word,
            "completed_at" => completed_at.map_or(Json::Null, Json::from),
            "error" => error.map_or(Json::Null, |(code, message)| {
                object! { "code" => code, "message" => message }.into()
            }),
            "incomplete_details" => incomplete.map_or(Json::Null, |reason| {
                object! { "reason" => reason }.into()
            }),
            "model" => &self.model,
            "output" => output,
        };
        for (key, value) in &self.fields {
            response.push(*key, borrowed(value));
        }
        response.push(
            "usage",
            usage.map_or(Json::Null, |usage| counts(usage).into()),
        );
        response
    }
}

/// The fields are text already, so nothing is copied.
pub(super) fn borrowed<'a>(json: &'a Json<'static>) -> Json<'a> {
    match json {
        Json::Raw(raw) => Json::Raw(std::borrow::Cow::Borrowed(raw)),
        other => other.clone(),
    }
}

/// Every field of it is demanded by OpenAI's own clients.
fn counts(usage: Usage) -> Object<'static> {
    let input = usage.total_input();
    object! {
        "input_tokens" => input,
        "input_tokens_details" => object! {
            "cached_tokens" => usage.cache_read,
            "cache_write_tokens" => usage.cache_write,
        },
        "output_tokens" => usage.output,
        "output_tokens_details" => object! { "reasoning_tokens" => usage.reasoning },
        "total_tokens" => input.saturating_add(usage.output),
    }
}

/// The client's own request; a chat client's says nothing about these fields.
fn request(body: &[u8]) -> Object<'_> {
    match Json::parse(body, &[]) {
        Ok(Json::Object(request)) if !request.contains("messages") => request,
        Ok(_) | Err(_) => Object::new(),
    }
}

/// What was asked, or what the API does where nothing was.
fn fields(mut request: Object<'_>) -> Vec<(&'static str, Json<'static>)> {
    let tools = request.take("tools").and_then(Json::into_array);
    let tools: Vec<Json<'_>> = tools.unwrap_or_default().into_iter().map(tool).collect();
    let tool_choice = request.take("tool_choice");
    let mut asked = |key, is_kind: fn(&Json<'_>) -> bool, default: Json<'static>| {
        let value = request.take(key).filter(is_kind);
        (key, text(&value.unwrap_or(default)))
    };
    let tier = |value: &Json<'_>| is_text(value) && value.as_str() != Some("auto");
    let mut fields = vec![
        asked("instructions", is_text, Json::Null),
        asked("max_output_tokens", is_count, Json::Null),
        asked("max_tool_calls", is_count, Json::Null),
        asked("metadata", is_object, object! {}.into()),
        asked("parallel_tool_calls", is_flag, true.into()),
        asked("frequency_penalty", is_number, 0.0.into()),
        asked("presence_penalty", is_number, 0.0.into()),
        asked("prompt_cache_key", is_text, Json::Null),
        asked("safety_identifier", is_text, Json::Null),
        asked("service_tier", tier, "default".into()),
        asked("temperature", is_number, 1.0.into()),
        asked("top_logprobs", is_count, 0_u64.into()),
        asked("top_p", is_number, 1.0.into()),
        asked("truncation", is_text, "disabled".into()),
        asked("user", is_text, Json::Null),
    ];
    let mut said = object! { "effort" => Json::Null, "summary" => Json::Null };
    fill(&mut said, request.take("reasoning"));
    fields.push(("reasoning", text(&said.into())));
    let mut said = object! {
        "format" => object! { "type" => "text" },
        "verbosity" => "medium",
    };
    fill(&mut said, request.take("text"));
    fields.push(("text", text(&said.into())));
    fields.extend([
        ("tool_choice", text(&tool_choice.unwrap_or("auto".into()))),
        ("tools", text(&tools.into())),
        ("background", Json::Bool(false)),
        ("previous_response_id", Json::Null),
        // Nothing is, whatever was asked.
        ("store", Json::Bool(false)),
    ]);
    fields
}

/// A function's fields are all demanded, however little the client said of it.
fn tool(mut tool: Json<'_>) -> Json<'_> {
    if let Json::Object(tool) = &mut tool
        && tool.get("type").and_then(Json::as_str) == Some("function")
    {
        for key in ["description", "parameters", "strict"] {
            if !tool.contains(key) {
                tool.push(key, Json::Null);
            }
        }
    }
    tool
}

fn fill<'a>(defaults: &mut Object<'a>, said: Option<Json<'a>>) {
    let Some(Json::Object(said)) = said else {
        return;
    };
    for (key, value) in said {
        match defaults.get_mut(&key) {
            Some(default) if !value.is_null() => *default = value,
            Some(_) => {}
            None => {
                defaults.push(key, value);
            }
        }
    }
}

fn text(json: &Json<'_>) -> Json<'static> {
    Json::raw(json.to_text()).unwrap_or_default()
}

fn is_text(json: &Json<'_>) -> bool {
    matches!(json, Json::String(_))
}

fn is_number(json: &Json<'_>) -> bool {
    matches!(json, Json::Number(_))
}

fn is_count(json: &Json<'_>) -> bool {
    json.as_u64().is_some()
}

fn is_flag(json: &Json<'_>) -> bool {
    matches!(json, Json::Bool(_))
}

fn is_object(json: &Json<'_>) -> bool {
    matches!(json, Json::Object(_))
}
