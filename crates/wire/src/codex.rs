//! The envelope of Codex: Responses as the ChatGPT backend takes them.
//!
//! Always streamed, never stored, and without the parameters that a subscription does not let one choose.

mod editor;
mod envelope;

use crate::error::WireError;
use crate::ir::note::Notes;
use crate::ir::request::{Param, Request};
use crate::ir::target::{Encoded, Target};
use crate::json::Json;
use crate::openai_responses;

pub use editor::StreamEditor;

pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    let (mut body, restore) = openai_responses::document(request, target, notes)?;
    for key in envelope::edit(&mut body) {
        let param = match key.as_str() {
            "temperature" => Param::Temperature,
            "top_p" => Param::TopP,
            "max_output_tokens" => Param::MaxTokens,
            "service_tier" => Param::ServiceTier,
            // Who asks is known by the account.
            _ => continue,
        };
        notes.add(request.param_path(param), envelope::NOT_TAKEN);
    }
    // What only the API's own customers can store.
    body.retain(|key, _| key != "metadata");
    Ok(Encoded {
        body: Json::from(body).to_bytes().into(),
        restore,
    })
}

/// The client's own request, with what Codex refuses taken out and what it demands put in.
pub fn envelope(body: &[u8], target: &Target, notes: &mut Notes) -> Result<Encoded, WireError> {
    envelope::document(body, target, notes)
}
