//! The envelope of codex.

use crate::codec::Editor;
use crate::error::{DecodeError, WireError};
use crate::framing::Frame;
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

pub fn envelope(_body: &[u8], _target: &Target, _notes: &mut Notes) -> Result<Encoded, WireError> {
    Err(DecodeError::at("", "not written yet").into())
}

#[derive(Debug, Default)]
pub struct StreamEditor {}

impl Editor for StreamEditor {
    fn frame(&mut self, _frame: &Frame, _out: &mut Vec<u8>) {}

    fn whole(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn body(&mut self, _body: &[u8]) -> Vec<u8> {
        Vec::new()
    }
}
