//! The codec of Responses: <https://platform.openai.com/docs/api-reference/responses>.
//!
//! A conversation is a flat list of items: messages, calls, results and pieces of reasoning side by side.
//! Nothing is stored here, so whatever refers to a stored response is refused by name.

mod decode;
mod encode;
mod read;
mod write;

use crate::codec::Reply;
use crate::error::{DecodeError, WireError};
use crate::ir::note::Notes;
use crate::ir::request::Request;
use crate::ir::response::Response;
use crate::ir::target::{Encoded, Target};

pub(crate) use decode::refuse_stored;
pub(crate) use encode::{ENCRYPTED, document};
pub use read::StreamDecoder;
pub use write::StreamEncoder;

pub fn decode_request(body: &[u8], notes: &mut Notes) -> Result<Request, DecodeError> {
    decode::request(body, notes)
}

pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    let (body, restore) = document(request, target, notes)?;
    Ok(Encoded {
        body: crate::json::Json::from(body).to_bytes().into(),
        restore,
    })
}

pub fn encode_response(response: &Response, reply: &Reply) -> Vec<u8> {
    write::whole(response, reply)
}
