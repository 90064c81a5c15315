//! `tools` and `tool_choice`, and the `functions` and `function_call` they replaced:
//! <https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools>.

use super::{expected, take_cache, take_text};
use crate::error::DecodeError;
use crate::ir::content::Hosted;
use crate::ir::note::Notes;
use crate::ir::request::{Request, Tool, ToolChoice, ToolKind};
use crate::json::{Json, Object};

pub(super) fn read(
    object: &mut Object,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    for key in ["tools", "functions"] {
        let tools = match object.take(key) {
            None => continue,
            Some(Json::Array(tools)) => tools,
            Some(other) => return Err(expected(key, "a list", Some(&other))),
        };
        if key == "functions" && !request.tools.is_empty() {
            continue;
        }
        for (index, tool) in tools.into_iter().enumerate() {
            let path = format!("{key}[{index}]");
            read_tool(tool, index, None, &path, &mut request.tools, notes)?;
        }
    }
    if let Some(options) = object.take("web_search_options") {
        search_the_web(&options, &mut request.tools, notes);
    }
    let choice = object.take_any(&["tool_choice", "function_call"]);
    let is_parallel = object.take("parallel_tool_calls");
    // OpenAI refuses both without tools, but clients send them.
    if !request.tools.is_empty() {
        let only_one = |choice: &Json| choice.get("disable_parallel_tool_use")?.as_bool();
        request.parallel_tool_calls = match choice.as_ref().and_then(only_one) {
            Some(true) => Some(false),
            _ => is_parallel.and_then(|value| value.as_bool()),
        };
        request.tool_choice = choice.and_then(|choice| read_choice(choice, notes));
    }
    Ok(())
}

fn read_tool(
    tool: Json,
    index: usize,
    namespace: Option<&str>,
    path: &str,
    tools: &mut Vec<Tool>,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let Json::Object(mut tool) = tool else {
        return Err(expected(path, "an object", Some(&tool)));
    };
    let kind = take_text(&mut tool, "type").unwrap_or_default();
    if kind == "namespace" {
        let name = name_of(&mut tool, path)?;
        let inner = tool.take("tools").and_then(Json::into_array);
        for (inner_index, tool) in inner.unwrap_or_default().into_iter().enumerate() {
            let path = format!("{path}.tools[{inner_index}]");
            read_tool(tool, index, Some(&name), &path, tools, notes)?;
        }
        return Ok(());
    }
    let cache = take_cache(&mut tool);
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    let tool = match (tool.take("function"), tool.take("custom")) {
        (Some(Json::Object(function)), _) => {
            read_function(function, index, &format!("{path}.function"))?
        }
        (_, Some(Json::Object(custom))) => read_custom(custom, index, &format!("{path}.custom"))?,
        // Anthropic's own tools may say that they are custom, too.
        _ if kind == "custom" && !tool.contains("input_schema") => read_custom(tool, index, path)?,
        _ if matches!(kind.as_str(), "" | "function" | "custom") && tool.contains("name")
            || tool.contains("parameters")
            || tool.contains("input_schema") =>
        {
            read_function(tool, index, path)?
        }
        _ => match hosted(&kind, &tool) {
            Some(kind_of) => Tool {
                index,
                name: take_text(&mut tool, "name").unwrap_or(kind),
                namespace: None,
                description: None,
                kind: ToolKind::Hosted(kind_of),
                cache: None,
            },
            None => return Err(expected(&format!("{path}.name"), "a string", None)),
        },
    };
    let tool = Tool {
        namespace: namespace.map(str::to_owned),
        cache: tool.cache.or(cache),
        ..tool
    };
    let is_same = |other: &Tool| other.name == tool.name && other.namespace == tool.namespace;
    if tools.iter().any(is_same) {
        notes.add(path, "dropped: an earlier tool has the same name");
    } else {
        tools.push(tool);
    }
    Ok(())
}

/// OpenAI's `parameters` or Anthropic's `input_schema`.
fn read_function(mut tool: Object, index: u32, path: &str) -> Result<Tool, DecodeError> {
    Ok(Tool {
        index,
        name: name_of(&mut tool, path)?,
        namespace: None,
        description: take_text(&mut tool, "description"),
        cache: take_cache(&mut tool),
        kind: ToolKind::Function {
            strict: tool.take("strict").and_then(|value| value.as_bool()),
            schema: tool
                .take_any(&["parameters", "input_schema"])
                .map(Json::into_owned),
        },
    })
}

fn read_custom(mut tool: Object, index: u32, path: &str) -> Result<Tool, DecodeError> {
    Ok(Tool {
        index,
        name: name_of(&mut tool, path)?,
        namespace: None,
        description: take_text(&mut tool, "description"),
        cache: take_cache(&mut tool),
        kind: ToolKind::Custom {
            format: tool.take("format").map(Json::into_owned),
        },
    })
}

fn name_of(tool: &mut Object, path: &str) -> Result<String, DecodeError> {
    match tool.take("name") {
        Some(Json::String(name)) => Ok(name.into_owned()),
        other => Err(expected(
            &format!("{path}.name"),
            "a string",
            other.as_ref(),
        )),
    }
}

/// A vendor's own tool, by its type; Google's has none, only a field.
fn hosted(kind: &str, tool: &Object) -> Option<Hosted> {
    let has = |keys: &[&str]| keys.iter().any(|key| tool.contains(key));
    Some(match kind {
        kind if kind.starts_with("web_search") => Hosted::WebSearch,
        kind if kind.starts_with("web_fetch") => Hosted::WebFetch,
        kind if kind.starts_with("code_execution") => Hosted::CodeExecution,
        "code_interpreter" => Hosted::CodeExecution,
        "image_generation" => Hosted::ImageGeneration,
        "file_search" => Hosted::FileSearch,
        "" if has(&["google_search", "googleSearch"]) => Hosted::WebSearch,
        "" if has(&["code_execution", "codeExecution"]) => Hosted::CodeExecution,
        "" => return None,
        kind => Hosted::Other(kind.to_owned()),
    })
}

fn search_the_web(options: &Json, tools: &mut Vec<Tool>, notes: &mut Notes) {
    if options
        .as_object()
        .is_some_and(|options| !options.is_empty())
    {
        notes.add(
            "web_search_options",
            "dropped: of a web search only that it is allowed is kept",
        );
    }
    let is_search = |tool: &Tool| tool.kind == ToolKind::Hosted(Hosted::WebSearch);
    if !tools.iter().any(is_search) {
        tools.push(Tool {
            index: u32::try_from(tools.len()).unwrap_or(u32::MAX),
            name: "web_search".to_owned(),
            namespace: None,
            description: None,
            kind: ToolKind::Hosted(Hosted::WebSearch),
            cache: None,
        });
    }
}

fn read_choice(choice: Json, notes: &mut Notes) -> Option<ToolChoice> {
    let mut choice = match choice {
        Json::String(word) => return by_word(&word, notes),
        Json::Object(choice) => choice,
        other => {
            let message = format!(
                "dropped: expected a word or an object, found {}",
                other.kind()
            );
            notes.add("tool_choice", message);
            return None;
        }
    };
    let kind = take_text(&mut choice, "type").unwrap_or_default();
    if kind == "allowed_tools" {
        let allowed = match choice.take("allowed_tools") {
            Some(Json::Object(allowed)) => allowed,
            _ => choice,
        };
        return Some(read_allowed(allowed));
    }
    match named(&mut choice) {
        Some(name) => Some(ToolChoice::Tool(name)),
        None => by_word(&kind, notes),
    }
}

fn by_word(word: &str, notes: &mut Notes) -> Option<ToolChoice> {
    Some(match word {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "required" | "any" => ToolChoice::Required,
        // A vendor's own tool is chosen by its type.
        word if word.contains('_') => ToolChoice::Tool(word.to_owned()),
        word => {
            notes.add("tool_choice", format!("dropped: \"{word}\" is unknown"));
            return None;
        }
    })
}

/// The name in `{"function":{"name":"…"}}`, `{"custom":{…}}` or flat.
fn named(choice: &mut Object) -> Option<String> {
    ["function", "custom"]
        .into_iter()
        .find_map(|key| take_text(choice.take(key)?.as_object_mut()?, "name"))
        .or_else(|| take_text(choice, "name"))
}

fn read_allowed(mut allowed: Object) -> ToolChoice {
    let tools = allowed.take("tools").and_then(Json::into_array);
    let names = tools
        .unwrap_or_default()
        .into_iter()
        .filter_map(|tool| {
            let mut tool = tool.into_object()?;
            named(&mut tool).or_else(|| take_text(&mut tool, "type"))
        })
        .collect();
    ToolChoice::Allowed {
        names,
        is_required: take_text(&mut allowed, "mode").as_deref() == Some("required"),
    }
}
