//! Tools and the choice between them.

use std::collections::HashSet;

use crate::error::{ErrorKind, WireError};
use crate::gemini::encode::wants_proto_schemas;
use crate::ir::content::Hosted;
use crate::ir::note::Notes;
use crate::ir::request::{Param, Request, Tool, ToolChoice, ToolKind};
use crate::ir::target::Target;
use crate::ir::tools::{NameRule, Names};
use crate::json::{Json, Object};
use crate::schema;

/// A letter or `_`, then also digits, `.`, `:` and `-`: <https://ai.google.dev/api/caching#FunctionDeclaration>.
const RULE: NameRule = NameRule {
    longest: 64,
    is_legal: |char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | ':' | '-'),
    is_first: |char| char.is_ascii_alphabetic() || char == '_',
    has_custom: false,
    has_namespaces: false,
};

pub(super) struct Tools<'a> {
    pub(super) list: Vec<Object<'a>>,
    pub(super) has_functions: bool,
}

pub(super) fn names(request: &Request) -> Names {
    Names::new(request, RULE)
}

pub(super) fn tools<'a>(
    request: &'a Request,
    names: &'a Names,
    target: &Target,
    notes: &mut Notes,
) -> Result<Tools<'a>, WireError> {
    let mut declarations = Vec::new();
    let mut seen = HashSet::new();
    for tool in &request.tools {
        let parameters = match &tool.kind {
            ToolKind::Function { schema, .. } => {
                schema.as_ref().and_then(|schema| narrowed(schema, target))
            }
            ToolKind::Custom { .. } => narrowed(&free_text(), target),
            ToolKind::Hosted(_) => continue,
        };
        let name = names.sent(tool.namespace.as_deref(), &tool.name);
        if !seen.insert(name) {
            notes.add(
                request.tool_path(tool),
                "dropped: a tool of this name is declared already",
            );
            continue;
        }
        let mut declaration = crate::object! { "name" => name };
        declaration.push_some("description", description(tool));
        let key = if wants_proto_schemas(target) {
            "parameters"
        } else {
            "parametersJsonSchema"
        };
        declaration.push_some(key, parameters);
        declarations.push(declaration);
    }
    let has_functions = !declarations.is_empty();
    let mut list = Vec::new();
    if has_functions {
        list.push(crate::object! { "functionDeclarations" => declarations });
    }
    // Gemini 2 takes one kind of tools per request.
    let takes_hosted = !has_functions || target.traits.wants_signatures;
    for tool in &request.tools {
        let ToolKind::Hosted(hosted) = &tool.kind else {
            continue;
        };
        match key_of(hosted) {
            Some(key) if takes_hosted && !list.iter().any(|tool| tool.contains(key)) => {
                let mut tool = Object::new();
                tool.push(key, Object::new());
                list.push(tool);
            }
            Some(_) if takes_hosted => {}
            Some(_) => notes.add(
                request.tool_path(tool),
                "dropped: this model takes either functions or tools that Google runs",
            ),
            None => notes.add(request.tool_path(tool), "dropped: Gemini has no such tool"),
        }
    }
    if list.is_empty()
        && request.tool_choice == Some(ToolChoice::Required)
        && !request.tools.is_empty()
    {
        return Err(WireError::new(
            ErrorKind::InvalidRequest,
            format!(
                "expected \"{}\" not to require a call: Gemini has none of the tools",
                request.param_path(Param::ToolChoice)
            ),
        ));
    }
    Ok(Tools {
        list,
        has_functions,
    })
}

/// `None` for a function that takes nothing: an object without properties is refused.
fn narrowed(schema: &Json, target: &Target) -> Option<Json<'static>> {
    let schema = if wants_proto_schemas(target) {
        schema::to_gemini_parameters(schema)
    } else {
        schema::to_gemini_json_schema(schema)
    };
    let has_properties = schema
        .get("properties")
        .and_then(Json::as_object)
        .is_some_and(|properties| !properties.is_empty());
    let is_open = schema
        .get("additionalProperties")
        .is_some_and(|extra| extra.as_bool() != Some(false));
    (has_properties || is_open || schema.get("anyOf").is_some()).then_some(schema)
}

fn free_text() -> Json<'static> {
    Json::from(crate::object! {
        "type" => "object",
        "properties" => crate::object! { "input" => crate::object! { "type" => "string" } },
        "required" => Json::Array(vec![Json::from("input")]),
    })
}

/// A grammar that Gemini cannot enforce is at least told.
fn description(tool: &Tool) -> Option<Json<'_>> {
    let description = tool.description.as_deref();
    let grammar = match &tool.kind {
        ToolKind::Custom { format } => format
            .as_ref()
            .and_then(|format| {
                format
                    .get("definition")
                    .or_else(|| format.at(&["grammar", "definition"]))
            })
            .and_then(Json::as_str),
        ToolKind::Function { .. } | ToolKind::Hosted(_) => None,
    };
    match (description, grammar) {
        (description, None) => description.filter(|text| !text.is_empty()).map(Json::from),
        (None, Some(grammar)) => Some(Json::from(format!(
            "The input obeys this grammar:\n{grammar}"
        ))),
        (Some(description), Some(grammar)) => Some(Json::from(format!(
            "{description}\n\nThe input obeys this grammar:\n{grammar}"
        ))),
    }
}

fn key_of(hosted: &Hosted) -> Option<&'static str> {
    match hosted {
        Hosted::WebSearch => Some("googleSearch"),
        Hosted::WebFetch => Some("urlContext"),
        Hosted::CodeExecution => Some("codeExecution"),
        Hosted::ImageGeneration | Hosted::FileSearch | Hosted::Other(_) => None,
    }
}

/// `toolConfig`: <https://ai.google.dev/api/caching#FunctionCallingConfig>.
pub(super) fn config<'a>(
    request: &'a Request,
    names: &'a Names,
    has_functions: bool,
    notes: &mut Notes,
) -> Option<Object<'a>> {
    let choice = request.tool_choice.as_ref().filter(|_| has_functions)?;
    let (mode, allowed) = match choice {
        ToolChoice::Auto => ("AUTO", Vec::new()),
        ToolChoice::None => ("NONE", Vec::new()),
        ToolChoice::Required => ("ANY", Vec::new()),
        ToolChoice::Tool(name) => ("ANY", allowed(request, names, std::slice::from_ref(name))),
        ToolChoice::Allowed {
            names: list,
            is_required,
        } => {
            let mode = if *is_required { "ANY" } else { "VALIDATED" };
            (mode, allowed(request, names, list))
        }
    };
    let is_named = matches!(choice, ToolChoice::Tool(_) | ToolChoice::Allowed { .. });
    if is_named && allowed.is_empty() {
        notes.add(
            request.param_path(Param::ToolChoice),
            "dropped: it names no function of this request",
        );
        return None;
    }
    let mut config = crate::object! { "mode" => mode };
    if is_named {
        let allowed: Vec<Json> = allowed.into_iter().map(Json::from).collect();
        config.push("allowedFunctionNames", allowed);
    }
    Some(crate::object! { "functionCallingConfig" => config })
}

/// The names that go out for `list`, of tools that are declared.
fn allowed<'a>(request: &'a Request, names: &'a Names, list: &'a [String]) -> Vec<&'a str> {
    list.iter()
        .filter_map(|name| {
            let tool = request.tools.iter().find(|tool| {
                !matches!(tool.kind, ToolKind::Hosted(_))
                    && (tool.name == *name || tool.full_name() == *name)
            })?;
            Some(names.sent(tool.namespace.as_deref(), &tool.name))
        })
        .collect()
}
