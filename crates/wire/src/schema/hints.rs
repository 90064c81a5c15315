//! What a schema loses, in words for its description.

use crate::json::{Json, Object};

/// Keywords that a Gemini schema of any form lacks, and which are worth telling.
const LOST: [&str; 9] = [
    "minLength",
    "maxLength",
    "pattern",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "default",
    "minProperties",
    "maxProperties",
];

/// And those that only `Schema` lacks.
const LOST_IN_PROTO: [&str; 3] = ["minItems", "maxItems", "uniqueItems"];

#[derive(Debug, Default)]
pub(super) struct Hints(Vec<String>);

impl Hints {
    pub(super) fn add(&mut self, hint: String) {
        if !self.0.contains(&hint) {
            self.0.push(hint);
        }
    }

    /// `Allowed: 1, 2`.
    pub(super) fn add_list(&mut self, what: &str, items: &[String], separator: &str) {
        self.add(format!("{what}: {}", items.join(separator)));
    }

    pub(super) fn add_lost(&mut self, node: &Object, is_proto: bool) {
        let lost = LOST.iter().chain(LOST_IN_PROTO.iter().filter(|_| is_proto));
        for key in lost {
            if let Some(value) = node.get(key).filter(|value| is_scalar(value)) {
                self.add(format!("{key}: {}", plain(value)));
            }
        }
        let is_closed = node.get("additionalProperties").and_then(Json::as_bool) == Some(false);
        if is_closed && is_proto {
            self.add("No extra properties allowed".to_owned());
        }
    }

    /// `description (hint; hint)`. A hint that stands there already is not repeated.
    pub(super) fn into_description(self, description: Option<&str>) -> Option<String> {
        let description = description.unwrap_or_default();
        let hints: Vec<String> = self
            .0
            .into_iter()
            .filter(|hint| !description.contains(hint.as_str()))
            .collect();
        match (description.is_empty(), hints.is_empty()) {
            (true, true) => None,
            (false, true) => Some(description.to_owned()),
            (true, false) => Some(hints.join("; ")),
            (false, false) => Some(format!("{description} ({})", hints.join("; "))),
        }
    }
}

/// A value as a person would write it: strings without quotes.
pub(super) fn plain(value: &Json) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_text(),
    }
}

fn is_scalar(value: &Json) -> bool {
    matches!(value, Json::Bool(_) | Json::Number(_) | Json::String(_))
}
