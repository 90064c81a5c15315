//! A client's request, written for a provider.

use std::ops::Range;

use api::translator::{RequestSample, Tier, Translation, TranslationError};
use bytes::Bytes;
use wire::codec;
use wire::error::DecodeError;
use wire::foreign;
use wire::format::Format;
use wire::head;
use wire::ir::note::Notes;
use wire::ir::target::Target;

use crate::translator::{format, nothing_yet, refused, show, spoken, tier, unreadable, views};

/// What the request asks for, wherever its format says so.
struct Asked {
    /// As the client wrote it.
    model: String,
    model_span: Option<Range<usize>>,
    is_stream: bool,
}

pub(super) fn translate(sample: RequestSample, seed: String) -> Translation {
    let (format, dialect) = (format(sample.from), spoken(sample.to));
    let tier = tier(format, dialect);
    let body = passing(format, tier, Bytes::from(sample.body));
    let mut shown = nothing_yet(tier);
    let asked = match asked(format, &sample.model, sample.is_stream, &body) {
        Ok(asked) => asked,
        Err(error) => {
            shown.error = Some(unreadable(error));
            return shown;
        }
    };
    let model = match sample.model.trim() {
        "" => asked.model.clone(),
        model => model.to_owned(),
    };
    let is_stream = asked.is_stream || tier != Tier::Same && dialect.always_streams();
    shown.path = Some(dialect.path(&model, is_stream));
    if tier == Tier::Same {
        shown.target = Some(renamed(&body, asked.model_span, &model));
        return shown;
    }
    let target = Target {
        dialect,
        traits: providers::traits::of(&model),
        model,
        seed,
        project: None,
        profile: None,
        stream: is_stream,
    };
    let mut notes = Notes::new();
    let written = write(format, &body, &asked, &target, &mut notes, &mut shown);
    shown.notes = views(notes);
    match written {
        Ok(body) => shown.target = Some(show::json(&body)),
        Err(error) => shown.error = Some(error),
    }
    shown
}

/// What passes without being read loses other vendors' proofs all the same, as in the data plane.
fn passing(format: Format, tier: Tier, body: Bytes) -> Bytes {
    match tier {
        Tier::Same | Tier::Envelope => foreign::without_proofs(format, &body).unwrap_or(body),
        Tier::Translated => body,
    }
}

fn write(
    format: Format,
    body: &Bytes,
    asked: &Asked,
    target: &Target,
    notes: &mut Notes,
    shown: &mut Translation,
) -> Result<Bytes, TranslationError> {
    if let Some(enveloped) = codec::envelope_request(format, body, target, notes) {
        return Ok(enveloped.map_err(refused)?.body);
    }
    let mut request = codec::decode_request(format, body, notes).map_err(unreadable)?;
    request.model.clone_from(&asked.model);
    request.stream = asked.is_stream;
    request.repair_history(notes);
    shown.neutral = Some(show::debug(&request));
    let encoded = codec::encode_request(&request, target, notes).map_err(refused)?;
    Ok(encoded.body)
}

/// Gemini's clients name the model and ask for a stream in the URL, which a sample has not.
fn asked(format: Format, model: &str, is_stream: bool, body: &Bytes) -> Result<Asked, DecodeError> {
    if format == Format::Gemini {
        head::check_model(model)?;
        head::check(body)?;
        return Ok(Asked {
            model: model.to_owned(),
            model_span: None,
            is_stream,
        });
    }
    let head = head::probe(body)?;
    Ok(Asked {
        model: head.model,
        model_span: Some(head.model_span),
        is_stream: head.stream.unwrap_or(is_stream),
    })
}

/// Not one byte changes but the model, so it is shown as it was spelled.
fn renamed(body: &Bytes, model_span: Option<Range<usize>>, model: &str) -> String {
    match model_span {
        Some(span) => show::text(&head::splice(body, span, model).to_bytes()),
        None => show::text(body),
    }
}

#[cfg(test)]
mod tests {
    use api::provider::{ClientFormat, Dialect};
    use api::translator::{RequestSample, Tier};

    use super::translate;

    fn sample(from: ClientFormat, to: Dialect, body: &str) -> RequestSample {
        RequestSample {
            from,
            to,
            model: "claude-sonnet-4-5".to_owned(),
            is_stream: false,
            body: body.to_owned(),
        }
    }

    #[test]
    fn the_same_format_passes_with_another_model() {
        let body = r#"{ "model":"an/claude",  "messages": [] }"#;
        let shown = translate(
            sample(ClientFormat::Anthropic, Dialect::Anthropic, body),
            "s".to_owned(),
        );
        assert_eq!(shown.tier, Tier::Same);
        assert_eq!(shown.neutral, None);
        assert_eq!(
            shown.target.as_deref(),
            Some(r#"{ "model":"claude-sonnet-4-5",  "messages": [] }"#)
        );
        assert_eq!(shown.path.as_deref(), Some("/messages"));
    }

    #[test]
    fn a_loss_is_noted_with_its_path() {
        let body = r#"{"model":"m","seed":7,"messages":[{"role":"user","content":"hi"}]}"#;
        let shown = translate(
            sample(ClientFormat::OpenaiChat, Dialect::Anthropic, body),
            "s".to_owned(),
        );
        assert_eq!(shown.error, None);
        assert!(
            shown.notes.iter().any(|note| note.path == "seed"),
            "{shown:?}"
        );
        assert!(shown.neutral.is_some_and(|text| text.contains("turns: [")));
        let target: serde_json::Value =
            serde_json::from_str(&shown.target.expect("a target")).expect("JSON");
        assert_eq!(target["model"], "claude-sonnet-4-5");
        assert_eq!(target["messages"][0]["role"], "user");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_path() {
        for (body, path) in [
            ("{", None),
            (r#"{"messages":[]}"#, Some("model")),
            (r#"{"model":"m","messages":7}"#, Some("messages")),
        ] {
            let shown = translate(
                sample(ClientFormat::OpenaiChat, Dialect::Gemini, body),
                "s".to_owned(),
            );
            let error = shown.error.expect("an error");
            assert_eq!(error.path.as_deref(), path, "{body}: {}", error.message);
            assert_eq!(shown.target, None);
        }
    }
}
