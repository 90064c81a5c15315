//! Tools and the choice among them.

use crate::error::{ErrorKind, WireError};
use crate::ir::content::Hosted;
use crate::ir::note::Notes;
use crate::ir::request::{Param, Request, Tool, ToolChoice, ToolKind};
use crate::ir::tools::Names;
use crate::json::{Json, Object};
use crate::object;

use super::input::borrowed;

pub(super) fn write<'a>(
    body: &mut Object<'a>,
    request: &'a Request,
    names: &Names,
    notes: &mut Notes,
) -> Result<(), WireError> {
    let mut tools: Vec<Object<'_>> = Vec::with_capacity(request.tools.len());
    let mut dropped = Vec::new();
    for tool in &request.tools {
        match written(tool, names) {
            Some(written) => add(&mut tools, written, tool),
            None => {
                notes.add(
                    request.tool_path(tool),
                    format!("dropped: OpenAI does not run `{}`", tool.name),
                );
                dropped.push(tool.full_name());
            }
        }
    }
    let has_tools = !tools.is_empty();
    if has_tools {
        body.push("tools", tools);
    }
    let Some(choice) = &request.tool_choice else {
        return Ok(());
    };
    if !has_tools {
        if matches!(choice, ToolChoice::Required) && !request.tools.is_empty() {
            let path = request.param_path(Param::ToolChoice);
            return Err(WireError::new(
                ErrorKind::InvalidRequest,
                format!("\"{path}\" requires a tool, but OpenAI runs none of those in \"tools\""),
            ));
        }
        return Ok(());
    }
    if let Some(choice) = chosen(choice, request, names, &dropped) {
        body.push("tool_choice", choice);
    } else {
        notes.add(
            request.param_path(Param::ToolChoice),
            "dropped: the tool it names is not sent",
        );
    }
    Ok(())
}

/// Tools of one group stand in it.
fn add<'a>(tools: &mut Vec<Object<'a>>, written: Object<'a>, tool: &'a Tool) {
    let Some(namespace) = &tool.namespace else {
        tools.push(written);
        return;
    };
    let group = tools.iter_mut().find(|group| {
        group.get("type").and_then(Json::as_str) == Some("namespace")
            && group.get("name").and_then(Json::as_str) == Some(namespace)
    });
    match group.and_then(|group| group.get_mut("tools")) {
        Some(Json::Array(list)) => list.push(written.into()),
        Some(_) | None => tools.push(object! {
            "type" => "namespace",
            "name" => namespace,
            "description" => namespace,
            "tools" => vec![written],
        }),
    }
}

fn written<'a>(tool: &'a Tool, names: &Names) -> Option<Object<'a>> {
    let sent = names.sent(tool.namespace.as_deref(), &tool.name).to_owned();
    Some(match &tool.kind {
        ToolKind::Function { schema, strict } => {
            let mut function = object! { "type" => "function", "name" => sent };
            function.push_some("description", tool.description.as_ref());
            match schema {
                Some(schema) => function.push("parameters", borrowed(schema)),
                None => function.push(
                    "parameters",
                    object! { "type" => "object", "properties" => object! {} },
                ),
            };
            // Responses, other than chat, are strict unless told not to be.
            function.push("strict", strict.unwrap_or(false));
            function
        }
        ToolKind::Custom { format } => {
            let mut custom = object! { "type" => "custom", "name" => sent };
            custom.push_some("description", tool.description.as_ref());
            custom.push_some("format", format.as_ref().map(borrowed));
            custom
        }
        ToolKind::Hosted(hosted) => self::hosted(hosted)?,
    })
}

fn hosted(hosted: &Hosted) -> Option<Object<'static>> {
    Some(match hosted {
        Hosted::WebSearch => object! { "type" => "web_search" },
        Hosted::ImageGeneration => object! { "type" => "image_generation" },
        Hosted::CodeExecution => object! {
            "type" => "code_interpreter",
            "container" => object! { "type" => "auto" },
        },
        // Which files to search, only their owner knows.
        Hosted::WebFetch | Hosted::FileSearch | Hosted::Other(_) => return None,
    })
}

fn chosen<'a>(
    choice: &'a ToolChoice,
    request: &'a Request,
    names: &Names,
    dropped: &[String],
) -> Option<Json<'a>> {
    Some(match choice {
        ToolChoice::Auto => Json::from("auto"),
        ToolChoice::None => Json::from("none"),
        ToolChoice::Required => Json::from("required"),
        ToolChoice::Tool(name) => {
            if dropped.contains(name) {
                return None;
            }
            reference(name, request, names).into()
        }
        ToolChoice::Allowed {
            names: allowed,
            is_required,
        } => {
            let tools: Vec<Object<'_>> = allowed
                .iter()
                .filter(|name| !dropped.contains(name))
                .map(|name| reference(name, request, names))
                .collect();
            if tools.is_empty() {
                return None;
            }
            object! {
                "type" => "allowed_tools",
                "mode" => if *is_required { "required" } else { "auto" },
                "tools" => tools,
            }
            .into()
        }
    })
}

/// How a choice speaks of a tool.
fn reference<'a>(name: &'a str, request: &'a Request, names: &Names) -> Object<'a> {
    let tool = request.tools.iter().find(|tool| tool.full_name() == name);
    let kind = tool.map(|tool| &tool.kind);
    if let Some(ToolKind::Hosted(hosted)) = kind
        && let Some(hosted) = self::hosted(hosted)
    {
        return hosted
            .into_iter()
            .filter(|(key, _)| key == "type")
            .collect();
    }
    let kind = match kind {
        Some(ToolKind::Custom { .. }) => "custom",
        Some(ToolKind::Function { .. } | ToolKind::Hosted(_)) | None => "function",
    };
    object! { "type" => kind, "name" => names.sent(None, name).to_owned() }
}
