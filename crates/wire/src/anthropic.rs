//! The codec of messages: <https://platform.claude.com/docs/en/api/messages>.

mod hosted;

mod decode;

mod encode;

mod decoder;

mod layout;

mod message;

mod encoder;

mod response;

pub use decode::decode_request;
pub use decoder::StreamDecoder;
pub use encode::encode_request;
pub use encoder::StreamEncoder;
pub use response::encode_response;

/// Ends the signature of a thinking block that carries the proof of the block behind it.
///
/// The format has a slot for a signature in thinking only, and Gemini signs calls.
/// No issuer's data holds a `#`.
const OF_NEXT: &str = "#next";
