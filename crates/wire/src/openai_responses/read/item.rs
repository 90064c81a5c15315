//! One item of the output and its parts, as blocks.

use crate::ir::content::TokenLogprob;
use crate::ir::event::{Delta, Event, ToolOpening};
use crate::json::{Json, Object};

#[derive(Debug)]
pub(super) struct Item {
    pub(super) output_index: Option<u64>,
    pub(super) id: Option<String>,
    pub(super) kind: Kind,
    pub(super) is_done: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Message(Vec<Part>),
    /// The block, and the part of the summary or the text that came last.
    Reasoning {
        index: u32,
        last: Option<(&'static str, u64)>,
    },
    /// The block; `None` until the tool's name is known.
    Call {
        index: Option<u32>,
        has_input: bool,
    },
    /// Read when it is whole, or not at all.
    Other,
}

#[derive(Debug)]
pub(super) struct Part {
    pub(super) content_index: u64,
    pub(super) index: u32,
    pub(super) has_text: bool,
    pub(super) has_logprobs: bool,
    pub(super) has_citations: bool,
    pub(super) is_stopped: bool,
}

impl Item {
    pub(super) fn think(
        &mut self,
        part: (&'static str, u64),
        text: &str,
        is_done: bool,
        out: &mut Vec<Event>,
    ) {
        let Kind::Reasoning { index, last } = &mut self.kind else {
            return;
        };
        // The end of a part repeats it.
        if self.is_done || text.is_empty() || is_done && *last == Some(part) {
            return;
        }
        let begins = last.is_some_and(|last| last != part);
        *last = Some(part);
        let text = if begins {
            format!("\n\n{text}")
        } else {
            text.to_owned()
        };
        out.push(delta(*index, Delta::Thinking(text)));
    }

    pub(super) fn input(&mut self, input: Json<'_>, is_done: bool, out: &mut Vec<Event>) {
        let Kind::Call {
            index: Some(index),
            has_input,
        } = &mut self.kind
        else {
            return;
        };
        if self.is_done || is_done && *has_input {
            return;
        }
        let text = match input {
            Json::String(text) => text.into_owned(),
            other => other.to_text(),
        };
        if !text.is_empty() {
            *has_input = true;
            out.push(delta(*index, Delta::Input(text)));
        }
    }

    pub(super) fn stop(&mut self, out: &mut Vec<Event>) {
        if std::mem::replace(&mut self.is_done, true) {
            return;
        }
        match &mut self.kind {
            Kind::Message(parts) => {
                for part in parts {
                    part.stop(out);
                }
            }
            Kind::Reasoning { index, .. }
            | Kind::Call {
                index: Some(index), ..
            } => out.push(Event::BlockStop { index: *index }),
            Kind::Call { index: None, .. } | Kind::Other => {}
        }
    }
}

impl Part {
    pub(super) fn text(&mut self, text: Option<Json<'_>>, is_done: bool, out: &mut Vec<Event>) {
        let text = text.and_then(Json::into_string).unwrap_or_default();
        if self.is_stopped || text.is_empty() || is_done && self.has_text {
            return;
        }
        self.has_text = true;
        out.push(delta(self.index, Delta::Text(text)));
    }

    pub(super) fn logprobs(
        &mut self,
        tokens: Option<Json<'_>>,
        is_done: bool,
        out: &mut Vec<Event>,
    ) {
        let tokens = tokens.and_then(Json::into_array).unwrap_or_default();
        let tokens: Vec<_> = tokens.into_iter().filter_map(logprob).collect();
        if !tokens.is_empty() && !(is_done && self.has_logprobs) {
            out.push(delta(self.index, Delta::Logprobs(tokens)));
            self.has_logprobs = true;
        }
    }

    pub(super) fn stop(&mut self, out: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.is_stopped, true) {
            out.push(Event::BlockStop { index: self.index });
        }
    }
}

pub(super) fn delta(index: u32, delta: Delta) -> Event {
    Event::BlockDelta { index, delta }
}

pub(super) fn text_of(object: &Object<'_>, key: &str) -> Option<String> {
    let text = object.get(key).and_then(Json::as_str)?;
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn tool(item: &Object<'_>) -> Option<ToolOpening> {
    Some(ToolOpening {
        id: text_of(item, "call_id").or_else(|| text_of(item, "id")),
        name: text_of(item, "name")?,
        namespace: text_of(item, "namespace"),
        is_custom: item.get("type").and_then(Json::as_str) == Some("custom_tool_call"),
    })
}

/// The summary of a reasoning item, or its text where there is none.
pub(super) fn thoughts(item: &mut Object<'_>) -> Vec<String> {
    let mut texts = |key| -> Vec<String> {
        let parts = item.take(key).and_then(Json::into_array);
        parts
            .unwrap_or_default()
            .into_iter()
            .filter_map(|part| part.into_object()?.take("text")?.into_string())
            .collect()
    };
    let summary = texts("summary");
    if summary.is_empty() {
        texts("content")
    } else {
        summary
    }
}

fn logprob(token: Json<'_>) -> Option<TokenLogprob> {
    let mut token = token.into_object()?;
    let top = token.take("top_logprobs").and_then(Json::into_array);
    let bytes = token.take("bytes").and_then(Json::into_array);
    Some(TokenLogprob {
        token: token.take("token")?.into_string()?,
        logprob: token.take("logprob")?.as_f64()?,
        bytes: bytes.map(|bytes| {
            bytes
                .iter()
                .filter_map(|byte| u8::try_from(byte.as_u64()?).ok())
                .collect()
        }),
        top: top
            .unwrap_or_default()
            .into_iter()
            .filter_map(logprob)
            .collect(),
    })
}
