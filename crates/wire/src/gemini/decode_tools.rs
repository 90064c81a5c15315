//! `tools` and `toolConfig`: <https://ai.google.dev/api/caching#Tool>.

use crate::error::DecodeError;
use crate::gemini::decode::expected;
use crate::ir::content::Hosted;
use crate::ir::note::Notes;
use crate::ir::request::{Tool, ToolChoice, ToolKind};
use crate::json::{Json, Object};
use crate::schema;

pub(super) fn tools(tools: Json, notes: &mut Notes) -> Result<Vec<Tool>, DecodeError> {
    let tools = match tools {
        Json::Array(tools) => tools,
        tool @ Json::Object(_) => vec![tool],
        other => return Err(expected("tools", "", "a list", other.kind())),
    };
    let mut read = Vec::new();
    for (index, tool) in tools.into_iter().enumerate() {
        let path = format!("tools[{index}]");
        let kind = tool.kind();
        let Json::Object(tool) = tool else {
            return Err(expected(&path, "", "an object", kind));
        };
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for (key, value) in tool {
            if value.is_null() {
                continue;
            }
            if matches!(
                key.as_ref(),
                "functionDeclarations" | "function_declarations"
            ) {
                declarations(value, index, &path, &mut read, notes)?;
            } else {
                read.push(hosted(&key, index));
            }
        }
    }
    Ok(read)
}

fn hosted(key: &str, index: u32) -> Tool {
    let tool = match key {
        "googleSearch"
        | "google_search"
        | "googleSearchRetrieval"
        | "google_search_retrieval"
        | "enterpriseWebSearch"
        | "enterprise_web_search" => Hosted::WebSearch,
        "urlContext" | "url_context" => Hosted::WebFetch,
        "codeExecution" | "code_execution" => Hosted::CodeExecution,
        "fileSearch" | "file_search" => Hosted::FileSearch,
        other => Hosted::Other(other.to_owned()),
    };
    Tool {
        index,
        name: key.to_owned(),
        namespace: None,
        description: None,
        kind: ToolKind::Hosted(tool),
        cache: None,
    }
}

fn declarations(
    declarations: Json,
    index: u32,
    path: &str,
    read: &mut Vec<Tool>,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let path = format!("{path}.functionDeclarations");
    let declarations = match declarations {
        Json::Array(declarations) => declarations,
        declaration @ Json::Object(_) => vec![declaration],
        other => return Err(expected(&path, "", "a list", other.kind())),
    };
    for (place, declaration) in declarations.into_iter().enumerate() {
        let path = format!("{path}[{place}]");
        let kind = declaration.kind();
        let Json::Object(mut declaration) = declaration else {
            return Err(expected(&path, "", "an object", kind));
        };
        let name = match declaration.take("name") {
            Some(Json::String(name)) if !name.is_empty() => name.into_owned(),
            other => {
                let found = other.as_ref().map_or("nothing", |json| match json {
                    Json::String(_) => "an empty string",
                    other => other.kind(),
                });
                return Err(expected(&format!("{path}.name"), "", "a string", found));
            }
        };
        if let Some(behavior) = declaration.take("behavior")
            && behavior.as_str() == Some("NON_BLOCKING")
        {
            notes.add(
                format!("{path}.behavior"),
                "dropped: only Google calls without waiting",
            );
        }
        read.push(Tool {
            index,
            name,
            namespace: None,
            description: declaration.take("description").and_then(Json::into_string),
            kind: ToolKind::Function {
                schema: parameters(&mut declaration),
                strict: None,
            },
            cache: None,
        });
    }
    Ok(())
}

fn parameters(declaration: &mut Object) -> Option<Json<'static>> {
    let plain = declaration
        .take_any(&["parametersJsonSchema", "parameters_json_schema"])
        .filter(|schema| schema.as_object().is_some());
    if let Some(schema) = plain {
        return Some(schema.into_owned());
    }
    let schema = declaration.take("parameters")?;
    schema.as_object()?;
    Some(schema::from_gemini(&schema))
}

/// Which calls the model may or must make.
pub(super) fn choice(config: Json, notes: &mut Notes) -> Option<ToolChoice> {
    let mut config = config
        .into_object()?
        .take_any(&["functionCallingConfig", "function_calling_config"])?
        .into_object()?;
    let names: Vec<String> = config
        .take_any(&["allowedFunctionNames", "allowed_function_names"])
        .and_then(Json::into_array)
        .unwrap_or_default()
        .into_iter()
        .filter_map(Json::into_string)
        .collect();
    let mode = config.take("mode").and_then(Json::into_string)?;
    match (mode.to_ascii_uppercase().as_str(), names.len()) {
        ("NONE", _) => Some(ToolChoice::None),
        ("ANY", 0) => Some(ToolChoice::Required),
        ("ANY", 1) => names.into_iter().next().map(ToolChoice::Tool),
        ("ANY", _) => Some(ToolChoice::Allowed {
            names,
            is_required: true,
        }),
        ("AUTO", _) | ("VALIDATED", 0) => Some(ToolChoice::Auto),
        ("VALIDATED", _) => Some(ToolChoice::Allowed {
            names,
            is_required: false,
        }),
        ("MODE_UNSPECIFIED" | "", _) => None,
        _ => {
            notes.add(
                "toolConfig.functionCallingConfig.mode",
                format!("dropped: {mode} is no mode that is known here"),
            );
            None
        }
    }
}
