//! A call whose arguments come in pieces, each with the path it belongs to:
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc>.
//!
//! We never ask for this, but a client's own options may. The call is given out when it is whole.

use crate::json::{Json, Object};

/// A list is not grown beyond this.
const LONGEST: usize = 10_000;
/// Nor is a path followed deeper.
const DEEPEST: usize = 64;

#[derive(Debug)]
pub(super) struct PartialCall {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) signature: Option<String>,
    args: Json<'static>,
}

impl PartialCall {
    pub(super) fn new(name: String, id: Option<String>) -> Self {
        Self {
            name,
            id,
            signature: None,
            args: Json::Object(Object::new()),
        }
    }

    pub(super) fn arguments(&self) -> String {
        self.args.to_text()
    }

    pub(super) fn add(&mut self, pieces: &[Json]) {
        for piece in pieces {
            let path = piece.get("jsonPath").and_then(Json::as_str);
            let value = ["stringValue", "numberValue", "boolValue"]
                .into_iter()
                .find_map(|key| piece.get(key))
                .cloned()
                .map_or(Json::Null, Json::into_owned);
            let steps = path.map(steps).unwrap_or_default();
            if !steps.is_empty() && steps.len() <= DEEPEST {
                place(&mut self.args, &steps, value);
            }
        }
    }
}

enum Step {
    Field(String),
    Item(usize),
}

/// `$.a.b[0]['c']` as its steps.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((inside, behind)) = inner.split_once(']') else {
                return Vec::new();
            };
            steps.push(match inside.parse() {
                Ok(index) => Step::Item(index),
                Err(_) => Step::Field(inside.trim_matches(['\'', '"']).to_owned()),
            });
            rest = behind;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, behind) = rest.split_at(end);
            if name.is_empty() {
                return Vec::new();
            }
            steps.push(Step::Field(name.to_owned()));
            rest = behind;
        }
    }
    steps
}

fn place(json: &mut Json<'static>, steps: &[Step], value: Json<'static>) {
    let Some((step, rest)) = steps.split_first() else {
        match (json, value) {
            // Long strings come in several pieces.
            (Json::String(text), Json::String(more)) => text.to_mut().push_str(&more),
            (json, value) => *json = value,
        }
        return;
    };
    match step {
        Step::Field(name) => {
            if json.as_object().is_none() {
                *json = Json::Object(Object::new());
            }
            let Some(object) = json.as_object_mut() else {
                return;
            };
            if !object.contains(name) {
                object.push(name.clone(), Json::Null);
            }
            if let Some(field) = object.get_mut(name) {
                place(field, rest, value);
            }
        }
        Step::Item(index) => {
            if json.as_array().is_none() {
                *json = Json::Array(Vec::new());
            }
            let Json::Array(items) = json else { return };
            if *index >= items.len() && *index < LONGEST {
                items.resize_with(*index + 1, || Json::Null);
            }
            if let Some(item) = items.get_mut(*index) {
                place(item, rest, value);
            }
        }
    }
}
