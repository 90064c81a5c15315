//! Addresses with `{names}` in them.
//!
//! `{name}` is what the account gives, or the part's default. `{name-}` is the same with a dash behind it, and nothing
//! where it is the default: Google's regions stand before the name of a host that has none for the world.

use crate::parts::{Given, Part, PartKind};

/// What the names of a model stand for, which is filled in with each request.
const MODEL: &str = "model";

/// The names in a template, without their braces and dashes.
pub(super) fn names(template: &str) -> impl Iterator<Item = &str> {
    let pieces = template.split('{').skip(1);
    pieces.filter_map(|piece| Some(piece.split_once('}')?.0.trim_end_matches('-')))
}

/// The template with everything filled in but the model.
pub(super) fn fill(template: &str, parts: &[Part], given: &Given) -> String {
    parts.iter().fold(template.to_owned(), |text, part| {
        let default = part.default.as_deref().unwrap_or_default();
        let value = given.get(&part.name).map_or(default, String::as_str);
        let before = match value == default {
            true => String::new(),
            false => format!("{value}-"),
        };
        text.replace(&format!("{{{}-}}", part.name), &before)
            .replace(&format!("{{{}}}", part.name), value)
    })
}

/// Whether a template can only ever lead to hosts of the vendor's, or to where an account says in so many words.
pub(crate) fn check(template: &str, parts: &[Part]) -> Result<(), String> {
    let kind = |name: &str| {
        let part = parts.iter().find(|part| part.name == name);
        part.map(|part| part.kind)
    };
    for name in names(template) {
        if name != MODEL && kind(name).is_none() {
            return Err(format!("the address names `{name}`, which is no part"));
        }
    }
    let (host, path) = match template.strip_prefix("https://") {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => {
            let (first, path) = template
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'))
                .ok_or_else(|| format!("expected an https address, found `{template}`"))?;
            if !matches!(kind(first), Some(PartKind::Origin | PartKind::BaseUrl)) {
                return Err(format!("`{first}` is no address to begin with"));
            }
            ("", path)
        }
    };
    let behind = host.rsplit('}').next().unwrap_or(host);
    if names(host).any(|name| kind(name) != Some(PartKind::Label))
        || host.contains('{') && !behind.contains('.')
    {
        return Err(format!("`{host}` could be anybody's host"));
    }
    let stays = |name: &str| {
        name == MODEL || matches!(kind(name), Some(PartKind::Segment | PartKind::Label))
    };
    match names(path).find(|name| !stays(name)) {
        Some(name) => Err(format!("`{name}` could be more than a segment")),
        None => Ok(()),
    }
}
