//! A chat without messages only asks that the model be loaded: <https://github.com/ollama/ollama/blob/main/docs/api.md#load-a-model-1>.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::Reply;
use crate::json::Json;
use crate::lenient;
use crate::object;
use crate::ollama::line::time;

/// Clients wait for this before their first message; here every model is loaded at all times.
/// `None`: the request wants an answer.
pub fn answer_to_probe(body: &[u8], reply: &Reply) -> Option<Vec<u8>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Head<'a> {
        #[serde(borrow)]
        messages: Option<&'a RawValue>,
    }
    let head: Head = lenient::object(body)?;
    let messages = head.messages.map_or("[]", RawValue::get);
    let inside = messages.strip_prefix('[')?.strip_suffix(']')?;
    if !inside.trim().is_empty() {
        return None;
    }
    let answer = object! {
        "model" => &reply.model,
        "created_at" => time(reply.created_at, Duration::ZERO),
        "message" => object! { "role" => "assistant", "content" => "" },
        "done_reason" => "load",
        "done" => true,
    };
    let mut line = Json::from(answer).to_bytes();
    line.push(b'\n');
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::answer_to_probe;
    use crate::codec::Reply;

    #[test]
    fn only_a_chat_without_messages_is_a_probe() {
        let reply = Reply::default();
        for probe in [r#"{"model":"m"}"#, r#"{"model":"m","messages":[ ]}"#] {
            let line = answer_to_probe(probe.as_bytes(), &reply).expect("a probe");
            assert!(String::from_utf8_lossy(&line).contains(r#""done_reason":"load""#));
        }
        assert!(answer_to_probe(br#"{"messages":[{"role":"user"}]}"#, &reply).is_none());
    }
}
