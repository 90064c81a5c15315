//! Which tools to declare to a target that has neither `tool_choice` nor hosted tools.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::error::{ErrorKind, WireError};
use crate::ir::content::Content;
use crate::ir::note::Notes;
use crate::ir::request::{Param, Request, Tool, ToolChoice, ToolKind};
use crate::json::{Json, Object};
use crate::object;

/// The tools left when `request.tool_choice` has filtered them; `keeps` says which must stay in any case.
///
/// A choice that cannot be met at all is refused, one that can only be hoped for becomes a note.
pub fn offered<'a>(
    request: &'a Request,
    target: &str,
    keeps: impl Fn(&Tool) -> bool,
    notes: &mut Notes,
) -> Result<Vec<&'a Tool>, WireError> {
    let mut seen = HashSet::new();
    let mut tools = Vec::new();
    for tool in &request.tools {
        let lost = if matches!(tool.kind, ToolKind::Hosted(_)) {
            Some(format!("dropped: {target} has no hosted tools"))
        } else if seen.insert(tool.full_name()) {
            None
        } else {
            Some("dropped: another tool has this name".to_owned())
        };
        match lost {
            Some(lost) => notes.add(request.tool_path(tool), lost),
            None => tools.push(tool),
        }
    }
    let path = request.param_path(Param::ToolChoice);
    let is_named = |tool: &Tool, name: &str| tool.name == name || tool.full_name() == name;
    match &request.tool_choice {
        None | Some(ToolChoice::Auto) => {}
        Some(ToolChoice::None) => {
            tools.retain(|tool| keeps(tool));
            if !tools.is_empty() {
                notes.add(
                    path,
                    format!("{target} cannot be told not to call the tools of the conversation"),
                );
            }
        }
        Some(ToolChoice::Required) => {
            if tools.is_empty() {
                return Err(unmet(&path, target));
            }
            notes.add(path, format!("{target} cannot be made to call a tool"));
        }
        Some(ToolChoice::Tool(name)) => {
            if !tools.iter().any(|tool| is_named(tool, name)) {
                return Err(unmet(&path, target));
            }
            tools.retain(|tool| is_named(tool, name) || keeps(tool));
            notes.add(
                path,
                format!("{target} cannot be made to call a tool: only this one is offered"),
            );
        }
        Some(ToolChoice::Allowed { names, is_required }) => {
            tools.retain(|tool| names.iter().any(|name| is_named(tool, name)) || keeps(tool));
            if *is_required {
                if tools.is_empty() {
                    return Err(unmet(&path, target));
                }
                notes.add(path, format!("{target} cannot be made to call a tool"));
            }
        }
    }
    Ok(tools)
}

fn unmet(path: &str, target: &str) -> WireError {
    WireError::new(
        ErrorKind::InvalidRequest,
        format!("\"{path}\" demands a call, but {target} has no tool of this request to call"),
    )
}

/// Whether a call in the conversation is one of `tool`'s.
pub fn is_called(request: &Request, tool: &Tool) -> bool {
    request
        .turns
        .iter()
        .flat_map(|turn| &turn.blocks)
        .any(|block| match &block.content {
            Content::ToolUse(call) => call.name == tool.name && call.namespace == tool.namespace,
            _ => false,
        })
}

/// The schema of a tool for a target that knows functions only, if it has one that is an object.
pub fn function_schema(tool: &Tool) -> Option<Object<'static>> {
    match &tool.kind {
        ToolKind::Function { schema, .. } => schema.clone()?.into_object(),
        ToolKind::Custom { .. } => Some(object! {
            "type" => "object",
            "properties" => object! {
                "input" => object! { "type" => "string", "description" => "The whole input, as plain text." },
            },
            "required" => vec![Json::from("input")],
        }),
        ToolKind::Hosted(_) => None,
    }
}

/// What a tool is for; a custom tool's grammar has no other place.
pub fn function_description(tool: &Tool) -> Option<Cow<'_, str>> {
    let description = tool
        .description
        .as_deref()
        .filter(|text| !text.trim().is_empty());
    let ToolKind::Custom {
        format: Some(format),
    } = &tool.kind
    else {
        return description.map(Cow::Borrowed);
    };
    let grammar = format
        .get("definition")
        .or_else(|| format.at(&["grammar", "definition"]))
        .and_then(Json::as_str);
    match (description, grammar) {
        (Some(description), Some(grammar)) => Some(Cow::Owned(format!(
            "{description}\n\nThe input follows this grammar:\n{grammar}"
        ))),
        (None, Some(grammar)) => Some(Cow::Owned(format!(
            "The input follows this grammar:\n{grammar}"
        ))),
        (description, None) => description.map(Cow::Borrowed),
    }
}
