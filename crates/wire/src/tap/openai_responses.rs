//! What a response object says about itself: <https://platform.openai.com/docs/api-reference/responses-streaming>.
//!
//! The terminal event repeats the whole response, so usage, status and error are read there.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::Format;
use crate::lenient::{self, Lenient};
use crate::tap::{self, Findings};
use crate::usage::Reported;

pub(super) const SIGNS: &[&str] = &[
    "\"response.completed\"",
    "\"response.incomplete\"",
    "\"response.failed\"",
    "\"error\"",
];

#[derive(Debug, Deserialize)]
struct Event<'a> {
    #[serde(default)]
    r#type: Lenient<String>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Response<'a> {
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
    let response = event.response.map_or("", RawValue::get).as_bytes();
    read_response(response, findings);
    match event.r#type.0.as_deref().unwrap_or_default() {
        "response.completed" | "response.incomplete" => findings.is_complete = true,
        "response.failed" => {
            findings.is_complete = true;
            // A failure without an `error` is still one; the response as a whole is what there is to show.
            findings.set_error(response);
        }
        "error" => findings.set_error(data),
        _ if tap::is_error(event.error) => findings.set_error(data),
        _ => {}
    }
}

pub(super) fn read_body(body: &[u8], findings: &mut Findings) {
    findings.is_complete |= read_response(body, findings);
}

fn read_response(json: &[u8], findings: &mut Findings) -> bool {
    let Some(response) = lenient::object::<Response>(json) else {
        return false;
    };
    if let Some(usage) = response.usage {
        let reported = Reported::read(Format::OpenaiResponses, usage.get().as_bytes());
        findings.reported.update(reported);
    }
    if tap::is_error(response.error) {
        findings.set_error(json);
    }
    findings.set_model(response.model.0);
    true
}
