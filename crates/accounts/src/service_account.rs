//! Google's service accounts: a key file that signs for itself, and the tokens that its signature gives.
//!
//! <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>, which is RFC 7523.
//! The file is a secret, and it names addresses. Nothing is ever sent to one of them.

use ::http::{HeaderValue, Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use store::records::SessionToken;

use crate::error::AccountError;
use crate::http::{Http, words};

/// Where Google gives tokens, whatever a file says.
const TOKEN: &str = "https://oauth2.googleapis.com/token";
/// What files have named it over the years.
const ALSO_CALLED: [&str; 3] = [
    TOKEN,
    "https://accounts.google.com/o/oauth2/token",
    "https://www.googleapis.com/oauth2/v4/token",
];
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Google takes no assertion that is good for longer.
const LIFETIME: Duration = Duration::hours(1);

/// A key file that has been read. It does not print.
pub struct ServiceAccount {
    pub project: String,
    email: String,
    key_id: Option<String>,
    key: RsaKeyPair,
}

/// Why a text is no key file. Nothing of the text is repeated: it may be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoKeyFile {
    #[error("expected the key file of a service account, which is JSON")]
    NotJson,
    #[error("expected the key file of a service account, whose \"type\" is \"service_account\"")]
    OtherType,
    #[error("the key file has no \"{0}\"")]
    Missing(&'static str),
    #[error("the key file's \"token_uri\" is not Google's: download the file from Google again")]
    OtherIssuer,
    #[error("the key file's \"private_key\" is no RSA key in PKCS #8")]
    NoRsaKey,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: Option<String>,
    project_id: Option<String>,
    private_key_id: Option<String>,
    private_key: Option<String>,
    client_email: Option<String>,
    token_uri: Option<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

impl ServiceAccount {
    /// Reads what Google's console lets people download.
    pub fn parse(text: &SecretString) -> Result<Self, NoKeyFile> {
        let file: File =
            serde_json::from_str(text.expose_secret()).map_err(|_| NoKeyFile::NotJson)?;
        if file.kind.as_deref() != Some("service_account") {
            return Err(NoKeyFile::OtherType);
        }
        let given = |name, text: Option<String>| {
            text.filter(|text| !text.is_empty())
                .ok_or(NoKeyFile::Missing(name))
        };
        let is_googles = |uri: &String| ALSO_CALLED.contains(&uri.as_str());
        if !file.token_uri.as_ref().is_none_or(is_googles) {
            return Err(NoKeyFile::OtherIssuer);
        }
        let pem = given("private_key", file.private_key)?;
        let der =
            PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| NoKeyFile::NoRsaKey)?;
        Ok(Self {
            project: given("project_id", file.project_id)?,
            email: given("client_email", file.client_email)?,
            key_id: file.private_key_id,
            key: RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| NoKeyFile::NoRsaKey)?,
        })
    }

    /// A token for an hour or so.
    pub async fn token(
        &self,
        http: &Http,
        now: DateTime<Utc>,
    ) -> Result<SessionToken, AccountError> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", &self.assertion(now)?)
            .finish();
        let mut request = Request::new(body.into_bytes());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = ::http::Uri::from_static(TOKEN);
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        let response = http.send(request).await?;
        if !response.status().is_success() {
            return Err(refused(response.status().as_u16(), response.body()));
        }
        let granted: Granted = serde_json::from_slice(response.body())
            .map_err(|_| AccountError::Malformed("it holds no token".to_owned()))?;
        Ok(SessionToken {
            token: granted.access_token.into(),
            expires_at: Some(now + Duration::seconds(granted.expires_in.clamp(0, 86_400))),
        })
    }

    fn assertion(&self, now: DateTime<Utc>) -> Result<String, AccountError> {
        let mut head = json!({ "alg": "RS256", "typ": "JWT" });
        if let Some(id) = &self.key_id {
            head["kid"] = Value::from(id.as_str());
        }
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": TOKEN,
            "iat": now.timestamp(),
            "exp": (now + LIFETIME).timestamp(),
        });
        let encoded = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", encoded(head), encoded(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| AccountError::Unusable("its key cannot sign".to_owned()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl std::fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceAccount")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

/// Google's own words, and what they mean for whoever has pasted the file.
fn refused(status: u16, body: &[u8]) -> AccountError {
    match serde_json::from_slice::<Refused>(body) {
        Ok(said) if (400..500).contains(&status) && status != 429 => {
            let words = said.error_description.unwrap_or_else(|| said.error.clone());
            AccountError::Denied(match said.error.as_str() {
                "invalid_grant" => format!(
                    "Google does not take the service account's key ({words}): it was deleted or disabled, or this machine's clock is wrong"
                ),
                _ => words,
            })
        }
        Ok(_) | Err(_) => AccountError::Refused {
            status,
            message: words(body),
        },
    }
}
