//! What a chat completion says about itself: <https://platform.openai.com/docs/api-reference/chat-streaming>.
//!
//! `[DONE]` is the caller's to see, since it is no JSON; many servers leave it out, so a finish reason counts too.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::Format;
use crate::lenient::{self, Lenient, LenientObject};
use crate::tap::{self, Findings};
use crate::usage::Reported;

pub(super) const SIGNS: &[&str] = &["\"usage\"", "\"finish_reason\"", "\"error\""];

/// A chunk, and a whole completion as well: they agree in these fields.
#[derive(Debug, Deserialize)]
struct Completion<'a> {
    #[serde(default)]
    model: Lenient<String>,
    #[serde(default)]
    choices: Lenient<Vec<LenientObject<Choice>>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    finish_reason: Lenient<String>,
}

impl Choice {
    /// Some servers write an empty reason where the vendor writes null.
    fn is_finished(&self) -> bool {
        self.finish_reason
            .0
            .as_ref()
            .is_some_and(|reason| !reason.is_empty())
    }
}

pub(super) fn read_event(data: &[u8], findings: &mut Findings) {
    let Some(chunk) = lenient::object::<Completion>(data) else {
        return;
    };
    let choices = chunk.choices.0.as_deref().unwrap_or_default();
    findings.is_complete |= choices
        .iter()
        .filter_map(|choice| choice.0.as_ref())
        .any(Choice::is_finished);
    chunk.write(data, findings);
}

pub(super) fn read_body(body: &[u8], findings: &mut Findings) {
    if let Some(completion) = lenient::object::<Completion>(body) {
        findings.is_complete = true;
        completion.write(body, findings);
    }
}

impl Completion<'_> {
    fn write(self, data: &[u8], findings: &mut Findings) {
        if let Some(usage) = self.usage {
            let reported = Reported::read(Format::OpenaiChat, usage.get().as_bytes());
            findings.reported.update(reported);
        }
        if tap::is_error(self.error) {
            findings.set_error(data);
        }
        findings.set_model(self.model.0);
    }
}
