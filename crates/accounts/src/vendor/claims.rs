//! What an id token says. It came over TLS from the vendor's own token endpoint and is only shown and compared, so its
//! signature is not checked: <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct Claims {
    pub(crate) email: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) all: Value,
}

/// Nothing, of what is no token with claims.
pub(crate) fn of(token: Option<&str>) -> Claims {
    let payload = token
        .and_then(|token| token.split('.').nth(1))
        .and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok())
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .unwrap_or_default();
    let text = |name: &str| payload[name].as_str().map(str::to_owned);
    Claims {
        email: text("email"),
        subject: text("sub"),
        all: payload,
    }
}
