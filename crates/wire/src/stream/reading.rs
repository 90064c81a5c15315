//! Reads an upstream's answer, whatever came of its promise to stream or not.

use crate::codec::{Decoder, decoder};
use crate::dialect::Dialect;
use crate::error::WireError;
use crate::framing::{Frame, Framing, Parser};
use crate::ir::event::{Delta, Event, Step};
use crate::stream::sequencer::Sequencer;
use crate::tap::Observed;

/// The most of a JSON answer that is held; a longer one is an error.
pub const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

pub struct Reading {
    dialect: Dialect,
    shape: Shape,
    decoder: Box<dyn Decoder>,
    sequencer: Sequencer,
    events: Vec<Event>,
    error: Option<WireError>,
    is_complete: bool,
    is_broken: bool,
    is_cut: bool,
    has_frame: bool,
    output_bytes: u64,
}

/// How the answer comes; not what its headers said, but what its first byte shows.
enum Shape {
    /// Nothing that tells: the bytes so far.
    Unknown(Vec<u8>),
    Stream(Parser),
    Body(Vec<u8>),
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl Reading {
    /// `seed`: what made-up call ids begin with.
    pub fn new(dialect: Dialect, seed: impl Into<String>) -> Self {
        Self {
            dialect,
            shape: Shape::Unknown(Vec::new()),
            decoder: decoder(dialect),
            sequencer: Sequencer::new(seed),
            events: Vec::new(),
            error: None,
            is_complete: false,
            is_broken: false,
            is_cut: false,
            has_frame: false,
            output_bytes: 0,
        }
    }

    /// Reads the next bytes. `frames` sees every frame before it is decoded.
    pub fn feed(&mut self, chunk: &[u8], frames: &mut dyn FnMut(&Frame), out: &mut Vec<Step>) {
        let begun;
        let mut chunk = chunk;
        if let Shape::Unknown(bytes) = &mut self.shape {
            bytes.extend_from_slice(chunk);
            let Some(shape) = shape_of(bytes, self.dialect) else {
                return;
            };
            begun = std::mem::take(bytes);
            chunk = &begun;
            self.shape = shape;
        }
        match &mut self.shape {
            Shape::Unknown(_) => {}
            Shape::Stream(parser) => {
                parser.feed(chunk);
                self.drain(frames, out);
            }
            Shape::Body(body) => {
                if body.len() + chunk.len() > MAX_BODY_BYTES {
                    self.fail(broken("its answer is too long"), out);
                } else {
                    body.extend_from_slice(chunk);
                }
            }
        }
    }

    /// The upstream has sent everything.
    pub fn finish(&mut self, frames: &mut dyn FnMut(&Frame), out: &mut Vec<Step>) {
        match &mut self.shape {
            Shape::Unknown(_) => {}
            Shape::Stream(parser) => {
                parser.finish();
                // A failure found by this is the reason, before the decoder takes the end for a good one.
                self.drain(frames, out);
                self.decoder.end(&mut self.events);
                self.sequence(out);
            }
            Shape::Body(body) => {
                let body = std::mem::take(body);
                self.decoder.body(&body, &mut self.events);
                self.sequence(out);
            }
        }
        let before = out.len();
        self.sequencer.end(out);
        self.is_cut |= out
            .iter()
            .skip(before)
            .any(|step| matches!(step, Step::Error(_)));
        self.is_broken |= self.is_cut;
        self.watch(out, before);
    }

    /// Something outside of the answer ends it: the connection broke, or it took too long.
    pub fn fail(&mut self, error: WireError, out: &mut Vec<Step>) {
        let before = out.len();
        self.is_broken |= !self.sequencer.is_ended();
        self.sequencer.fail(error, out);
        self.watch(out, before);
    }

    /// The first event has come, or some of a document. Comments and half an event are neither.
    pub fn has_begun(&self) -> bool {
        match self.shape {
            Shape::Unknown(_) => false,
            Shape::Stream(_) => self.has_frame,
            Shape::Body(_) => true,
        }
    }

    /// A JSON document came where a stream was asked for, or none was.
    pub fn is_body(&self) -> bool {
        matches!(self.shape, Shape::Body(_))
    }

    /// The JSON document, if [`Reading::is_body`]; empty once finished.
    pub fn body(&self) -> &[u8] {
        match &self.shape {
            Shape::Body(body) => body,
            Shape::Unknown(_) | Shape::Stream(_) => &[],
        }
    }

    /// It ended with an error that is ours and not the upstream's own words.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// It ended without its end: nothing was wrong with what there was.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub fn is_ended(&self) -> bool {
        self.sequencer.is_ended()
    }

    /// What the answer said about itself so far.
    pub fn observed(&self) -> Observed {
        Observed {
            usage: self.sequencer.usage(),
            model: self.sequencer.model().map(str::to_owned),
            is_complete: self.is_complete,
            error: self.error.clone(),
            output_bytes: self.output_bytes,
        }
    }

    fn drain(&mut self, frames: &mut dyn FnMut(&Frame), out: &mut Vec<Step>) {
        let Shape::Stream(parser) = &mut self.shape else {
            return;
        };
        while let Some(frame) = parser.next_frame() {
            frames(&frame);
            self.has_frame = true;
            self.decoder.frame(&frame, &mut self.events);
        }
        let failure = parser.failure();
        self.sequence(out);
        if let Some(what) = failure {
            self.fail(broken(what), out);
        }
    }

    fn sequence(&mut self, out: &mut Vec<Step>) {
        let before = out.len();
        for event in self.events.drain(..) {
            self.sequencer.push(event, out);
        }
        self.watch(out, before);
    }

    fn watch(&mut self, out: &[Step], before: usize) {
        for step in out.iter().skip(before) {
            match step {
                Step::Delta(Delta::Text(text) | Delta::Thinking(text) | Delta::Input(text)) => {
                    self.output_bytes = self.output_bytes.saturating_add(text.len() as u64);
                }
                Step::Finish { .. } => self.is_complete = true,
                Step::Error(error) => self.error = Some(error.clone()),
                Step::Start { .. } | Step::Open(_) | Step::Delta(_) | Step::Close => {}
            }
        }
    }
}

/// White space before an answer, beyond which it is no JSON document.
const MOST_BLANK_BYTES: usize = 1_024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// `{` and `[` begin no server-sent events, and nothing else begins a JSON answer. `None`: still too early to tell.
fn shape_of(begun: &[u8], dialect: Dialect) -> Option<Shape> {
    let framing = dialect.framing();
    let stream = || Some(Shape::Stream(Parser::new(framing)));
    if BYTE_ORDER_MARK.starts_with(begun) {
        return None;
    }
    let text = begun.strip_prefix(BYTE_ORDER_MARK).unwrap_or(begun);
    match (framing, text.trim_ascii_start().first()) {
        (Framing::EventStream, _) if text.first() == Some(&b'{') => Some(Shape::Body(Vec::new())),
        (Framing::EventStream, _) => stream(),
        (Framing::Sse, Some(b'{' | b'[')) => Some(Shape::Body(Vec::new())),
        // A whole answer is a line too.
        (Framing::Ndjson | Framing::Sse, Some(_)) => stream(),
        (Framing::Ndjson | Framing::Sse, None) if begun.len() > MOST_BLANK_BYTES => stream(),
        (Framing::Ndjson | Framing::Sse, None) => None,
    }
}

fn broken(what: &str) -> WireError {
    WireError::broken(format!("the upstream's answer could not be read: {what}"))
}
