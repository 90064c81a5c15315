//! Logins where a person types a short code at the vendor's, while this program asks whether it is done.

use std::time::Duration;

use ::http::{HeaderMap, Method as Verb};
use chrono::{DateTime, Utc};
use oauth2::{
    DeviceCodeErrorResponse, DeviceCodeErrorResponseType, PkceCodeChallenge, PkceCodeVerifier,
    RequestTokenError, Scope, StandardDeviceAuthorizationResponse,
};
use providers::oauth::{Method, OauthSpec};
use serde_json::json;
use store::records::RegisteredClient;

use crate::Accounts;
use crate::error::AccountError;
use crate::grant::{self, ClientIdentity, Wire};
use crate::http::{Http, words};
use crate::login::{self, Login, Place};

/// What this program is called where it registers as a client of its own.
const CLIENT_NAME: &str = "9router";

/// A login that waits for a person.
#[derive(Debug)]
pub struct PendingDevice {
    identity: ClientIdentity,
    /// Registered for this login alone.
    is_registered: bool,
    details: StandardDeviceAuthorizationResponse,
    verifier: Option<PkceCodeVerifier>,
    place: Place,
    began: DateTime<Utc>,
}

impl PendingDevice {
    /// What the person types.
    #[must_use]
    pub fn user_code(&self) -> &str {
        self.details.user_code().secret()
    }

    /// Where.
    #[must_use]
    pub fn address(&self) -> &str {
        self.details.verification_uri().as_str()
    }

    /// The same with the code in it, where the vendor offers that.
    #[must_use]
    pub fn complete_address(&self) -> Option<&str> {
        self.details
            .verification_uri_complete()
            .map(|url| url.secret().as_str())
    }

    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.began + chrono::Duration::from_std(self.details.expires_in()).unwrap_or_default()
    }
}

impl Accounts {
    /// Asks the vendor for a code.
    pub async fn begin_device(
        &self,
        http: &Http,
        method: &Method,
        place: Place,
    ) -> Result<PendingDevice, AccountError> {
        let region = place.region.as_deref();
        let (identity, is_registered) = match &method.registration_url {
            Some(url) => (register(http, url, method, &place).await?, true),
            None => (self.client_identity(method)?, false),
        };
        let client = grant::client(&identity, method, &method.token, region)?;
        let mut request = client
            .exchange_device_code()
            .map_err(|error| AccountError::Malformed(error.to_string()))?;
        for scope in method.scopes.iter().filter(|_| !is_registered) {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for (name, value) in &method.params {
            request = request.add_extra_param(name, value);
        }
        if let Some(start_url) = place.start_url.as_ref().or(method.start_url.as_ref()) {
            request = request.add_extra_param("start_url", start_url.clone());
        }
        let mut verifier = None;
        if method.pkce {
            let (challenge, secret) = PkceCodeChallenge::new_random_sha256();
            request = request
                .add_extra_param("code_challenge", challenge.as_str().to_owned())
                .add_extra_param(
                    "code_challenge_method",
                    challenge.method().as_str().to_owned(),
                );
            verifier = Some(secret);
        }
        let wire = Wire {
            http,
            endpoint: &method.token,
        };
        let details = request.request_async(&wire).await.map_err(grant::refused)?;
        Ok(PendingDevice {
            identity,
            is_registered,
            details,
            verifier,
            place,
            began: Utc::now(),
        })
    }

    /// Asks until the person is done, has refused, or the code is too old. `slow_down` is obeyed.
    pub async fn finish_device(
        &self,
        http: &Http,
        spec: &OauthSpec,
        method: &Method,
        pending: PendingDevice,
    ) -> Result<Login, AccountError> {
        let region = pending.place.region.as_deref();
        let client = grant::client(&pending.identity, method, &method.token, region)?;
        let mut request = client.exchange_device_access_token(&pending.details);
        if let Some(verifier) = &pending.verifier {
            request = request.add_extra_param("code_verifier", verifier.secret().clone());
        }
        for (name, value) in &method.token.params {
            request = request.add_extra_param(name, value);
        }
        let wire = Wire {
            http,
            endpoint: &method.token,
        };
        let granted = request
            .request_async(&wire, tokio::time::sleep, Some(remaining(&pending)))
            .await
            .map_err(refused)?;
        let registered = pending.is_registered.then(|| RegisteredClient {
            id: pending.identity.id.clone(),
            secret: pending.identity.secret.clone().unwrap_or_default().into(),
        });
        let now = Utc::now();
        let found = Login::from_grant(&granted, method, &pending.place, registered, now);
        login::complete(http, spec, found, &granted, now).await
    }
}

/// Becomes a client of the vendor's, under this program's own name.
async fn register(
    http: &Http,
    url: &str,
    method: &Method,
    place: &Place,
) -> Result<ClientIdentity, AccountError> {
    let start_url = place.start_url.as_ref().or(method.start_url.as_ref());
    let body = json!({
        "clientName": CLIENT_NAME,
        "clientType": "public",
        "scopes": method.scopes,
        "grantTypes": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        "issuerUrl": start_url,
    });
    let url = grant::filled(url, place.region.as_deref());
    let said = http
        .json(Verb::POST, &url, HeaderMap::new(), Some(&body))
        .await?;
    match (said["clientId"].as_str(), said["clientSecret"].as_str()) {
        (Some(id), Some(secret)) => Ok(ClientIdentity {
            id: id.to_owned(),
            secret: Some(secret.to_owned()),
        }),
        _ => Err(AccountError::Malformed(
            "it registered no client".to_owned(),
        )),
    }
}

fn remaining(pending: &PendingDevice) -> Duration {
    (pending.expires_at() - Utc::now())
        .to_std()
        .unwrap_or_default()
}

fn refused(error: RequestTokenError<AccountError, DeviceCodeErrorResponse>) -> AccountError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(said) => {
            let words = said
                .error_description()
                .cloned()
                .unwrap_or_else(|| said.error().to_string());
            match said.error() {
                DeviceCodeErrorResponseType::ExpiredToken => AccountError::Expired,
                DeviceCodeErrorResponseType::AccessDenied => AccountError::Denied(words),
                other => grant::by_name(other.as_ref(), words),
            }
        }
        RequestTokenError::Parse(_, body) => AccountError::Malformed(words(&body)),
        RequestTokenError::Other(what) => AccountError::Malformed(what),
    }
}
