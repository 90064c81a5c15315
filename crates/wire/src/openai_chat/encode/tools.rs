//! `tools` and `tool_choice`: <https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools>.

use std::collections::HashSet;

use super::is_openai;
use crate::error::WireError;
use crate::ir::note::Notes;
use crate::ir::request::{Param, Request, Tool, ToolChoice, ToolKind};
use crate::ir::target::Target;
use crate::ir::tools::Names;
use crate::json::{Json, Object};
use crate::object;

pub(super) fn write<'a>(
    request: &'a Request,
    target: &Target,
    names: &'a Names,
    body: &mut Object<'a>,
    notes: &mut Notes,
) -> Result<(), WireError> {
    let mut kept: Vec<(&Tool, &str)> = Vec::with_capacity(request.tools.len());
    let mut taken = HashSet::new();
    for tool in &request.tools {
        let path = request.tool_path(tool);
        let sent = names.sent(tool.namespace.as_deref(), &tool.name);
        if matches!(tool.kind, ToolKind::Hosted(_)) {
            notes.add(path, "dropped: a chat server runs no tools of its own");
        } else if taken.insert(sent) {
            kept.push((tool, sent));
        } else {
            notes.add(path, "dropped: an earlier tool has the same name");
        }
    }
    let choice = choose(request, target, &mut kept, notes)?;
    if kept.is_empty() {
        return Ok(());
    }
    let tools: Vec<Object> = kept
        .iter()
        .map(|(tool, sent)| write_tool(tool, sent))
        .collect();
    body.push("tools", tools);
    body.push_some("tool_choice", choice);
    if request.parallel_tool_calls == Some(false) {
        body.push("parallel_tool_calls", false);
    }
    Ok(())
}

/// The choice, after which some of the tools may be gone.
fn choose<'a>(
    request: &'a Request,
    target: &Target,
    kept: &mut Vec<(&'a Tool, &'a str)>,
    notes: &mut Notes,
) -> Result<Option<Json<'a>>, WireError> {
    let Some(choice) = &request.tool_choice else {
        return Ok(None);
    };
    let path = || request.param_path(Param::ToolChoice);
    let must_call = match choice {
        ToolChoice::Required => true,
        ToolChoice::Allowed { is_required, .. } => *is_required,
        ToolChoice::Auto | ToolChoice::None | ToolChoice::Tool(_) => false,
    };
    if kept.is_empty() && must_call && !request.tools.is_empty() {
        return Err(WireError::invalid(format!(
            "expected \"{}\" to leave a tool that this server can call, found none",
            path()
        )));
    }
    Ok(match choice {
        ToolChoice::Auto => Some("auto".into()),
        ToolChoice::None => Some("none".into()),
        ToolChoice::Required => Some("required".into()),
        ToolChoice::Tool(name) => match kept.iter().find(|(tool, _)| is_called(tool, name)) {
            Some((_, sent)) => Some(function(sent).into()),
            None => {
                notes.add(
                    path(),
                    format!("dropped: no tool called \"{name}\" is sent"),
                );
                None
            }
        },
        ToolChoice::Allowed { names, is_required } => {
            let is_allowed = |tool: &Tool| names.iter().any(|name| is_called(tool, name));
            let allowed: Vec<&str> = kept
                .iter()
                .filter(|(tool, _)| is_allowed(tool))
                .map(|(_, sent)| *sent)
                .collect();
            let mode = if *is_required { "required" } else { "auto" };
            match allowed.as_slice() {
                [] => {
                    notes.add(path(), "dropped: none of the allowed tools is sent");
                    None
                }
                [only] if *is_required => Some(function(only).into()),
                allowed if is_openai(target) => {
                    let tools: Vec<Object> = allowed.iter().map(|sent| function(sent)).collect();
                    let allowed = object! { "mode" => mode, "tools" => tools };
                    Some(object! { "type" => "allowed_tools", "allowed_tools" => allowed }.into())
                }
                // Others cannot be told, so they are shown no other tools.
                _ => {
                    kept.retain(|(tool, _)| is_allowed(tool));
                    Some(mode.into())
                }
            }
        }
    })
}

fn is_called(tool: &Tool, name: &str) -> bool {
    tool.name == name || tool.namespace.is_some() && tool.full_name() == name
}

fn function(name: &str) -> Object<'_> {
    object! { "type" => "function", "function" => object! { "name" => name } }
}

fn write_tool<'a>(tool: &'a Tool, sent: &'a str) -> Object<'a> {
    let mut function = object! { "name" => sent };
    match &tool.kind {
        ToolKind::Function { schema, strict } => {
            function.push_some("description", tool.description.as_deref());
            function.push("parameters", parameters(schema.as_ref()));
            // Nobody but the client knows whether its schema is strict enough.
            if *strict == Some(true) {
                function.push("strict", true);
            }
        }
        ToolKind::Custom { format } => {
            let description = custom_description(tool, format.as_ref());
            function.push_some("description", description);
            function.push("parameters", free_text());
        }
        ToolKind::Hosted(_) => {}
    }
    object! { "type" => "function", "function" => function }
}

/// A schema is an object's; servers differ in what they make of one that does not say so.
fn parameters<'a>(schema: Option<&'a Json<'static>>) -> Object<'a> {
    let mut parameters = match schema {
        Some(Json::Object(schema)) => schema.clone(),
        _ => Object::new(),
    };
    let is_composed = ["anyOf", "oneOf", "allOf", "$ref"]
        .iter()
        .any(|key| parameters.contains(key));
    let is_null = |key: &str| parameters.get(key).is_none_or(Json::is_null);
    let (lacks_type, lacks_properties) = (is_null("type"), is_null("properties"));
    let is_object = parameters.get("type").and_then(Json::as_str) == Some("object");
    if lacks_type && !is_composed {
        parameters.set("type", "object");
    }
    if lacks_properties && (is_object || lacks_type) && !is_composed {
        parameters.set("properties", Object::new());
    }
    parameters
}

/// Restored from the answer as what it stands for.
fn free_text() -> Object<'static> {
    object! {
        "type" => "object",
        "properties" => object! { "input" => object! { "type" => "string" } },
        "required" => vec![Json::from("input")],
    }
}

fn custom_description(tool: &Tool, format: Option<&Json>) -> Option<String> {
    let grammar = format.and_then(|format| {
        let format = format.get("grammar").unwrap_or(format);
        let definition = format.get("definition")?.as_str()?;
        let syntax = format.get("syntax").and_then(Json::as_str);
        let syntax = syntax.unwrap_or("following");
        Some(format!(
            "The input must fit this {syntax} grammar:\n{definition}"
        ))
    });
    match (tool.description.clone(), grammar) {
        (Some(description), Some(grammar)) => Some(format!("{description}\n\n{grammar}")),
        (description, grammar) => description.or(grammar),
    }
}
