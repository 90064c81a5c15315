//! The codec of chat completions: <https://platform.openai.com/docs/api-reference/chat>.
//!
//! Half the world speaks it, each with additions of its own; what is common practice is read and written here,
//! whether OpenAI knows it or not.

mod decode;

mod encode;

mod answer;

mod stream;

mod response;

pub use answer::StreamDecoder;
pub use decode::{decode_request, wants_usage};
pub use encode::encode_request;
pub use response::encode_response;
pub use stream::StreamEncoder;
