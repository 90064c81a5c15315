//! Tools and which of them to use: <https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools>.

use crate::anthropic::decode::content::cache_mark;
use crate::anthropic::decode::{expected, string};
use crate::anthropic::hosted;
use crate::error::DecodeError;
use crate::ir::note::Notes;
use crate::ir::request::{Request, Tool, ToolChoice, ToolKind};
use crate::json::{Json, Object};

pub(super) fn tools(json: Option<Json<'_>>) -> Result<Vec<Tool>, DecodeError> {
    let items = match json {
        None => return Ok(Vec::new()),
        Some(Json::Array(items)) => items,
        Some(other) => return Err(expected("tools", "a list", Some(&other))),
    };
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| match item {
            Json::Object(item) => tool(index, item),
            other => Err(expected(
                &format!("tools[{index}]"),
                "an object",
                Some(&other),
            )),
        })
        .collect()
}

fn tool(index: usize, mut item: Object<'_>) -> Result<Tool, DecodeError> {
    let kind = item.take("type").and_then(Json::into_string);
    let name = item.take("name");
    let schema = item.take("input_schema");
    let (name, kind) = match kind {
        Some(kind) if kind != "custom" && schema.is_none() => {
            let name = name.and_then(Json::into_string);
            (
                name.unwrap_or_else(|| kind.clone()),
                ToolKind::Hosted(hosted::tool(&kind)),
            )
        }
        Some(_) | None => (
            string(name, &format!("tools[{index}].name"))?,
            ToolKind::Function {
                schema: schema.map(Json::into_owned),
                strict: item.take("strict").and_then(|value| value.as_bool()),
            },
        ),
    };
    Ok(Tool {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        name,
        namespace: None,
        description: item.take("description").and_then(Json::into_string),
        kind,
        cache: cache_mark(&mut item),
    })
}

pub(super) fn choose(choice: Json<'_>, request: &mut Request, notes: &mut Notes) {
    let Some(mut choice) = choice.into_object() else {
        notes.add("tool_choice", "dropped: it is no object");
        return;
    };
    let kind = choice.take("type").and_then(Json::into_string);
    let name = choice.take("name").and_then(Json::into_string);
    request.tool_choice = match (kind.as_deref(), name) {
        (Some("auto"), _) => Some(ToolChoice::Auto),
        (Some("any"), _) => Some(ToolChoice::Required),
        (Some("none"), _) => Some(ToolChoice::None),
        (Some("tool"), Some(name)) => Some(ToolChoice::Tool(name)),
        (Some(_) | None, _) => {
            notes.add("tool_choice", "dropped: it chooses in an unknown way");
            None
        }
    };
    request.parallel_tool_calls = choice
        .take("disable_parallel_tool_use")
        .and_then(|value| value.as_bool())
        .map(|is_disabled| !is_disabled);
}
