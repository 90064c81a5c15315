//! An upstream's answer: <https://platform.openai.com/docs/api-reference/responses-streaming>.
//!
//! What an item says may come in deltas, only when a part is done, only when the item is done, or only in
//! the response at the end. Whichever is first counts, and what repeats it is skipped.

mod failure;
mod item;
mod items;
mod whole;

use crate::codec::Decoder;
use crate::format::Format;
use crate::framing::Frame;
use crate::ir::event::Event;
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::openai_responses::read::items::Items;
use crate::usage::Reported;

const RAW_KEYS: &[&str] = &["usage", "arguments"];

#[derive(Debug, Default)]
pub struct StreamDecoder {
    is_started: bool,
    reported: Reported,
    items: Items,
}

impl Decoder for StreamDecoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) {
        let Ok(Json::Object(mut event)) = Json::parse(&frame.data, RAW_KEYS) else {
            return;
        };
        let kind = match event.take("type") {
            Some(Json::String(kind)) => kind.into_owned(),
            // Servers that copy the API know no `type` for an error.
            Some(_) | None if event.contains("error") => "error".to_owned(),
            Some(_) | None => String::from_utf8_lossy(&frame.event).into_owned(),
        };
        match kind.as_str() {
            "response.created" | "response.in_progress" | "response.queued" => {
                if let Some(Json::Object(response)) = event.get("response") {
                    self.start(response, out);
                }
            }
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled" => {
                let response = match event.take("response") {
                    Some(Json::Object(response)) => response,
                    Some(_) | None => Object::new(),
                };
                let status = kind.trim_start_matches("response.").to_owned();
                self.finish(response, &status, out);
            }
            "error" => out.push(Event::Error(failure::of_event(&frame.data))),
            kind => {
                // Something nobody knows is no reason to fail.
                let _ = self.items.event(kind, event, out);
            }
        }
    }

    fn body(&mut self, body: &[u8], out: &mut Vec<Event>) {
        let Ok(Json::Object(mut response)) = Json::parse(body, RAW_KEYS) else {
            out.push(Event::Error(failure::of_event(body)));
            return;
        };
        let status = response.take("status").and_then(Json::into_string);
        let has_error = response.get("error").is_some_and(|error| !error.is_null());
        if has_error || !response.contains("output") {
            out.push(Event::Error(failure::of_event(body)));
            return;
        }
        match status.as_deref() {
            // Servers that copy the API may know no status.
            None => self.finish(response, "completed", out),
            Some(status) => self.finish(response, status, out),
        }
    }

    fn end(&mut self, _out: &mut Vec<Event>) {}
}

impl StreamDecoder {
    fn start(&mut self, response: &Object<'_>, out: &mut Vec<Event>) {
        if self.is_started {
            return;
        }
        self.is_started = true;
        let model = response.get("model").and_then(Json::as_str);
        out.push(Event::Start {
            model: model.filter(|name| !name.is_empty()).map(str::to_owned),
        });
    }

    fn finish(&mut self, mut response: Object<'_>, status: &str, out: &mut Vec<Event>) {
        self.start(&response, out);
        if let Some(usage) = response.take("usage") {
            let usage = usage.to_text();
            let format = Format::OpenaiResponses;
            self.reported
                .update(Reported::read(format, usage.as_bytes()));
            out.extend(self.reported.usage(format).map(Event::Usage));
        }
        let reason = match status {
            "completed" => FinishReason::Stop,
            "incomplete" => incomplete(&response),
            "failed" | "cancelled" => {
                out.push(Event::Error(failure::of_response(response, status)));
                return;
            }
            // Not an end: the sequencer says that something is missing.
            _ => return,
        };
        let output = response.take("output").and_then(Json::into_array);
        self.items.finish(output.unwrap_or_default(), out);
        out.push(Event::Finish(reason));
        out.push(Event::End);
    }
}

fn incomplete(response: &Object<'_>) -> FinishReason {
    let details = response.get("incomplete_details");
    match details.and_then(|details| details.get("reason")?.as_str()) {
        Some("content_filter") => FinishReason::Refusal,
        Some(_) | None => FinishReason::Length,
    }
}
