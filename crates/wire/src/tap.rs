//! Reads a response while somebody else relays it untouched.
//!
//! It learns the usage, the model, whether the response came to its end, and an error inside it.
//! It fails open: a malformed event is skipped and an oversized one ends the reading; the relay never notices.
//! An end of the stream is not a success: only [`Observed::is_complete`] says that nothing is missing.

mod anthropic;
mod openai_chat;
mod openai_responses;
mod signs;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::dialect::Dialect;
use crate::error::WireError;
use crate::format::Format;
use crate::framing::Frame;
use crate::framing::sse::SseParser;
use crate::stream::reading::Reading;
use crate::tap::signs::Signs;
use crate::usage::{Reported, Usage};

/// The most of a JSON body that is held for reading at its end; a larger one is not read at all.
pub const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// An error that comes as a success is shorter than this; what is longer is an answer.
const MOST_ERROR_BYTES: usize = 4 * 1024;

/// What a response said about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    pub usage: Option<Usage>,
    /// The model's name in the upstream's words.
    pub model: Option<String>,
    /// The format's own end was seen, or the JSON body was whole.
    pub is_complete: bool,
    /// An error inside the stream, or in a body that came as a success.
    pub error: Option<WireError>,
    /// How much was generated, in bytes of text: for an estimate where no usage is reported.
    pub output_bytes: u64,
}

/// One response being read.
#[derive(Debug)]
pub struct Tap {
    format: Format,
    source: Source,
    findings: Findings,
}

#[derive(Debug)]
enum Source {
    Stream {
        parser: SseParser,
        signs: Box<Signs>,
    },
    Body {
        chunks: Vec<Bytes>,
        length: usize,
    },
    /// Formats without a reader of their own are decoded, and the steps thrown away.
    Decoded(Box<Reading>),
}

/// What the formats write their facts into.
#[derive(Debug, Clone, Default)]
struct Findings {
    reported: Reported,
    model: Option<String>,
    is_complete: bool,
    error: Option<WireError>,
    events: u64,
}

/// Text in one event of a stream, on average: most carry one token.
const BYTES_PER_EVENT: u64 = 4;

impl Tap {
    pub fn new(format: Format, is_sse: bool) -> Self {
        let source = if matches!(format, Format::Gemini | Format::Ollama) {
            let dialect = Dialect::plain(format);
            Source::Decoded(Box::new(Reading::new(dialect, String::new())))
        } else if is_sse {
            Source::Stream {
                parser: SseParser::new(),
                signs: Box::new(Signs::new(signs_of(format))),
            }
        } else {
            Source::Body {
                chunks: Vec::new(),
                length: 0,
            }
        };
        Self {
            format,
            source,
            findings: Findings::default(),
        }
    }

    /// Sees the next bytes of the response.
    pub fn observe(&mut self, chunk: &Bytes) {
        match &mut self.source {
            Source::Stream { parser, signs } => {
                parser.feed(chunk);
                read_events(self.format, parser, signs, &mut self.findings);
            }
            Source::Body { chunks, length } => {
                *length = length.saturating_add(chunk.len());
                if *length > MAX_BODY_BYTES {
                    *chunks = Vec::new();
                } else {
                    chunks.push(chunk.clone());
                }
            }
            Source::Decoded(reading) => reading.feed(chunk, &mut |_| {}, &mut Vec::new()),
        }
    }

    /// At least one event of a stream has come, or more of a body than an error has.
    pub fn has_begun(&self) -> bool {
        match &self.source {
            Source::Stream { .. } => self.findings.events > 0,
            Source::Body { length, .. } => *length > MOST_ERROR_BYTES,
            Source::Decoded(reading) => reading.has_begun(),
        }
    }

    /// An error that the stream began with, or that the body is.
    pub fn early_error(&self) -> Option<WireError> {
        match &self.source {
            Source::Stream { .. } => self.findings.error.clone(),
            Source::Body { .. } if self.has_begun() => None,
            Source::Body { .. } => self.observed().error,
            Source::Decoded(reading) => reading.observed().error,
        }
    }

    /// What is known so far; a JSON body is parsed for it on every call.
    pub fn observed(&self) -> Observed {
        let mut findings = self.findings.clone();
        if let Source::Decoded(reading) = &self.source {
            let mut observed = reading.observed();
            // The upstream said nothing of the kind; that something is missing says `is_complete`.
            observed.error = observed.error.filter(|_| !reading.is_cut());
            return observed;
        }
        if let Source::Body { chunks, .. } = &self.source {
            read_body(self.format, &joined(chunks), &mut findings);
        }
        Observed {
            usage: findings.reported.usage(self.format),
            model: findings.model,
            is_complete: findings.is_complete,
            error: findings.error,
            output_bytes: findings.events * BYTES_PER_EVENT,
        }
    }

    /// The response has ended, one way or another.
    pub fn finish(mut self) -> Observed {
        if let Source::Decoded(reading) = &mut self.source {
            reading.finish(&mut |_| {}, &mut Vec::new());
        }
        if let Source::Stream { parser, signs } = &mut self.source {
            parser.finish();
            read_events(self.format, parser, signs, &mut self.findings);
        }
        self.observed()
    }
}

impl Findings {
    /// The first name stays: later events repeat it or leave it empty.
    fn set_model(&mut self, model: Option<String>) {
        if self.model.is_none() {
            self.model = model.filter(|name| !name.is_empty());
        }
    }

    /// The first error stays: it is the cause of what follows.
    fn set_error(&mut self, json: &[u8]) {
        if self.error.is_none() {
            self.error = Some(crate::error::decode_stream_error(json));
        }
    }
}

fn signs_of(format: Format) -> &'static [&'static str] {
    match format {
        Format::OpenaiChat => openai_chat::SIGNS,
        Format::OpenaiResponses => openai_responses::SIGNS,
        Format::Anthropic => anthropic::SIGNS,
        // Decoded instead.
        Format::Gemini | Format::Ollama => &[],
    }
}

fn read_events(format: Format, parser: &mut SseParser, signs: &Signs, findings: &mut Findings) {
    while let Some(Frame { data, .. }) = parser.next_event() {
        findings.events += 1;
        if data.trim_ascii() == b"[DONE]" {
            findings.is_complete |= format == Format::OpenaiChat;
        } else if signs.are_in(&data, findings.model.is_some()) {
            match format {
                Format::OpenaiChat => openai_chat::read_event(&data, findings),
                Format::OpenaiResponses => openai_responses::read_event(&data, findings),
                Format::Anthropic => anthropic::read_event(&data, findings),
                Format::Gemini | Format::Ollama => {}
            }
        }
    }
}

fn read_body(format: Format, body: &[u8], findings: &mut Findings) {
    match format {
        Format::OpenaiChat => openai_chat::read_body(body, findings),
        Format::OpenaiResponses => openai_responses::read_body(body, findings),
        Format::Anthropic => anthropic::read_body(body, findings),
        Format::Gemini | Format::Ollama => {}
    }
}

/// Whether the value of an `error` field is one; healthy servers write null, others `""` or `{}` or `false`.
fn is_error(value: Option<&RawValue>) -> bool {
    value
        .is_some_and(|raw| raw.get().starts_with(['{', '"']) && !matches!(raw.get(), "{}" | "\"\""))
}

fn joined(chunks: &[Bytes]) -> Bytes {
    match chunks {
        [whole] => whole.clone(),
        parts => parts.concat().into(),
    }
}
