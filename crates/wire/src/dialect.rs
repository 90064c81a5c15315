//! What upstreams speak: a format as it is, or a format in an envelope of the vendor's own.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::format::Format;
use crate::framing::Framing;

/// The wire of an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    OpenaiChat,
    OpenaiResponses,
    Anthropic,
    Gemini,
    Ollama,
    /// Responses as the ChatGPT backend takes them: always streamed, never stored.
    Codex,
    /// Gemini inside of Code Assist's envelope.
    GeminiCli,
    /// The same with another envelope.
    Antigravity,
    /// CodeWhisperer's conversation, answered as an AWS event stream.
    Kiro,
}

impl Dialect {
    pub const ALL: [Self; 9] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
        Self::Codex,
        Self::GeminiCli,
        Self::Antigravity,
        Self::Kiro,
    ];

    /// The format as it is.
    pub fn plain(format: Format) -> Self {
        match format {
            Format::OpenaiChat => Self::OpenaiChat,
            Format::OpenaiResponses => Self::OpenaiResponses,
            Format::Anthropic => Self::Anthropic,
            Format::Gemini => Self::Gemini,
            Format::Ollama => Self::Ollama,
        }
    }

    /// The format inside of the envelope; Kiro's is its own.
    pub fn format(self) -> Option<Format> {
        match self {
            Self::OpenaiChat => Some(Format::OpenaiChat),
            Self::OpenaiResponses | Self::Codex => Some(Format::OpenaiResponses),
            Self::Anthropic => Some(Format::Anthropic),
            Self::Gemini | Self::GeminiCli | Self::Antigravity => Some(Format::Gemini),
            Self::Ollama => Some(Format::Ollama),
            Self::Kiro => None,
        }
    }

    /// The name in configuration, in the database and on our own wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini-cli",
            Self::Antigravity => "antigravity",
            Self::Kiro => "kiro",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
    }

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenaiChat => "OpenAI Chat Completions",
            Self::OpenaiResponses => "OpenAI Responses",
            Self::Anthropic => "Anthropic Messages",
            Self::Gemini => "Gemini",
            Self::Ollama => "Ollama",
            Self::Codex => "Codex",
            Self::GeminiCli => "Gemini CLI",
            Self::Antigravity => "Antigravity",
            Self::Kiro => "Kiro",
        }
    }

    /// It answers with a stream only, whoever asks.
    pub fn always_streams(self) -> bool {
        matches!(self, Self::Codex | Self::Kiro)
    }

    /// It takes images themselves and no links to them.
    pub fn takes_no_links(self) -> bool {
        matches!(self, Self::Ollama | Self::Kiro)
    }

    /// Where a request for an answer goes, after the base URL; `model` must be a safe path segment.
    pub fn path(self, model: &str, stream: bool) -> String {
        let action = if stream {
            "streamGenerateContent?alt=sse"
        } else {
            "generateContent"
        };
        match self {
            Self::OpenaiChat => "/chat/completions".to_owned(),
            Self::OpenaiResponses | Self::Codex => "/responses".to_owned(),
            Self::Anthropic => "/messages".to_owned(),
            Self::Gemini => format!("/models/{model}:{action}"),
            Self::Ollama => "/api/chat".to_owned(),
            Self::GeminiCli | Self::Antigravity => format!("/v1internal:{action}"),
            Self::Kiro => "/generateAssistantResponse".to_owned(),
        }
    }

    /// How its streams are cut.
    pub fn framing(self) -> Framing {
        match self {
            Self::Ollama => Framing::Ndjson,
            Self::Kiro => Framing::EventStream,
            Self::OpenaiChat
            | Self::OpenaiResponses
            | Self::Anthropic
            | Self::Gemini
            | Self::Codex
            | Self::GeminiCli
            | Self::Antigravity => Framing::Sse,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Dialect;
    use crate::format::Format;

    #[test]
    fn a_name_survives_parsing() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::parse(dialect.as_str()), Some(dialect));
        }
        for format in Format::ALL {
            assert_eq!(Dialect::plain(format).format(), Some(format));
            assert_eq!(Dialect::plain(format).as_str(), format.as_str());
        }
    }
}
