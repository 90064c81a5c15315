//! What messages are made of.

use crate::ir::proof::Proof;
use crate::json::Json;

/// Where a block stood in the client's request, for notes: `messages[3].content[1]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct At {
    pub message: u32,
    /// `None`: the message's content is one string, or the block is the message itself.
    pub part: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub at: At,
    pub content: Content,
    /// The client wants the prompt cached up to here.
    pub cache: Option<CacheMark>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Text(Text),
    /// A model's words for not answering.
    Refusal(String),
    Thinking(Thinking),
    Image(Media),
    Audio(Media),
    Video(Media),
    Document(Document),
    ToolUse(ToolUse),
    ToolResult(ToolResult),
    /// A tool the vendor ran itself; never to be shown as a call of the client's tools.
    HostedUse(HostedUse),
    HostedResult(HostedResult),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Text {
    pub text: String,
    pub citations: Vec<Citation>,
    /// Empty unless asked for and given.
    pub logprobs: Vec<TokenLogprob>,
    /// Gemini signs ordinary text as well.
    pub proof: Option<Proof>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thinking {
    /// Empty if it was redacted, omitted or encrypted.
    pub text: String,
    /// What the issuer needs to see again to trust it.
    pub proof: Option<Proof>,
    /// The issuer withheld the text (Anthropic's `redacted_thinking`); `proof` is all there is.
    pub is_redacted: bool,
}

/// An image, a recording, a film, or a document's file.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    pub source: Source,
    /// Such as `image/png`; `None` if nobody said.
    pub media_type: Option<String>,
    /// OpenAI's `low`, `high`, `auto`.
    pub detail: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Standard base64, without the `data:` prefix.
    Base64(String),
    Url(String),
    /// A file that only the provider which took it knows.
    FileId(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub body: DocumentBody,
    pub title: Option<String>,
    pub context: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DocumentBody {
    File(Media),
    Text(String),
}

/// A call of one of the client's tools.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolUse {
    /// `None` where the format has no ids or the client left it out; see [`crate::ir::request::Request::complete_ids`].
    pub id: Option<String>,
    pub name: String,
    /// The group it is in (Responses).
    pub namespace: Option<String>,
    pub input: ToolInput,
    /// The issuer's signature on this call (Gemini 3).
    pub proof: Option<Proof>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ToolInput {
    /// JSON text as it came, not necessarily valid; see [`ToolInput::object`].
    Json(String),
    /// The free text of a custom tool.
    Text(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// The call it answers.
    pub id: Option<String>,
    /// The tool's name, where the format gives it (Gemini, Ollama).
    pub name: Option<String>,
    /// Text, images and documents; may be empty.
    pub content: Vec<Block>,
    pub is_error: bool,
    /// It answers a custom tool's call.
    pub is_custom: bool,
}

/// A tool that a vendor runs: which, by the words at least two vendors share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosted {
    WebSearch,
    WebFetch,
    CodeExecution,
    ImageGeneration,
    FileSearch,
    /// The vendor's own name for what only it has.
    Other(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct HostedUse {
    pub id: Option<String>,
    pub tool: Hosted,
    /// JSON text, such as `{"query":"…"}`.
    pub input: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct HostedResult {
    pub id: Option<String>,
    pub tool: Hosted,
    /// What a search found.
    pub sources: Vec<Citation>,
}

/// A source of a piece of text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Citation {
    pub url: Option<String>,
    pub title: Option<String>,
    pub cited_text: Option<String>,
    /// Characters of the text it belongs to: start and end.
    pub span: Option<(u64, u64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprob {
    pub token: String,
    pub logprob: f64,
    pub bytes: Option<Vec<u8>>,
    pub top: Vec<Self>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMark {
    /// Five minutes, the default.
    Short,
    OneHour,
}

impl Block {
    pub fn new(at: At, content: Content) -> Self {
        Self {
            at,
            content,
            cache: None,
        }
    }

    pub fn text(at: At, text: impl Into<String>) -> Self {
        Self::new(at, Content::Text(Text::new(text)))
    }
}

impl Text {
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

impl At {
    pub fn message(message: usize) -> Self {
        Self {
            message: u32::try_from(message).unwrap_or(u32::MAX),
            part: None,
        }
    }

    #[must_use]
    pub fn part(self, part: usize) -> Self {
        Self {
            part: u32::try_from(part).ok(),
            ..self
        }
    }
}

impl ToolInput {
    /// The input as the JSON object most formats demand, spelled as it came where it is one.
    ///
    /// Nothing at all is `{}`; free text and other values are wrapped: `{"input":"…"}`, `{"_raw":"…"}`.
    pub fn object(&self) -> Json<'static> {
        match self {
            Self::Text(text) => Json::from(crate::object! { "input" => text.clone() }),
            Self::Json(text) => {
                let trimmed = text.trim();
                if trimmed.is_empty() || trimmed == "null" {
                    return Json::from(crate::object! {});
                }
                match Json::raw(trimmed.to_owned()) {
                    Some(raw) if trimmed.starts_with('{') => raw,
                    _ => Json::from(crate::object! { "_raw" => text.clone() }),
                }
            }
        }
    }

    /// The input as text: of a custom tool its free text, otherwise JSON, `{}` if there is none.
    pub fn json_text(&self) -> String {
        match self {
            Self::Json(text) if text.trim().is_empty() => "{}".to_owned(),
            Self::Json(text) => text.clone(),
            Self::Text(_) => self.object().to_text(),
        }
    }
}

impl ToolResult {
    /// All its text, blocks separated by a line's end.
    pub fn flat_text(&self) -> String {
        flat_text(&self.content)
    }
}

/// The text of `blocks`, separated by line ends; what is no text is left out.
pub fn flat_text(blocks: &[Block]) -> String {
    let texts: Vec<&str> = blocks
        .iter()
        .filter_map(|block| match &block.content {
            Content::Text(text) => Some(text.text.as_str()),
            Content::Refusal(text) => Some(text),
            Content::Document(Document {
                body: DocumentBody::Text(text),
                ..
            }) => Some(text),
            Content::Thinking(_)
            | Content::Image(_)
            | Content::Audio(_)
            | Content::Video(_)
            | Content::Document(_)
            | Content::ToolUse(_)
            | Content::ToolResult(_)
            | Content::HostedUse(_)
            | Content::HostedResult(_) => None,
        })
        .collect();
    texts.join("\n")
}

impl Media {
    /// From a `data:` URL or any other URL.
    pub fn from_url(url: &str) -> Self {
        let parsed = url.strip_prefix("data:").and_then(|rest| {
            let (head, data) = rest.split_once(',')?;
            let media_type = head.strip_suffix(";base64")?;
            // A charset or another parameter may follow the type.
            let media_type = media_type.split(';').next().unwrap_or_default();
            Some((media_type, data))
        });
        match parsed {
            Some((media_type, data)) => Self::base64(
                Some(media_type.to_owned()).filter(|text| !text.is_empty()),
                data,
            ),
            None => Self {
                source: Source::Url(url.to_owned()),
                media_type: None,
                detail: None,
            },
        }
    }

    /// Base64 data; a missing type is guessed from the first bytes.
    pub fn base64(media_type: Option<String>, data: impl Into<String>) -> Self {
        let data = data.into();
        Self {
            media_type: media_type.or_else(|| sniff(&data).map(str::to_owned)),
            source: Source::Base64(data),
            detail: None,
        }
    }

    /// The URL that carries it: the data itself for base64. `None` for a file id.
    pub fn to_url(&self) -> Option<String> {
        match &self.source {
            Source::Url(url) => Some(url.clone()),
            Source::Base64(data) => {
                let media_type = self
                    .media_type
                    .as_deref()
                    .unwrap_or("application/octet-stream");
                Some(format!("data:{media_type};base64,{data}"))
            }
            Source::FileId(_) => None,
        }
    }
}

/// The type of base64 data by its magic bytes, as base64 spells them.
fn sniff(base64: &str) -> Option<&'static str> {
    const MAGIC: [(&str, &str); 7] = [
        ("iVBORw0KGgo", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lGOD", "image/gif"),
        ("UklGR", "image/webp"),
        ("JVBERi0", "application/pdf"),
        ("SUQz", "audio/mp3"),
        ("T2dnUw", "audio/ogg"),
    ];
    MAGIC
        .iter()
        .find(|(magic, _)| base64.starts_with(magic))
        .map(|(_, media_type)| *media_type)
}
