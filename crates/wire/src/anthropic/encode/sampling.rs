//! How words are drawn: <https://platform.claude.com/docs/en/api/messages>.

use crate::ir::note::Notes;
use crate::ir::request::{Param, Request};
use crate::ir::target::Target;
use crate::json::{Json, Object};

/// The least `top_p` that goes with thinking.
const LEAST_TOP_P: f64 = 0.95;

pub(super) fn push<'a>(
    body: &mut Object<'a>,
    request: &'a Request,
    target: &Target,
    is_thinking: bool,
    notes: &mut Notes,
) {
    push_randomness(body, request, target, is_thinking, notes);
    push_stop(body, request, notes);
    note_unknown(request, notes);
}

fn push_randomness(
    body: &mut Object<'_>,
    request: &Request,
    target: &Target,
    is_thinking: bool,
    notes: &mut Notes,
) {
    let sampling = &request.sampling;
    let mut drop = |param, why: &str| notes.add(request.param_path(param), why);
    let mut temperature = sampling.temperature;
    let mut top_p = sampling.top_p;
    let mut top_k = sampling.top_k;
    // One is the default of both: nobody misses it.
    let is_said = |value: &Option<f64>| value.is_some_and(|value| value != 1.0);
    if target.traits.refuses_sampling {
        for (param, is_lost) in [
            (Param::Temperature, is_said(&temperature)),
            (Param::TopP, is_said(&top_p)),
            (Param::TopK, top_k.is_some()),
        ] {
            if is_lost {
                drop(param, "dropped: the model takes no sampling parameters");
            }
        }
        return;
    }
    if is_thinking {
        let why = "dropped: Claude thinks at its own temperature";
        if is_said(&temperature.take()) {
            drop(Param::Temperature, why);
        }
        if top_k.take().is_some() {
            drop(Param::TopK, why);
        }
        if top_p.take_if(|value| *value < LEAST_TOP_P).is_some() {
            drop(Param::TopP, why);
        }
    }
    if let Some(value) = &mut temperature
        && *value > 1.0
    {
        drop(
            Param::Temperature,
            "lowered to 1, the highest Anthropic has",
        );
        *value = 1.0;
    }
    if temperature.is_some() && top_p.is_some() {
        if !is_said(&temperature) {
            temperature = None;
        } else if is_said(&top_p.take()) {
            let why = "dropped: Claude takes one of temperature and top_p";
            drop(Param::TopP, why);
        }
    }
    body.push_some("temperature", temperature.map(|value| value.max(0.0)));
    body.push_some("top_p", top_p);
    body.push_some("top_k", top_k);
}

fn push_stop<'a>(body: &mut Object<'a>, request: &'a Request, notes: &mut Notes) {
    let (stop, blank): (Vec<&String>, Vec<&String>) = request
        .sampling
        .stop
        .iter()
        .partition(|text| !text.trim().is_empty());
    if !blank.is_empty() {
        let path = request.param_path(Param::Stop);
        notes.add(
            path,
            "dropped: Anthropic does not stop at white space alone",
        );
    }
    if !stop.is_empty() {
        let stop: Vec<Json> = stop.into_iter().map(Json::from).collect();
        body.push("stop_sequences", stop);
    }
}

fn note_unknown(request: &Request, notes: &mut Notes) {
    let sampling = &request.sampling;
    let is_biased = sampling
        .logit_bias
        .as_ref()
        .is_some_and(|bias| bias.as_object().is_none_or(|bias| !bias.is_empty()));
    let is_set = |value: Option<f64>| value.is_some_and(|value| value != 0.0);
    for (param, is_set, what) in [
        (Param::MinP, is_set(sampling.min_p), "min_p"),
        (Param::Seed, sampling.seed.is_some(), "seed"),
        (
            Param::PresencePenalty,
            is_set(sampling.presence_penalty),
            "penalties",
        ),
        (
            Param::FrequencyPenalty,
            is_set(sampling.frequency_penalty),
            "penalties",
        ),
        (Param::LogitBias, is_biased, "logit bias"),
        (
            Param::Logprobs,
            sampling.logprobs.is_some(),
            "log probabilities",
        ),
        (Param::Verbosity, request.verbosity.is_some(), "verbosity"),
    ] {
        if is_set {
            notes.add(
                request.param_path(param),
                format!("dropped: Anthropic has no {what}"),
            );
        }
    }
}
