//! Which conversation a request belongs to, as far as its body tells: by a name the client gave it, or by how it begins.
//!
//! The places were found by the scan of the head. What is read here is the beginning alone, never the whole history.

use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::head::scan::Scan;
use crate::head::span_of;

/// Where a body says which conversation it belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// `prompt_cache_key` and `conversation` (OpenAI), `metadata` (Anthropic).
    names: [Option<Range<usize>>; 3],
    /// `system` (Anthropic), `instructions` (Responses), `systemInstruction` (Gemini).
    system: Option<Range<usize>>,
    /// `messages`, `input` or `contents`.
    turns: Option<Range<usize>>,
}

/// What `metadata` may say of a session.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    session_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Object { id: String },
}

impl Opening {
    pub(super) fn of(scan: &Scan<'_>, body: &[u8]) -> Self {
        let span = |raw: Option<&RawValue>| raw.map(|raw| span_of(raw, body));
        Self {
            names: [
                span(scan.prompt_cache_key),
                span(scan.conversation),
                span(scan.metadata),
            ],
            system: span(scan.system),
            turns: span(scan.turns),
        }
    }

    /// What the client calls the conversation.
    ///
    /// Of Anthropic's `metadata.user_id` only a value that tells of a session is a conversation's name, as
    /// Claude Code writes it; elsewhere it names a person, who may have many.
    #[must_use]
    pub fn name(&self, body: &[u8]) -> Option<String> {
        let [cache_key, conversation, metadata] = &self.names;
        for span in [cache_key, conversation] {
            let name = read::<Name>(body, span.as_ref()).map(|name| match name {
                Name::Text(text) | Name::Object { id: text } => text,
            });
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                return Some(name);
            }
        }
        let metadata = read::<Metadata>(body, metadata.as_ref())?;
        let user = metadata.user_id.filter(|user| user.contains("session"));
        metadata.session_id.or(user).filter(|name| !name.is_empty())
    }

    /// Hands every text of the system prompt, and of the turns up to the first one of the user, to `tell`.
    ///
    /// Cache marks are no part of it: clients move them from turn to turn.
    pub fn texts(&self, body: &[u8], mut tell: impl FnMut(&str)) {
        let mut texts = Texts(&mut tell);
        if let Some(system) = slice(body, self.system.as_ref()) {
            texts.read(system);
        }
        let Some(turns) = slice(body, self.turns.as_ref()) else {
            return;
        };
        if turns.starts_with(b"[") {
            let mut deserializer = serde_json::Deserializer::from_slice(turns);
            // It stops at the first turn of the user, which serde takes for an error.
            let _stopped = deserializer.deserialize_seq(Turns(&mut texts));
        } else {
            texts.read(turns);
        }
    }
}

fn slice<'a>(body: &'a [u8], span: Option<&Range<usize>>) -> Option<&'a [u8]> {
    body.get(span?.clone())
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8], span: Option<&Range<usize>>) -> Option<T> {
    serde_json::from_slice(slice(body, span)?).ok()
}

/// The turns up to the first one of the user.
struct Turns<'t, 'f>(&'t mut Texts<'f>);

#[derive(Deserialize)]
struct Role {
    #[serde(default)]
    role: Option<String>,
}

impl<'de> Visitor<'de> for Turns<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of turns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut turns: A) -> Result<(), A::Error> {
        while let Some(turn) = turns.next_element::<&RawValue>()? {
            let turn = turn.get();
            self.0.read(turn.as_bytes());
            let role = serde_json::from_str::<Role>(turn).ok();
            // A turn that is a mere text is the user's.
            let Some(role) = role.and_then(|role| role.role) else {
                break;
            };
            if role == "user" {
                break;
            }
        }
        Ok(())
    }
}

/// Every text in a value but for those of cache marks.
struct Texts<'f>(&'f mut dyn FnMut(&str));

impl Texts<'_> {
    fn read(&mut self, json: &[u8]) {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        // The scan has checked it; what is nested too deeply for serde is left out.
        let _too_deep = Texts(self.0).deserialize(&mut deserializer);
    }
}

impl<'de> DeserializeSeed<'de> for Texts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        (self.0)(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Texts(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "cache_control" {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Texts(self.0))?;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::head::{Opening, check, probe};

    fn opening(body: &str) -> (Option<String>, Vec<String>) {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let opening = probe(&body).map_or_else(
            |_| check(&body).expect("a JSON object"),
            |head| head.opening,
        );
        read(&opening, &body)
    }

    fn read(opening: &Opening, body: &[u8]) -> (Option<String>, Vec<String>) {
        let mut texts = Vec::new();
        opening.texts(body, |text| texts.push(text.to_owned()));
        (opening.name(body), texts)
    }

    #[test]
    fn a_conversation_is_called_what_its_client_calls_it() {
        for (body, name) in [
            (r#"{"model":"m","prompt_cache_key":"k"}"#, Some("k")),
            (r#"{"model":"m","conversation":"conv_1"}"#, Some("conv_1")),
            (
                r#"{"model":"m","conversation":{"id":"conv_1"}}"#,
                Some("conv_1"),
            ),
            (
                r#"{"model":"m","metadata":{"user_id":"user_1_session_2"}}"#,
                Some("user_1_session_2"),
            ),
            (r#"{"model":"m","metadata":{"session_id":"s"}}"#, Some("s")),
            (r#"{"model":"m","metadata":{"user_id":"somebody"}}"#, None),
            (r#"{"model":"m","metadata":{"user_id":7}}"#, None),
            (r#"{"model":"m","prompt_cache_key":""}"#, None),
            (r#"{"model":"m","prompt_cache_key":null}"#, None),
            (r#"{"model":"m"}"#, None),
        ] {
            assert_eq!(opening(body).0.as_deref(), name, "{body}");
        }
    }

    #[test]
    fn a_conversation_begins_the_same_however_far_it_has_come() {
        let first = r#"{"model":"m","system":[{"type":"text","text":"be kind","cache_control":{"type":"ephemeral"}}],
            "messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}]}"#;
        let later = r#"{"model":"m","system":[{"type":"text","text":"be kind"}],
            "messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant","content":"yes?"},
            {"role":"user","content":"well"}]}"#;
        let (_, texts) = opening(first);
        assert_eq!(texts, ["text", "be kind", "user", "text", "hi"]);
        assert_eq!(opening(later).1, texts);
    }

    #[test]
    fn every_format_says_how_it_begins() {
        for (body, texts) in [
            (
                r#"{"model":"m","messages":[{"role":"system","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"}]}"#,
                vec!["system", "a", "user", "b"],
            ),
            (
                r#"{"model":"m","instructions":"a","input":"b"}"#,
                vec!["a", "b"],
            ),
            (
                r#"{"model":"m","input":[{"type":"message","role":"developer","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"}]}"#,
                vec!["message", "developer", "a", "user", "b"],
            ),
            (
                r#"{"systemInstruction":{"parts":[{"text":"a"}]},"contents":[{"parts":[{"text":"b"}]},{"role":"user","parts":[{"text":"c"}]}]}"#,
                vec!["a", "b"],
            ),
            (r#"{"model":"m","messages":7}"#, vec![]),
            (r#"{"model":"m","messages":[]}"#, vec![]),
            (r#"{"model":"m"}"#, vec![]),
        ] {
            assert_eq!(opening(body).1, texts, "{body}");
        }
    }
}
