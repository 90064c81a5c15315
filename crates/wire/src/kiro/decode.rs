//! Reads an answer. It says nowhere that it is complete: all there is, is that the frames end between two of them.

use serde::de::IgnoredAny;

use crate::codec::Decoder;
use crate::error::decode_stream_error;
use crate::format::Format;
use crate::framing::Frame;
use crate::ir::event::{Delta, Event, Opening, ToolOpening};
use crate::ir::proof::{Issuer, Proof};
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::kiro::exception;
use crate::usage::Reported;

/// A call's input, if it comes as an object instead of text.
const RAW_KEYS: &[&str] = &["input"];

#[derive(Debug, Default)]
pub struct StreamDecoder {
    blocks: u32,
    /// The open block of words, and of which kind.
    open: Option<(u32, Words)>,
    calls: Vec<Call>,
    reported: Reported,
    finish: Option<FinishReason>,
    has_events: bool,
    has_failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Text,
    Thinking,
}

#[derive(Debug)]
struct Call {
    id: Option<String>,
    index: u32,
    name: String,
    /// Kept while it is open, to tell a whole input from a cut one.
    input: String,
    is_open: bool,
}

impl Decoder for StreamDecoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) {
        let event = String::from_utf8_lossy(&frame.event);
        if let Some(name) = event.strip_prefix("exception:") {
            self.has_failed = true;
            out.push(Event::Error(exception::read(name, &frame.data)));
            return;
        }
        self.has_events = true;
        let Ok(Json::Object(mut payload)) = Json::parse(&frame.data, RAW_KEYS) else {
            return;
        };
        // Some servers repeat the event's name around its fields.
        if let Some(Json::Object(inner)) = payload.take(&event) {
            payload = inner;
        }
        match event.as_ref() {
            "assistantResponseEvent" | "codeEvent" => self.text(payload, out),
            "reasoningContentEvent" => self.reasoning(payload, out),
            "toolUseEvent" => self.tool_use(payload, out),
            "metricsEvent" | "metadataEvent" | "messageMetadataEvent" | "messageStopEvent" => {
                self.metadata(&payload, out);
            }
            _ => {}
        }
    }

    /// Only a refusal comes as JSON, even with a status that says otherwise.
    fn body(&mut self, body: &[u8], out: &mut Vec<Event>) {
        self.has_failed = true;
        let json = Json::parse(body, &[]).unwrap_or_default();
        let json = json.get("Output").unwrap_or(&json);
        let name = exception::name(json);
        let is_told = name.is_some() || json.get("message").is_some();
        out.push(Event::Error(if is_told {
            exception::read(&name.unwrap_or_default(), &json.to_bytes())
        } else {
            decode_stream_error(body)
        }));
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        if self.has_events && !self.has_failed && self.calls.iter().all(Call::is_whole) {
            let reason = self.finish.take().unwrap_or_default();
            out.push(Event::Finish(reason));
        }
    }
}

impl StreamDecoder {
    fn text(&mut self, mut payload: Object, out: &mut Vec<Event>) {
        if let Some(text) = payload.take("content").and_then(Json::into_string)
            && !text.is_empty()
        {
            let index = self.words(Words::Text, out);
            out.push(Event::BlockDelta {
                index,
                delta: Delta::Text(text),
            });
        }
    }

    fn reasoning(&mut self, mut payload: Object, out: &mut Vec<Event>) {
        let mut take = |keys: &[&str]| {
            let text = payload.take_any(keys).and_then(Json::into_string);
            text.filter(|text| !text.is_empty())
        };
        if let Some(text) = take(&["text", "content"]) {
            let index = self.words(Words::Thinking, out);
            out.push(Event::BlockDelta {
                index,
                delta: Delta::Thinking(text),
            });
        }
        // Its models are Claude's, and a signature is good wherever they run.
        if let Some(signature) = take(&["signature"]) {
            let index = self.words(Words::Thinking, out);
            out.push(Event::BlockDelta {
                index,
                delta: Delta::Proof(Proof::new(Issuer::Anthropic, signature)),
            });
            self.close_words(out);
        }
        if let Some(data) = take(&["redactedContent"]) {
            self.close_words(out);
            let index = self.next_index();
            out.push(Event::BlockStart {
                index,
                opening: Opening::RedactedThinking,
            });
            out.push(Event::BlockDelta {
                index,
                delta: Delta::Proof(Proof::new(Issuer::Anthropic, data)),
            });
            out.push(Event::BlockStop { index });
        }
    }

    /// The first event of a call names it, fragments of its input follow, the last says `stop`.
    fn tool_use(&mut self, mut payload: Object, out: &mut Vec<Event>) {
        let mut text = |key: &str| {
            let text = payload.take(key).and_then(Json::into_string);
            text.filter(|text| !text.is_empty())
        };
        let (id, name) = (text("toolUseId"), text("name"));
        let Some(place) = self.find(id.as_deref(), name.as_deref()) else {
            // Without a name there is nothing to call.
            if let Some(name) = name {
                self.close_words(out);
                self.open_call(id, name, out);
                self.continue_call(self.calls.len() - 1, payload, out);
            }
            return;
        };
        self.continue_call(place, payload, out);
    }

    /// The call an event belongs to: by its id, or without one the open call of its name.
    fn find(&self, id: Option<&str>, name: Option<&str>) -> Option<usize> {
        self.calls.iter().rposition(|call| match id {
            Some(id) => call.id.as_deref() == Some(id),
            None => call.is_open && name.is_none_or(|name| call.name == name),
        })
    }

    fn open_call(&mut self, id: Option<String>, name: String, out: &mut Vec<Event>) {
        self.close_whole_calls(out);
        let index = self.next_index();
        out.push(Event::BlockStart {
            index,
            opening: Opening::Tool(ToolOpening {
                id: id.clone(),
                name: name.clone(),
                namespace: None,
                is_custom: false,
            }),
        });
        self.calls.push(Call {
            id,
            index,
            name,
            input: String::new(),
            is_open: true,
        });
    }

    fn continue_call(&mut self, place: usize, mut payload: Object, out: &mut Vec<Event>) {
        let Some(call) = self.calls.get_mut(place).filter(|call| call.is_open) else {
            return;
        };
        let fragment = match payload.take("input") {
            Some(Json::String(fragment)) => fragment.into_owned(),
            // Whole at once; an empty one announces fragments, and anything behind those repeats them.
            Some(whole @ Json::Raw(_)) if call.input.is_empty() => {
                let text = whole.to_text();
                let is_empty = text
                    .chars()
                    .all(|char| matches!(char, '{' | '}') || char.is_whitespace());
                if is_empty { String::new() } else { text }
            }
            _ => String::new(),
        };
        if !fragment.is_empty() {
            call.input.push_str(&fragment);
            out.push(Event::BlockDelta {
                index: call.index,
                delta: Delta::Input(fragment),
            });
        }
        if payload.get("stop").and_then(Json::as_bool) == Some(true) {
            call.close(out);
        }
    }

    fn metadata(&mut self, payload: &Object, out: &mut Vec<Event>) {
        let counters = payload
            .get("tokenUsage")
            .and_then(Json::as_object)
            .unwrap_or(payload);
        let count = |key: &str| counters.get(key).and_then(Json::as_u64);
        self.reported.update(Reported {
            prompt: count("uncachedInputTokens").or_else(|| count("inputTokens")),
            cache_read: count("cacheReadInputTokens"),
            cache_write: count("cacheWriteInputTokens"),
            output: count("outputTokens"),
            reasoning: None,
        });
        // The counters do not overlap, as Anthropic's.
        if let Some(usage) = self.reported.usage(Format::Anthropic) {
            out.push(Event::Usage(usage));
        }
        if let Some(reason) = payload.get("stopReason").and_then(Json::as_str) {
            self.finish = finish_reason(reason);
        }
    }

    /// The open block of this kind; another one is closed.
    fn words(&mut self, kind: Words, out: &mut Vec<Event>) -> u32 {
        if let Some((index, open)) = self.open
            && open == kind
        {
            return index;
        }
        self.close_words(out);
        self.close_whole_calls(out);
        let index = self.next_index();
        self.open = Some((index, kind));
        out.push(Event::BlockStart {
            index,
            opening: match kind {
                Words::Text => Opening::Text,
                Words::Thinking => Opening::Thinking,
            },
        });
        index
    }

    fn close_words(&mut self, out: &mut Vec<Event>) {
        if let Some((index, _)) = self.open.take() {
            out.push(Event::BlockStop { index });
        }
    }

    /// What follows need not wait for the `stop` of a call whose input is whole.
    fn close_whole_calls(&mut self, out: &mut Vec<Event>) {
        for call in &mut self.calls {
            if call.is_open && call.is_whole() {
                call.close(out);
            }
        }
    }

    fn next_index(&mut self) -> u32 {
        let index = self.blocks;
        self.blocks += 1;
        index
    }
}

impl Call {
    fn close(&mut self, out: &mut Vec<Event>) {
        self.is_open = false;
        self.input = String::new();
        out.push(Event::BlockStop { index: self.index });
    }

    /// A server that never says `stop` is believed if the input is whole.
    fn is_whole(&self) -> bool {
        !self.is_open || serde_json::from_str::<IgnoredAny>(&self.input).is_ok()
    }
}

/// Newer servers name one; most say nothing.
fn finish_reason(reason: &str) -> Option<FinishReason> {
    Some(match reason.to_ascii_uppercase().as_str() {
        "END_TURN" => FinishReason::Stop,
        "STOP_SEQUENCE" => FinishReason::StopSequence(None),
        "TOOL_USE" => FinishReason::ToolUse,
        "MAX_TOKENS" => FinishReason::Length,
        "MODEL_CONTEXT_WINDOW_EXCEEDED" => FinishReason::ContextWindow,
        "CONTENT_FILTERED" | "REFUSAL" => FinishReason::Refusal,
        "PAUSE_TURN" => FinishReason::Pause,
        _ => return None,
    })
}
