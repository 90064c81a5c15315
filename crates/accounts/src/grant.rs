//! The token endpoint: the `oauth2` crate's exchanges, in each vendor's own spelling.
//!
//! The crate speaks standard forms. What vendors do differently (JSON, camelCase, errors under 200, error objects)
//! is undone on the wire, so that every exchange is the crate's.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use ::http::{HeaderValue, Request, Response, StatusCode, header};
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, ClientId, ClientSecret, DeviceAuthorizationUrl,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, RefreshToken, RequestTokenError, Scope,
    StandardRevocableToken, TokenResponse, TokenUrl,
};
use providers::oauth::{Encoding, Method, TokenEndpoint};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::Accounts;
use crate::error::AccountError;
use crate::http::{Http, words};

/// What a token endpoint gives, with all that vendors add.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) access_token: AccessToken,
    #[serde(default)]
    pub(crate) refresh_token: Option<RefreshToken>,
    #[serde(default, deserialize_with = "seconds")]
    pub(crate) expires_in: Option<u64>,
    #[serde(default)]
    pub(crate) id_token: Option<String>,
    /// Qwen: the host that the tokens are for.
    #[serde(default)]
    pub(crate) resource_url: Option<String>,
    /// Kiro's profile.
    #[serde(default)]
    pub(crate) profile_arn: Option<String>,
    /// Anthropic: who has logged in, and for which organisation.
    #[serde(default)]
    pub(crate) account: Value,
    #[serde(default)]
    pub(crate) organization: Value,
}

static BEARER: BasicTokenType = BasicTokenType::Bearer;

impl TokenResponse for Grant {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &BEARER
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// Some write it as a text, some with a fraction.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sane number of seconds"
)]
fn whole(seconds: f64) -> Option<u64> {
    (0.0..1e10).contains(&seconds).then_some(seconds as u64)
}

pub(crate) type Client = oauth2::Client<
    BasicErrorResponse,
    Grant,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Who this program is to the vendor.
#[derive(Debug, Clone)]
pub(crate) struct ClientIdentity {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
}

impl Accounts {
    /// Who the catalogue says this program is, with the secret that is configured.
    pub(crate) fn client_identity(&self, method: &Method) -> Result<ClientIdentity, AccountError> {
        use secrecy::ExposeSecret as _;
        let secret = match &method.client_secret {
            None => None,
            Some(variable) => Some(
                self.secrets
                    .get(variable)
                    .ok_or_else(|| AccountError::MissingSecret(variable.clone()))?
                    .expose_secret()
                    .to_owned(),
            ),
        };
        Ok(ClientIdentity {
            id: method.client_id.clone().unwrap_or_default(),
            secret,
        })
    }
}

/// The crate's client for one endpoint. `region` fills the addresses in.
pub(crate) fn client(
    identity: &ClientIdentity,
    method: &Method,
    endpoint: &TokenEndpoint,
    region: Option<&str>,
) -> Result<Client, AccountError> {
    let malformed = |_| AccountError::Malformed("an address is none".to_owned());
    let device = match &method.url {
        Some(url) if method.flow == providers::oauth::Flow::Device => {
            Some(DeviceAuthorizationUrl::new(filled(url, region)).map_err(malformed)?)
        }
        _ => None,
    };
    let mut client =
        oauth2::Client::new(ClientId::new(identity.id.clone())).set_auth_type(if endpoint.basic {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        });
    if let Some(secret) = &identity.secret {
        client = client.set_client_secret(ClientSecret::new(secret.clone()));
    }
    Ok(client
        .set_token_uri(TokenUrl::new(filled(&endpoint.url, region)).map_err(malformed)?)
        .set_device_authorization_url_option(device))
}

pub(crate) const DEFAULT_REGION: &str = "us-east-1";

pub(crate) fn filled(url: &str, region: Option<&str>) -> String {
    url.replace("{region}", region.unwrap_or(DEFAULT_REGION))
}

/// The crate's way out: [`call`] at one endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire<'a> {
    pub(crate) http: &'a Http,
    pub(crate) endpoint: &'a TokenEndpoint,
}

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = AccountError;
    type Future =
        Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, AccountError>> + Send + 'c>>;

    fn call(&'c self, request: Request<Vec<u8>>) -> Self::Future {
        Box::pin(call(self.http, self.endpoint, request))
    }
}

/// Sends a request of the crate's as `endpoint` wants it, and brings the answer back as the crate wants it.
async fn call(
    http: &Http,
    endpoint: &TokenEndpoint,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, AccountError> {
    let (mut parts, form) = request.into_parts();
    parts
        .headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&form)
        .filter(|(name, _)| !endpoint.omits.iter().any(|omitted| omitted == name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let body = match endpoint.encoding {
        Encoding::Form => url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
            .into_bytes(),
        Encoding::Json => json_body(pairs, |name| name),
        Encoding::CamelJson => json_body(pairs, |name| camel(&name)),
    };
    if endpoint.encoding != Encoding::Form {
        parts.headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    let response = http.send(Request::from_parts(parts, body)).await?;
    Ok(standard(response))
}

fn json_body(pairs: Vec<(String, String)>, name: impl Fn(String) -> String) -> Vec<u8> {
    let fields: Map<String, Value> = pairs
        .into_iter()
        .map(|(key, value)| (name(key), Value::String(value)))
        .collect();
    Value::Object(fields).to_string().into_bytes()
}

/// The answer as RFC 6749 has it: `snake_case`, errors under 400, an error's name as a text.
fn standard(response: Response<Vec<u8>>) -> Response<Vec<u8>> {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(parts, body);
    };
    let mut fields: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| (snake(&name), value))
        .collect();
    if let Some(Value::Object(error)) = fields.get("error").cloned() {
        let name = ["type", "code", "status"]
            .iter()
            .find_map(|field| error.get(*field).and_then(Value::as_str))
            .unwrap_or("error");
        fields.insert("error".to_owned(), name.into());
        if let Some(message) = error.get("message") {
            fields.insert("error_description".to_owned(), message.clone());
        }
    }
    if parts.status.is_success() {
        parts.status = if fields.get("error").is_some_and(Value::is_string) {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        };
    }
    Response::from_parts(parts, Value::Object(fields).to_string().into_bytes())
}

fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_start = false;
    for c in name.chars() {
        if c == '_' {
            is_start = true;
        } else if std::mem::take(&mut is_start) {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
    }
    out
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

/// What the crate says, in our words.
pub(crate) fn refused(error: RequestTokenError<AccountError, BasicErrorResponse>) -> AccountError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(said) => {
            let words = said
                .error_description()
                .cloned()
                .unwrap_or_else(|| said.error().to_string());
            named(said.error(), words)
        }
        RequestTokenError::Parse(_, body) => AccountError::Malformed(words(&body)),
        RequestTokenError::Other(what) => AccountError::Malformed(what),
    }
}

fn named(name: &BasicErrorResponseType, words: String) -> AccountError {
    match name {
        BasicErrorResponseType::InvalidGrant => AccountError::Revoked(words),
        BasicErrorResponseType::Extension(name) => by_name(name, words),
        BasicErrorResponseType::InvalidClient
        | BasicErrorResponseType::InvalidRequest
        | BasicErrorResponseType::InvalidScope
        | BasicErrorResponseType::UnauthorizedClient
        | BasicErrorResponseType::UnsupportedGrantType => AccountError::Denied(words),
    }
}

/// Names outside of the standard's list, as vendors use them.
pub(crate) fn by_name(name: &str, words: String) -> AccountError {
    match name {
        "expired_token" | "expired_token_exception" => AccountError::Expired,
        "invalid_grant"
        | "refresh_token_reused"
        | "refresh_token_expired"
        | "refresh_token_invalidated"
        | "invalid_refresh_token"
        | "bad_refresh_token"
        | "invalid_token" => AccountError::Revoked(words),
        "server_error"
        | "temporarily_unavailable"
        | "slow_down"
        | "rate_limit_error"
        | "overloaded_error"
        | "api_error" => AccountError::Unreachable(words),
        _ => AccountError::Denied(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_both_ways() {
        for (standard, vendors) in [
            ("access_token", "accessToken"),
            ("grant_type", "grantType"),
            ("code", "code"),
        ] {
            assert_eq!(camel(standard), vendors);
            assert_eq!(snake(vendors), standard);
        }
    }

    #[test]
    fn an_answer_becomes_a_standard_one() {
        let cases = [
            (
                200,
                r#"{"accessToken":"a","expiresIn":9}"#,
                200,
                r#"{"access_token":"a","expires_in":9}"#,
            ),
            (
                201,
                r#"{"access_token":"a"}"#,
                200,
                r#"{"access_token":"a"}"#,
            ),
            (
                200,
                r#"{"error":"authorization_pending"}"#,
                400,
                r#"{"error":"authorization_pending"}"#,
            ),
            (
                401,
                r#"{"type":"error","error":{"type":"authentication_error","message":"no"}}"#,
                401,
                r#"{"error":"authentication_error","error_description":"no","type":"error"}"#,
            ),
            (502, "<html>", 502, "<html>"),
        ];
        for (status, body, expected_status, expected) in cases {
            let mut response = Response::new(body.as_bytes().to_vec());
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            let response = standard(response);
            assert_eq!(response.status().as_u16(), expected_status, "{body}");
            let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
            assert_eq!(json(response.body()), json(expected.as_bytes()), "{body}");
        }
    }

    #[test]
    fn seconds_come_in_every_spelling() {
        for (text, expected) in [
            ("3600", Some(3600)),
            ("\"3600\"", Some(3600)),
            ("3599.9", Some(3599)),
            ("null", None),
            ("-1", None),
        ] {
            let json = format!(r#"{{"access_token":"a","expires_in":{text}}}"#);
            let grant: Grant = serde_json::from_str(&json).expect("a grant");
            assert_eq!(grant.expires_in, expected, "{text}");
        }
    }
}
