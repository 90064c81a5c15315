//! What the model did by itself: its reasoning, and the tools that OpenAI ran for it.

use crate::ir::content::{Citation, Hosted, HostedResult, HostedUse, Thinking};
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};
use crate::openai_responses::write::REDACTED;

use super::calls::id;

/// The summary, or the whole text where the model gives it.
pub(super) fn reasoning(mut item: Object<'_>) -> Option<Thinking> {
    let mut texts = |key| {
        let parts = item
            .take(key)
            .and_then(Json::into_array)
            .unwrap_or_default();
        let texts: Vec<String> = parts
            .into_iter()
            .filter_map(|part| part.into_object()?.take("text")?.into_string())
            .filter(|text| !text.is_empty())
            .collect();
        texts.join("\n\n")
    };
    let summary = texts("summary");
    let text = if summary.is_empty() {
        texts("content")
    } else {
        summary
    };
    let encrypted = item.take("encrypted_content").and_then(Json::into_string);
    let mut proof = encrypted.and_then(|text| Proof::from_slot(Issuer::Openai, &text));
    let mut is_redacted = false;
    if let Some(proof) = &mut proof
        && let Some(data) = proof.data.strip_prefix(REDACTED)
    {
        proof.data = data.to_owned();
        is_redacted = true;
    }
    (proof.is_some() || !text.is_empty()).then_some(Thinking {
        text,
        proof,
        is_redacted,
    })
}

/// A tool that OpenAI ran, if somebody else has one of its kind.
pub(crate) fn hosted(
    kind: &str,
    mut item: Object<'_>,
) -> Option<(HostedUse, Option<HostedResult>)> {
    let id = id(&mut item, &["id"]);
    let (tool, input, sources) = match kind {
        "web_search_call" => {
            let mut action = match item.take("action") {
                Some(Json::Object(action)) => action,
                Some(_) | None => Object::new(),
            };
            let sources = action.take("sources").and_then(Json::into_array);
            action.retain(|key, _| key != "type");
            (Hosted::WebSearch, action, sources.unwrap_or_default())
        }
        "file_search_call" => {
            let mut input = Object::new();
            input.push_some("queries", item.take("queries"));
            (Hosted::FileSearch, input, Vec::new())
        }
        "code_interpreter_call" => {
            let mut input = Object::new();
            input.push_some("code", item.take("code"));
            (Hosted::CodeExecution, input, Vec::new())
        }
        _ => return None,
    };
    let sources: Vec<Citation> = sources.into_iter().filter_map(source).collect();
    let result = (!sources.is_empty()).then(|| HostedResult {
        id: id.clone(),
        tool: tool.clone(),
        sources,
    });
    let call = HostedUse {
        id,
        tool,
        input: Json::from(input).to_text(),
    };
    Some((call, result))
}

fn source(source: Json<'_>) -> Option<Citation> {
    let mut source = source.into_object()?;
    Some(Citation {
        url: Some(source.take("url")?.into_string()?),
        title: source.take("title").and_then(Json::into_string),
        ..Citation::default()
    })
}
