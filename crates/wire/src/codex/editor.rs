//! Codex's stream for a client of the Responses API: the same events, without those that are Codex's own.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::Editor;
use crate::framing::Frame;
use crate::json::Json;
use crate::lenient::{self, Lenient};

#[derive(Debug, Default)]
pub struct StreamEditor {
    /// The items that were done, by their index.
    items: Vec<(u64, Box<RawValue>)>,
    response: Option<Vec<u8>>,
}

#[derive(Debug, Deserialize)]
struct Event<'a> {
    #[serde(default)]
    r#type: Lenient<String>,
    #[serde(default)]
    output_index: Lenient<u64>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
}

impl Editor for StreamEditor {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        let event: Option<Event<'_>> = lenient::object(&frame.data);
        let kind = event.as_ref().and_then(|event| event.r#type.0.as_deref());
        let kind = kind.unwrap_or_default().to_owned();
        if kind.starts_with("codex.") || frame.event.starts_with(b"codex.") {
            return;
        }
        match kind.as_str() {
            "response.output_item.done" => {
                if let Some(Event {
                    output_index,
                    item: Some(item),
                    ..
                }) = event
                {
                    let index = output_index.0.unwrap_or(self.items.len() as u64);
                    self.items.push((index, item.to_owned()));
                }
            }
            "response.completed" | "response.incomplete" => {
                let (data, response) = self.repaired(&frame.data);
                self.response = response;
                if let Some(data) = data {
                    write(&frame.event, &data, out);
                    return;
                }
            }
            _ => {}
        }
        write(&frame.event, &frame.data, out);
    }

    fn whole(&mut self) -> Option<Vec<u8>> {
        self.response.take()
    }

    fn body(&mut self, body: &[u8]) -> Vec<u8> {
        body.to_vec()
    }
}

impl StreamEditor {
    /// The event, if it had to be changed, and its response. Codex may leave the output empty at the end,
    /// where clients look for it.
    fn repaired(&mut self, data: &[u8]) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let Ok(Json::Object(mut event)) = Json::parse(data, &[]) else {
            return (None, None);
        };
        let Some(Json::Object(response)) = event.get_mut("response") else {
            return (None, None);
        };
        let is_empty = response
            .get("output")
            .and_then(Json::as_array)
            .is_none_or(<[_]>::is_empty);
        let is_repaired = is_empty && !self.items.is_empty();
        if is_repaired {
            self.items.sort_by_key(|(index, _)| *index);
            let items: Vec<Json<'_>> = self
                .items
                .iter()
                .map(|(_, item)| Json::from(&**item))
                .collect();
            response.set("output", items);
        }
        let whole = event.get("response").map(Json::to_bytes);
        let data = is_repaired.then(|| Json::Object(event).to_bytes());
        (data, whole)
    }
}

fn write(event: &[u8], data: &[u8], out: &mut Vec<u8>) {
    if !event.is_empty() {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(event);
        out.push(b'\n');
    }
    for line in data.split(|byte| *byte == b'\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
}
