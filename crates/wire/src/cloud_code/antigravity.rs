//! What Antigravity wants different from Gemini's own API, and what Claude behind it wants.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ir::target::Target;
use crate::json::{Json, Object};
use crate::schema;

/// The least a Claude can be told to think.
const LEAST_BUDGET: u64 = 1_024;

/// A number below zero that fits into 64 bits, as text.
pub(super) fn session_id(session: u64) -> String {
    format!("-{}", session >> 1)
}

pub(super) fn adapt(document: &mut Object, target: &Target) {
    let is_claude = target.model.to_ascii_lowercase().contains("claude");
    document.take("safetySettings");
    document.take("safety_settings");
    if let Some(system) = field(document, "systemInstruction", "system_instruction") {
        if let Some(text) = system.as_str() {
            let part = crate::object! { "text" => text.to_owned() };
            *system = Json::from(crate::object! { "parts" => vec![part] });
        }
        if let Some(system) = system.as_object_mut() {
            system.set("role", "user");
        }
    }
    if let Some(config) =
        field(document, "generationConfig", "generation_config").and_then(Json::as_object_mut)
    {
        if is_claude {
            fit_budget(config);
        } else {
            config.take("maxOutputTokens");
            config.take("max_output_tokens");
        }
    }
    if is_claude {
        fill_schemas(document);
        validate_calls(document);
        double_signatures(document);
    }
}

/// A client's own declarations, in either form and spelling, become cleaned `parameters`.
pub(super) fn clean_declarations(document: &mut Object) {
    for declaration in declarations(document) {
        let schema = declaration
            .take_any(&["parametersJsonSchema", "parameters_json_schema"])
            .or_else(|| declaration.take("parameters"));
        declaration.take("parameters");
        if let Some(schema) = schema.filter(|schema| schema.as_object().is_some()) {
            declaration.push("parameters", schema::to_gemini_parameters(&schema));
        }
    }
}

fn field<'a, 'b>(
    document: &'a mut Object<'b>,
    name: &str,
    other: &str,
) -> Option<&'a mut Json<'b>> {
    let name = if document.contains(name) { name } else { other };
    document.get_mut(name)
}

fn declarations<'a, 'b>(document: &'a mut Object<'b>) -> Vec<&'a mut Object<'b>> {
    let Some(Json::Array(tools)) = document.get_mut("tools") else {
        return Vec::new();
    };
    tools
        .iter_mut()
        .filter_map(|tool| {
            let tool = tool.as_object_mut()?;
            match field(tool, "functionDeclarations", "function_declarations") {
                Some(Json::Array(declarations)) => Some(declarations),
                _ => None,
            }
        })
        .flatten()
        .filter_map(Json::as_object_mut)
        .collect()
}

/// Thinking must leave room for the answer.
fn fit_budget(config: &mut Object) {
    let most = ["maxOutputTokens", "max_output_tokens"]
        .into_iter()
        .find_map(|key| config.get(key)?.as_u64());
    let Some(most) = most else { return };
    let Some(thinking) = field(config, "thinkingConfig", "thinking_config") else {
        return;
    };
    let Some(budget) = thinking
        .as_object_mut()
        .and_then(|thinking| field(thinking, "thinkingBudget", "thinking_budget"))
    else {
        return;
    };
    if budget.as_u64().is_none_or(|tokens| tokens < most) {
        return;
    }
    if most > LEAST_BUDGET {
        *budget = Json::from(most - 1);
    } else {
        config.take("thinkingConfig");
        config.take("thinking_config");
    }
}

/// Claude is given no tool without a property.
fn fill_schemas(document: &mut Object) {
    for declaration in declarations(document) {
        let is_empty = declaration
            .get("parameters")
            .and_then(|schema| schema.get("properties")?.as_object())
            .is_none_or(Object::is_empty);
        if is_empty {
            let reason = crate::object! {
                "type" => "string",
                "description" => "Why this is called",
            };
            let schema = crate::object! {
                "type" => "object",
                "properties" => crate::object! { "reason" => reason },
                "required" => Json::Array(vec![Json::from("reason")]),
            };
            declaration.set("parameters", schema);
        }
    }
}

fn validate_calls(document: &mut Object) {
    if declarations(document).is_empty() {
        return;
    }
    if field(document, "toolConfig", "tool_config").is_none() {
        document.push("toolConfig", Object::new());
    }
    let Some(config) = field(document, "toolConfig", "tool_config").and_then(Json::as_object_mut)
    else {
        return;
    };
    if field(config, "functionCallingConfig", "function_calling_config").is_none() {
        config.push("functionCallingConfig", Object::new());
    }
    let calling = field(config, "functionCallingConfig", "function_calling_config");
    if let Some(calling) = calling.and_then(Json::as_object_mut)
        && calling.get("mode").and_then(Json::as_str) != Some("NONE")
    {
        calling.set("mode", "VALIDATED");
    }
}

/// Claude's signatures, which begin with `E`, are wanted back as base64 of what they are.
fn double_signatures(document: &mut Object) {
    let Some(Json::Array(contents)) = document.get_mut("contents") else {
        return;
    };
    let parts = contents.iter_mut().filter_map(|content| {
        match content.as_object_mut()?.get_mut("parts")? {
            Json::Array(parts) => Some(parts),
            _ => None,
        }
    });
    for part in parts.flatten().filter_map(Json::as_object_mut) {
        if let Some(signature) = field(part, "thoughtSignature", "thought_signature")
            && let Some(text) = signature.as_str().filter(|text| text.starts_with('E'))
        {
            *signature = Json::from(STANDARD.encode(text));
        }
    }
}
