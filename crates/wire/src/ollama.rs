//! The codec of Ollama's chat: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

mod decode;

mod options;

mod encode;

mod answer;

mod line;

mod load;

mod stream;

pub use answer::StreamDecoder;
pub use decode::decode_request;
pub use encode::encode_request;
pub use load::answer_to_probe;
pub use stream::{StreamEncoder, encode_response};

/// Its name in notes and errors.
const NAME: &str = "Ollama";
