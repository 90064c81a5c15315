//! Which blocks an answer has: <https://platform.claude.com/docs/en/build-with-claude/streaming>.
//!
//! The format differs from ours in three ways. It signs thinking only, so the proof of a call goes into
//! the thinking before it, which is why thinking stays open until we know what follows.
//! Searches come in pairs of a call and its result. And no block may be empty.

use crate::anthropic::{OF_NEXT, hosted};
use crate::ir::content::{Citation, Hosted, HostedResult, HostedUse, Media};
use crate::ir::event::{Delta, Opening, Step, ToolOpening};
use crate::ir::proof::{Issuer, Proof};
use crate::ir::tools::CallIds;
use crate::json::{Json, Object};
use crate::object;

const LONGEST_ID: usize = 64;

/// Takes the blocks, one after the other.
pub(super) trait Sink {
    fn start(&mut self, block: Object<'_>);

    fn delta(&mut self, delta: Piece<'_>);

    fn stop(&mut self);
}

/// A piece of the open block.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Thinking(&'a str),
    Signature(&'a str),
    Input(&'a str),
    Citation(Object<'a>),
}

#[derive(Debug)]
pub(super) struct Layout {
    seed: String,
    open: Open,
    /// Thinking without a signature is not stopped: a call behind it may bring one.
    is_thinking_unsigned: bool,
    has_refused: bool,
    ids: CallIds,
    searches: usize,
    /// Searches without a result: by our upstream's id and by ours.
    unanswered: Vec<(Option<String>, String)>,
}

#[derive(Debug)]
enum Open {
    /// Nothing, or what has been written as a whole.
    Nothing,
    Text {
        is_started: bool,
    },
    Thinking {
        proof: Option<Proof>,
    },
    Redacted {
        is_started: bool,
    },
    /// Not written before we know whether it has a proof.
    UnwrittenTool(ToolOpening),
    Tool {
        has_input: bool,
    },
    /// Free text, which must become an object when it is whole.
    CustomTool(String),
}

impl Layout {
    pub(super) fn new(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            open: Open::Nothing,
            is_thinking_unsigned: false,
            has_refused: false,
            ids: CallIds::new(LONGEST_ID),
            searches: 0,
            unanswered: Vec::new(),
        }
    }

    pub(super) fn has_refused(&self) -> bool {
        self.has_refused
    }

    /// Whatever a step means for the blocks; at the end they are all closed, at an error they stay as they are.
    pub(super) fn step(&mut self, step: &Step, sink: &mut impl Sink) {
        match step {
            Step::Start { .. } | Step::Error(_) => {}
            Step::Open(opening) => self.open(opening, sink),
            Step::Delta(delta) => self.delta(delta, sink),
            Step::Close => self.close(sink),
            Step::Finish { .. } => {
                self.stop_thinking(sink);
                self.answer_searches(sink);
            }
        }
    }

    fn open(&mut self, opening: &Opening, sink: &mut impl Sink) {
        let is_search = matches!(opening, Opening::HostedUse(_) | Opening::HostedResult(_));
        if !matches!(opening, Opening::Tool(_)) {
            self.stop_thinking(sink);
        }
        if !is_search && !self.unanswered.is_empty() {
            self.stop_thinking(sink);
            self.answer_searches(sink);
        }
        self.open = match opening {
            Opening::Text => Open::Text { is_started: false },
            Opening::Refusal => {
                self.has_refused = true;
                Open::Text { is_started: false }
            }
            Opening::Thinking => {
                start_thinking(sink);
                Open::Thinking { proof: None }
            }
            Opening::RedactedThinking => Open::Redacted { is_started: false },
            Opening::Tool(tool) => Open::UnwrittenTool(tool.clone()),
            Opening::Image(media) => {
                start_text(sink);
                sink.delta(Piece::Text(&image(media)));
                sink.stop();
                Open::Nothing
            }
            Opening::HostedUse(call) => {
                self.search(call, sink);
                Open::Nothing
            }
            Opening::HostedResult(result) => {
                self.found(result, sink);
                Open::Nothing
            }
        };
    }

    fn delta(&mut self, delta: &Delta, sink: &mut impl Sink) {
        if let Open::UnwrittenTool(_) = &self.open {
            let proof = match delta {
                Delta::Proof(proof) => Some(proof),
                Delta::Text(_)
                | Delta::Thinking(_)
                | Delta::Input(_)
                | Delta::Citation(_)
                | Delta::Logprobs(_) => None,
            };
            self.write_tool(proof, sink);
        }
        match (&mut self.open, delta) {
            (Open::Text { is_started }, Delta::Text(text)) => {
                start_text_once(is_started, sink);
                sink.delta(Piece::Text(text));
            }
            (Open::Text { is_started }, Delta::Citation(citation)) => {
                if let Some(citation) = location(citation) {
                    start_text_once(is_started, sink);
                    sink.delta(Piece::Citation(citation));
                }
            }
            (Open::Thinking { .. }, Delta::Thinking(text)) => sink.delta(Piece::Thinking(text)),
            // The signature comes last in its block.
            (Open::Thinking { proof }, Delta::Proof(said)) => *proof = Some(said.clone()),
            (Open::Redacted { is_started }, Delta::Proof(proof)) if !*is_started => {
                *is_started = true;
                let data = proof.to_slot(Issuer::Anthropic);
                sink.start(object! { "type" => "redacted_thinking", "data" => data });
            }
            (Open::Tool { has_input }, Delta::Input(input)) => {
                *has_input = true;
                sink.delta(Piece::Input(input));
            }
            (Open::CustomTool(input), Delta::Input(text)) => input.push_str(text),
            // What has no slot here: a signature of text, log probabilities, a second proof.
            (
                Open::Nothing
                | Open::Text { .. }
                | Open::Thinking { .. }
                | Open::Redacted { .. }
                | Open::UnwrittenTool(_)
                | Open::Tool { .. }
                | Open::CustomTool(_),
                _,
            ) => {}
        }
    }

    fn close(&mut self, sink: &mut impl Sink) {
        if let Open::UnwrittenTool(_) = &self.open {
            self.write_tool(None, sink);
        }
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing
            | Open::UnwrittenTool(_)
            | Open::Text { is_started: false }
            | Open::Redacted { is_started: false } => {}
            Open::Text { is_started: true } | Open::Redacted { is_started: true } => sink.stop(),
            Open::Thinking { proof: Some(proof) } => {
                sink.delta(Piece::Signature(&proof.to_slot(Issuer::Anthropic)));
                sink.stop();
            }
            Open::Thinking { proof: None } => self.is_thinking_unsigned = true,
            Open::Tool { has_input } => {
                if !has_input {
                    sink.delta(Piece::Input("{}"));
                }
                sink.stop();
            }
            Open::CustomTool(input) => {
                let input = Json::from(object! { "input" => input }).to_text();
                sink.delta(Piece::Input(&input));
                sink.stop();
            }
        }
    }

    fn write_tool(&mut self, proof: Option<&Proof>, sink: &mut impl Sink) {
        let Open::UnwrittenTool(tool) = &self.open else {
            return;
        };
        if let Some(proof) = proof {
            if !self.is_thinking_unsigned {
                start_thinking(sink);
                self.is_thinking_unsigned = true;
            }
            let signature = format!("{}{OF_NEXT}", proof.to_slot(Issuer::Anthropic));
            sink.delta(Piece::Signature(&signature));
        }
        if std::mem::take(&mut self.is_thinking_unsigned) {
            sink.stop();
        }
        let name = match &tool.namespace {
            Some(namespace) => format!("{namespace}__{}", tool.name),
            None => tool.name.clone(),
        };
        sink.start(object! {
            "type" => "tool_use",
            "id" => self.ids.sent(tool.id.as_deref().unwrap_or_default()),
            "name" => name,
            "input" => object! {},
        });
        self.open = if tool.is_custom {
            Open::CustomTool(String::new())
        } else {
            Open::Tool { has_input: false }
        };
    }

    fn stop_thinking(&mut self, sink: &mut impl Sink) {
        if std::mem::take(&mut self.is_thinking_unsigned) {
            sink.stop();
        }
    }

    /// Other tools' results have shapes that only Anthropic can fill; what they did stands in the text.
    fn search(&mut self, call: &HostedUse, sink: &mut impl Sink) {
        if call.tool != Hosted::WebSearch {
            return;
        }
        let id = self.search_id(call.id.as_deref());
        sink.start(object! {
            "type" => "server_tool_use",
            "id" => id.as_str(),
            "name" => "web_search",
            "input" => object! {},
        });
        sink.delta(Piece::Input(&call.input));
        sink.stop();
        self.unanswered.push((call.id.clone(), id));
    }

    fn search_id(&mut self, id: Option<&str>) -> String {
        self.searches += 1;
        match id {
            Some(id) if hosted::is_id(id) => id.to_owned(),
            Some(_) | None => format!("{}{}{}", hosted::ID, self.seed, self.searches),
        }
    }

    fn found(&mut self, result: &HostedResult, sink: &mut impl Sink) {
        if result.tool != Hosted::WebSearch {
            return;
        }
        if self.unanswered.is_empty() {
            let call = HostedUse {
                id: result.id.clone(),
                tool: Hosted::WebSearch,
                input: "{}".to_owned(),
            };
            self.search(&call, sink);
        }
        let place = self
            .unanswered
            .iter()
            .position(|(id, _)| *id == result.id)
            .unwrap_or_default();
        let (_, id) = self.unanswered.remove(place);
        let sources = result.sources.iter().filter_map(search_result).collect();
        write_result(&id, sources, sink);
    }

    fn answer_searches(&mut self, sink: &mut impl Sink) {
        for (_, id) in std::mem::take(&mut self.unanswered) {
            write_result(&id, Vec::new(), sink);
        }
    }
}

fn write_result(id: &str, sources: Vec<Object<'_>>, sink: &mut impl Sink) {
    sink.start(object! {
        "type" => "web_search_tool_result",
        "tool_use_id" => id,
        "content" => sources,
    });
    sink.stop();
}

fn search_result(source: &Citation) -> Option<Object<'_>> {
    let url = source.url.as_deref()?;
    Some(object! {
        "type" => "web_search_result",
        "url" => url,
        "title" => source.title.as_deref().unwrap_or(url),
        "encrypted_content" => "",
        "page_age" => Json::Null,
    })
}

/// What points nowhere on the web has no form here that a client could follow.
fn location(citation: &Citation) -> Option<Object<'_>> {
    let url = citation.url.as_deref()?;
    Some(object! {
        "type" => "web_search_result_location",
        "cited_text" => citation.cited_text.as_deref().unwrap_or_default(),
        "url" => url,
        "title" => citation.title.as_deref().unwrap_or(url),
        "encrypted_index" => "",
    })
}

/// Answers hold no images here.
fn image(media: &Media) -> String {
    use crate::ir::content::Source;
    let kind = media.media_type.as_deref().unwrap_or("unknown type");
    match &media.source {
        Source::Url(url) => format!("[The model made an image: {url}]"),
        Source::Base64(_) | Source::FileId(_) => {
            format!("[The model made an image ({kind}), which cannot be shown here.]")
        }
    }
}

fn start_thinking(sink: &mut impl Sink) {
    sink.start(object! { "type" => "thinking", "thinking" => "", "signature" => "" });
}

fn start_text(sink: &mut impl Sink) {
    sink.start(object! { "type" => "text", "text" => "" });
}

fn start_text_once(is_started: &mut bool, sink: &mut impl Sink) {
    if !std::mem::replace(is_started, true) {
        start_text(sink);
    }
}
