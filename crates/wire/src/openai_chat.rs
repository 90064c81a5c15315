//! The codec of chat completions: <https://platform.openai.com/docs/api-reference/chat>.

use std::time::Duration;

use crate::codec::{Decoder, Encoder, Reply};
use crate::error::{DecodeError, WireError};
use crate::framing::Frame;
use crate::ir::event::{Event, Step};
use crate::ir::note::Notes;
use crate::ir::request::Request;
use crate::ir::response::Response;
use crate::ir::target::{Encoded, Target};

pub fn decode_request(_body: &[u8], _notes: &mut Notes) -> Result<Request, DecodeError> {
    Err(DecodeError::at("", "not written yet"))
}

pub fn encode_request(
    _request: &Request,
    _target: &Target,
    _notes: &mut Notes,
) -> Result<Encoded, WireError> {
    Err(DecodeError::at("", "not written yet").into())
}

pub fn encode_response(_response: &Response, _reply: &Reply) -> Vec<u8> {
    Vec::new()
}

#[derive(Debug, Default)]
pub struct StreamDecoder {}

impl Decoder for StreamDecoder {
    fn frame(&mut self, _frame: &Frame, _out: &mut Vec<Event>) {}

    fn body(&mut self, _body: &[u8], _out: &mut Vec<Event>) {}

    fn end(&mut self, _out: &mut Vec<Event>) {}
}

#[derive(Debug)]
pub struct StreamEncoder {}

impl StreamEncoder {
    pub fn new(_reply: Reply) -> Self {
        Self {}
    }
}

impl Encoder for StreamEncoder {
    fn step(&mut self, _step: &Step, _elapsed: Duration, _out: &mut Vec<u8>) {}

    fn keep_alive(&self) -> &'static [u8] {
        b""
    }
}

/// Whether a request's body asks for `stream_options.include_usage`.
pub fn wants_usage(_body: &[u8]) -> bool {
    false
}
