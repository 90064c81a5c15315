//! A provider's answer, written for a client.

use std::borrow::Cow;
use std::time::Duration;

use api::translator::{AnswerSample, Tier, Translation, TranslationError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use wire::codec::Reply;
use wire::dialect::Dialect;
use wire::error::encode_error;
use wire::format::Format;
use wire::framing::Framing;
use wire::ir::target::Restore;
use wire::stream::reading::Reading;
use wire::stream::translator::{Delivery, Translator};

use crate::translator::{format, nothing_yet, refused, show, spoken, tier};

pub(super) fn translate(sample: &AnswerSample, seed: String, at: DateTime<Utc>) -> Translation {
    let (dialect, client) = (spoken(sample.from), format(sample.to));
    let tier = tier(client, dialect);
    let mut shown = nothing_yet(tier);
    if tier == Tier::Same {
        shown.target = Some(sample.body.clone());
        return shown;
    }
    let body = match bytes(dialect, &sample.body) {
        Ok(body) => body,
        Err(error) => {
            shown.error = Some(error);
            return shown;
        }
    };
    shown.neutral = Some(steps(dialect, &seed, &body));
    let delivery = if sample.is_stream {
        Delivery::Stream
    } else {
        Delivery::Whole
    };
    let reply = Reply {
        seed,
        created_at: u64::try_from(at.timestamp()).unwrap_or_default(),
        model: sample.model.clone(),
        include_usage: true,
        is_array: false,
        prompt_estimate: 0,
        request: Bytes::new(),
    };
    let translator = translator(tier, dialect, client, delivery, reply);
    write(translator, client, delivery, &body, &mut shown);
    shown
}

fn translator(
    tier: Tier,
    dialect: Dialect,
    client: Format,
    delivery: Delivery,
    reply: Reply,
) -> Translator {
    let unwrapping = match tier {
        Tier::Envelope => {
            Translator::unwrapping(dialect, client, delivery, Restore::default(), reply.clone())
        }
        Tier::Same | Tier::Translated => None,
    };
    unwrapping
        .unwrap_or_else(|| Translator::new(dialect, client, delivery, Restore::default(), reply))
}

/// No time passes here: a sample is there at once.
fn write(
    mut translator: Translator,
    client: Format,
    delivery: Delivery,
    body: &[u8],
    shown: &mut Translation,
) {
    let mut written = Vec::new();
    translator.feed(body, Duration::ZERO, &mut written);
    translator.finish(Duration::ZERO, &mut written);
    if let Some(error) = translator.failed_early() {
        shown.target = Some(show::json(&encode_error(client, error, None)));
        shown.error = Some(refused(error.clone()));
        return;
    }
    shown.target = Some(match delivery {
        Delivery::Whole => show::json(&written),
        Delivery::Stream => show::text(&written),
    });
}

/// One step a line.
fn steps(dialect: Dialect, seed: &str, body: &[u8]) -> String {
    let mut steps = Vec::new();
    let mut reading = Reading::new(dialect, seed);
    reading.feed(body, &mut |_| {}, &mut steps);
    reading.finish(&mut |_| {}, &mut steps);
    show::lines(&steps)
}

/// A text field holds no binary stream, so such a one comes in base64.
fn bytes(dialect: Dialect, body: &str) -> Result<Cow<'_, [u8]>, TranslationError> {
    let is_binary = match dialect.framing() {
        Framing::EventStream => !body.trim_start().starts_with('{'),
        Framing::Sse | Framing::Ndjson => false,
    };
    if !is_binary {
        return Ok(Cow::Borrowed(body.as_bytes()));
    }
    let packed: String = body.split_whitespace().collect();
    STANDARD
        .decode(packed)
        .map(Cow::Owned)
        .map_err(|error| TranslationError {
            path: None,
            message: format!("expected the binary stream in base64, or JSON: {error}"),
        })
}

#[cfg(test)]
mod tests {
    use api::provider::{ClientFormat, Dialect};
    use api::translator::{AnswerSample, Tier};
    use chrono::DateTime;

    use super::translate;

    const CHAT: &str = r#"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{"role":"assistant","content":"hello"},"finish_reason":null}]}

data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

"#;

    fn answer(from: Dialect, to: ClientFormat, is_stream: bool, body: &str) -> AnswerSample {
        AnswerSample {
            from,
            to,
            model: "up/m".to_owned(),
            is_stream,
            body: body.to_owned(),
        }
    }

    #[test]
    fn a_stream_is_written_as_the_client_asked() {
        let stream = answer(Dialect::OpenaiChat, ClientFormat::Anthropic, true, CHAT);
        let shown = translate(&stream, "seed".to_owned(), DateTime::UNIX_EPOCH);
        assert_eq!(shown.error, None);
        let neutral = shown.neutral.expect("steps");
        assert!(neutral.lines().count() >= 4, "{neutral}");
        assert!(neutral.contains(r#"Delta(Text("hello"))"#), "{neutral}");
        let target = shown.target.expect("a target");
        assert!(target.starts_with("event: message_start\n"), "{target}");

        let whole = answer(Dialect::OpenaiChat, ClientFormat::Anthropic, false, CHAT);
        let shown = translate(&whole, "seed".to_owned(), DateTime::UNIX_EPOCH);
        let target: serde_json::Value =
            serde_json::from_str(&shown.target.expect("a target")).expect("JSON");
        assert_eq!(target["content"][0]["text"], "hello");
    }

    #[test]
    fn the_same_format_passes_unchanged() {
        let same = answer(Dialect::OpenaiChat, ClientFormat::OpenaiChat, true, CHAT);
        let shown = translate(&same, "seed".to_owned(), DateTime::UNIX_EPOCH);
        assert_eq!(shown.tier, Tier::Same);
        assert_eq!(shown.target.as_deref(), Some(CHAT));
    }

    #[test]
    fn an_answer_that_fails_is_shown_as_the_client_gets_it() {
        let body = r#"{"error":{"message":"the model is asleep","type":"server_error"}}"#;
        let failed = answer(Dialect::OpenaiChat, ClientFormat::Anthropic, false, body);
        let shown = translate(&failed, "seed".to_owned(), DateTime::UNIX_EPOCH);
        assert_eq!(
            shown.error.map(|error| error.message).as_deref(),
            Some("the model is asleep")
        );
        assert!(shown.target.is_some_and(|text| text.contains("asleep")));
    }

    #[test]
    fn a_binary_stream_comes_in_base64() {
        let bad = answer(Dialect::Kiro, ClientFormat::OpenaiChat, true, "no base64!");
        let shown = translate(&bad, "seed".to_owned(), DateTime::UNIX_EPOCH);
        let error = shown.error.expect("an error");
        assert!(error.message.contains("base64"), "{}", error.message);
    }
}
