//! One item of the output, from its first event to its last.

use crate::ir::content::{Citation, HostedUse, Media};
use crate::ir::event::{Delta, ToolOpening};
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};
use crate::object;

use super::REDACTED;
use super::parts::{action, annotation, token};

/// An event without what all events of an item have in common.
pub(super) type Events<'a> = Vec<(&'static str, Object<'a>)>;

#[derive(Debug)]
pub(super) struct Item {
    id: String,
    /// Text, a summary, or a call's input.
    text: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Message {
        annotations: Vec<Json<'static>>,
        logprobs: Vec<Json<'static>>,
    },
    Refusal,
    Reasoning {
        encrypted: Option<String>,
        is_redacted: bool,
    },
    Call(ToolOpening),
    Image {
        data: String,
        format: &'static str,
    },
    Search {
        action: Json<'static>,
    },
}

impl Item {
    fn new(id: String, kind: Kind) -> Self {
        Self {
            id,
            text: String::new(),
            kind,
        }
    }

    pub(super) fn message(id: &str) -> Self {
        let kind = Kind::Message {
            annotations: Vec::new(),
            logprobs: Vec::new(),
        };
        Self::new(format!("msg_{id}"), kind)
    }

    pub(super) fn refusal(id: &str) -> Self {
        Self::new(format!("msg_{id}"), Kind::Refusal)
    }

    pub(super) fn reasoning(id: &str, is_redacted: bool) -> Self {
        let kind = Kind::Reasoning {
            encrypted: None,
            is_redacted,
        };
        Self::new(format!("rs_{id}"), kind)
    }

    pub(super) fn call(id: &str, tool: ToolOpening) -> Self {
        let prefix = if tool.is_custom { "ctc" } else { "fc" };
        Self::new(format!("{prefix}_{id}"), Kind::Call(tool))
    }

    pub(super) fn image(id: &str, data: String, media: &Media) -> Self {
        let format = match media.media_type.as_deref() {
            Some("image/jpeg" | "image/jpg") => "jpeg",
            Some("image/webp") => "webp",
            Some(_) | None => "png",
        };
        Self::new(format!("ig_{id}"), Kind::Image { data, format })
    }

    pub(super) fn search(id: &str, call: &HostedUse, sources: &[Citation]) -> Self {
        let action = action(call, sources).into_owned().into();
        Self::new(format!("ws_{id}"), Kind::Search { action })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The item as it is announced.
    pub(super) fn added(&self) -> Object<'_> {
        self.written("in_progress", false)
    }

    /// The item as a whole.
    pub(super) fn done(&self) -> Object<'_> {
        self.written("completed", true)
    }

    fn written(&self, status: &'static str, is_whole: bool) -> Object<'_> {
        match &self.kind {
            Kind::Message { .. } | Kind::Refusal => {
                let content = if is_whole {
                    vec![Json::from(self.part(true))]
                } else {
                    Vec::new()
                };
                object! {
                    "id" => &self.id,
                    "type" => "message",
                    "status" => status,
                    "role" => "assistant",
                    "content" => content,
                }
            }
            Kind::Reasoning { encrypted, .. } => {
                let summary = if self.text.is_empty() {
                    Vec::new()
                } else {
                    vec![Json::from(self.part(true))]
                };
                let mut item = object! {
                    "id" => &self.id,
                    "type" => "reasoning",
                    "summary" => summary,
                };
                item.push_some("encrypted_content", encrypted.as_ref());
                item
            }
            Kind::Call(tool) => {
                let (kind, key) = call_words(tool);
                let mut item = object! {
                    "id" => &self.id,
                    "type" => kind,
                    "status" => status,
                    "call_id" => tool.id.as_deref().unwrap_or_default(),
                    "name" => &tool.name,
                };
                item.push_some("namespace", tool.namespace.as_ref());
                item.push(key, &self.text);
                item
            }
            Kind::Image { data, format } => {
                let mut item = object! {
                    "id" => &self.id,
                    "type" => "image_generation_call",
                    "status" => status,
                };
                if is_whole {
                    item.push("output_format", *format);
                    item.push("result", data);
                } else {
                    item.push("result", Json::Null);
                }
                item
            }
            Kind::Search { action } => object! {
                "id" => &self.id,
                "type" => "web_search_call",
                "status" => status,
                "action" => action.clone(),
            },
        }
    }

    /// The one part of a message or a summary.
    fn part(&self, is_whole: bool) -> Object<'_> {
        let text = if is_whole { &*self.text } else { "" };
        match &self.kind {
            Kind::Refusal => object! { "type" => "refusal", "refusal" => text },
            Kind::Reasoning { .. } => object! { "type" => "summary_text", "text" => text },
            Kind::Message {
                annotations,
                logprobs,
            } => object! {
                "type" => "output_text",
                "text" => text,
                "annotations" => if is_whole { annotations.clone() } else { Vec::new() },
                "logprobs" => if is_whole { logprobs.clone() } else { Vec::new() },
            },
            Kind::Call(_) | Kind::Image { .. } | Kind::Search { .. } => Object::new(),
        }
    }

    /// What comes right after the item was announced.
    pub(super) fn begin<'a>(&'a self, out: &mut Events<'a>) {
        match &self.kind {
            Kind::Message { .. } | Kind::Refusal => out.push((
                "response.content_part.added",
                object! { "content_index" => 0_u64, "part" => self.part(false) },
            )),
            Kind::Search { .. } => out.extend([
                ("response.web_search_call.in_progress", Object::new()),
                ("response.web_search_call.searching", Object::new()),
            ]),
            Kind::Image { .. } => out.extend([
                ("response.image_generation_call.in_progress", Object::new()),
                ("response.image_generation_call.generating", Object::new()),
            ]),
            Kind::Reasoning { .. } | Kind::Call(_) => {}
        }
    }

    pub(super) fn delta<'a>(&mut self, delta: &'a Delta, out: &mut Events<'a>) {
        match (&mut self.kind, delta) {
            (Kind::Message { .. }, Delta::Text(text)) => {
                out.push(("response.output_text.delta", text_delta(text, Vec::new())));
            }
            (Kind::Message { logprobs, .. }, Delta::Logprobs(tokens)) if !tokens.is_empty() => {
                let tokens: Vec<Json<'static>> = tokens.iter().map(token).collect();
                logprobs.extend(tokens.iter().cloned());
                out.push(("response.output_text.delta", text_delta("", tokens)));
            }
            (Kind::Message { annotations, .. }, Delta::Citation(citation)) => {
                let Some(annotation) = annotation(citation, &self.text) else {
                    return;
                };
                out.push((
                    "response.output_text.annotation.added",
                    object! {
                        "content_index" => 0_u64,
                        "annotation_index" => annotations.len() as u64,
                        "annotation" => annotation.clone(),
                    },
                ));
                annotations.push(annotation);
            }
            (Kind::Refusal, Delta::Text(text)) => out.push((
                "response.refusal.delta",
                object! { "content_index" => 0_u64, "delta" => text },
            )),
            (Kind::Reasoning { .. }, Delta::Thinking(text)) => {
                if self.text.is_empty() {
                    let part = object! { "type" => "summary_text", "text" => "" };
                    out.push((
                        "response.reasoning_summary_part.added",
                        object! { "summary_index" => 0_u64, "part" => part },
                    ));
                }
                out.push((
                    "response.reasoning_summary_text.delta",
                    object! { "summary_index" => 0_u64, "delta" => text },
                ));
            }
            (
                Kind::Reasoning {
                    encrypted,
                    is_redacted,
                },
                Delta::Proof(proof),
            ) => {
                let proof = Proof::new(
                    proof.issuer,
                    format!("{}{}", if *is_redacted { REDACTED } else { "" }, proof.data),
                );
                *encrypted = Some(proof.to_slot(Issuer::Openai));
            }
            (Kind::Call(tool), Delta::Input(text)) => {
                let kind = if tool.is_custom {
                    "response.custom_tool_call_input.delta"
                } else {
                    "response.function_call_arguments.delta"
                };
                out.push((kind, object! { "delta" => text }));
            }
            // Signatures of text, and what does not belong here.
            _ => return,
        }
        if let Delta::Text(text) | Delta::Thinking(text) | Delta::Input(text) = delta {
            self.text.push_str(text);
        }
    }

    /// A call of a function whose input is no JSON yet because nothing came; clients parse it.
    pub(super) fn lacks_input(&self) -> bool {
        matches!(&self.kind, Kind::Call(tool) if !tool.is_custom) && self.text.trim().is_empty()
    }

    /// What comes before the item is done.
    pub(super) fn end<'a>(&'a self, out: &mut Events<'a>) {
        match &self.kind {
            Kind::Message { logprobs, .. } => {
                out.push((
                    "response.output_text.done",
                    object! {
                        "content_index" => 0_u64,
                        "text" => &self.text,
                        "logprobs" => logprobs.clone(),
                    },
                ));
                self.part_done(out);
            }
            Kind::Refusal => {
                out.push((
                    "response.refusal.done",
                    object! { "content_index" => 0_u64, "refusal" => &self.text },
                ));
                self.part_done(out);
            }
            Kind::Reasoning { .. } if self.text.is_empty() => {}
            Kind::Reasoning { .. } => out.extend([
                (
                    "response.reasoning_summary_text.done",
                    object! { "summary_index" => 0_u64, "text" => &self.text },
                ),
                (
                    "response.reasoning_summary_part.done",
                    object! { "summary_index" => 0_u64, "part" => self.part(true) },
                ),
            ]),
            Kind::Call(tool) if tool.is_custom => out.push((
                "response.custom_tool_call_input.done",
                object! { "input" => &self.text },
            )),
            Kind::Call(tool) => out.push((
                "response.function_call_arguments.done",
                object! { "name" => &tool.name, "arguments" => &self.text },
            )),
            Kind::Image { .. } => {
                out.push(("response.image_generation_call.completed", Object::new()));
            }
            Kind::Search { .. } => {
                out.push(("response.web_search_call.completed", Object::new()));
            }
        }
    }

    fn part_done<'a>(&'a self, out: &mut Events<'a>) {
        out.push((
            "response.content_part.done",
            object! { "content_index" => 0_u64, "part" => self.part(true) },
        ));
    }
}

/// The type of a call's item and the name of its input.
fn call_words(tool: &ToolOpening) -> (&'static str, &'static str) {
    if tool.is_custom {
        ("custom_tool_call", "input")
    } else {
        ("function_call", "arguments")
    }
}

fn text_delta<'a>(text: &'a str, logprobs: Vec<Json<'a>>) -> Object<'a> {
    object! { "content_index" => 0_u64, "delta" => text, "logprobs" => logprobs }
}
