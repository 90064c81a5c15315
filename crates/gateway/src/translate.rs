//! From the client's request to the upstream's, in the tier that changes least.

use bytes::Bytes;
use store::records::AccountFacts;
use wire::codec;
use wire::dialect::Dialect;
use wire::foreign;
use wire::format::Format;
use wire::head::{self, Spliced};
use wire::ir::note::Notes;
use wire::ir::target::{Restore, Target as WireTarget};

use crate::error::Refusal;
use crate::images::Images;
use crate::prepare::Asked;
use crate::resolve::Target;

/// How a request crosses from one wire to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Both sides speak the same: bytes in, bytes out.
    Same,
    /// The same in a vendor's envelope: the document is edited, and what is not edited stays.
    Envelope,
    /// Through the neutral representation.
    Translated,
}

/// A request, written for its upstream.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) tier: Tier,
    pub(crate) dialect: Dialect,
    pub(crate) body: Spliced,
    pub(crate) restore: Restore,
    pub(crate) notes: Notes,
    /// The upstream is asked for a stream.
    pub(crate) stream: bool,
}

/// The dialect and the tier that carry most of `format` to an endpoint that speaks `spoken`.
#[must_use]
pub fn choose(format: Format, spoken: &[Dialect], is_array: bool) -> Option<(Dialect, Tier)> {
    let plain = Dialect::plain(format);
    if spoken.contains(&plain) {
        return Some((plain, Tier::Same));
    }
    let envelope = spoken
        .iter()
        .find(|dialect| codec::editor(format, **dialect).is_some());
    match envelope {
        // Events in an envelope cannot be taken out into an array.
        Some(dialect) if !is_array => Some((*dialect, Tier::Envelope)),
        _ => spoken.first().map(|dialect| (*dialect, Tier::Translated)),
    }
}

/// Writes the request. `seed` is unique to it.
pub(crate) async fn request(
    format: Format,
    asked: &Asked,
    body: &Bytes,
    target: &Target,
    facts: Option<&AccountFacts>,
    seed: &str,
    images: &Images,
) -> Result<Written, Refusal> {
    let spoken = target.spec.formats(&target.model);
    let (dialect, tier) = choose(format, spoken, asked.is_array).ok_or(Refusal::NoAccount {
        provider: target.spec.name.clone(),
    })?;
    if tier == Tier::Same {
        let Some(body) = foreign::without_proofs(format, body) else {
            return Ok(as_it_is(format, asked, body, target));
        };
        // The model is not where it was.
        let model_span = head::probe(&body).ok().map(|head| head.model_span);
        let asked = Asked {
            model_span: asked.model_span.as_ref().and(model_span),
            ..asked.clone()
        };
        return Ok(as_it_is(format, &asked, &body, target));
    }
    let without = (tier == Tier::Envelope)
        .then(|| foreign::without_proofs(format, body))
        .flatten();
    let body = without.as_ref().unwrap_or(body);
    let mut notes = Notes::new();
    let target = WireTarget {
        dialect,
        model: target.model.clone(),
        traits: providers::traits::of(&target.model),
        seed: seed.to_owned(),
        project: facts.and_then(|facts| facts.project_id.clone()),
        profile: facts.and_then(|facts| facts.profile_arn.clone()),
        stream: asked.stream || dialect.always_streams(),
    };
    let enveloped = if tier == Tier::Envelope {
        codec::envelope_request(format, body, &target, &mut notes)
    } else {
        None
    };
    let encoded = match enveloped {
        Some(encoded) => encoded.map_err(Refusal::Untranslatable)?,
        None => {
            let mut request = codec::decode_request(format, body, &mut notes)
                .map_err(|error| Refusal::Malformed(error.to_string()))?;
            request.model.clone_from(&asked.model);
            request.stream = asked.stream;
            request.repair_history(&mut notes);
            if dialect.takes_no_links() {
                images.inline(&mut request).await;
            }
            codec::encode_request(&request, &target, &mut notes).map_err(Refusal::Untranslatable)?
        }
    };
    Ok(Written {
        tier,
        dialect,
        body: whole(encoded.body),
        restore: encoded.restore,
        notes,
        stream: target.stream,
    })
}

/// A request that is routed and not read.
pub(crate) fn as_it_is(format: Format, asked: &Asked, body: &Bytes, target: &Target) -> Written {
    Written {
        tier: Tier::Same,
        dialect: Dialect::plain(format),
        body: match &asked.model_span {
            Some(span) => head::splice(body, span.clone(), &target.model),
            None => whole(body.clone()),
        },
        restore: Restore::default(),
        notes: Notes::new(),
        stream: asked.stream,
    }
}

fn whole(body: Bytes) -> Spliced {
    Spliced {
        before: body,
        value: Bytes::new(),
        after: Bytes::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Tier, choose};
    use wire::dialect::Dialect;
    use wire::format::Format;

    #[test]
    fn the_tier_that_changes_least_is_chosen() {
        let cases = [
            (
                Format::OpenaiChat,
                &[Dialect::Anthropic, Dialect::OpenaiChat][..],
                Dialect::OpenaiChat,
                Tier::Same,
            ),
            (
                Format::OpenaiResponses,
                &[Dialect::Codex],
                Dialect::Codex,
                Tier::Envelope,
            ),
            (
                Format::Gemini,
                &[Dialect::GeminiCli],
                Dialect::GeminiCli,
                Tier::Envelope,
            ),
            (
                Format::Anthropic,
                &[Dialect::OpenaiResponses, Dialect::OpenaiChat],
                Dialect::OpenaiResponses,
                Tier::Translated,
            ),
            (
                Format::OpenaiChat,
                &[Dialect::Kiro],
                Dialect::Kiro,
                Tier::Translated,
            ),
        ];
        for (format, spoken, dialect, tier) in cases {
            assert_eq!(
                choose(format, spoken, false),
                Some((dialect, tier)),
                "{format} to {spoken:?}"
            );
        }
        assert_eq!(
            choose(Format::Gemini, &[Dialect::GeminiCli], true),
            Some((Dialect::GeminiCli, Tier::Translated))
        );
        assert_eq!(choose(Format::Gemini, &[], false), None);
    }
}
