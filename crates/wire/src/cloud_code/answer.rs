//! Takes answers out of `{"response": …}`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::{Decoder, Editor};
use crate::framing::Frame;
use crate::gemini;
use crate::ir::event::Event;
use crate::json::Json;
use crate::lenient;

#[derive(Debug, Default)]
pub struct StreamDecoder {
    inner: gemini::StreamDecoder,
}

impl Decoder for StreamDecoder {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) {
        if let Ok(json) = Json::parse(&frame.data, &["args"]) {
            self.inner.document(unwrapped(json), out);
        }
    }

    fn body(&mut self, body: &[u8], out: &mut Vec<Event>) {
        match Json::parse(body, &["args"]) {
            Ok(json) => self.inner.whole(unwrapped(json), out),
            Err(_) => self.inner.body(body, out),
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        self.inner.end(out);
    }
}

fn unwrapped(json: Json) -> Json {
    match json {
        Json::Object(mut envelope) => match envelope.take("response") {
            Some(response) => response,
            // An error, or a server that sends no envelope.
            None => Json::Object(envelope),
        },
        Json::Array(envelopes) => Json::Array(envelopes.into_iter().map(unwrapped).collect()),
        other => other,
    }
}

/// Passes on what is inside, letter by letter.
#[derive(Debug, Default)]
pub struct StreamEditor {}

/// The fields of an envelope that a client of Gemini has a use for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    candidates: Option<&'a RawValue>,
}

impl Editor for StreamEditor {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        let Some(envelope) = lenient::object::<Envelope>(&frame.data) else {
            return;
        };
        let inner = match envelope {
            Envelope {
                response: Some(response),
                ..
            } => response.get().as_bytes(),
            Envelope { error: Some(_), .. }
            | Envelope {
                candidates: Some(_),
                ..
            } => &frame.data,
            Envelope { .. } => return,
        };
        out.extend_from_slice(b"data: ");
        // Line ends in JSON are space between values, and would end the event here.
        out.extend(inner.iter().map(|byte| match byte {
            b'\n' | b'\r' => b' ',
            other => *other,
        }));
        out.extend_from_slice(b"\n\n");
    }

    fn whole(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn body(&mut self, body: &[u8]) -> Vec<u8> {
        match lenient::object::<Envelope>(body) {
            Some(Envelope {
                response: Some(response),
                ..
            }) => response.get().as_bytes().to_vec(),
            _ => body.to_vec(),
        }
    }
}
