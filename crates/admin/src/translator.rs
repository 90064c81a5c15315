//! What the data plane would do with a sample, by the very code it does it with. Nothing is sent.

mod answer;
mod request;
mod show;

use api::provider::{ClientFormat, Dialect};
use api::translator::{
    AnswerSample, MOST_SAMPLE_BYTES, RequestSample, Tier, Translation, TranslationError,
};
use api::usage::NoteView;
use chrono::Utc;
use uuid::Uuid;
use wire::dialect::Dialect as Spoken;
use wire::error::{DecodeError, WireError};
use wire::format::Format;
use wire::ir::note::Notes;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;

impl Admin {
    /// A request on its way to a provider. What is wrong with it is a part of the result.
    #[expect(clippy::unused_async, reason = "use cases are asynchronous alike")]
    pub async fn translate_request(
        &self,
        _actor: &Actor,
        sample: RequestSample,
    ) -> Result<Translation, AdminError> {
        fits(&sample.body)?;
        Ok(request::translate(sample, seed()))
    }

    /// An answer on its way back.
    #[expect(clippy::unused_async, reason = "use cases are asynchronous alike")]
    pub async fn translate_answer(
        &self,
        _actor: &Actor,
        sample: AnswerSample,
    ) -> Result<Translation, AdminError> {
        fits(&sample.body)?;
        Ok(answer::translate(&sample, seed(), Utc::now()))
    }
}

fn fits(body: &str) -> Result<(), AdminError> {
    if body.len() <= MOST_SAMPLE_BYTES {
        return Ok(());
    }
    Err(AdminError::invalid(
        "body",
        format!(
            "expected at most {MOST_SAMPLE_BYTES} bytes, found {}",
            body.len()
        ),
    ))
}

/// What made-up ids begin with, as unique here as it is in the data plane.
fn seed() -> String {
    Uuid::now_v7().simple().to_string()
}

fn nothing_yet(tier: Tier) -> Translation {
    Translation {
        tier,
        neutral: None,
        target: None,
        path: None,
        notes: Vec::new(),
        error: None,
    }
}

fn unreadable(error: DecodeError) -> TranslationError {
    TranslationError {
        path: Some(error.path).filter(|path| !path.is_empty()),
        message: error.message,
    }
}

fn refused(error: WireError) -> TranslationError {
    TranslationError {
        path: None,
        message: error.message,
    }
}

fn views(notes: Notes) -> Vec<NoteView> {
    notes
        .into_vec()
        .into_iter()
        .map(|note| NoteView {
            path: note.path,
            message: note.message,
        })
        .collect()
}

/// How the gateway would carry it.
fn tier(format: Format, dialect: Spoken) -> Tier {
    use gateway::translate::Tier as Carried;
    match gateway::translate::choose(format, &[dialect], false) {
        Some((_, Carried::Same)) => Tier::Same,
        Some((_, Carried::Envelope)) => Tier::Envelope,
        Some((_, Carried::Translated)) | None => Tier::Translated,
    }
}

fn format(client: ClientFormat) -> Format {
    match client {
        ClientFormat::OpenaiChat => Format::OpenaiChat,
        ClientFormat::OpenaiResponses => Format::OpenaiResponses,
        ClientFormat::Anthropic => Format::Anthropic,
        ClientFormat::Gemini => Format::Gemini,
        ClientFormat::Ollama => Format::Ollama,
    }
}

fn spoken(dialect: Dialect) -> Spoken {
    match dialect {
        Dialect::OpenaiChat => Spoken::OpenaiChat,
        Dialect::OpenaiResponses => Spoken::OpenaiResponses,
        Dialect::Anthropic => Spoken::Anthropic,
        Dialect::Gemini => Spoken::Gemini,
        Dialect::Ollama => Spoken::Ollama,
        Dialect::Codex => Spoken::Codex,
        Dialect::GeminiCli => Spoken::GeminiCli,
        Dialect::Antigravity => Spoken::Antigravity,
        Dialect::Kiro => Spoken::Kiro,
    }
}
