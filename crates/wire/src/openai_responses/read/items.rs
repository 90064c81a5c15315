//! The items of an answer as their events come, as blocks.

use crate::ir::event::{Delta, Event, Opening};
use crate::json::{Json, Object};
use crate::openai_responses::decode::citation;

use super::item::{Item, Kind, Part, delta, text_of, tool};

/// The items seen so far; a malicious upstream gets no more than this many.
const MOST_ITEMS: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) items: Vec<Item>,
    /// The next block's index.
    pub(super) next: u32,
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
                // Some servers number all items alike.
                let known = self
                    .place(&event, item.get("id"))
                    .filter(|place| !self.is_another(*place, &item));
                let place = match known {
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

    /// Which item an event is about.
    pub(super) fn place(&self, event: &Object<'_>, id: Option<&Json<'_>>) -> Option<usize> {
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

    pub(super) fn open(
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

    pub(super) fn block(&mut self, opening: Opening, out: &mut Vec<Event>) -> u32 {
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

    pub(super) fn part_of(
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
}

/// `….done` repeats as a whole what `….delta` said piece by piece.
fn is_done(kind: &str) -> bool {
    kind.ends_with(".done")
}

fn content_index(event: &Object<'_>) -> u64 {
    let index = event.get("content_index").and_then(Json::as_u64);
    index.unwrap_or_default()
}
