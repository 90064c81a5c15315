//! Takes another vendor's proofs out of a request that otherwise passes as it is.
//!
//! A client carries the state of whoever served it last, in its own format's slots (see [`crate::ir::proof`]).
//! When the next turn goes to the format's own vendor, that vendor would refuse what it did not sign.

use bytes::Bytes;
use memchr::memmem;

use crate::format::Format;
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};

/// How a foreign proof looks in a body, at the least: our tag, the same in base64, OpenAI's own spelling.
const SIGNS: [&[u8]; 3] = [b"9router.", b"OXJvdXRlci", b"\"gAAAA"];

/// The body without foreign proofs, and without what cannot stand without them.
/// `None`: there are none, and the body stays as it is. Only a body that shows a sign is parsed at all.
pub fn without_proofs(format: Format, body: &Bytes) -> Option<Bytes> {
    if !SIGNS.iter().any(|sign| memmem::find(body, sign).is_some()) {
        return None;
    }
    let mut document = Json::parse(body, &[]).ok()?;
    let root = document.as_object_mut()?;
    let is_changed = match format {
        Format::Anthropic => each(root, "messages", |message| {
            retain(message, "content", |block| !is_foreign_thinking(block))
        }),
        Format::OpenaiResponses => retain(root, "input", |item| {
            !(item.get("type").and_then(Json::as_str) == Some("reasoning")
                && is_foreign(item, "encrypted_content", Issuer::Openai))
        }),
        Format::Gemini => each(root, "contents", |content| each(content, "parts", unsign)),
        // Neither has a slot that its server checks.
        Format::OpenaiChat | Format::Ollama => false,
    };
    is_changed.then(|| document.to_bytes().into())
}

fn is_foreign_thinking(block: &Json) -> bool {
    match block.get("type").and_then(Json::as_str) {
        Some("thinking") => is_foreign(block, "signature", Issuer::Anthropic),
        Some("redacted_thinking") => is_foreign(block, "data", Issuer::Anthropic),
        _ => false,
    }
}

fn is_foreign(value: &Json, slot: &str, own: Issuer) -> bool {
    value
        .get(slot)
        .and_then(Json::as_str)
        .and_then(|text| Proof::from_slot(own, text))
        .is_some_and(|proof| proof.issuer != own)
}

/// A call must be signed by somebody, so a foreign signature is replaced by the word that switches the check off:
/// <https://ai.google.dev/gemini-api/docs/thought-signatures>.
fn unsign(part: &mut Object) -> bool {
    const UNCHECKED: &str = "skip_thought_signature_validator";
    let mut is_changed = false;
    for slot in ["thoughtSignature", "thought_signature"] {
        let is_foreign = part
            .get(slot)
            .and_then(Json::as_str)
            .and_then(|text| Proof::from_slot(Issuer::Gemini, text))
            .is_some_and(|proof| proof.issuer != Issuer::Gemini);
        if !is_foreign {
            continue;
        }
        is_changed = true;
        if part.contains("functionCall") || part.contains("function_call") {
            if let Some(value) = part.get_mut(slot) {
                *value = Json::from(UNCHECKED);
            }
        } else {
            part.take(slot);
        }
    }
    is_changed
}

/// Applies `change` to every object of the list under `key`; says whether any changed.
fn each(object: &mut Object, key: &str, mut change: impl FnMut(&mut Object) -> bool) -> bool {
    let Some(Json::Array(items)) = object.get_mut(key) else {
        return false;
    };
    items
        .iter_mut()
        .filter_map(Json::as_object_mut)
        .fold(false, |is_changed, item| change(item) | is_changed)
}

/// Keeps of the list under `key` what `keep` says, but never an empty list: a message must say something.
fn retain(object: &mut Object, key: &str, keep: impl Fn(&Json) -> bool) -> bool {
    let Some(Json::Array(items)) = object.get_mut(key) else {
        return false;
    };
    let before = items.len();
    items.retain(keep);
    let is_changed = items.len() != before;
    if items.is_empty() && is_changed {
        items.push(crate::object! { "type" => "text", "text" => "…" }.into());
    }
    is_changed
}

#[cfg(test)]
mod tests {
    use super::without_proofs;
    use crate::format::Format;
    use crate::ir::proof::{Issuer, Proof};
    use crate::json::Json;

    fn check(format: Format, body: &str, expected: Option<&str>) {
        let changed = without_proofs(format, &body.to_owned().into());
        let json = |text: &[u8]| Json::parse(text, &[]).expect("JSON").into_owned();
        assert_eq!(
            changed.as_deref().map(json),
            expected.map(|text| json(text.as_bytes())),
            "{format}"
        );
    }

    #[test]
    fn a_body_without_foreign_proofs_stays_as_it_is() {
        check(
            Format::Anthropic,
            r#"{"messages":[{"content":[{"type":"thinking","thinking":"t","signature":"EqQB"}]}]}"#,
            None,
        );
        check(
            Format::Anthropic,
            r#"{"messages":[{"content":"what is 9router.dev"}]}"#,
            None,
        );
        check(
            Format::OpenaiResponses,
            r#"{"input":[{"type":"reasoning","encrypted_content":"gAAAAB"}]}"#,
            None,
        );
    }

    #[test]
    fn what_another_vendor_signed_is_taken_out() {
        check(
            Format::Anthropic,
            r#"{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"gAAAAB"},{"type":"text","text":"a"}]}]}"#,
            Some(r#"{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"}]}]}"#),
        );
        check(
            Format::Anthropic,
            r#"{"messages":[{"role":"assistant","content":[{"type":"redacted_thinking","data":"9router.gemini#x"}]}]}"#,
            Some(r#"{"messages":[{"role":"assistant","content":[{"type":"text","text":"…"}]}]}"#),
        );
        check(
            Format::OpenaiResponses,
            r#"{"input":[{"type":"reasoning","encrypted_content":"9router.anthropic#E"},{"role":"user","content":"a"}]}"#,
            Some(r#"{"input":[{"role":"user","content":"a"}]}"#),
        );
        let signed = Proof::new(Issuer::Anthropic, "EqQB").to_slot(Issuer::Gemini);
        check(
            Format::Gemini,
            &format!(
                r#"{{"contents":[{{"parts":[{{"functionCall":{{"name":"f"}},"thoughtSignature":"{signed}"}},{{"text":"a","thoughtSignature":"{signed}"}}]}}]}}"#
            ),
            Some(
                r#"{"contents":[{"parts":[{"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"},{"text":"a"}]}]}"#,
            ),
        );
    }
}
