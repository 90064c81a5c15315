//! A service account of Google's: the key file that its owner has, and what the token endpoint looks at.
//! <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

/// The key of the account, in PEM. It protects nothing.
pub const PRIVATE_KEY: &str = include_str!("service_account.pem");
/// The project it belongs to.
pub const PROJECT: &str = "project-of-the-file";
const EMAIL: &str = "tests@project-of-the-file.iam.gserviceaccount.com";
const KEY_ID: &str = "key-1";

/// What Google's console lets people download.
pub fn key_file() -> Value {
    json!({
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": KEY_ID,
        "private_key": PRIVATE_KEY,
        "client_email": EMAIL,
        "client_id": "1",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "universe_domain": "googleapis.com",
    })
}

/// Whether it is signed by the account's key, for this endpoint, and for an hour at most that has begun.
pub(super) fn is_good(assertion: &str) -> bool {
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).ok();
    let Some((signed, signature)) = assertion.rsplit_once('.') else {
        return false;
    };
    let Some((head, claims)) = signed.split_once('.') else {
        return false;
    };
    let (Some(head), Some(claims)) = (json(head), json(claims)) else {
        return false;
    };
    let der = PrivatePkcs8KeyDer::from_pem_slice(PRIVATE_KEY.as_bytes()).expect("PKCS #8");
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).expect("an RSA key");
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key());
    let signature = decoded(signature).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs();
    let time = |name: &str| claims[name].as_u64().unwrap_or_default();
    public.verify(signed.as_bytes(), &signature).is_ok()
        && head == json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID })
        && claims["iss"] == EMAIL
        && claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        && claims["aud"] == "https://oauth2.googleapis.com/token"
        && (time("iat")..time("exp")).contains(&now)
        && time("exp") - time("iat") <= 3600
}
