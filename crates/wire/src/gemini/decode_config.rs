//! `generationConfig`: <https://ai.google.dev/api/generate-content#v1beta.GenerationConfig>.

use crate::error::DecodeError;
use crate::gemini::decode::expected;
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, Reasoning, Thinking};
use crate::ir::request::{Output, OutputSchema, Request};
use crate::json::{Json, Object};
use crate::schema;

pub(super) fn read(
    config: Json,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let kind = config.kind();
    let Json::Object(mut config) = config else {
        return Err(expected("generationConfig", "", "an object", kind));
    };
    modalities(&mut config, notes)?;
    request.output = output(&mut config, notes);
    if let Some(thinking) = config.take_any(&["thinkingConfig", "thinking_config"]) {
        request.reasoning = reasoning(thinking, notes);
    }
    let sampling = &mut request.sampling;
    sampling.stop = stop(config.take_any(&["stopSequences", "stop_sequences"]));
    let wants_logprobs = config
        .take_any(&["responseLogprobs", "response_logprobs"])
        .and_then(|value| value.as_bool());
    let logprobs = number(config.take("logprobs")).and_then(whole);
    if wants_logprobs == Some(true) {
        sampling.logprobs = Some(logprobs.unwrap_or_default());
    }
    for (key, value) in config {
        let value = Some(value);
        match key.as_ref() {
            "temperature" => sampling.temperature = number(value),
            "topP" | "top_p" => sampling.top_p = number(value),
            "topK" | "top_k" => sampling.top_k = number(value).and_then(whole),
            "candidateCount" | "candidate_count" => sampling.n = number(value).and_then(whole),
            "maxOutputTokens" | "max_output_tokens" => {
                sampling.max_tokens = number(value).and_then(whole).filter(|tokens| *tokens > 0);
            }
            "seed" => sampling.seed = number(value).map(|seed| seed as i64),
            "presencePenalty" | "presence_penalty" => sampling.presence_penalty = number(value),
            "frequencyPenalty" | "frequency_penalty" => sampling.frequency_penalty = number(value),
            _ => {
                if value.is_some_and(|value| !value.is_null()) {
                    notes.add(
                        format!("generationConfig.{key}"),
                        "dropped: other vendors have no such parameter",
                    );
                }
            }
        }
    }
    Ok(())
}

/// A number; the JSON of protocol buffers also allows it to be a string.
fn number(value: Option<Json>) -> Option<f64> {
    match value? {
        Json::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    }
}

fn whole(number: f64) -> Option<u64> {
    (number >= 0.0).then_some(number as u64)
}

fn stop(value: Option<Json>) -> Vec<String> {
    match value {
        Some(Json::String(text)) => vec![text.into_owned()],
        Some(Json::Array(texts)) => texts.into_iter().filter_map(Json::into_string).collect(),
        _ => Vec::new(),
    }
}

/// An answer in pictures or speech alone cannot be had elsewhere.
fn modalities(config: &mut Object, notes: &mut Notes) -> Result<(), DecodeError> {
    let path = "generationConfig.responseModalities";
    let asked = config.take_any(&["responseModalities", "response_modalities"]);
    let asked: Vec<String> = stop(asked)
        .into_iter()
        .map(|modality| modality.to_ascii_uppercase())
        .filter(|modality| modality != "MODALITY_UNSPECIFIED")
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    if !asked.iter().any(|modality| modality == "TEXT") {
        return Err(DecodeError::at(
            path,
            format!(
                "expected \"{path}\" to include \"TEXT\": the model behind this name answers in text"
            ),
        ));
    }
    if asked.len() > 1 {
        notes.add(path, "dropped: only the text can be promised");
    }
    Ok(())
}

fn output(config: &mut Object, notes: &mut Notes) -> Output {
    let mime = config
        .take_any(&["responseMimeType", "response_mime_type"])
        .and_then(Json::into_string)
        .unwrap_or_default();
    let plain = config.take_any(&["responseJsonSchema", "response_json_schema"]);
    let own = config.take_any(&["responseSchema", "response_schema"]);
    let is_object = |schema: &Json| schema.as_object().is_some();
    let schema = plain.filter(is_object).map(Json::into_owned).or_else(|| {
        own.filter(is_object)
            .map(|schema| schema::from_gemini(&schema))
    });
    match (mime.as_str(), schema) {
        ("text/plain", _) | ("", None) => Output::Text,
        ("application/json", None) => Output::JsonObject,
        (_, Some(schema)) => {
            if mime == "text/x.enum" {
                notes.add(
                    "generationConfig.responseMimeType",
                    "approximated: the value comes as a JSON string",
                );
            }
            Output::JsonSchema(OutputSchema {
                name: None,
                description: None,
                schema,
                strict: None,
            })
        }
        (other, None) => {
            notes.add(
                "generationConfig.responseMimeType",
                format!("dropped: {other} is no type other vendors answer in"),
            );
            Output::Text
        }
    }
}

fn reasoning(config: Json, notes: &mut Notes) -> Reasoning {
    let Some(mut config) = config.into_object() else {
        return Reasoning::default();
    };
    let is_visible = config
        .take_any(&["includeThoughts", "include_thoughts"])
        .and_then(|value| value.as_bool());
    let budget = number(config.take_any(&["thinkingBudget", "thinking_budget"]));
    let thinking = budget.map(|budget| match whole(budget) {
        None => Thinking::Dynamic,
        Some(0) => Thinking::Off,
        Some(tokens) => Thinking::Budget(tokens),
    });
    let level = config
        .take_any(&["thinkingLevel", "thinking_level"])
        .and_then(Json::into_string)
        .unwrap_or_default();
    let effort = Effort::parse(&level);
    let is_off = ["none", "off"]
        .iter()
        .any(|word| level.eq_ignore_ascii_case(word));
    if !level.is_empty()
        && effort.is_none()
        && !is_off
        && !level.eq_ignore_ascii_case("THINKING_LEVEL_UNSPECIFIED")
    {
        notes.add(
            "generationConfig.thinkingConfig.thinkingLevel",
            format!("dropped: {level} is no level that is known here"),
        );
    }
    let thinking = match thinking {
        None if is_off => Some(Thinking::Off),
        // Whoever wants to see thoughts wants them thought.
        None if effort.is_none() && is_visible == Some(true) => Some(Thinking::Dynamic),
        thinking => thinking,
    };
    Reasoning {
        thinking,
        effort,
        is_visible,
    }
}
