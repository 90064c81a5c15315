//! A request for a chat server: <https://platform.openai.com/docs/api-reference/chat/create>.
//!
//! Most of these servers are not OpenAI's and refuse what they do not know, so only what all of them know is
//! sent, and more where the model's traits allow it.

mod messages;
mod parameters;
mod parts;
mod tools;

use bytes::Bytes;

use crate::error::WireError;
use crate::ir::content::ToolInput;
use crate::ir::note::Notes;
use crate::ir::request::{Param, Request};
use crate::ir::target::{Encoded, Restore, Target};
use crate::ir::tools::{COMMON_NAMES, Names};
use crate::json::Json;
use crate::object;

pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    if let Some(n) = request.sampling.n.filter(|n| *n > 1) {
        let path = request.param_path(Param::N);
        return Err(WireError::invalid(format!(
            "expected \"{path}\" to be 1, found {n}: one request gets one answer here"
        )));
    }
    let names = Names::new(request, COMMON_NAMES);
    let mut restore = Restore {
        tools: names.renamed(),
        ..Restore::default()
    };
    let mut body = object! { "model" => &target.model };
    body.push("messages", messages::write(request, target, &names, notes)?);
    if target.stream {
        body.push("stream", true);
        body.push("stream_options", object! { "include_usage" => true });
    }
    tools::write(request, target, &names, &mut body, notes)?;
    parameters::write(request, target, &mut body, &mut restore, notes);
    Ok(Encoded {
        body: Bytes::from(Json::from(body).to_bytes()),
        restore,
    })
}

/// OpenAI's own models know parameters which compatible servers refuse.
fn is_openai(target: &Target) -> bool {
    target.traits.wants_completion_tokens
}

/// Arguments as the JSON object that servers with templates of their own insist on.
fn arguments(input: &ToolInput) -> String {
    input.object().to_text()
}
