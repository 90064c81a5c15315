//! Usage reports as their vendors document them, read here once more and with nothing of the router's.

use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Chat,
    Responses,
    Anthropic,
    Gemini,
    Ollama,
}

impl Format {
    pub(crate) const ALL: [Self; 5] = [
        Self::Chat,
        Self::Responses,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
    ];

    /// What the node of such an upstream is called.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }
}

/// Counters of a report, whole prompts and whole answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counters {
    /// With what the cache read and wrote.
    pub(crate) prompt: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write: u64,
    /// With the reasoning.
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
}

impl Counters {
    /// Input, cache read, cache write, output, reasoning: disjoint, but the last is a part of the one before.
    pub(crate) fn disjoint(self) -> [u64; 5] {
        [
            self.prompt - self.cache_read - self.cache_write,
            self.cache_read,
            self.cache_write,
            self.output,
            self.reasoning,
        ]
    }

    /// What a format can say of it.
    pub(crate) fn as_told(self, format: Format) -> Self {
        match format {
            Format::Chat | Format::Responses => self,
            // Thinking is a part of a newer report, which a client need not have.
            Format::Anthropic => Self {
                reasoning: 0,
                ..self
            },
            Format::Gemini => Self {
                cache_write: 0,
                ..self
            },
            Format::Ollama => Self {
                cache_read: 0,
                cache_write: 0,
                reasoning: 0,
                ..self
            },
        }
    }
}

/// The last report of an answer, whole or streamed. `None`: nothing was reported.
pub(crate) fn counters(format: Format, answer: &[u8]) -> Option<Counters> {
    let mut report = Map::new();
    for document in documents(answer) {
        let found = match format {
            Format::Chat => vec![&document["usage"]],
            Format::Responses => vec![&document["usage"], &document["response"]["usage"]],
            Format::Anthropic => vec![&document["message"]["usage"], &document["usage"]],
            Format::Gemini => vec![&document["usageMetadata"]],
            Format::Ollama => vec![&document],
        };
        for fields in found.into_iter().filter_map(Value::as_object) {
            let known = fields.iter().filter(|(_, value)| !value.is_null());
            report.extend(known.map(|(name, value)| (name.clone(), value.clone())));
        }
    }
    let report = Value::Object(report);
    let count = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64);
    let of = |pointer: &str| count(pointer).unwrap_or(0);
    let counters = match format {
        Format::Chat => Counters {
            prompt: of("/prompt_tokens"),
            cache_read: of("/prompt_tokens_details/cached_tokens"),
            cache_write: of("/prompt_tokens_details/cache_write_tokens"),
            output: of("/completion_tokens"),
            reasoning: of("/completion_tokens_details/reasoning_tokens"),
        },
        Format::Responses => Counters {
            prompt: of("/input_tokens"),
            cache_read: of("/input_tokens_details/cached_tokens"),
            cache_write: of("/input_tokens_details/cache_write_tokens"),
            output: of("/output_tokens"),
            reasoning: of("/output_tokens_details/reasoning_tokens"),
        },
        Format::Anthropic => {
            let read = of("/cache_read_input_tokens");
            let written = of("/cache_creation_input_tokens");
            Counters {
                prompt: of("/input_tokens") + read + written,
                cache_read: read,
                cache_write: written,
                output: of("/output_tokens"),
                reasoning: of("/output_tokens_details/thinking_tokens"),
            }
        }
        Format::Gemini => Counters {
            prompt: of("/promptTokenCount"),
            cache_read: of("/cachedContentTokenCount"),
            cache_write: 0,
            output: of("/candidatesTokenCount") + of("/thoughtsTokenCount"),
            reasoning: of("/thoughtsTokenCount"),
        },
        Format::Ollama => Counters {
            prompt: of("/prompt_eval_count"),
            cache_read: 0,
            cache_write: 0,
            output: of("/eval_count"),
            reasoning: 0,
        },
    };
    (counters.prompt + counters.output > 0).then_some(counters)
}

/// The JSON documents of an answer: the only one, one in each line, or one in each event.
fn documents(answer: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(answer).replace("\r\n", "\n");
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Array(documents)) => return documents,
        Ok(document) => return vec![document],
        Err(_) => {}
    }
    let data = |block: &str| -> String {
        let lines = block.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let events = text.split("\n\n").map(data);
    let lines = text.lines().map(str::to_owned);
    events
        .chain(lines)
        .filter_map(|document| serde_json::from_str(&document).ok())
        .collect()
}
