//! Items and parts as they are when they are done: what of them did not come before is taken from there.

use crate::ir::content::Media;
use crate::ir::event::{Delta, Event, Opening};
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};
use crate::openai_responses::decode::{citations, hosted};

use super::item::{Item, Kind, delta, thoughts, tool};
use super::items::Items;

impl Items {
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

    /// Whether what stands at `place` is done, and is not `item`.
    pub(super) fn is_another(&self, place: usize, item: &Object<'_>) -> bool {
        let id = item.get("id").and_then(Json::as_str);
        self.items
            .get(place)
            .is_some_and(|seen| seen.is_done && id.is_some() && seen.id.as_deref() != id)
    }

    /// A part as it is when it is done.
    pub(super) fn whole_part(
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

    /// An item as it is when it is done.
    pub(super) fn close(&mut self, place: usize, mut whole: Object<'_>, out: &mut Vec<Event>) {
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
