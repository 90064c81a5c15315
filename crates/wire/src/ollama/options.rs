//! A request's parameters: <https://github.com/ollama/ollama/blob/main/docs/modelfile.mdx#parameter>.

use crate::error::DecodeError;
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, Thinking};
use crate::ir::request::{Output, OutputSchema, Request};
use crate::json::{Json, Object};
use crate::ollama::decode::expected;

/// Fields about loading the model and the like, of which no other vendor knows.
const HARMLESS: [&str; 6] = [
    "keep_alive",
    "truncate",
    "shift",
    "debug_render_only",
    "_debug_render_only",
    "stream_options",
];

/// Options that change how an answer is made and not what is in it.
const HARMLESS_OPTIONS: [&str; 15] = [
    "num_ctx",
    "num_batch",
    "num_gpu",
    "num_gqa",
    "num_keep",
    "num_thread",
    "main_gpu",
    "low_vram",
    "f16_kv",
    "use_mmap",
    "use_mlock",
    "vocab_only",
    "logits_all",
    "numa",
    "draft_num_predict",
];

/// Reads what is left of the body when messages and tools are out.
pub(super) fn read(
    mut body: Object,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    request.stream = match body.take("stream") {
        None => true,
        Some(Json::Bool(stream)) => stream,
        Some(other) => return Err(expected("stream", "a boolean", other.kind())),
    };
    match body.take("options") {
        None => {}
        Some(Json::Object(options)) => read_options(options, request, notes),
        Some(other) => return Err(expected("options", "an object", other.kind())),
    }
    if let Some(think) = body.take("think") {
        read_think(&think, request, notes);
    }
    if let Some(format) = body.take("format") {
        request.output = output(&format)?;
    }
    let top = body.take("top_logprobs").and_then(|top| top.as_u64());
    if body.take("logprobs").and_then(|asked| asked.as_bool()) == Some(true) {
        request.sampling.logprobs = Some(top.unwrap_or(0));
    }
    for (name, value) in body {
        if !value.is_null() && !HARMLESS.contains(&name.as_ref()) {
            notes.add(
                name.as_ref(),
                "dropped: it is no parameter of Ollama's chat",
            );
        }
    }
    Ok(())
}

fn read_options(mut options: Object, request: &mut Request, notes: &mut Notes) {
    let sampling = &mut request.sampling;
    if let Some(tokens) = options.take("num_predict") {
        // -1 and -2: as many as the model likes.
        sampling.max_tokens = tokens.as_u64().filter(|tokens| *tokens > 0);
    }
    let mut float = |key: &str| options.take(key)?.as_f64();
    sampling.temperature = float("temperature");
    sampling.top_p = float("top_p");
    sampling.min_p = float("min_p");
    sampling.presence_penalty = float("presence_penalty");
    sampling.frequency_penalty = float("frequency_penalty");
    sampling.top_k = options.take("top_k").and_then(|value| value.as_u64());
    sampling.seed = options.take("seed").and_then(|value| value.as_i64());
    sampling.stop = match options.take("stop") {
        Some(Json::String(stop)) => vec![stop.into_owned()],
        Some(Json::Array(stops)) => stops.into_iter().filter_map(Json::into_string).collect(),
        _ => Vec::new(),
    };
    sampling.stop.retain(|stop| !stop.is_empty());
    for (name, value) in options {
        if !value.is_null() && !HARMLESS_OPTIONS.contains(&name.as_ref()) {
            notes.add(
                format!("options.{name}"),
                "dropped: no other vendor has this option",
            );
        }
    }
}

fn read_think(think: &Json, request: &mut Request, notes: &mut Notes) {
    let reasoning = &mut request.reasoning;
    match think {
        Json::Bool(false) => reasoning.thinking = Some(Thinking::Off),
        Json::Bool(true) => {
            reasoning.thinking = Some(Thinking::Dynamic);
            reasoning.is_visible = Some(true);
        }
        Json::String(level) if matches!(level.as_ref(), "none" | "false") => {
            reasoning.thinking = Some(Thinking::Off);
        }
        Json::String(level) if let Some(effort) = Effort::parse(level) => {
            reasoning.effort = Some(effort);
            reasoning.is_visible = Some(true);
        }
        _ => notes.add(
            "think",
            "dropped: it is neither a boolean nor a known level",
        ),
    }
}

fn output(format: &Json) -> Result<Output, DecodeError> {
    match format {
        Json::String(name) if name.is_empty() => Ok(Output::Text),
        Json::String(name) if name == "json" => Ok(Output::JsonObject),
        Json::Object(_) => {
            // Once more and whole: a property may be called like what was kept as text.
            let text = format.to_text();
            let schema = Json::parse(text.as_bytes(), &[])?.into_owned();
            Ok(Output::JsonSchema(OutputSchema {
                name: None,
                description: None,
                schema,
                strict: None,
            }))
        }
        other => Err(expected(
            "format",
            "\"json\" or a JSON schema",
            other.kind(),
        )),
    }
}
