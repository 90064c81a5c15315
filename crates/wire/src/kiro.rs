//! The envelope of kiro.

use crate::codec::Decoder;
use crate::error::{DecodeError, WireError};
use crate::framing::Frame;
use crate::ir::event::Event;
use crate::ir::note::Notes;
use crate::ir::request::Request;
use crate::ir::target::{Encoded, Target};

pub fn encode_request(
    _request: &Request,
    _target: &Target,
    _notes: &mut Notes,
) -> Result<Encoded, WireError> {
    Err(DecodeError::at("", "not written yet").into())
}

#[derive(Debug, Default)]
pub struct StreamDecoder {}

impl Decoder for StreamDecoder {
    fn frame(&mut self, _frame: &Frame, _out: &mut Vec<Event>) {}

    fn body(&mut self, _body: &[u8], _out: &mut Vec<Event>) {}

    fn end(&mut self, _out: &mut Vec<Event>) {}
}
