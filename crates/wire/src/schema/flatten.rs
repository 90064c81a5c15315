//! Makes one plain node of a node that refers to others or is composed of them.

use std::borrow::Cow;

use crate::json::{Json, Object};

/// References that are being followed, outermost first.
#[derive(Debug, Default)]
pub(super) struct Trail(Vec<String>);

/// How deep composition may nest; nobody writes this by hand.
const DEEPEST: usize = 32;

impl Trail {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets what was followed since the trail had this length.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// Takes off what was followed since the trail had this length.
    pub(super) fn split_off(&mut self, length: usize) -> Vec<String> {
        self.0.split_off(length.min(self.0.len()))
    }

    pub(super) fn extend(&mut self, followed: Vec<String>) {
        self.0.extend(followed);
    }
}

/// `node` with its `$ref`, `allOf` and conditions merged in; what it says itself goes first.
///
/// A reference to what is being followed already, or to nothing, becomes an object that names it.
pub(super) fn flatten(node: &Object, root: &Json, trail: &mut Trail) -> Object<'static> {
    flatten_within(node, root, trail, 0)
}

fn flatten_within(node: &Object, root: &Json, trail: &mut Trail, depth: usize) -> Object<'static> {
    let mut flat = Object::new();
    for (key, value) in node.iter() {
        if !matches!(key, "$ref" | "allOf" | "if" | "then" | "else") {
            flat.push(key.to_owned(), value.clone().into_owned());
        }
    }
    if depth >= DEEPEST {
        return flat;
    }
    if let Some(reference) = node.get("$ref").and_then(Json::as_str) {
        let target = resolve(root, reference)
            .and_then(Json::as_object)
            .filter(|_| !trail.0.iter().any(|followed| followed == reference));
        match target {
            Some(target) => {
                trail.0.push(reference.to_owned());
                let target = flatten_within(target, root, trail, depth + 1);
                merge(&mut flat, target, Required::Kept);
            }
            None => merge(&mut flat, named(reference), Required::Kept),
        }
    }
    for part in node
        .get("allOf")
        .and_then(Json::as_array)
        .unwrap_or_default()
    {
        if let Some(part) = part.as_object() {
            let part = flatten_within(part, root, trail, depth + 1);
            merge(&mut flat, part, Required::Kept);
        }
    }
    for branch in ["if", "then", "else"] {
        if let Some(branch) = node.get(branch).and_then(Json::as_object) {
            let mut branch = flatten_within(branch, root, trail, depth + 1);
            // A condition adds properties; what else it says holds only if it is met.
            branch.retain(|key, _| key == "properties");
            merge(&mut flat, branch, Required::Dropped);
        }
    }
    flat
}

/// Whether what a merged part requires is required of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Required {
    Kept,
    Dropped,
}

/// Adds what `flat` does not say yet.
pub(super) fn merge(flat: &mut Object<'static>, part: Object<'static>, required: Required) {
    for (key, value) in part {
        match (key.as_ref(), flat.get_mut(&key), value) {
            ("required", _, _) if required == Required::Dropped => {}
            ("required", Some(Json::Array(names)), Json::Array(more)) => {
                for name in more {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            ("properties", Some(Json::Object(properties)), Json::Object(more)) => {
                for (name, schema) in more {
                    if !properties.contains(&name) {
                        properties.push(name, schema);
                    }
                }
            }
            (_, Some(_), _) => {}
            (_, None, value) => {
                flat.push(key, value);
            }
        }
    }
}

fn named(reference: &str) -> Object<'static> {
    let name = reference.rsplit('/').next().unwrap_or_default();
    crate::object! { "type" => "object", "description" => format!("See: {name}") }
}

/// A JSON pointer inside of the document: <https://datatracker.ietf.org/doc/html/rfc6901>.
fn resolve<'a, 'b>(root: &'a Json<'b>, reference: &str) -> Option<&'a Json<'b>> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.is_empty() {
        return Some(root);
    }
    pointer
        .strip_prefix('/')?
        .split('/')
        .try_fold(root, |json, token| {
            let token: Cow<str> = if token.contains('~') {
                Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
            } else {
                Cow::Borrowed(token)
            };
            match json {
                Json::Array(items) => items.get(token.parse::<usize>().ok()?),
                json => json.get(&token),
            }
        })
}
