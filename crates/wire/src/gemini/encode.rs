//! A request for Gemini: its conversation, and what stands around it.

use crate::dialect::Dialect;
use crate::error::WireError;
use crate::gemini::encode_parts::Parts;
use crate::gemini::{encode_config, encode_tools};
use crate::ir::content::{At, Content, flat_text};
use crate::ir::note::Notes;
use crate::ir::request::{Param, Request, Role};
use crate::ir::target::{Restore, Target};
use crate::ir::tools::Names;
use crate::json::{Json, Object};

/// How many stop sequences Gemini takes.
pub(super) const MOST_STOPS: usize = 5;

/// What a user says where Gemini wants one to speak and the client's user did not.
const GO_ON: &str = "Continue.";

pub(super) fn document<'a>(
    request: &'a Request,
    names: &'a Names,
    target: &'a Target,
    notes: &mut Notes,
) -> Result<Object<'a>, WireError> {
    let mut document = Object::new();
    document.push("contents", contents(request, names, target, notes)?);
    let system = system(request, notes);
    if !system.is_empty() {
        document.push("systemInstruction", crate::object! { "parts" => system });
    }
    let tools = encode_tools::tools(request, names, target, notes)?;
    if !tools.list.is_empty() {
        document.push("tools", tools.list);
    }
    document.push_some(
        "toolConfig",
        encode_tools::config(request, names, tools.has_functions, notes),
    );
    let config = encode_config::config(request, target, tools.has_functions, notes)?;
    if !config.is_empty() {
        document.push("generationConfig", config);
    }
    note_the_rest(request, notes);
    Ok(document)
}

pub(super) fn restore(request: &Request, names: &Names) -> Restore {
    let stop = encode_config::stops(request);
    Restore {
        tools: names.renamed(),
        output_tool: None,
        // The router looks for those that do not fit into the request.
        stop: stop.get(MOST_STOPS..).unwrap_or_default().to_vec(),
    }
}

/// System turns at the very start belong to the instruction.
fn leading_system(request: &Request) -> usize {
    request
        .turns
        .iter()
        .take_while(|turn| turn.role == Role::System)
        .count()
}

fn system<'a>(request: &'a Request, notes: &mut Notes) -> Vec<Object<'a>> {
    let leading = request.turns.iter().take(leading_system(request));
    let blocks = request
        .system
        .iter()
        .chain(leading.flat_map(|turn| &turn.blocks));
    let mut parts = Vec::new();
    for block in blocks {
        let text = match &block.content {
            Content::Text(text) => Json::from(&text.text),
            _ => Json::from(flat_text(std::slice::from_ref(block))),
        };
        if text.as_str().is_some_and(|text| !text.is_empty()) {
            parts.push(crate::object! { "text" => text });
        } else if !matches!(block.content, Content::Text(_)) {
            notes.add("system", "dropped: Gemini's instruction is text only");
        }
    }
    parts
}

fn contents<'a>(
    request: &'a Request,
    names: &'a Names,
    target: &Target,
    notes: &mut Notes,
) -> Result<Vec<Object<'a>>, WireError> {
    let mut contents: Vec<(Role, Vec<Object<'a>>)> = Vec::new();
    let mut parts = Parts::new(request, names, target);
    for turn in request.turns.iter().skip(leading_system(request)) {
        let role = match turn.role {
            Role::User | Role::System => Role::User,
            Role::Assistant => Role::Assistant,
        };
        let is_same = contents.last().is_some_and(|(last, _)| *last == role);
        if !is_same {
            close(&mut contents, &mut parts);
            contents.push((role, Vec::new()));
        }
        parts.turn(turn, notes)?;
    }
    close(&mut contents, &mut parts);
    contents.retain(|(_, parts)| !parts.is_empty());

    let mut merged: Vec<(Role, Vec<Object<'a>>)> = Vec::with_capacity(contents.len());
    for (role, mut parts) in contents {
        match merged.last_mut() {
            Some((last, list)) if *last == role => list.append(&mut parts),
            _ => merged.push((role, parts)),
        }
    }
    let user = |text: &'static str| (Role::User, vec![crate::object! { "text" => text }]);
    if merged
        .first()
        .is_none_or(|(role, _)| *role == Role::Assistant)
    {
        merged.insert(0, user(GO_ON));
    }
    if merged
        .last()
        .is_some_and(|(role, _)| *role == Role::Assistant)
    {
        let at = request.turns.last().map_or(At::default(), |turn| turn.at);
        notes.add(
            request.path(at),
            "approximated: Gemini continues no answer that was begun for it, so it is asked to",
        );
        merged.push(user(GO_ON));
    }
    Ok(merged
        .into_iter()
        .map(|(role, parts)| {
            let role = match role {
                Role::Assistant => "model",
                Role::User | Role::System => "user",
            };
            crate::object! { "role" => role, "parts" => parts }
        })
        .collect())
}

fn close<'a>(contents: &mut [(Role, Vec<Object<'a>>)], parts: &mut Parts<'a>) {
    if let Some((_, list)) = contents.last_mut() {
        list.append(&mut parts.take());
    }
}

/// Parameters that Gemini lacks and whose loss may surprise.
fn note_the_rest(request: &Request, notes: &mut Notes) {
    let lost = [
        (
            Param::ServiceTier,
            request
                .service_tier
                .as_deref()
                .is_some_and(|tier| tier != "auto"),
        ),
        (Param::Verbosity, request.verbosity.is_some()),
        (Param::Metadata, !request.metadata.is_empty()),
        (
            Param::ParallelToolCalls,
            request.parallel_tool_calls == Some(false),
        ),
        (Param::LogitBias, request.sampling.logit_bias.is_some()),
        (Param::MinP, request.sampling.min_p.is_some()),
    ];
    for (param, is_lost) in lost {
        if is_lost {
            notes.add(
                request.param_path(param),
                "dropped: Gemini has no such parameter",
            );
        }
    }
}

/// Whether schemas go out in the form of Gemini's own `Schema`.
pub(super) fn wants_proto_schemas(target: &Target) -> bool {
    target.dialect == Dialect::Antigravity
}
