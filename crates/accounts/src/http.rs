//! Requests to vendors: short, bounded, and by the way out that the caller says.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::Value;
use url::Url;

use crate::error::AccountError;
use crate::proxy::OutboundProxy;

const WHOLE: Duration = Duration::from_secs(30);
/// Of an answer; tokens and quotas are far shorter.
const MOST_BYTES: usize = 1024 * 1024;
/// Of a vendor's words in a message.
const MOST_WORDS: usize = 300;

/// One way out to the vendors. Whoever keeps the connections makes one for each question, through the proxy of the
/// account that the question is about.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    /// The host of the account's own proxy.
    proxy: Option<String>,
    vendors: Option<Url>,
}

impl Http {
    /// `client` follows no redirects and goes through `proxy`. `vendors`, where every vendor is, is for tests:
    /// `https://host/path` is asked for at `<vendors>/host/path`.
    #[must_use]
    pub fn new(
        client: reqwest::Client,
        proxy: Option<&OutboundProxy>,
        vendors: Option<Url>,
    ) -> Self {
        Self {
            client,
            proxy: proxy.map(|proxy| proxy.host().to_owned()),
            vendors,
        }
    }

    /// Where `url` is asked for: itself, but for tests.
    #[must_use]
    pub fn address(&self, url: &str) -> String {
        address(self.vendors.as_ref(), url).into_owned()
    }

    /// Any answer is one, whatever its status.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, AccountError> {
        let (parts, body) = request.into_parts();
        let sent = self
            .client
            .request(parts.method, self.address(&parts.uri.to_string()))
            .headers(parts.headers)
            .body(body)
            .timeout(WHOLE)
            .send()
            .await;
        let mut answer = sent.map_err(|error| self.unreachable(error))?;
        if let Some(proxy) = &self.proxy
            && answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(AccountError::Unreachable(format!(
                "the proxy `{proxy}` wants another user name and password"
            )));
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| self.unreachable(error))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(AccountError::Malformed("it is too long".to_owned()));
            }
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The JSON that `url` answers with, where it answers with success.
    pub async fn json(
        &self,
        method: Method,
        url: &str,
        mut headers: HeaderMap,
        body: Option<&Value>,
    ) -> Result<Value, AccountError> {
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if body.is_some() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
        }
        let bytes = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let mut request = Request::new(bytes);
        *request.method_mut() = method;
        *request.uri_mut() = url
            .parse()
            .map_err(|_| AccountError::Malformed("an address is none".to_owned()))?;
        *request.headers_mut() = headers;
        let response = self.send(request).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(AccountError::Refused {
                status: status.as_u16(),
                message: words(response.body()),
            });
        }
        serde_json::from_slice(response.body())
            .map_err(|_| AccountError::Malformed("it is not JSON".to_owned()))
    }

    fn unreachable(&self, error: reqwest::Error) -> AccountError {
        let why = if error.is_timeout() {
            "it did not answer in time".to_owned()
        } else {
            innermost(&error.without_url())
        };
        AccountError::Unreachable(match &self.proxy {
            Some(proxy) => format!("through the proxy `{proxy}`: {why}"),
            None => why,
        })
    }
}

/// Its client would print the proxy's password.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Where `url` is asked for: at `vendors`, if that is given.
#[must_use]
pub fn address<'a>(vendors: Option<&Url>, url: &'a str) -> Cow<'a, str> {
    match (vendors, url.strip_prefix("https://")) {
        (Some(base), Some(rest)) => {
            let base = base.as_str().trim_end_matches('/');
            Cow::Owned(format!("{base}/{rest}"))
        }
        _ => Cow::Borrowed(url),
    }
}

/// `authorization: <scheme> <token>`, marked sensitive.
pub fn authorization(scheme: &str, token: &str) -> Result<HeaderMap, AccountError> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {token}"))
        .map_err(|_| AccountError::Malformed("its token cannot stand in a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
}

/// What a vendor says in an error, as far as a person wants to read it.
pub(crate) fn words(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &json["error"];
    let said = [
        &error["message"],
        &json["error_description"],
        &json["message"],
        error,
        &json["detail"],
    ]
    .into_iter()
    .find_map(Value::as_str)
    .map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned);
    let said = said.trim();
    if said.is_empty() {
        return "without a word".to_owned();
    }
    said.chars().take(MOST_WORDS).collect()
}
