//! Which sources an answer rests on: <https://ai.google.dev/api/generate-content#GroundingMetadata>.

use crate::ir::content::{Citation, TokenLogprob};
use crate::json::{Json, Object};

/// The citations in a candidate. `text` is what they count bytes of.
pub(super) fn read(candidate: &Json, text: &str) -> Vec<Citation> {
    let mut citations = Vec::new();
    if let Some(grounding) = candidate.get("groundingMetadata") {
        grounded(grounding, text, &mut citations);
    }
    let recited = ["citationSources", "citations"]
        .into_iter()
        .find_map(|key| candidate.at(&["citationMetadata", key])?.as_array());
    for source in recited.unwrap_or_default() {
        citations.push(Citation {
            url: string(source, "uri"),
            title: string(source, "title"),
            cited_text: None,
            span: span(source, text),
        });
    }
    citations.retain(|citation| citation.url.is_some());
    citations
}

fn grounded(grounding: &Json, text: &str, citations: &mut Vec<Citation>) {
    let list = |key| {
        grounding
            .get(key)
            .and_then(Json::as_array)
            .unwrap_or_default()
    };
    let sources: Vec<Citation> = list("groundingChunks")
        .iter()
        .map(|chunk| {
            let source = ["web", "retrievedContext", "maps"]
                .into_iter()
                .find_map(|kind| chunk.get(kind));
            Citation {
                url: source.and_then(|source| string(source, "uri")),
                title: source.and_then(|source| string(source, "title")),
                ..Citation::default()
            }
        })
        .collect();
    let mut is_used = vec![false; sources.len()];
    for support in list("groundingSupports") {
        let indices = support
            .get("groundingChunkIndices")
            .and_then(Json::as_array);
        for index in indices.unwrap_or_default() {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            let Some((index, source)) = index.and_then(|index| Some((index, sources.get(index)?)))
            else {
                continue;
            };
            if let Some(is_used) = is_used.get_mut(index) {
                *is_used = true;
            }
            citations.push(Citation {
                span: support
                    .get("segment")
                    .and_then(|segment| span(segment, text)),
                ..source.clone()
            });
        }
    }
    let unused = sources
        .into_iter()
        .zip(is_used)
        .filter(|(_, is_used)| !is_used);
    citations.extend(unused.map(|(source, _)| source));
}

fn string(json: &Json, key: &str) -> Option<String> {
    let text = json.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Google counts bytes, everybody else characters. A start of zero is left out.
fn span(segment: &Json, text: &str) -> Option<(u64, u64)> {
    let end = segment.get("endIndex").and_then(Json::as_u64)?;
    let start = segment
        .get("startIndex")
        .and_then(Json::as_u64)
        .unwrap_or_default();
    let chars = |bytes: u64| {
        let bytes = usize::try_from(bytes).ok()?;
        Some(text.get(..bytes)?.chars().count() as u64)
    };
    Some((chars(start)?, chars(end)?)).filter(|(start, end)| start < end)
}

/// The sources of an answer that is being written.
#[derive(Debug, Default)]
pub(super) struct Grounding {
    chunks: Vec<Citation>,
    /// Bytes of the whole text, and the source's place in `chunks`.
    supports: Vec<(usize, usize, usize)>,
    queries: Vec<String>,
}

impl Grounding {
    pub(super) fn add_query(&mut self, input: &str) {
        let query = Json::parse(input.as_bytes(), &[])
            .ok()
            .and_then(|json| string(&json, "query"));
        if let Some(query) = query
            && !self.queries.contains(&query)
        {
            self.queries.push(query);
        }
    }

    pub(super) fn add_source(&mut self, source: &Citation) -> Option<usize> {
        source.url.as_ref()?;
        let known = self.chunks.iter().position(|chunk| chunk.url == source.url);
        Some(known.unwrap_or_else(|| {
            self.chunks.push(source.clone());
            self.chunks.len() - 1
        }))
    }

    /// A citation of the block that is `text` from byte `start` on.
    pub(super) fn add_citation(&mut self, citation: &Citation, text: &str, start: usize) {
        let Some(chunk) = self.add_source(citation) else {
            return;
        };
        let block = text.get(start..).unwrap_or_default();
        let bytes = |chars: u64| {
            let chars = usize::try_from(chars).ok()?;
            let mut places = block.char_indices().map(|(place, _)| place);
            places
                .nth(chars)
                .or((block.chars().count() == chars).then_some(block.len()))
        };
        let (from, to) = citation
            .span
            .and_then(|(from, to)| Some((bytes(from)?, bytes(to)?)))
            .unwrap_or((0, block.len()));
        if from < to {
            self.supports.push((start + from, start + to, chunk));
        }
    }

    /// `groundingMetadata`, if there is anything to say.
    pub(super) fn write<'a>(&'a self, text: &'a str) -> Option<Object<'a>> {
        if self.chunks.is_empty() && self.queries.is_empty() {
            return None;
        }
        let mut grounding = Object::new();
        if !self.queries.is_empty() {
            let queries: Vec<Json> = self.queries.iter().map(Json::from).collect();
            grounding.push("webSearchQueries", queries);
        }
        let chunks = self.chunks.iter().map(|chunk| {
            let mut web = Object::new();
            web.push_some("uri", chunk.url.as_deref());
            web.push_some("title", chunk.title.as_deref());
            crate::object! { "web" => web }
        });
        grounding.push("groundingChunks", chunks.collect::<Vec<_>>());
        let supports = self.supports.iter().map(|(from, to, chunk)| {
            crate::object! {
                "segment" => crate::object! {
                    "startIndex" => *from as u64,
                    "endIndex" => *to as u64,
                    "text" => text.get(*from..*to).unwrap_or_default(),
                },
                "groundingChunkIndices" => Json::Array(vec![Json::from(*chunk as u64)]),
            }
        });
        grounding.push("groundingSupports", supports.collect::<Vec<_>>());
        Some(grounding)
    }
}

/// `logprobsResult` of a candidate.
pub(super) fn read_logprobs(candidate: &Json) -> Vec<TokenLogprob> {
    let list = |key| {
        candidate
            .at(&["logprobsResult", key])
            .and_then(Json::as_array)
            .unwrap_or_default()
    };
    let top = list("topCandidates");
    let chosen = list("chosenCandidates").iter().enumerate();
    chosen
        .filter_map(|(index, token)| {
            let rivals = top
                .get(index)
                .and_then(|top| top.get("candidates")?.as_array());
            Some(TokenLogprob {
                top: rivals
                    .unwrap_or_default()
                    .iter()
                    .filter_map(token_logprob)
                    .collect(),
                ..token_logprob(token)?
            })
        })
        .collect()
}

fn token_logprob(json: &Json) -> Option<TokenLogprob> {
    let token = json.get("token")?.as_str()?;
    Some(TokenLogprob {
        token: token.to_owned(),
        logprob: json
            .get("logProbability")
            .and_then(Json::as_f64)
            .unwrap_or_default(),
        bytes: None,
        top: Vec::new(),
    })
}

pub(super) fn write_logprobs(tokens: &[TokenLogprob]) -> Option<Object<'_>> {
    let candidate = |token: &TokenLogprob| {
        crate::object! { "token" => token.token.clone(), "logProbability" => token.logprob }
    };
    let top = tokens.iter().map(|token| {
        let rivals: Vec<Object> = token.top.iter().map(candidate).collect();
        crate::object! { "candidates" => rivals }
    });
    (!tokens.is_empty()).then(|| {
        crate::object! {
            "topCandidates" => top.collect::<Vec<Object>>(),
            "chosenCandidates" => tokens.iter().map(candidate).collect::<Vec<Object>>(),
        }
    })
}
