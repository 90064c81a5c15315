//! The codec of generateContent: <https://ai.google.dev/api/generate-content>.
//!
//! Google's own SDKs write camelCase and its documentation shows snake_case as well, so both are read everywhere.

mod decode;
mod decode_config;
mod decode_part;
mod decode_tools;
mod encode;
mod encode_config;
mod encode_parts;
mod encode_tools;
mod grounding;
mod partial;
mod response;
mod stream;

use crate::codec::Reply;
use crate::error::{DecodeError, WireError};
use crate::ir::note::Notes;
use crate::ir::request::Request;
use crate::ir::response::Response;
use crate::ir::target::{Encoded, Target};
use crate::json::{Json, Object};

pub use response::StreamDecoder;
pub use stream::StreamEncoder;

/// A call's arguments and a result's object stay text.
pub(crate) const RAW_KEYS: &[&str] = &["args", "response"];

pub fn decode_request(body: &[u8], notes: &mut Notes) -> Result<Request, DecodeError> {
    decode::request(body, notes)
}

pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    encode_request_with(request, target, notes, |document| document)
}

/// Writes a request whose document `finish` puts into an envelope.
pub(crate) fn encode_request_with(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
    finish: impl for<'a> FnOnce(Object<'a>) -> Object<'a>,
) -> Result<Encoded, WireError> {
    let names = encode_tools::names(request);
    let document = encode::document(request, &names, target, notes)?;
    Ok(Encoded {
        body: Json::from(finish(document)).to_bytes().into(),
        restore: encode::restore(request, &names),
    })
}

pub fn encode_response(response: &Response, reply: &Reply) -> Vec<u8> {
    stream::whole(response, reply)
}
