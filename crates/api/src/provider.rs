//! Providers as a browser may see them: the catalogue's and the user's own nodes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::connection::CheckResult;
use crate::ids::{NodeId, ProviderId};
use crate::login::LoginOffer;

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientFormat {
    OpenaiChat,
    OpenaiResponses,
    Anthropic,
    Gemini,
    Ollama,
}

impl ClientFormat {
    pub const ALL: [Self; 5] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
    ];

    /// The name on our wire and in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.dialect().as_str()
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.dialect().name()
    }

    /// The provider's side of the same format.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        match self {
            Self::OpenaiChat => Dialect::OpenaiChat,
            Self::OpenaiResponses => Dialect::OpenaiResponses,
            Self::Anthropic => Dialect::Anthropic,
            Self::Gemini => Dialect::Gemini,
            Self::Ollama => Dialect::Ollama,
        }
    }
}

/// What a provider speaks: a format as it is, or a vendor's own variant of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    OpenaiChat,
    OpenaiResponses,
    Anthropic,
    Gemini,
    Ollama,
    Codex,
    GeminiCli,
    Antigravity,
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

    /// The name on our wire and in a URL.
    #[must_use]
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

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == text)
    }

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenaiChat => "OpenAI Chat",
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
}

/// Where a provider stands between what is paid for anyway and what costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    Subscription,
    Cheap,
    Free,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Subscription, Self::Cheap, Self::Free];

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscription => "Subscription",
            Self::Cheap => "Cheap",
            Self::Free => "Free",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderView {
    pub id: ProviderId,
    pub name: String,
    /// What stands before the slash in a model name.
    pub prefix: String,
    pub docs: Option<String>,
    /// A user's node has none.
    pub tier: Option<Tier>,
    pub base_url: String,
    pub dialects: Vec<Dialect>,
    /// Of how many models is known.
    pub model_count: usize,
    /// Present when its accounts log in instead of holding a key.
    pub login: Option<LoginOffer>,
    /// Present when the user defined this provider.
    pub node: Option<NodeView>,
    /// What of its address every account gives for itself.
    pub parts: Vec<PartView>,
    /// Its accounts can do without an API key.
    pub is_key_optional: bool,
    pub key_file: KeyFile,
    /// Whether whoever asks may change it and its models.
    pub may_change: bool,
}

/// Whether an account may be one of Google's service accounts, whose key file is pasted where a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFile {
    No,
    /// As well as a key.
    Also,
    /// Nothing else.
    Only,
}

/// A part of a provider's address that belongs to the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartView {
    pub name: String,
    /// For people.
    pub label: String,
    pub hint: Option<String>,
    pub example: Option<String>,
    pub is_required: bool,
    pub entry: PartEntry,
}

/// How a part is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartEntry {
    Text,
    Url,
    /// `true`, or nothing.
    Tick,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelView {
    /// As a client writes it: `prefix/model`.
    pub id: String,
    /// The provider's own name for it.
    pub model: String,
    pub name: String,
    /// Tokens of context, where known.
    pub context: Option<u64>,
    pub origin: ModelOrigin,
    /// Switched off, it is listed nowhere, and nobody is sent to it.
    pub is_enabled: bool,
}

/// How a model is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelOrigin {
    /// It comes with this program.
    Catalogue,
    /// The provider has listed it.
    Discovered,
    /// A person has added it.
    Custom,
}

impl ModelOrigin {
    pub const ALL: [Self; 3] = [Self::Catalogue, Self::Discovered, Self::Custom];

    /// The name on our wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Discovered => "discovered",
            Self::Custom => "custom",
        }
    }
}

/// What came of asking an account's provider for its models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelsFound {
    pub result: CheckResult,
    pub count: usize,
}

/// A model to add to a provider by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCreate {
    pub provider: ProviderId,
    /// The provider's own name for it.
    pub model: String,
    /// The name for people; without one, the model's own.
    pub name: Option<String>,
    /// Tokens of context.
    pub context: Option<u64>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    OpenaiCompatible,
    AnthropicCompatible,
    GeminiCompatible,
    OllamaCompatible,
    /// The wires of subscription accounts: for a gateway or a test server that speaks them.
    CodexCompatible,
    GeminiCliCompatible,
    AntigravityCompatible,
    KiroCompatible,
}

impl NodeKind {
    pub const ALL: [Self; 8] = [
        Self::OpenaiCompatible,
        Self::AnthropicCompatible,
        Self::GeminiCompatible,
        Self::OllamaCompatible,
        Self::CodexCompatible,
        Self::GeminiCliCompatible,
        Self::AntigravityCompatible,
        Self::KiroCompatible,
    ];

    /// The name on our wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiCompatible => "openai-compatible",
            Self::AnthropicCompatible => "anthropic-compatible",
            Self::GeminiCompatible => "gemini-compatible",
            Self::OllamaCompatible => "ollama-compatible",
            Self::CodexCompatible => "codex-compatible",
            Self::GeminiCliCompatible => "gemini-cli-compatible",
            Self::AntigravityCompatible => "antigravity-compatible",
            Self::KiroCompatible => "kiro-compatible",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenaiCompatible => "OpenAI-compatible",
            Self::AnthropicCompatible => "Anthropic-compatible",
            Self::GeminiCompatible => "Gemini-compatible",
            Self::OllamaCompatible => "Ollama",
            Self::CodexCompatible => "Codex-compatible",
            Self::GeminiCliCompatible => "Code Assist-compatible",
            Self::AntigravityCompatible => "Antigravity-compatible",
            Self::KiroCompatible => "Kiro-compatible",
        }
    }
}

/// Which of OpenAI's two request formats an OpenAI-compatible node speaks.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiType {
    Chat,
    Responses,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeView {
    pub id: NodeId,
    pub kind: NodeKind,
    pub name: String,
    pub prefix: String,
    /// `None` for an Anthropic-compatible node.
    pub api_type: Option<ApiType>,
    pub base_url: String,
    /// It may lead into the network this program stands in, this machine included.
    pub allows_private: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCreate {
    pub kind: NodeKind,
    pub name: String,
    pub prefix: String,
    /// Chat when absent; ignored for an Anthropic-compatible node.
    pub api_type: Option<ApiType>,
    pub base_url: String,
    /// The administrator's word that it may lead into the network this program stands in.
    pub allows_private: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePatch {
    pub name: Option<String>,
    pub prefix: Option<String>,
    pub api_type: Option<ApiType>,
    pub base_url: Option<String>,
    pub allows_private: Option<bool>,
}

/// Why a provider that people know of other routers is not here, for those who look for it.
#[must_use]
pub fn not_offered(id: &str) -> Option<&'static str> {
    match id {
        "cursor" | "cu" => Some(
            "Cursor's accounts are not offered: its service takes requests only from what passes for its own program, and this router imitates none.",
        ),
        "cline" | "cl" => Some(
            "Cline's accounts are not offered: its login is made for its own extension, and this router passes for none.",
        ),
        "kilocode" | "kc" => Some("Kilo Code's accounts cannot be connected here yet."),
        _ => None,
    }
}
