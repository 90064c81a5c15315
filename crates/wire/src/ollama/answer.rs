//! Reads an upstream's answer; one that is no stream is a stream of one line.

use crate::codec::Decoder;
use crate::error::decode_stream_error;
use crate::format::Format;
use crate::framing::Frame;
use crate::ir::content::{Media, TokenLogprob};
use crate::ir::event::{Delta, Event, Opening, ToolOpening};
use crate::ir::response::FinishReason;
use crate::json::{Json, Object};
use crate::usage::Reported;

/// Arguments of calls stay as they are spelled.
const RAW_KEYS: &[&str] = &["arguments"];
/// The most of an answer over several lines that is held.
const MOST_HELD_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug, Default)]
pub struct StreamDecoder {
    blocks: u32,
    /// The open block, and of which kind.
    open: Option<(u32, Words)>,
    has_started: bool,
    has_lines: bool,
    /// One object printed over several lines.
    held: Vec<u8>,
    reported: Reported,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Text,
    Thinking,
}

impl Decoder for StreamDecoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) {
        if self.held.is_empty() {
            match Json::parse(&frame.data, RAW_KEYS) {
                Ok(json) => {
                    self.has_lines = true;
                    self.line(json, &frame.data, out);
                    return;
                }
                // Garbage between lines is skipped, as clients do.
                Err(_) if self.has_lines || !frame.data.starts_with(b"{") => return,
                Err(_) => {}
            }
        }
        if self.held.len() + frame.data.len() < MOST_HELD_BYTES {
            self.held.extend_from_slice(&frame.data);
            self.held.push(b'\n');
        }
    }

    fn body(&mut self, body: &[u8], out: &mut Vec<Event>) {
        if let Ok(json) = Json::parse(body, RAW_KEYS) {
            self.line(json, body, out);
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        let held = std::mem::take(&mut self.held);
        self.body(&held, out);
    }
}

impl StreamDecoder {
    fn line(&mut self, json: Json, bytes: &[u8], out: &mut Vec<Event>) {
        let Json::Object(mut line) = json else {
            return;
        };
        if line.take("error").is_some() {
            out.push(Event::Error(decode_stream_error(bytes)));
            return;
        }
        if !self.has_started {
            self.has_started = true;
            let model = line.take("model").and_then(Json::into_string);
            out.push(Event::Start { model });
        }
        let logprobs = line.take("logprobs").and_then(Json::into_array);
        let logprobs: Vec<TokenLogprob> = logprobs.iter().flatten().filter_map(logprob).collect();
        if let Some(Json::Object(message)) = line.take("message") {
            self.message(message, logprobs, out);
        }
        if line.take("done").and_then(|done| done.as_bool()) == Some(true) {
            self.close(out);
            self.reported.update(Reported::read(Format::Ollama, bytes));
            if let Some(usage) = self.reported.usage(Format::Ollama) {
                out.push(Event::Usage(usage));
            }
            out.push(Event::Finish(
                match line.get("done_reason").and_then(Json::as_str) {
                    Some("length") => FinishReason::Length,
                    _ => FinishReason::Stop,
                },
            ));
            out.push(Event::End);
        }
    }

    fn message(&mut self, mut message: Object, logprobs: Vec<TokenLogprob>, out: &mut Vec<Event>) {
        let mut text = |key: &str| {
            let text = message.take(key).and_then(Json::into_string);
            text.filter(|text| !text.is_empty())
        };
        let (thinking, content) = (text("thinking"), text("content"));
        if let Some(text) = thinking {
            let index = self.words(Words::Thinking, out);
            let delta = Delta::Thinking(text);
            out.push(Event::BlockDelta { index, delta });
        }
        if let Some(text) = content {
            let index = self.words(Words::Text, out);
            let delta = Delta::Text(text);
            out.push(Event::BlockDelta { index, delta });
        }
        if let Some((index, Words::Text)) = self.open
            && !logprobs.is_empty()
        {
            let delta = Delta::Logprobs(logprobs);
            out.push(Event::BlockDelta { index, delta });
        }
        for image in message
            .take("images")
            .and_then(Json::into_array)
            .into_iter()
            .flatten()
        {
            if let Some(data) = image.into_string() {
                self.whole(Opening::Image(Media::base64(None, data)), None, out);
            }
        }
        for call in message
            .take("tool_calls")
            .and_then(Json::into_array)
            .into_iter()
            .flatten()
        {
            self.call(call, out);
        }
    }

    /// Calls come whole.
    fn call(&mut self, call: Json, out: &mut Vec<Event>) {
        let Json::Object(mut call) = call else { return };
        let id = call.take("id").and_then(Json::into_string);
        let Some(Json::Object(mut function)) = call.take("function") else {
            return;
        };
        let Some(name) = function.take("name").and_then(Json::into_string) else {
            return;
        };
        let input = match function.take("arguments") {
            None => "{}".to_owned(),
            Some(Json::String(text)) => text.into_owned(),
            Some(object) => object.to_text(),
        };
        let opening = Opening::Tool(ToolOpening {
            id: id.filter(|id| !id.is_empty()),
            name,
            namespace: None,
            is_custom: false,
        });
        self.whole(opening, Some(Delta::Input(input)), out);
    }

    fn whole(&mut self, opening: Opening, delta: Option<Delta>, out: &mut Vec<Event>) {
        self.close(out);
        let index = self.start(opening, out);
        out.extend(delta.map(|delta| Event::BlockDelta { index, delta }));
        out.push(Event::BlockStop { index });
    }

    /// The open block of this kind; another one is closed.
    fn words(&mut self, kind: Words, out: &mut Vec<Event>) -> u32 {
        if let Some((index, open)) = self.open
            && open == kind
        {
            return index;
        }
        self.close(out);
        let opening = match kind {
            Words::Text => Opening::Text,
            Words::Thinking => Opening::Thinking,
        };
        let index = self.start(opening, out);
        self.open = Some((index, kind));
        index
    }

    fn start(&mut self, opening: Opening, out: &mut Vec<Event>) -> u32 {
        let index = self.blocks;
        self.blocks += 1;
        out.push(Event::BlockStart { index, opening });
        index
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some((index, _)) = self.open.take() {
            out.push(Event::BlockStop { index });
        }
    }
}

fn logprob(json: &Json) -> Option<TokenLogprob> {
    let list = |key: &str| json.get(key).and_then(Json::as_array);
    let byte = |byte: &Json| u8::try_from(byte.as_u64()?).ok();
    Some(TokenLogprob {
        token: json.get("token")?.as_str()?.to_owned(),
        logprob: json.get("logprob")?.as_f64()?,
        bytes: list("bytes").map(|bytes| bytes.iter().filter_map(byte).collect()),
        top: list("top_logprobs")
            .into_iter()
            .flatten()
            .filter_map(logprob)
            .collect(),
    })
}
