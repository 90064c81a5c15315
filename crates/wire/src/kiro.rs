//! Kiro's conversations, which are CodeWhisperer's: written as JSON, answered as an AWS event stream.
//!
//! The service has no public reference; the shapes are those of its published clients, such as
//! <https://github.com/aws/amazon-q-developer-cli/tree/main/crates/amzn-codewhisperer-streaming-client>.
//! It is an upstream only: no client of ours speaks it.

mod encode;

mod conversation;

mod tools;

mod decode;

mod exception;

pub use decode::StreamDecoder;
pub use encode::encode_request;

/// Its name in notes and errors.
const NAME: &str = "Kiro";
