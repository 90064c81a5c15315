//! Ollama's counters, which stand in the answer itself: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

use serde::Deserialize;

use crate::lenient::{self, Count};
use crate::usage::Reported;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Counters {
    prompt_eval_count: Count,
    eval_count: Count,
}

pub(super) fn read(json: &[u8]) -> Reported {
    let counters: Counters = lenient::object(json).unwrap_or_default();
    Reported {
        prompt: counters.prompt_eval_count.0,
        output: counters.eval_count.0,
        ..Reported::default()
    }
}
