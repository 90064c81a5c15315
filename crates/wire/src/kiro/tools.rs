//! Declarations of tools, with schemas as the service takes them.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::ir::content::Content;
use crate::ir::note::Notes;
use crate::ir::offer::{function_description, function_schema};
use crate::ir::request::{Request, Tool, ToolKind};
use crate::ir::tools::Names;
use crate::json::{Json, Object};
use crate::kiro::NAME;
use crate::object;

/// The longest description that is taken, in characters.
const LONGEST_DESCRIPTION: usize = 10_000;

/// The offered tools, and those that only the conversation's past speaks of.
pub(super) fn declarations<'a>(
    request: &'a Request,
    offer: &[&'a Tool],
    names: &'a Names,
    notes: &mut Notes,
) -> Vec<Object<'a>> {
    let mut declared = HashSet::new();
    let mut list = Vec::with_capacity(offer.len());
    for &tool in offer {
        let name = names.sent(tool.namespace.as_deref(), &tool.name);
        declared.insert(name);
        let description = description(request, tool, notes);
        let schema = schema(request, tool, notes);
        list.push(declaration(name, description, schema));
    }
    for block in request.turns.iter().flat_map(|turn| &turn.blocks) {
        let Content::ToolUse(call) = &block.content else {
            continue;
        };
        let name = names.sent(call.namespace.as_deref(), &call.name);
        if declared.insert(name) {
            let said = "A tool that was called earlier in this conversation.";
            list.push(declaration(name, said.into(), complete(Object::new())));
        }
    }
    list
}

fn declaration<'a>(name: &'a str, description: Cow<'a, str>, schema: Object<'a>) -> Object<'a> {
    object! {
        "toolSpecification" => object! {
            "name" => name,
            "description" => description,
            "inputSchema" => object! { "json" => schema },
        },
    }
}

/// Never empty, never too long.
fn description<'a>(request: &Request, tool: &'a Tool, notes: &mut Notes) -> Cow<'a, str> {
    let Some(text) = function_description(tool) else {
        return Cow::Owned(format!("The tool {}.", tool.name));
    };
    let Some((end, _)) = text.char_indices().nth(LONGEST_DESCRIPTION) else {
        return text;
    };
    notes.add(
        format!("{}.description", request.tool_path(tool)),
        format!("cut: {NAME} takes {LONGEST_DESCRIPTION} characters"),
    );
    Cow::Owned(text.get(..end).unwrap_or_default().to_owned())
}

fn schema(request: &Request, tool: &Tool, notes: &mut Notes) -> Object<'static> {
    if let ToolKind::Function {
        strict: Some(true), ..
    } = tool.kind
    {
        notes.add(
            format!("{}.strict", request.tool_path(tool)),
            format!("dropped: {NAME} holds no model to a schema"),
        );
    }
    let mut schema = Json::Object(function_schema(tool).unwrap_or_default());
    clean(&mut schema);
    complete(schema.into_object().unwrap_or_default())
}

/// An object's schema, with the list of required properties the service wants to see even if it is empty.
fn complete(mut schema: Object<'static>) -> Object<'static> {
    if schema.get("type").and_then(Json::as_str).is_none() {
        schema.set("type", "object");
    }
    if schema.get("properties").and_then(Json::as_object).is_none() {
        schema.set("properties", Object::new());
    }
    if schema.get("required").and_then(Json::as_array).is_none() {
        schema.set("required", Vec::<Json>::new());
    }
    schema
}

/// Removes the keywords the service refuses, here and below; a property may have any name.
fn clean(schema: &mut Json) {
    let Json::Object(object) = schema else {
        return;
    };
    object.retain(|key, value| match key {
        "additionalProperties" | "$schema" => false,
        "required" => value.as_array().is_some_and(|names| !names.is_empty()),
        _ => true,
    });
    for (key, value) in object.iter_mut() {
        match (key, value) {
            (
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
                Json::Object(schemas),
            ) => schemas.iter_mut().for_each(|(_, schema)| clean(schema)),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Json::Array(schemas)) => {
                schemas.iter_mut().for_each(clean);
            }
            ("items" | "not" | "if" | "then" | "else" | "contains", schema) => clean(schema),
            _ => {}
        }
    }
}
