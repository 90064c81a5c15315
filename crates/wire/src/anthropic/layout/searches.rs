//! Searches that the vendor ran: each a call and its result, as clients expect them.
//!
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool>

use crate::anthropic::hosted;
use crate::anthropic::layout::{Piece, Sink};
use crate::ir::content::{Citation, Hosted, HostedResult, HostedUse};
use crate::json::{Json, Object};
use crate::object;

#[derive(Debug)]
pub(super) struct Searches {
    seed: String,
    made: usize,
    /// Without a result: by our upstream's id and by ours.
    unanswered: Vec<(Option<String>, String)>,
}

impl Searches {
    pub(super) fn new(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            made: 0,
            unanswered: Vec::new(),
        }
    }

    pub(super) fn are_open(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// Other tools' results have shapes that only Anthropic can fill; what they did stands in the text.
    pub(super) fn call(&mut self, call: &HostedUse, sink: &mut impl Sink) {
        if call.tool != Hosted::WebSearch {
            return;
        }
        let id = self.id(call.id.as_deref());
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

    fn id(&mut self, id: Option<&str>) -> String {
        self.made += 1;
        match id {
            Some(id) if hosted::is_id(id) => id.to_owned(),
            Some(_) | None => format!("{}{}{}", hosted::ID, self.seed, self.made),
        }
    }

    pub(super) fn result(&mut self, result: &HostedResult, sink: &mut impl Sink) {
        if result.tool != Hosted::WebSearch {
            return;
        }
        if self.unanswered.is_empty() {
            let call = HostedUse {
                id: result.id.clone(),
                tool: Hosted::WebSearch,
                input: "{}".to_owned(),
            };
            self.call(&call, sink);
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

    /// Every search has a result, if an empty one.
    pub(super) fn answer(&mut self, sink: &mut impl Sink) {
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
