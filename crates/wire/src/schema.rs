//! JSON schemas between vendors that understand different parts of the language.
//!
//! Gemini takes schemas in two forms: `parameters`, a message of its own that resembles OpenAPI
//! (<https://ai.google.dev/api/caching#Schema>), and `parametersJsonSchema`, a part of JSON Schema
//! (<https://ai.google.dev/gemini-api/docs/structured-output#json_schema_support>).
//! What neither can express goes into the description, where the model still reads it.
//! Names of properties are never taken for keywords.

mod flatten;
mod from_gemini;
mod hints;
mod narrow;

use crate::json::Json;

/// What the target of a narrowed schema understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Gemini's own `Schema`.
    Proto,
    /// The part of JSON Schema that Gemini knows.
    JsonSchema,
}

/// For `parameters` and `responseSchema`.
pub fn to_gemini_parameters(schema: &Json) -> Json<'static> {
    narrow::root(schema, Form::Proto)
}

/// For `parametersJsonSchema` and `responseJsonSchema`.
pub fn to_gemini_json_schema(schema: &Json) -> Json<'static> {
    narrow::root(schema, Form::JsonSchema)
}

/// Gemini's `Schema` as JSON Schema: types in lower case, `nullable` as a type.
pub fn from_gemini(schema: &Json) -> Json<'static> {
    from_gemini::node(schema)
}

#[cfg(test)]
mod tests;
