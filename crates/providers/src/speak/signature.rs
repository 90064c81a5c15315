//! Requests that are signed with the account's key.

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Deserialize;
use sha2::Sha256;

use super::{Facts, Unspeakable, value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// iFlow: HMAC-SHA256 by the key over user agent, session and time.
    Iflow,
}

const SESSION: HeaderName = HeaderName::from_static("session-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-iflow-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-iflow-signature");

impl Signature {
    /// Signs under the user agent that the headers name.
    pub(super) fn sign(
        self,
        headers: &mut HeaderMap,
        facts: &Facts<'_>,
    ) -> Result<(), Unspeakable> {
        match self {
            Self::Iflow => {
                let agent = headers
                    .get(header::USER_AGENT)
                    .map_or(&b""[..], HeaderValue::as_bytes);
                let session = format!("session-{}", facts.conversation);
                let now = facts.now_ms.to_string();
                let mut message = agent.to_vec();
                message.extend_from_slice(format!(":{session}:{now}").as_bytes());
                let mut mac = Hmac::<Sha256>::new_from_slice(facts.secret.as_bytes())
                    .map_err(|_| Unspeakable::Header)?;
                mac.update(&message);
                let signature = hex::encode(mac.finalize().into_bytes());
                headers.insert(SESSION, value(&session)?);
                headers.insert(TIMESTAMP, value(&now)?);
                headers.insert(SIGNATURE, value(&signature)?);
                Ok(())
            }
        }
    }
}
