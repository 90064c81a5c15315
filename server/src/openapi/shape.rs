//! What JSON looks like: the shape of a type, or an object around such shapes.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Becomes a schema when the document is written; types then go into its components, once each.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Of(fn(&mut SchemaGenerator) -> Schema),
    List(Box<Self>),
    Map(Box<Self>),
    /// An object with all of these fields.
    Object(Vec<(&'static str, Self)>),
    OrNull(Box<Self>),
    Any,
}

/// As serde reads and writes `T`.
pub(crate) fn of<T: JsonSchema>() -> Shape {
    Shape::Of(SchemaGenerator::subschema_for::<T>)
}

/// Several of `T`.
pub(crate) fn many<T: JsonSchema>() -> Shape {
    several(of::<T>())
}

/// Several of this shape.
pub(crate) fn several(of: Shape) -> Shape {
    Shape::List(Box::new(of))
}

/// An object whose fields are names of the user's, and whose values are all alike.
pub(crate) fn map(of: Shape) -> Shape {
    Shape::Map(Box::new(of))
}

/// What handlers write with `json!({ … })`.
pub(crate) fn object<const N: usize>(fields: [(&'static str, Shape); N]) -> Shape {
    Shape::Object(fields.into())
}

pub(crate) fn or_null(shape: Shape) -> Shape {
    Shape::OrNull(Box::new(shape))
}

/// Not described here: the summary says where it is.
pub(crate) fn any() -> Shape {
    Shape::Any
}

impl Shape {
    pub(super) fn schema(&self, generator: &mut SchemaGenerator) -> Value {
        match self {
            Self::Of(schema) => schema(generator).to_value(),
            Self::List(of) => json!({ "type": "array", "items": of.schema(generator) }),
            Self::Map(of) => {
                json!({ "type": "object", "additionalProperties": of.schema(generator) })
            }
            Self::Object(fields) => {
                let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
                let properties: Map<_, _> = fields
                    .iter()
                    .map(|(name, shape)| ((*name).to_owned(), shape.schema(generator)))
                    .collect();
                json!({ "type": "object", "properties": properties, "required": names })
            }
            Self::OrNull(of) => json!({ "anyOf": [of.schema(generator), { "type": "null" }] }),
            Self::Any => json!({}),
        }
    }
}
