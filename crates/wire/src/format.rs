//! The wire formats we speak, by name.
//!
//! Only their names and addresses: how a format's bytes look is told where they are read or written.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A wire format: the shape of a request, its response, its stream and its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// <https://platform.openai.com/docs/api-reference/chat>
    OpenaiChat,
    /// <https://platform.openai.com/docs/api-reference/responses>
    OpenaiResponses,
    /// <https://platform.claude.com/docs/en/api/messages>
    Anthropic,
    /// <https://ai.google.dev/api/generate-content>
    Gemini,
    /// <https://github.com/ollama/ollama/blob/main/docs/api.md>
    Ollama,
}

impl Format {
    /// Every format, in the order people expect to choose from.
    pub const ALL: [Self; 5] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
    ];

    /// The name in configuration, in the database and on our own wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }

    /// The inverse of [`Format::as_str`]; exact, because the names are ours.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenaiChat => "OpenAI Chat Completions",
            Self::OpenaiResponses => "OpenAI Responses",
            Self::Anthropic => "Anthropic Messages",
            Self::Gemini => "Gemini",
            Self::Ollama => "Ollama",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn a_name_survives_parsing_and_serde() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.as_str()), Some(format));
            assert_eq!(format.to_string(), format.as_str());
            let json = serde_json::to_string(&format).expect("a unit variant serialises");
            assert_eq!(json, format!("\"{}\"", format.as_str()));
            let back: Format = serde_json::from_str(&json).expect("what was written is read");
            assert_eq!(back, format);
        }
    }

    #[test]
    fn a_name_is_matched_exactly() {
        for name in ["", "openai", "OpenAI-Chat", "anthropic "] {
            assert_eq!(Format::parse(name), None, "{name:?}");
        }
    }
}
