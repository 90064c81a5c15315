//! Whether a credential works, asked of the provider itself without spending tokens.

use std::time::Instant;

use api::connection::CheckResult;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use providers::spec::ProviderSpec;
use reqwest::Response;
use secrecy::{ExposeSecret as _, SecretString};

use crate::Gateway;
use crate::upstream::reason;

/// Bytes of an error body that are read.
const ENOUGH: usize = 1024 * 1024;

impl Gateway {
    /// Lists the provider's models with `key`. A provider that has no such list is sent an empty
    /// request instead: it can refuse the key before it refuses the request.
    pub async fn check(&self, spec: &ProviderSpec, key: &SecretString) -> CheckResult {
        let started = Instant::now();
        let found = self.ask(spec, key).await;
        CheckResult {
            valid: found.is_ok(),
            error: found.err(),
            latency_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    async fn ask(&self, spec: &ProviderSpec, key: &SecretString) -> Result<(), String> {
        let listed = self
            .send_check(
                spec,
                key,
                Method::GET,
                &spec.endpoint.models_url(),
                Bytes::new(),
            )
            .await?;
        let status = listed.status().as_u16();
        if !matches!(status, 404 | 405) {
            return verdict(listed, |status| (200..300).contains(&status)).await;
        }
        let Some(dialect) = spec.endpoint.formats.first() else {
            return Err("the provider speaks no format".to_owned());
        };
        // No model has this name, and the key is looked at before the model is.
        let url = spec.endpoint.url(*dialect, "none", false);
        let answered = self
            .send_check(spec, key, Method::POST, &url, Bytes::from_static(b"{}"))
            .await?;
        // It read the key and then disliked the request: the key is good.
        verdict(answered, |status| matches!(status, 200..=299 | 400 | 422)).await
    }

    async fn send_check(
        &self,
        spec: &ProviderSpec,
        key: &SecretString,
        method: Method,
        url: &str,
        body: Bytes,
    ) -> Result<Response, String> {
        let mut headers = spec.default_headers.clone();
        let first = spec.endpoint.formats.first();
        let (name, value) = first
            .map_or(spec.auth, |dialect| spec.auth_for(*dialect))
            .header(key.expose_secret())
            .ok_or("the key has characters that no header can carry")?;
        headers.insert(name, value);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        self.inner
            .upstream
            .send(method, url, headers, body.into())
            .await
            .map_err(|error| format!("`{}` could not be reached: {}", spec.name, reason(error)))
    }
}

async fn verdict(response: Response, is_good: impl Fn(u16) -> bool) -> Result<(), String> {
    let status = response.status().as_u16();
    if is_good(status) {
        return Ok(());
    }
    let body = first_bytes(response).await;
    Err(format!(
        "{status}: {}",
        wire::error::decode_error(status, &body).message
    ))
}

/// The start of a body; an endless one is not read to its end.
pub(crate) async fn first_bytes(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < ENOUGH {
        let Ok(Some(chunk)) = response.chunk().await else {
            break;
        };
        body.extend_from_slice(&chunk);
    }
    body.truncate(ENOUGH);
    body
}
