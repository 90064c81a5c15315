//! Items of the output and their parts, as blocks.

use crate::ir::content::{Media, TokenLogprob};
use crate::ir::event::{Delta, Event, Opening, ToolOpening};
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};
use crate::openai_responses::decode::{citation, citations, hosted};

/// The items seen so far; a malicious upstream gets no more than this many.
const MOST_ITEMS: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Items {
    items: Vec<Item>,
    /// The next block's index.
    next: u32,
}

#[derive(Debug)]
struct Item {
    output_index: Option<u64>,
    id: Option<String>,
    kind: Kind,
    is_done: bool,
}

#[derive(Debug)]
enum Kind {
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
struct Part {
    content_index: u64,
    index: u32,
    has_text: bool,
    has_logprobs: bool,
    has_citations: bool,
    is_stopped: bool,
}

impl Items {
    /// Any event about an item. `None` if there is nothing to it.
    pub(super) fn event(
        &mut self,
        kind: &str,
        mut event: Object<'_>,
        out: &mut Vec<Event>,
    ) -> Option<()> {
        match kind {
            "response.output_item.added" => {
                let item = event.take("item")?.into_object()?;
                self.open(&event, &item, out)?;
            }
            "response.output_item.done" => {
                let item = event.take("item")?.into_object()?;
                let place = match self.place(&event, item.get("id")) {
                    Some(place) => place,
                    None => self.open(&event, &item, out)?,
                };
                self.close(place, item, out);
            }
            "response.content_part.added" => {
                let part = event.take("part")?.into_object()?;
                let opening = match part.get("type")?.as_str()? {
                    "output_text" | "text" => Opening::Text,
                    "refusal" => Opening::Refusal,
                    _ => return None,
                };
                self.part(&event, opening, out)?;
            }
            "response.content_part.done" => {
                let part = event.take("part")?.into_object()?;
                let at = content_index(&event);
                let place = self.place(&event, None)?;
                self.whole_part(place, at, part, out);
            }
            "response.output_text.delta" | "response.output_text.done" => {
                let part = self.part(&event, Opening::Text, out)?;
                part.text(event.take_any(&["delta", "text"]), is_done(kind), out);
                part.logprobs(event.take("logprobs"), is_done(kind), out);
            }
            "response.refusal.delta" | "response.refusal.done" => {
                let part = self.part(&event, Opening::Refusal, out)?;
                part.text(event.take_any(&["delta", "refusal"]), is_done(kind), out);
            }
            "response.output_text.annotation.added" => {
                let part = self.part(&event, Opening::Text, out)?;
                let citation = citation(event.take("annotation")?)?;
                part.has_citations = true;
                out.push(delta(part.index, Delta::Citation(citation)));
            }
            "response.reasoning_summary_text.delta"
            | "response.reasoning_summary_text.done"
            | "response.reasoning_text.delta"
            | "response.reasoning_text.done"
            | "response.reasoning.delta"
            | "response.reasoning.done" => self.thought(kind, event, out)?,
            "response.function_call_arguments.delta"
            | "response.function_call_arguments.done"
            | "response.custom_tool_call_input.delta"
            | "response.custom_tool_call_input.done" => {
                let place = self.place(&event, None)?;
                let input = event.take_any(&["delta", "arguments", "input"])?;
                self.items.get_mut(place)?.input(input, is_done(kind), out);
            }
            _ => {}
        }
        Some(())
    }

    /// The end: what was not streamed is taken from the response's output.
    pub(super) fn finish(&mut self, output: Vec<Json<'_>>, out: &mut Vec<Event>) {
        let was_streamed = !self.items.is_empty();
        for (index, item) in output.into_iter().enumerate() {
            let Some(item) = item.into_object() else {
                continue;
            };
            let mut event = Object::new();
            event.push("output_index", index as u64);
            let place = if was_streamed {
                self.same(index as u64, &item)
            } else {
                self.open(&event, &item, out)
            };
            if let Some(place) = place {
                self.close(place, item, out);
            }
        }
        for item in &mut self.items {
            item.stop(out);
        }
    }

    /// The streamed item which the output repeats.
    fn same(&self, output_index: u64, item: &Object<'_>) -> Option<usize> {
        let id = item.get("id").and_then(Json::as_str);
        let by_id = self
            .items
            .iter()
            .position(|seen| id.is_some() && seen.id.as_deref() == id);
        by_id.or_else(|| {
            self.items
                .iter()
                .position(|seen| seen.id.is_none() && seen.output_index == Some(output_index))
        })
    }

    /// Which item an event is about.
    fn place(&self, event: &Object<'_>, id: Option<&Json<'_>>) -> Option<usize> {
        let output_index = event.get("output_index").and_then(Json::as_u64);
        if output_index.is_some() {
            return self
                .items
                .iter()
                .rposition(|item| item.output_index == output_index);
        }
        let id = event.get("item_id").or(id).and_then(Json::as_str)?;
        self.items
            .iter()
            .rposition(|item| item.id.as_deref() == Some(id))
    }

    fn open(
        &mut self,
        event: &Object<'_>,
        item: &Object<'_>,
        out: &mut Vec<Event>,
    ) -> Option<usize> {
        if self.items.len() >= MOST_ITEMS {
            return None;
        }
        let kind = match item.get("type").and_then(Json::as_str).unwrap_or_default() {
            "message" => Kind::Message(Vec::new()),
            "reasoning" => Kind::Reasoning {
                index: self.block(Opening::Thinking, out),
                last: None,
            },
            "function_call" | "custom_tool_call" => Kind::Call {
                index: tool(item).map(|tool| self.block(Opening::Tool(tool), out)),
                has_input: false,
            },
            _ => Kind::Other,
        };
        self.items.push(Item {
            output_index: event.get("output_index").and_then(Json::as_u64),
            id: text_of(item, "id").or_else(|| text_of(event, "item_id")),
            kind,
            is_done: false,
        });
        Some(self.items.len() - 1)
    }

    fn block(&mut self, opening: Opening, out: &mut Vec<Event>) -> u32 {
        let index = self.next;
        self.next = self.next.wrapping_add(1);
        out.push(Event::BlockStart { index, opening });
        index
    }

    /// The part of a message that an event is about; it need not have been announced, nor its message.
    fn part(
        &mut self,
        event: &Object<'_>,
        opening: Opening,
        out: &mut Vec<Event>,
    ) -> Option<&mut Part> {
        let place = match self.place(event, None) {
            Some(place) => place,
            None => {
                let message = crate::object! { "type" => "message" };
                self.open(event, &message, out)?
            }
        };
        self.part_of(place, content_index(event), opening, out)
    }

    fn part_of(
        &mut self,
        place: usize,
        content_index: u64,
        opening: Opening,
        out: &mut Vec<Event>,
    ) -> Option<&mut Part> {
        let item = self.items.get(place)?;
        let Kind::Message(parts) = &item.kind else {
            return None;
        };
        let known = parts
            .iter()
            .position(|part| part.content_index == content_index);
        if known.is_none() {
            if item.is_done || parts.len() >= MOST_ITEMS {
                return None;
            }
            let index = self.block(opening, out);
            let Kind::Message(parts) = &mut self.items.get_mut(place)?.kind else {
                return None;
            };
            parts.push(Part {
                content_index,
                index,
                has_text: false,
                has_logprobs: false,
                has_citations: false,
                is_stopped: false,
            });
        }
        let Kind::Message(parts) = &mut self.items.get_mut(place)?.kind else {
            return None;
        };
        parts
            .iter_mut()
            .find(|part| part.content_index == content_index)
    }

    /// A part as it is when it is done.
    fn whole_part(
        &mut self,
        place: usize,
        content_index: u64,
        mut whole: Object<'_>,
        out: &mut Vec<Event>,
    ) {
        let (opening, key) = match whole.get("type").and_then(Json::as_str) {
            Some("output_text" | "text") => (Opening::Text, "text"),
            Some("refusal") => (Opening::Refusal, "refusal"),
            Some(_) | None => return,
        };
        let Some(part) = self.part_of(place, content_index, opening, out) else {
            return;
        };
        if part.is_stopped {
            return;
        }
        part.text(whole.take(key), true, out);
        part.logprobs(whole.take("logprobs"), true, out);
        if !part.has_citations {
            for citation in citations(whole.take("annotations")) {
                out.push(delta(part.index, Delta::Citation(citation)));
            }
        }
        part.stop(out);
    }

    fn thought(&mut self, kind: &str, mut event: Object<'_>, out: &mut Vec<Event>) -> Option<()> {
        let place = match self.place(&event, None) {
            Some(place) => place,
            None => {
                let reasoning = crate::object! { "type" => "reasoning" };
                self.open(&event, &reasoning, out)?
            }
        };
        let key = if kind.starts_with("response.reasoning_summary") {
            "summary_index"
        } else {
            "content_index"
        };
        let number = event.get(key).and_then(Json::as_u64).unwrap_or_default();
        let text = event.take_any(&["delta", "text"])?.into_string()?;
        let item = self.items.get_mut(place)?;
        item.think((key, number), &text, is_done(kind), out);
        Some(())
    }

    /// An item as it is when it is done.
    fn close(&mut self, place: usize, mut whole: Object<'_>, out: &mut Vec<Event>) {
        let Some(item) = self.items.get_mut(place).filter(|item| !item.is_done) else {
            return;
        };
        match &mut item.kind {
            Kind::Message(_) => {
                let parts = whole.take("content").and_then(Json::into_array);
                for (index, part) in parts.unwrap_or_default().into_iter().enumerate() {
                    if let Some(part) = part.into_object() {
                        self.whole_part(place, index as u64, part, out);
                    }
                }
            }
            Kind::Reasoning { index, last } => {
                let index = *index;
                if last.is_none() {
                    for (part, text) in thoughts(&mut whole).into_iter().enumerate() {
                        item.think(("", part as u64), &text, false, out);
                    }
                }
                let encrypted = whole.take("encrypted_content").and_then(Json::into_string);
                if let Some(data) = encrypted.filter(|data| !data.is_empty()) {
                    out.push(delta(index, Delta::Proof(Proof::new(Issuer::Openai, data))));
                }
            }
            Kind::Call { index, .. } => {
                if index.is_none()
                    && let Some(tool) = tool(&whole)
                {
                    let index = self.block(Opening::Tool(tool), out);
                    if let Some(Item {
                        kind: Kind::Call { index: known, .. },
                        ..
                    }) = self.items.get_mut(place)
                    {
                        *known = Some(index);
                    }
                }
                let input = whole.take_any(&["arguments", "input"]);
                if let (Some(input), Some(item)) = (input, self.items.get_mut(place)) {
                    item.input(input, true, out);
                }
            }
            Kind::Other => self.other(whole, out),
        }
        if let Some(item) = self.items.get_mut(place) {
            item.stop(out);
        }
    }

    /// What only OpenAI runs, if another vendor's client can be shown it.
    fn other(&mut self, mut whole: Object<'_>, out: &mut Vec<Event>) {
        let kind = whole.take("type").and_then(Json::into_string);
        let kind = kind.unwrap_or_default();
        let mut openings = Vec::new();
        if kind == "image_generation_call" {
            let format = whole.take("output_format").and_then(Json::into_string);
            let image = whole.take("result").and_then(Json::into_string);
            openings.extend(image.filter(|image| !image.is_empty()).map(|image| {
                let media_type = format.map(|format| format!("image/{format}"));
                Opening::Image(Media::base64(media_type, image))
            }));
        } else if let Some((call, result)) = hosted(&kind, whole) {
            openings.push(Opening::HostedUse(call));
            openings.extend(result.map(Opening::HostedResult));
        }
        for opening in openings {
            let index = self.block(opening, out);
            out.push(Event::BlockStop { index });
        }
    }
}

impl Item {
    fn think(
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

    fn input(&mut self, input: Json<'_>, is_done: bool, out: &mut Vec<Event>) {
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

    fn stop(&mut self, out: &mut Vec<Event>) {
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
    fn text(&mut self, text: Option<Json<'_>>, is_done: bool, out: &mut Vec<Event>) {
        let text = text.and_then(Json::into_string).unwrap_or_default();
        if self.is_stopped || text.is_empty() || is_done && self.has_text {
            return;
        }
        self.has_text = true;
        out.push(delta(self.index, Delta::Text(text)));
    }

    fn logprobs(&mut self, tokens: Option<Json<'_>>, is_done: bool, out: &mut Vec<Event>) {
        let tokens = tokens.and_then(Json::into_array).unwrap_or_default();
        let tokens: Vec<_> = tokens.into_iter().filter_map(logprob).collect();
        if !tokens.is_empty() && !(is_done && self.has_logprobs) {
            out.push(delta(self.index, Delta::Logprobs(tokens)));
            self.has_logprobs = true;
        }
    }

    fn stop(&mut self, out: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.is_stopped, true) {
            out.push(Event::BlockStop { index: self.index });
        }
    }
}

fn delta(index: u32, delta: Delta) -> Event {
    Event::BlockDelta { index, delta }
}

/// `….done` repeats as a whole what `….delta` said piece by piece.
fn is_done(kind: &str) -> bool {
    kind.ends_with(".done")
}

fn content_index(event: &Object<'_>) -> u64 {
    let index = event.get("content_index").and_then(Json::as_u64);
    index.unwrap_or_default()
}

fn text_of(object: &Object<'_>, key: &str) -> Option<String> {
    let text = object.get(key).and_then(Json::as_str)?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn tool(item: &Object<'_>) -> Option<ToolOpening> {
    Some(ToolOpening {
        id: text_of(item, "call_id").or_else(|| text_of(item, "id")),
        name: text_of(item, "name")?,
        namespace: text_of(item, "namespace"),
        is_custom: item.get("type").and_then(Json::as_str) == Some("custom_tool_call"),
    })
}

/// The summary of a reasoning item, or its text where there is none.
fn thoughts(item: &mut Object<'_>) -> Vec<String> {
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
