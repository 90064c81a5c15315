//! From JSON Schema to what Gemini understands of it.

use std::borrow::Cow;

use crate::json::{Json, Object};
use crate::schema::Form;
use crate::schema::flatten::{Required, Trail, flatten, merge};
use crate::schema::hints::{Hints, plain};

/// References can multiply a schema; beyond this many nodes the rest is cut.
const MOST_NODES: usize = 4_000;

/// Nor may they nest it deeper than anybody reads.
const DEEPEST: usize = 24;

/// Formats of `Schema`; others are words of JSON Schema that it refuses.
const PROTO_FORMATS: [&str; 6] = ["date-time", "enum", "float", "double", "int32", "int64"];

pub(super) fn root(schema: &Json, form: Form) -> Json<'static> {
    let repaired = properties_alone(schema);
    let schema = repaired.as_ref().unwrap_or(schema);
    let mut narrower = Narrower {
        root: schema,
        form,
        trail: Trail::default(),
        nodes: 0,
        depth: 0,
    };
    Json::Object(narrower.node(schema))
}

/// Some clients give the map of properties where the schema belongs.
fn properties_alone(schema: &Json) -> Option<Json<'static>> {
    let fields = schema.as_object()?;
    let looks_like_properties = !fields.is_empty()
        && fields
            .iter()
            .all(|(key, value)| !key.starts_with('$') && value.get("type").is_some());
    let is_schema = ["properties", "items", "not", "if", "additionalProperties"]
        .iter()
        .any(|key| fields.contains(key));
    (looks_like_properties && !is_schema).then(|| {
        let properties = schema.clone().into_owned();
        Json::from(crate::object! { "type" => "object", "properties" => properties })
    })
}

struct Narrower<'a, 'b> {
    root: &'a Json<'b>,
    form: Form,
    trail: Trail,
    nodes: usize,
    depth: usize,
}

/// One of several schemas a value may meet.
struct Branch {
    node: Object<'static>,
    /// The references it came from.
    followed: Vec<String>,
}

impl Narrower<'_, '_> {
    fn node(&mut self, schema: &Json) -> Object<'static> {
        self.nodes += 1;
        let Some(fields) = schema.as_object() else {
            return self.anything();
        };
        if self.nodes > MOST_NODES || self.depth >= DEEPEST {
            return crate::object! { "type" => "object" };
        }
        let before = self.trail.len();
        let flat = flatten(fields, self.root, &mut self.trail);
        self.depth += 1;
        let narrowed = self.flat_node(flat);
        self.depth -= 1;
        self.trail.truncate(before);
        narrowed
    }

    /// What may hold any value.
    fn anything(&self) -> Object<'static> {
        match self.form {
            // A type must be given there.
            Form::Proto => crate::object! { "type" => "string" },
            Form::JsonSchema => Object::new(),
        }
    }

    fn flat_node(&mut self, mut node: Object<'static>) -> Object<'static> {
        let mut hints = Hints::default();
        let mut is_nullable = node.take("nullable").and_then(|value| value.as_bool()) == Some(true);
        let branches = self.choose_branch(&mut node, &mut hints, &mut is_nullable);
        let choices = self.choices(&mut node, &mut hints, &mut is_nullable);
        let kind = kind(&mut node, &mut hints, &mut is_nullable);
        hints.add_lost(&node, self.form == Form::Proto);

        let mut out = Object::new();
        let kind = kind
            .or_else(|| choices.as_ref().map(|_| "string".to_owned()))
            .or_else(|| node.contains("properties").then(|| "object".to_owned()))
            .or_else(|| {
                (node.contains("items") || node.contains("prefixItems")).then(|| "array".to_owned())
            })
            .or_else(|| (self.form == Form::Proto).then(|| "string".to_owned()));
        let kind = match choices {
            Some(_) => Some("string".to_owned()),
            None => kind.filter(|_| branches.is_none()),
        };
        out.push_some("type", kind.clone());
        if self.form == Form::JsonSchema {
            out.push_some(
                "title",
                node.take("title").filter(|title| title.as_str().is_some()),
            );
        }
        let format = self.format(&node, &mut hints);
        let description = node.get("description").and_then(Json::as_str);
        out.push_some("description", hints.into_description(description));
        out.push_some("format", format);
        if is_nullable && self.form == Form::Proto {
            out.push("nullable", true);
        }
        out.push_some("enum", choices);
        for bound in ["minimum", "maximum"] {
            out.push_some(bound, node.take(bound).filter(is_number));
        }
        if self.form == Form::JsonSchema {
            for bound in ["minItems", "maxItems"] {
                out.push_some(bound, node.take(bound).filter(is_number));
            }
        }
        self.properties(&mut node, &mut out);
        self.items(&mut node, kind.as_deref() == Some("array"), &mut out);
        out.push_some("anyOf", branches);
        out
    }

    /// Takes `anyOf` and `oneOf` out. What cannot be told as branches is merged into `node`.
    fn choose_branch(
        &mut self,
        node: &mut Object<'static>,
        hints: &mut Hints,
        is_nullable: &mut bool,
    ) -> Option<Json<'static>> {
        let branches = node.take_any(&["anyOf", "oneOf"])?.into_array()?;
        node.take("oneOf");
        let flat = self.flat_branches(&branches, is_nullable);
        if node.contains("properties") {
            // Variants of one object, such as "either of these is required".
            for mut branch in flat {
                branch.node.retain(|key, _| key == "properties");
                merge(node, branch.node, Required::Dropped);
            }
            return None;
        }
        if let Some(values) = one_of_constants(&flat) {
            node.set("enum", Json::Array(values));
            return None;
        }
        if flat.len() >= 2 && self.form == Form::JsonSchema {
            let branches = flat.into_iter().map(|branch| {
                let before = self.trail.len();
                self.trail.extend(branch.followed);
                self.depth += 1;
                let narrowed = self.flat_node(branch.node);
                self.depth -= 1;
                self.trail.truncate(before);
                narrowed
            });
            return Some(Json::from(branches.collect::<Vec<_>>()));
        }
        if flat.len() >= 2 {
            let kinds: Vec<String> = flat.iter().map(|branch| kind_word(&branch.node)).collect();
            hints.add_list("Accepts", &kinds, " | ");
        }
        let best = flat
            .into_iter()
            .enumerate()
            .max_by_key(|(index, branch)| (weight(&branch.node), std::cmp::Reverse(*index)));
        let (_, best) = best?;
        self.trail.extend(best.followed);
        merge(node, best.node, Required::Kept);
        // The branch may be composed itself.
        self.choose_branch(node, hints, is_nullable)
    }

    fn flat_branches(&mut self, branches: &[Json], is_nullable: &mut bool) -> Vec<Branch> {
        let mut flat = Vec::new();
        for branch in branches {
            self.nodes += 1;
            let Some(branch) = branch.as_object().filter(|_| self.nodes <= MOST_NODES) else {
                continue;
            };
            let before = self.trail.len();
            let node = flatten(branch, self.root, &mut self.trail);
            let followed = self.trail.split_off(before);
            if node.get("type").and_then(Json::as_str).is_some_and(is_null) {
                *is_nullable = true;
            } else {
                flat.push(Branch { node, followed });
            }
        }
        flat
    }

    /// The values of `enum` or `const`, all strings, if they can be told as such.
    fn choices(
        &self,
        node: &mut Object<'static>,
        hints: &mut Hints,
        is_nullable: &mut bool,
    ) -> Option<Json<'static>> {
        let constant = node.take("const").map(|value| vec![value]);
        let values = node.take("enum").and_then(Json::into_array).or(constant)?;
        *is_nullable |= values.iter().any(Json::is_null);
        let values: Vec<Json<'static>> = values
            .into_iter()
            .filter(|value| !value.is_null())
            .collect();
        let are_strings = values.iter().all(|value| value.as_str().is_some());
        let mut words: Vec<String> = values
            .iter()
            .map(plain)
            .filter(|word| !word.is_empty())
            .collect();
        words.dedup();
        if words.is_empty() {
            return None;
        }
        if self.form == Form::JsonSchema && !are_strings {
            // As strings the client's tool would refuse them.
            hints.add_list("Allowed", &words, ", ");
            if !node.contains("type") {
                node.push_some("type", values.first().and_then(kind_of));
            }
            return None;
        }
        Some(Json::Array(words.into_iter().map(Json::from).collect()))
    }

    fn format(&self, node: &Object<'static>, hints: &mut Hints) -> Option<String> {
        let format = node.get("format")?.as_str()?;
        if self.form == Form::JsonSchema || PROTO_FORMATS.contains(&format) {
            return Some(format.to_owned());
        }
        hints.add(format!("format: {format}"));
        None
    }

    fn properties(&mut self, node: &mut Object<'static>, out: &mut Object<'static>) {
        let extra = node.take("additionalProperties");
        let required = node
            .take("required")
            .and_then(Json::into_array)
            .unwrap_or_default();
        if let Some(properties) = node.take("properties").and_then(Json::into_object) {
            let mut names: Vec<Json<'static>> = required
                .into_iter()
                .filter(|name| name.as_str().is_some_and(|name| properties.contains(name)))
                .collect();
            names.dedup();
            for (name, schema) in properties.iter() {
                // JSON Schema's third draft said it of the property.
                let is_required = schema.get("required").and_then(Json::as_bool) == Some(true);
                if is_required && !names.iter().any(|known| known.as_str() == Some(name)) {
                    names.push(Json::from(name.to_owned()));
                }
            }
            let narrowed: Object<'static> = properties
                .iter()
                .map(|(name, schema)| {
                    (Cow::Owned(name.to_owned()), Json::Object(self.node(schema)))
                })
                .collect();
            out.push("properties", narrowed);
            if !names.is_empty() {
                out.push("required", Json::Array(names));
            }
        }
        if self.form == Form::JsonSchema {
            match extra {
                Some(Json::Bool(value)) => {
                    out.push("additionalProperties", value);
                }
                Some(schema @ Json::Object(_)) => {
                    let schema = self.node(&schema);
                    out.push("additionalProperties", schema);
                }
                _ => {}
            }
        }
    }

    fn items(&mut self, node: &mut Object<'static>, is_array: bool, out: &mut Object<'static>) {
        let tuple = node.take("prefixItems").and_then(Json::into_array);
        let items = match node.take("items") {
            Some(Json::Array(tuple)) => tuple.into_iter().next(),
            Some(items @ Json::Object(_)) => Some(items),
            _ => None,
        };
        if !is_array {
            return;
        }
        match (tuple, self.form) {
            (Some(tuple), Form::JsonSchema) => {
                let tuple: Vec<Object> = tuple.iter().map(|item| self.node(item)).collect();
                out.push("prefixItems", tuple);
                if let Some(items) = items {
                    out.push("items", self.node(&items));
                }
            }
            (tuple, _) => {
                let items = items.or_else(|| tuple?.into_iter().next());
                let items = match items {
                    Some(items) => self.node(&items),
                    None => self.anything(),
                };
                out.push("items", items);
            }
        }
    }
}

/// The type in lower case; of a list the first that is not null.
fn kind(node: &mut Object<'static>, hints: &mut Hints, is_nullable: &mut bool) -> Option<String> {
    match node.take("type")? {
        Json::String(name) if is_null(&name) => {
            *is_nullable = true;
            None
        }
        Json::String(name) => known_kind(&name),
        Json::Array(names) => {
            *is_nullable |= names.iter().filter_map(Json::as_str).any(is_null);
            let kinds: Vec<String> = names
                .iter()
                .filter_map(Json::as_str)
                .filter_map(known_kind)
                .collect();
            if kinds.len() > 1 {
                hints.add_list("Accepts", &kinds, " | ");
            }
            kinds.into_iter().next()
        }
        _ => None,
    }
}

fn known_kind(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let is_known = ["string", "number", "integer", "boolean", "array", "object"].contains(&&*name);
    is_known.then_some(name)
}

fn is_null(name: &str) -> bool {
    name.eq_ignore_ascii_case("null")
}

fn is_number(value: &Json) -> bool {
    matches!(value, Json::Number(_))
}

fn kind_of(value: &Json) -> Option<&'static str> {
    match value {
        Json::Bool(_) => Some("boolean"),
        Json::Number(number) if number.is_f64() => Some("number"),
        Json::Number(_) => Some("integer"),
        Json::Array(_) => Some("array"),
        Json::Object(_) => Some("object"),
        Json::Null | Json::String(_) | Json::Raw(_) => None,
    }
}

/// The values, if each branch allows just one.
fn one_of_constants(branches: &[Branch]) -> Option<Vec<Json<'static>>> {
    let values: Option<Vec<Json<'static>>> = branches
        .iter()
        .map(|branch| branch.node.get("const").cloned())
        .collect();
    values.filter(|values| !values.is_empty())
}

fn kind_word(branch: &Object<'static>) -> String {
    match branch.get("type") {
        Some(Json::String(name)) => name.to_ascii_lowercase(),
        Some(Json::Array(names)) => names
            .iter()
            .filter_map(Json::as_str)
            .map(str::to_ascii_lowercase)
            .collect::<Vec<_>>()
            .join(" | "),
        _ if branch.contains("properties") => "object".to_owned(),
        _ if branch.contains("items") => "array".to_owned(),
        _ if branch.contains("enum") || branch.contains("const") => "string".to_owned(),
        _ => "any".to_owned(),
    }
}

/// The branch that says most is the best to keep.
fn weight(branch: &Object<'static>) -> u8 {
    match kind_word(branch).as_str() {
        "object" => 3,
        "array" => 2,
        "any" => 0,
        _ => 1,
    }
}
