//! Writes the document.

use std::collections::HashSet;

use api::access::Access;
use schemars::generate::SchemaSettings;
use schemars::{SchemaGenerator, transform};
use serde_json::{Map, Value, json};

use crate::openapi::operations::{Operation, Operations};
use crate::routes::Route;

const INTRODUCTION: &str = "Everything the dashboard can do. Sign in with `POST /api/auth/login`; \
the session's cookie is sent with every other request. Requests that change something are refused \
if they come from another site's page. Times are UTC in RFC 3339.";

/// The whole document; `routes` say who may call what.
pub(super) fn document(operations: &Operations, routes: &[Route]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
        settings
            .transforms
            .push(Box::new(transform::RecursiveTransform(without_numbers)));
    });
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for operation in &operations.list {
        let found = routes
            .iter()
            .find(|route| route.method == operation.method && route.path == operation.path);
        let access = found.map(|route| route.access);
        let described = described(operation, access, &mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(operation.method.as_str().to_lowercase(), described);
        }
    }
    let tags = operations.list.iter().map(|operation| operation.about);
    let mut seen = HashSet::new();
    let tags: Vec<_> = tags
        .filter(|name| seen.insert(*name))
        .map(|name| json!({ "name": name }))
        .collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "9Router",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": responses(),
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "auth_token" },
                "key": {
                    "type": "http", "scheme": "bearer",
                    "description": "A key of this router; also as `x-api-key`, `x-goog-api-key` or `?key=`.",
                },
            },
        },
    })
}

fn described(
    operation: &Operation,
    access: Option<Access>,
    generator: &mut SchemaGenerator,
) -> Value {
    let mut parameters: Vec<Value> = path_parameters(operation.path)
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    let has_path_parameters = !parameters.is_empty();
    parameters.extend(operation.query.iter().map(|parameter| {
        json!({
            "name": parameter.name, "in": "query", "description": parameter.meaning,
            "schema": parameter.shape.schema(generator),
        })
    }));
    let answer = json!({
        "description": "Done",
        "content": { operation.media_type: { "schema": operation.answer.schema(generator) } },
    });
    let mut responses = Map::from_iter([(operation.status.to_string(), answer)]);
    let mut refuses = |status: &str, name: &str| {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        responses.insert(status.to_owned(), reference);
    };
    refuses("default", "Failed");
    if operation.body.is_some() || !operation.query.is_empty() {
        refuses("400", "Invalid");
    }
    if has_path_parameters {
        refuses("404", "NotFound");
    }
    let security = match access {
        Some(Access::Session) => {
            refuses("401", "Unauthenticated");
            json!([{ "session": [] }])
        }
        Some(Access::Admin) => {
            refuses("401", "Unauthenticated");
            refuses("403", "Forbidden");
            json!([{ "session": [] }])
        }
        Some(Access::ClientKey) => {
            refuses("401", "Unauthenticated");
            json!([{ "key": [] }])
        }
        Some(Access::Public | Access::Monitor) | None => json!([]),
    };
    let mut described = json!({
        "operationId": operation_id(operation),
        "tags": [operation.about],
        "summary": operation.summary,
        "security": security,
        "responses": responses,
    });
    if access == Some(Access::Admin) {
        described["description"] = json!("Administrators only.");
    }
    if !parameters.is_empty() {
        described["parameters"] = json!(parameters);
    }
    if let Some(body) = &operation.body {
        let content = json!({ "application/json": { "schema": body.schema(generator) } });
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    described
}

/// `put_providers_id` for `PUT /api/providers/{id}`.
fn operation_id(operation: &Operation) -> String {
    let path = operation.path.trim_start_matches("/api/");
    let words = path
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let method = operation.method.as_str().to_lowercase();
    std::iter::once(method.as_str())
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| name.trim_start_matches('*'))
}

fn responses() -> Value {
    let refused = |description: &str| {
        let error = json!({
            "type": "object",
            "properties": { "error": { "type": "string" } },
            "required": ["error"],
        });
        json!({ "description": description, "content": { "application/json": { "schema": error } } })
    };
    json!({
        "Invalid": refused("The request says something that cannot be."),
        "Unauthenticated": refused("Sign in first, or show a key."),
        "Forbidden": refused("This needs an administrator, or comes from another site."),
        "NotFound": refused("There is none, or it is not yours."),
        "Failed": refused("It could not be done; the message says why."),
    })
}

/// Rust's widths of numbers are no formats of OpenAPI.
fn without_numbers(schema: &mut schemars::Schema) {
    let format = schema.get("format").and_then(Value::as_str);
    let is_width = format.is_some_and(|format| format.starts_with("uint"));
    if is_width {
        schema.remove("format");
    }
}
