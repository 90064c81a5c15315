//! The contract of a codec, and who fulfils it.
//!
//! Every format has one decoder and one encoder for each direction, to and from the neutral representation:
//! `2·N` of them, and nothing that knows two formats.

use std::time::Duration;

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::error::{DecodeError, WireError};
use crate::format::Format;
use crate::framing::Frame;
use crate::ir::event::{Event, Step};
use crate::ir::note::Notes;
use crate::ir::request::Request;
use crate::ir::response::Response;
use crate::ir::target::{Encoded, Target};
use crate::{anthropic, cloud_code, codex, gemini, kiro, ollama, openai_chat, openai_responses};

/// Reads an upstream's answer. It trusts nothing: what it does not know, it skips.
pub trait Decoder: Send {
    /// One frame of a stream.
    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>);

    /// The answer as one JSON document instead of a stream.
    fn body(&mut self, body: &[u8], out: &mut Vec<Event>);

    /// The upstream closed the stream. What is missing then is the sequencer's business;
    /// here only what was held back is given out.
    fn end(&mut self, out: &mut Vec<Event>);
}

/// Writes the client's stream. The steps it is given keep the grammar of [`crate::ir::event`].
pub trait Encoder: Send {
    /// `elapsed`: since the request came.
    fn step(&mut self, step: &Step, elapsed: Duration, out: &mut Vec<u8>);

    /// What may be sent at any time between two steps to show that we live; empty if this format has no such thing.
    fn keep_alive(&self) -> &'static [u8];
}

/// Rewrites a stream of the client's own format that came in a vendor's envelope.
pub trait Editor: Send {
    fn frame(&mut self, frame: &Frame, out: &mut Vec<u8>);

    /// The whole answer for a client that asked for no stream, after the last frame.
    fn whole(&mut self) -> Option<Vec<u8>>;

    /// An answer that came as one JSON document.
    fn body(&mut self, body: &[u8]) -> Vec<u8>;
}

/// What an encoder needs to know that no step says.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Unique to this request, of `[0-9a-zA-Z]`: ids are made from it.
    pub seed: String,
    /// Unix time in seconds at which the request came.
    pub created_at: u64,
    /// The model by the name the client asked for.
    pub model: String,
    /// A chat client asked for `stream_options.include_usage`.
    pub include_usage: bool,
    /// A Gemini client asked for a stream without `alt=sse`: one JSON array.
    pub is_array: bool,
    /// How long the prompt probably is, for formats that say so first.
    pub prompt_estimate: u64,
    /// The client's request, for formats that repeat parts of it in the answer.
    pub request: Bytes,
}

/// Reads a client's request. Bytes that are not such a request are refused, with the reason;
/// what the neutral representation cannot hold is dropped with a note.
pub fn decode_request(
    format: Format,
    body: &[u8],
    notes: &mut Notes,
) -> Result<Request, DecodeError> {
    match format {
        Format::OpenaiChat => openai_chat::decode_request(body, notes),
        Format::OpenaiResponses => openai_responses::decode_request(body, notes),
        Format::Anthropic => anthropic::decode_request(body, notes),
        Format::Gemini => gemini::decode_request(body, notes),
        Format::Ollama => ollama::decode_request(body, notes),
    }
}

/// Writes a request for an upstream. What cannot be said there becomes a note;
/// what cannot be left out without a wrong answer is refused.
pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    match target.dialect {
        Dialect::OpenaiChat => openai_chat::encode_request(request, target, notes),
        Dialect::OpenaiResponses => openai_responses::encode_request(request, target, notes),
        Dialect::Anthropic => anthropic::encode_request(request, target, notes),
        Dialect::Gemini => gemini::encode_request(request, target, notes),
        Dialect::Ollama => ollama::encode_request(request, target, notes),
        Dialect::Codex => codex::encode_request(request, target, notes),
        Dialect::GeminiCli | Dialect::Antigravity => {
            cloud_code::encode_request(request, target, notes)
        }
        Dialect::Kiro => kiro::encode_request(request, target, notes),
    }
}

/// The whole way of a request: read, mend its history, write it for `target`.
pub fn translate_request(
    format: Format,
    body: &[u8],
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    let mut request = decode_request(format, body, notes)?;
    request.repair_history(notes);
    encode_request(&request, target, notes)
}

/// Puts a client's own request into the vendor's envelope, changing only what the envelope demands.
/// `None`: the dialect is no envelope around `format`.
pub fn envelope_request(
    format: Format,
    body: &[u8],
    target: &Target,
    notes: &mut Notes,
) -> Option<Result<Encoded, WireError>> {
    match (format, target.dialect) {
        (Format::OpenaiResponses, Dialect::Codex) => Some(codex::envelope(body, target, notes)),
        (Format::Gemini, Dialect::GeminiCli | Dialect::Antigravity) => {
            Some(cloud_code::envelope(body, target, notes))
        }
        _ => None,
    }
}

/// Takes the answer to [`envelope_request`] out of its envelope.
pub fn editor(format: Format, dialect: Dialect) -> Option<Box<dyn Editor>> {
    match (format, dialect) {
        (Format::OpenaiResponses, Dialect::Codex) => Some(Box::new(codex::StreamEditor::default())),
        (Format::Gemini, Dialect::GeminiCli | Dialect::Antigravity) => {
            Some(Box::new(cloud_code::StreamEditor::default()))
        }
        _ => None,
    }
}

pub fn decoder(dialect: Dialect) -> Box<dyn Decoder> {
    match dialect {
        Dialect::OpenaiChat => Box::new(openai_chat::StreamDecoder::default()),
        Dialect::OpenaiResponses | Dialect::Codex => {
            Box::new(openai_responses::StreamDecoder::default())
        }
        Dialect::Anthropic => Box::new(anthropic::StreamDecoder::default()),
        Dialect::Gemini => Box::new(gemini::StreamDecoder::default()),
        Dialect::Ollama => Box::new(ollama::StreamDecoder::default()),
        Dialect::GeminiCli | Dialect::Antigravity => Box::new(cloud_code::StreamDecoder::default()),
        Dialect::Kiro => Box::new(kiro::StreamDecoder::default()),
    }
}

pub fn encoder(format: Format, reply: Reply) -> Box<dyn Encoder> {
    match format {
        Format::OpenaiChat => Box::new(openai_chat::StreamEncoder::new(reply)),
        Format::OpenaiResponses => Box::new(openai_responses::StreamEncoder::new(reply)),
        Format::Anthropic => Box::new(anthropic::StreamEncoder::new(reply)),
        Format::Gemini => Box::new(gemini::StreamEncoder::new(reply)),
        Format::Ollama => Box::new(ollama::StreamEncoder::new(reply)),
    }
}

/// The whole answer for a client that asked for no stream.
pub fn encode_response(
    format: Format,
    response: &Response,
    reply: &Reply,
    elapsed: Duration,
) -> Vec<u8> {
    match format {
        Format::OpenaiChat => openai_chat::encode_response(response, reply),
        Format::OpenaiResponses => openai_responses::encode_response(response, reply),
        Format::Anthropic => anthropic::encode_response(response, reply),
        Format::Gemini => gemini::encode_response(response, reply),
        Format::Ollama => ollama::encode_response(response, reply, elapsed),
    }
}
