//! What a message says about itself: <https://platform.claude.com/docs/en/build-with-claude/streaming>.
//!
//! Usage comes twice: `message_start` has the prompt's, `message_delta` has the output's and may repeat the rest.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::Format;
use crate::lenient::{self, Lenient};
use crate::tap::{self, Findings};
use crate::usage::Reported;

pub(super) const SIGNS: &[&str] = &[
    "\"message_start\"",
    "\"message_delta\"",
    "\"message_stop\"",
    "\"error\"",
];

#[derive(Debug, Deserialize)]
struct Event<'a> {
    #[serde(default)]
    r#type: Lenient<String>,
    /// Of `message_start`.
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    /// Of `message_delta`.
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Message<'a> {
    #[serde(default)]
    r#type: Lenient<String>,
    #[serde(default)]
    model: Lenient<String>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

pub(super) fn read_event(data: &[u8], findings: &mut Findings) {
    let Some(event) = lenient::object::<Event>(data) else {
        return;
    };
    match event.r#type.0.as_deref().unwrap_or_default() {
        "message_start" => {
            read_message(event.message.map_or("", RawValue::get).as_bytes(), findings);
        }
        "message_delta" => read_usage(event.usage, findings),
        "message_stop" => findings.is_complete = true,
        "error" => findings.set_error(data),
        _ => {}
    }
}

pub(super) fn read_body(body: &[u8], findings: &mut Findings) {
    findings.is_complete |= read_message(body, findings);
}

fn read_message(json: &[u8], findings: &mut Findings) -> bool {
    let Some(message) = lenient::object::<Message>(json) else {
        return false;
    };
    read_usage(message.usage, findings);
    if tap::is_error(message.error) || message.r#type.0.as_deref() == Some("error") {
        findings.set_error(json);
    }
    findings.set_model(message.model.0);
    true
}

fn read_usage(usage: Option<&RawValue>, findings: &mut Findings) {
    if let Some(usage) = usage {
        let reported = Reported::read(Format::Anthropic, usage.get().as_bytes());
        findings.reported.update(reported);
    }
}
