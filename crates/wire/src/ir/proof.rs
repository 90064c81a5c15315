//! Signatures and encrypted reasoning: opaque, and worth something only to the vendor that issued them.
//!
//! A client can give back only what its own format has a slot for. So that a Claude client can carry
//! GPT's or Gemini's state between two turns, a foreign proof goes into the client's slot as it is where
//! its spelling tells the issuer (OpenAI's begins `gAAAA`), and otherwise behind a tag of ours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Who issued a proof, and so who may see it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Issuer {
    Anthropic,
    Openai,
    Gemini,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub issuer: Issuer,
    pub data: String,
}

/// Fernet tokens, which OpenAI's encrypted content is, begin with a version byte and a high timestamp.
const FERNET: &str = "gAAAA";
const TAG: &str = "9router";

impl Issuer {
    const ALL: [Self; 3] = [Self::Anthropic, Self::Openai, Self::Gemini];

    fn tag(self) -> &'static str {
        match self {
            Self::Anthropic => "9router.anthropic#",
            Self::Openai => "9router.openai#",
            Self::Gemini => "9router.gemini#",
        }
    }
}

impl Proof {
    pub fn new(issuer: Issuer, data: impl Into<String>) -> Self {
        Self {
            issuer,
            data: data.into(),
        }
    }

    /// Reads what a client of `slot`'s format sent back in its slot; empty is nothing.
    pub fn from_slot(slot: Issuer, text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let plain = untagged(text).or_else(|| {
            // Gemini's slot holds base64 only, so a tag is inside of it there.
            let decoded = STANDARD.decode(text).ok()?;
            untagged(std::str::from_utf8(&decoded).ok()?)
        });
        if let Some(proof) = plain {
            return Some(proof);
        }
        let issuer = if text.starts_with(FERNET) {
            Issuer::Openai
        } else {
            slot
        };
        Some(Self::new(issuer, text))
    }

    /// What stands in the slot of a client whose format is `slot`'s.
    pub fn to_slot(&self, slot: Issuer) -> String {
        if self.issuer == slot || self.data.starts_with(FERNET) && slot != Issuer::Gemini {
            return self.data.clone();
        }
        let tagged = format!("{}{}", self.issuer.tag(), self.data);
        match slot {
            Issuer::Gemini => STANDARD.encode(tagged),
            Issuer::Anthropic | Issuer::Openai => tagged,
        }
    }

    /// The data, if `issuer` is the one who will see it.
    pub fn for_issuer(&self, issuer: Issuer) -> Option<&str> {
        (self.issuer == issuer).then_some(self.data.as_str())
    }
}

fn untagged(text: &str) -> Option<Proof> {
    if !text.starts_with(TAG) {
        return None;
    }
    Issuer::ALL.into_iter().find_map(|issuer| {
        let data = text.strip_prefix(issuer.tag())?;
        Some(Proof::new(issuer, data))
    })
}

#[cfg(test)]
mod tests {
    use super::{Issuer, Proof};

    #[test]
    fn a_proof_survives_a_foreign_slot() {
        for issuer in Issuer::ALL {
            for slot in Issuer::ALL {
                let proof = Proof::new(issuer, "EpwBCkYIBxgC+/=");
                let back = Proof::from_slot(slot, &proof.to_slot(slot));
                assert_eq!(back, Some(proof), "{issuer:?} in {slot:?}");
            }
        }
    }

    #[test]
    fn openais_is_known_without_a_tag() {
        let proof = Proof::from_slot(Issuer::Anthropic, "gAAAAABo53gA").expect("a proof");
        assert_eq!(proof, Proof::new(Issuer::Openai, "gAAAAABo53gA"));
        assert_eq!(proof.to_slot(Issuer::Anthropic), "gAAAAABo53gA");
        assert_eq!(proof.for_issuer(Issuer::Anthropic), None);
    }

    #[test]
    fn an_empty_slot_holds_nothing() {
        assert_eq!(Proof::from_slot(Issuer::Gemini, ""), None);
    }
}
