//! Tools and the choice among them; flat as Responses has them, nested as chat does, or as Anthropic spells them.

use crate::error::DecodeError;
use crate::ir::content::Hosted;
use crate::ir::note::Notes;
use crate::ir::request::{Tool, ToolChoice, ToolKind};
use crate::json::{Json, Object};

use super::expected;

pub(super) fn tools(tools: Option<Json<'_>>, notes: &mut Notes) -> Result<Vec<Tool>, DecodeError> {
    let tools = match tools {
        None => return Ok(Vec::new()),
        Some(Json::Array(tools)) => tools,
        Some(other) => return Err(expected("tools", "a list", Some(&other))),
    };
    let mut read = Vec::with_capacity(tools.len());
    for (index, tool) in tools.into_iter().enumerate() {
        let path = format!("tools[{index}]");
        let tool = match tool {
            Json::Object(tool) => tool,
            other => return Err(expected(&path, "an object", Some(&other))),
        };
        let place = Place {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            path,
            namespace: None,
        };
        read_tool(tool, &place, &mut read, notes)?;
    }
    Ok(read)
}

/// Where a tool's declaration stands.
struct Place {
    index: u32,
    path: String,
    namespace: Option<String>,
}

fn read_tool(
    mut tool: Object<'_>,
    place: &Place,
    read: &mut Vec<Tool>,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let kind = tool.take("type").and_then(Json::into_string);
    let is_anthropic = tool.contains("input_schema");
    match kind.as_deref().unwrap_or("function") {
        "namespace" if place.namespace.is_none() => namespace(tool, place, read, notes)?,
        "function" => read.push(function(nested(tool, "function"), place)?),
        "custom" if is_anthropic => read.push(function(tool, place)?),
        "custom" => {
            let mut tool = nested(tool, "custom");
            let kind = ToolKind::Custom {
                format: format(tool.take("format")),
            };
            read.push(named(tool, kind, place)?);
        }
        kind => {
            if tool.iter().any(|(_, option)| !option.is_null()) {
                notes.add(
                    &*place.path,
                    format!("dropped: the options of `{kind}`, which every vendor has its own of"),
                );
            }
            read.push(Tool {
                index: place.index,
                name: kind.to_owned(),
                namespace: None,
                description: None,
                kind: ToolKind::Hosted(hosted(kind)),
                cache: None,
            });
        }
    }
    Ok(())
}

fn nested<'a>(mut tool: Object<'a>, key: &str) -> Object<'a> {
    match tool.take(key) {
        Some(Json::Object(nested)) => nested,
        Some(_) | None => tool,
    }
}

fn namespace(
    mut group: Object<'_>,
    place: &Place,
    read: &mut Vec<Tool>,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let name = name(&mut group, &place.path)?;
    let tools = group.take("tools").and_then(Json::into_array);
    for (index, tool) in tools.unwrap_or_default().into_iter().enumerate() {
        let path = format!("{}.tools[{index}]", place.path);
        let tool = match tool {
            Json::Object(tool) => tool,
            other => return Err(expected(&path, "an object", Some(&other))),
        };
        let inner = Place {
            index: place.index,
            path,
            namespace: Some(name.clone()),
        };
        read_tool(tool, &inner, read, notes)?;
    }
    Ok(())
}

fn function(mut tool: Object<'_>, place: &Place) -> Result<Tool, DecodeError> {
    let schema = tool.take_any(&["parameters", "input_schema"]);
    let kind = ToolKind::Function {
        schema: schema.map(Json::into_owned),
        strict: tool.take("strict").and_then(|strict| strict.as_bool()),
    };
    named(tool, kind, place)
}

fn named(mut tool: Object<'_>, kind: ToolKind, place: &Place) -> Result<Tool, DecodeError> {
    Ok(Tool {
        index: place.index,
        name: name(&mut tool, &place.path)?,
        namespace: place.namespace.clone(),
        description: tool.take("description").and_then(Json::into_string),
        kind,
        cache: None,
    })
}

fn name(tool: &mut Object<'_>, path: &str) -> Result<String, DecodeError> {
    match tool.take("name") {
        Some(Json::String(name)) if !name.is_empty() => Ok(name.into_owned()),
        found => {
            let path = format!("{path}.name");
            Err(expected(&path, "the name of a tool", found.as_ref()))
        }
    }
}

/// Plain text is what a custom tool takes anyway. Chat nests the grammar once more.
fn format(format: Option<Json<'_>>) -> Option<Json<'static>> {
    let mut format = format?.into_object()?;
    if format.get("type").and_then(Json::as_str) == Some("text") {
        return None;
    }
    if let Some(Json::Object(grammar)) = format.take("grammar") {
        for (key, value) in grammar {
            format.push(key, value);
        }
    }
    Some(Json::Object(format.into_owned()))
}

fn hosted(kind: &str) -> Hosted {
    match kind {
        _ if kind.starts_with("web_search") => Hosted::WebSearch,
        _ if kind.starts_with("web_fetch") => Hosted::WebFetch,
        _ if kind.starts_with("code_execution") => Hosted::CodeExecution,
        "code_interpreter" => Hosted::CodeExecution,
        "image_generation" => Hosted::ImageGeneration,
        "file_search" => Hosted::FileSearch,
        _ => Hosted::Other(kind.to_owned()),
    }
}

pub(super) fn choice(choice: Json<'_>, tools: &[Tool], notes: &mut Notes) -> Option<ToolChoice> {
    let mut choice = match choice {
        Json::String(word) => return simple(&word, notes),
        Json::Object(choice) => choice,
        other => {
            notes.add(
                "tool_choice",
                format!(
                    "dropped: expected a string or an object, found {}",
                    other.kind()
                ),
            );
            return None;
        }
    };
    let kind = choice.take("type").and_then(Json::into_string);
    match kind.as_deref() {
        Some(word @ ("auto" | "none" | "required" | "any")) => simple(word, notes),
        Some("allowed_tools") => Some(allowed(nested(choice, "allowed_tools"), tools)),
        Some("mcp") => {
            notes.add(
                "tool_choice",
                "dropped: no other vendor has tools of type `mcp`",
            );
            None
        }
        kind => Some(ToolChoice::Tool(chosen(kind, choice, tools)?)),
    }
}

fn simple(word: &str, notes: &mut Notes) -> Option<ToolChoice> {
    match word {
        "auto" => Some(ToolChoice::Auto),
        "none" => Some(ToolChoice::None),
        "required" | "any" => Some(ToolChoice::Required),
        word => {
            notes.add("tool_choice", format!("dropped: nobody knows `{word}`"));
            None
        }
    }
}

fn allowed(mut choice: Object<'_>, tools: &[Tool]) -> ToolChoice {
    let mode = choice.take("mode").and_then(Json::into_string);
    let allowed = choice.take("tools").and_then(Json::into_array);
    let names = allowed
        .unwrap_or_default()
        .into_iter()
        .filter_map(|tool| {
            let mut tool = tool.into_object()?;
            let kind = tool.take("type").and_then(Json::into_string);
            chosen(kind.as_deref(), tool, tools)
        })
        .collect();
    ToolChoice::Allowed {
        names,
        is_required: mode.as_deref() == Some("required"),
    }
}

/// The full name of the tool meant: a hosted one is called by its type, one in a group after the group.
fn chosen(kind: Option<&str>, choice: Object<'_>, tools: &[Tool]) -> Option<String> {
    let mut choice = nested(nested(choice, "function"), "custom");
    let Some(name) = choice.take("name").and_then(Json::into_string) else {
        return kind.map(str::to_owned);
    };
    if let Some(group) = choice.take("namespace").and_then(Json::into_string) {
        return Some(format!("{group}__{name}"));
    }
    let is_plain = tools
        .iter()
        .any(|tool| tool.name == name && tool.namespace.is_none());
    let grouped = tools.iter().find(|tool| tool.name == name);
    match grouped {
        Some(tool) if !is_plain => Some(tool.full_name()),
        Some(_) | None => Some(name),
    }
}
