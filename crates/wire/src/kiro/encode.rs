//! Writes a request: the conversation's past, its current message, and the few parameters there are.

use crate::error::WireError;
use crate::ir::note::Notes;
use crate::ir::offer::{is_called, offered};
use crate::ir::request::{Output, Param, Request};
use crate::ir::target::{Encoded, Restore, Target};
use crate::ir::tools::{COMMON_NAMES, Names};
use crate::ir::unsaid::{note_unsaid, only_one_answer};
use crate::json::{Json, Object};
use crate::kiro::conversation::{Assistant, Conversation, User};
use crate::kiro::{NAME, tools};
use crate::object;

const UNSAID: [Param; 12] = [
    Param::TopK,
    Param::MinP,
    Param::Seed,
    Param::PresencePenalty,
    Param::FrequencyPenalty,
    Param::LogitBias,
    Param::Logprobs,
    Param::ParallelToolCalls,
    Param::Reasoning,
    Param::ServiceTier,
    Param::Verbosity,
    Param::Metadata,
];

pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    only_one_answer(request, NAME)?;
    note_unsaid(request, NAME, &UNSAID, notes);
    let names = Names::new(request, COMMON_NAMES);
    // It refuses a past with calls of tools it does not know.
    let offer = offered(request, NAME, |tool| is_called(request, tool), notes)?;
    let declared = tools::declarations(request, &offer, &names, notes);
    let conversation =
        Conversation::of(request, &names, output_instruction(request, notes), notes)?;

    let model = target.model.as_str();
    let mut history: Vec<Json> = Vec::with_capacity(conversation.past.len() * 2);
    for (user, assistant) in conversation.past {
        history.push(user_message(user, Vec::new(), model).into());
        history.push(assistant_message(assistant).into());
    }
    let current = user_message(conversation.current, declared, model);
    let mut state = object! {
        "chatTriggerType" => "MANUAL",
        "conversationId" => conversation_id(&target.seed),
        "currentMessage" => current,
    };
    if !history.is_empty() {
        state.push("history", history);
    }
    let mut body = object! { "conversationState" => state };
    body.push_some("profileArn", target.profile.as_ref());
    let inference = inference(request, target, notes);
    if !inference.is_empty() {
        body.push("inferenceConfig", inference);
    }
    Ok(Encoded {
        body: Json::from(body).to_bytes().into(),
        restore: Restore {
            tools: names.renamed(),
            output_tool: None,
            stop: request.sampling.stop.clone(),
        },
    })
}

fn user_message<'a>(user: User<'a>, tools: Vec<Object<'a>>, model: &'a str) -> Object<'a> {
    let mut message = object! {
        "content" => user.content(),
        "modelId" => model,
        "origin" => "AI_EDITOR",
    };
    if !user.images.is_empty() {
        message.push("images", user.images);
    }
    let mut context = Object::new();
    if !tools.is_empty() {
        context.push("tools", tools);
    }
    if !user.results.is_empty() {
        context.push("toolResults", user.results);
    }
    if !context.is_empty() {
        message.push("userInputMessageContext", context);
    }
    object! { "userInputMessage" => message }
}

fn assistant_message(assistant: Assistant) -> Object {
    let mut message = object! { "content" => assistant.content() };
    if !assistant.calls.is_empty() {
        message.push("toolUses", assistant.calls);
    }
    object! { "assistantResponseMessage" => message }
}

fn inference(request: &Request, target: &Target, notes: &mut Notes) -> Object<'static> {
    let sampling = &request.sampling;
    let most = target.traits.max_output.unwrap_or(u64::MAX);
    let mut config = Object::new();
    config.push_some(
        "maxTokens",
        sampling.max_tokens.map(|tokens| tokens.min(most)),
    );
    if target.traits.refuses_sampling {
        note_unsaid(request, NAME, &[Param::Temperature, Param::TopP], notes);
    } else {
        config.push_some("temperature", sampling.temperature);
        config.push_some("topP", sampling.top_p);
    }
    config
}

/// What stands in for structured output: the model is asked, and may do otherwise.
fn output_instruction(request: &Request, notes: &mut Notes) -> Option<String> {
    let instruction = match &request.output {
        Output::Text => return None,
        Output::JsonObject => {
            "Answer with one JSON object and nothing else: no code fence, no words around it."
                .to_owned()
        }
        Output::JsonSchema(output) => format!(
            "Answer with JSON that fits this JSON schema and nothing else: no code fence, no words around it.\n{}",
            output.schema
        ),
    };
    notes.add(
        request.param_path(Param::Output),
        format!("{NAME} has no structured output: the model is asked for it in words"),
    );
    Some(instruction)
}

/// An id in the shape of a UUID, of nothing but `seed`.
fn conversation_id(seed: &str) -> String {
    // <http://www.isthe.com/chongo/tech/comp/fnv/>: any two hashes that differ will do.
    let hash = |basis: u64| {
        seed.bytes().fold(basis, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let high = hash(0xcbf2_9ce4_8422_2325);
    let low = hash(!0xcbf2_9ce4_8422_2325);
    // Version 8 says that the rest is as we like: <https://www.rfc-editor.org/rfc/rfc9562#section-5.8>.
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        0x8000 | low >> 48 & 0x3fff,
        low & 0xffff_ffff_ffff,
    )
}
