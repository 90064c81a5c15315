//! A request for a model's answer.

use std::collections::HashMap;

use crate::format::Format;
use crate::ir::content::{At, Block, CacheMark, Content, Hosted, ToolResult};
use crate::ir::reasoning::Reasoning;
use crate::json::Json;

#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The format it came in, which is what notes speak of.
    pub source: Format,
    /// As the client wrote it; an encoder writes its target's name instead.
    pub model: String,
    /// What stands before the conversation.
    pub system: Vec<Block>,
    pub turns: Vec<Turn>,
    pub tools: Vec<Tool>,
    pub tool_choice: Option<ToolChoice>,
    /// `false`: at most one call at a time.
    pub parallel_tool_calls: Option<bool>,
    pub sampling: Sampling,
    pub reasoning: Reasoning,
    pub output: Output,
    pub stream: bool,
    /// Who the client's own user is, in a stable name.
    pub user: Option<String>,
    /// A hint of which requests share a prefix.
    pub cache_key: Option<String>,
    pub service_tier: Option<String>,
    /// `low`, `medium`, `high`.
    pub verbosity: Option<String>,
    pub metadata: Vec<(String, String)>,
}

/// Neighbouring turns may have the same role; an encoder merges them if its format alternates.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub at: At,
    pub role: Role,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
    /// An instruction in the middle of the conversation; it stays where it is.
    System,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its place in the client's list.
    pub index: u32,
    pub name: String,
    /// The group it is in (Responses); the full name is `namespace__name`.
    pub namespace: Option<String>,
    pub description: Option<String>,
    pub kind: ToolKind,
    pub cache: Option<CacheMark>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ToolKind {
    Function {
        /// A JSON schema, as the client sent it; `None` if the tool takes nothing.
        schema: Option<Json<'static>>,
        strict: Option<bool>,
    },
    /// Takes free text instead of JSON.
    Custom {
        /// OpenAI's `{"type":"grammar",…}`.
        format: Option<Json<'static>>,
    },
    /// Run by the vendor; the name is what the client calls it.
    Hosted(Hosted),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    Auto,
    None,
    /// Some tool, whichever.
    Required,
    Tool(String),
    /// One of these: must be called, or may be.
    Allowed {
        names: Vec<String>,
        is_required: bool,
    },
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampling {
    pub max_tokens: Option<u64>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub top_k: Option<u64>,
    pub min_p: Option<f64>,
    pub stop: Vec<String>,
    pub seed: Option<i64>,
    pub presence_penalty: Option<f64>,
    pub frequency_penalty: Option<f64>,
    pub logit_bias: Option<Json<'static>>,
    /// How many answers; one if unsaid.
    pub n: Option<u64>,
    /// `Some(k)`: log probabilities, with the `k` likeliest alternatives of each token.
    pub logprobs: Option<u64>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub enum Output {
    #[default]
    Text,
    JsonObject,
    JsonSchema(OutputSchema),
}

#[derive(Debug, Clone, PartialEq)]
pub struct OutputSchema {
    pub name: Option<String>,
    pub description: Option<String>,
    pub schema: Json<'static>,
    pub strict: Option<bool>,
}

/// A parameter that not every format has, for notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    MaxTokens,
    Temperature,
    TopP,
    TopK,
    MinP,
    Stop,
    Seed,
    PresencePenalty,
    FrequencyPenalty,
    LogitBias,
    N,
    Logprobs,
    ToolChoice,
    ParallelToolCalls,
    Reasoning,
    Output,
    User,
    CacheKey,
    ServiceTier,
    Verbosity,
    Metadata,
}

impl Request {
    pub fn new(source: Format, model: impl Into<String>) -> Self {
        Self {
            source,
            model: model.into(),
            system: Vec::new(),
            turns: Vec::new(),
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            sampling: Sampling::default(),
            reasoning: Reasoning::default(),
            output: Output::Text,
            stream: false,
            user: None,
            cache_key: None,
            service_tier: None,
            verbosity: None,
            metadata: Vec::new(),
        }
    }

    /// The JSON path of a block in the client's request.
    pub fn path(&self, at: At) -> String {
        let (list, parts) = match self.source {
            Format::OpenaiChat | Format::Anthropic | Format::Ollama => ("messages", "content"),
            Format::OpenaiResponses => ("input", "content"),
            Format::Gemini => ("contents", "parts"),
        };
        match at.part {
            Some(part) => format!("{list}[{}].{parts}[{part}]", at.message),
            None => format!("{list}[{}]", at.message),
        }
    }

    /// The JSON path of a tool's declaration.
    pub fn tool_path(&self, tool: &Tool) -> String {
        format!("tools[{}]", tool.index)
    }

    /// The JSON path of a parameter, by the client's own name for it.
    pub fn param_path(&self, param: Param) -> String {
        let name = param.name(self.source);
        let prefix = match (self.source, param) {
            (
                Format::Gemini,
                Param::ToolChoice
                | Param::ParallelToolCalls
                | Param::User
                | Param::CacheKey
                | Param::ServiceTier
                | Param::Metadata,
            )
            | (
                Format::Ollama,
                Param::ToolChoice
                | Param::ParallelToolCalls
                | Param::User
                | Param::CacheKey
                | Param::ServiceTier
                | Param::Metadata
                | Param::Reasoning
                | Param::Output
                | Param::Verbosity
                | Param::Logprobs,
            ) => "",
            (Format::Gemini, _) => "generationConfig.",
            (Format::Ollama, _) => "options.",
            (Format::OpenaiChat | Format::OpenaiResponses | Format::Anthropic, _) => "",
        };
        format!("{prefix}{name}")
    }

    /// Gives every call an id of its own and every result the id of its call.
    ///
    /// A result goes to the earliest unanswered call of its id or, without one, of its name, else to the
    /// earliest unanswered one. An id that was used before gets a number.
    /// Made from place and name alone, so that the same history gets the same ids again and caches hold.
    pub fn complete_ids(&mut self) {
        let mut ids = Ids::default();
        for block in self.turns.iter_mut().flat_map(|turn| &mut turn.blocks) {
            match &mut block.content {
                Content::ToolUse(call) => {
                    call.id = Some(ids.call(call.id.as_deref(), &call.name));
                }
                Content::ToolResult(result) => ids.answer(result),
                Content::Text(_)
                | Content::Refusal(_)
                | Content::Thinking(_)
                | Content::Image(_)
                | Content::Audio(_)
                | Content::Video(_)
                | Content::Document(_)
                | Content::HostedUse(_)
                | Content::HostedResult(_) => {}
            }
        }
    }
}

/// The calls of a conversation so far.
#[derive(Default)]
struct Ids {
    /// Every id there is, with its tool's name.
    names: HashMap<String, String>,
    /// Calls that wait for their result, in order.
    open: Vec<OpenCall>,
    /// What an id of the client's became last, where it was used more than once.
    renamed: HashMap<String, String>,
    made: usize,
}

struct OpenCall {
    /// As the client wrote it.
    written: Option<String>,
    id: String,
    name: String,
}

impl Ids {
    fn call(&mut self, written: Option<&str>, name: &str) -> String {
        let wanted = written.map_or_else(
            || {
                self.made += 1;
                format!("call_{}_{}", self.made, legal(name))
            },
            str::to_owned,
        );
        let mut id = wanted.clone();
        let mut number = 2_usize;
        while self.names.contains_key(&id) {
            id = format!("{wanted}_{number}");
            number += 1;
        }
        if id != wanted {
            self.renamed.insert(wanted, id.clone());
        }
        self.names.insert(id.clone(), name.to_owned());
        self.open.push(OpenCall {
            written: written.map(str::to_owned),
            id: id.clone(),
            name: name.to_owned(),
        });
        id
    }

    /// Finds the call that `result` answers, and takes it off the list.
    fn answer(&mut self, result: &mut ToolResult) {
        let first = (!self.open.is_empty()).then_some(0);
        let by = |is: &dyn Fn(&OpenCall) -> bool| self.open.iter().position(is);
        let place = match (&result.id, &result.name) {
            (Some(id), _) => by(&|call| call.written.as_ref() == Some(id) || call.id == *id),
            (None, Some(name)) => by(&|call| call.name == *name).or(first),
            (None, None) => first,
        };
        if let Some(place) = place {
            let call = self.open.remove(place);
            result.id = Some(call.id);
            result.name.get_or_insert(call.name);
            return;
        }
        // A second result of a call.
        let Some(id) = &mut result.id else { return };
        if let Some(renamed) = self.renamed.get(id) {
            id.clone_from(renamed);
        }
        if let Some(name) = self.names.get(id) {
            result.name.get_or_insert_with(|| name.clone());
        }
    }
}

/// `text` with everything replaced that an id may not hold anywhere.
fn legal(text: &str) -> String {
    text.chars()
        .take(40)
        .map(|char| {
            if char.is_ascii_alphanumeric() || matches!(char, '_' | '-') {
                char
            } else {
                '_'
            }
        })
        .collect()
}

impl Turn {
    pub fn new(at: At, role: Role, blocks: Vec<Block>) -> Self {
        Self { at, role, blocks }
    }
}

impl Tool {
    /// The name it is called by: `namespace__name`.
    pub fn full_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}__{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Param {
    fn name(self, source: Format) -> &'static str {
        use Format::{Anthropic, Gemini, Ollama, OpenaiChat, OpenaiResponses};
        match (self, source) {
            (Self::MaxTokens, OpenaiResponses) => "max_output_tokens",
            (Self::MaxTokens, Gemini) => "maxOutputTokens",
            (Self::MaxTokens, Ollama) => "num_predict",
            (Self::MaxTokens, OpenaiChat | Anthropic) => "max_tokens",
            (Self::Temperature, _) => "temperature",
            (Self::TopP, Gemini) => "topP",
            (Self::TopP, _) => "top_p",
            (Self::TopK, Gemini) => "topK",
            (Self::TopK, _) => "top_k",
            (Self::MinP, _) => "min_p",
            (Self::Stop, Gemini) => "stopSequences",
            (Self::Stop, Anthropic) => "stop_sequences",
            (Self::Stop, OpenaiChat | OpenaiResponses | Ollama) => "stop",
            (Self::Seed, _) => "seed",
            (Self::PresencePenalty, Gemini) => "presencePenalty",
            (Self::PresencePenalty, _) => "presence_penalty",
            (Self::FrequencyPenalty, Gemini) => "frequencyPenalty",
            (Self::FrequencyPenalty, _) => "frequency_penalty",
            (Self::LogitBias, _) => "logit_bias",
            (Self::N, Gemini) => "candidateCount",
            (Self::N, _) => "n",
            (Self::Logprobs, OpenaiResponses) => "top_logprobs",
            (Self::Logprobs, Gemini) => "responseLogprobs",
            (Self::Logprobs, _) => "logprobs",
            (Self::ToolChoice, Gemini) => "toolConfig.functionCallingConfig",
            (Self::ToolChoice, _) => "tool_choice",
            (Self::ParallelToolCalls, Anthropic) => "tool_choice.disable_parallel_tool_use",
            (Self::ParallelToolCalls, _) => "parallel_tool_calls",
            (Self::Reasoning, OpenaiChat) => "reasoning_effort",
            (Self::Reasoning, OpenaiResponses) => "reasoning",
            (Self::Reasoning, Anthropic) => "thinking",
            (Self::Reasoning, Gemini) => "thinkingConfig",
            (Self::Reasoning, Ollama) => "think",
            (Self::Output, OpenaiChat) => "response_format",
            (Self::Output, OpenaiResponses) => "text.format",
            (Self::Output, Anthropic) => "output_config.format",
            (Self::Output, Gemini) => "responseSchema",
            (Self::Output, Ollama) => "format",
            (Self::User, Anthropic) => "metadata.user_id",
            (Self::User, _) => "user",
            (Self::CacheKey, Gemini) => "cachedContent",
            (Self::CacheKey, _) => "prompt_cache_key",
            (Self::ServiceTier, _) => "service_tier",
            (Self::Verbosity, OpenaiResponses) => "text.verbosity",
            (Self::Verbosity, _) => "verbosity",
            (Self::Metadata, Gemini) => "labels",
            (Self::Metadata, _) => "metadata",
        }
    }
}
