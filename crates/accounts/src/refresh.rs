//! A new token for an old one. What the vendor does not repeat stays as it was.

use chrono::{DateTime, Utc};
use oauth2::{RefreshToken, TokenResponse as _};
use providers::oauth::{AccountKind, Method, OauthSpec};
use secrecy::ExposeSecret as _;
use store::records::LoginCredential;

use crate::Accounts;
use crate::error::AccountError;
use crate::grant::{self, ClientIdentity, Grant, Wire};
use crate::http::Http;
use crate::login::{Login, ends_at, facts_of};
use crate::vendor;

/// When what requests carry ends, where the vendor says so.
#[must_use]
pub fn ends(credential: &LoginCredential) -> Option<DateTime<Utc>> {
    match &credential.session {
        Some(session) => session.expires_at.or(credential.expires_at),
        None => credential.expires_at,
    }
}

/// Whether a token should be refreshed at `now`, by the provider's lead time.
#[must_use]
pub fn is_due(spec: &OauthSpec, credential: &LoginCredential, now: DateTime<Utc>) -> bool {
    let lead = chrono::Duration::from_std(spec.lead).unwrap_or_default();
    ends(credential).is_some_and(|ends| ends - now <= lead)
}

/// Whether there is anything a new token could be had for.
#[must_use]
pub fn can_renew(spec: &OauthSpec, credential: &LoginCredential) -> bool {
    // GitHub's own token is enough.
    let is_exchanged = spec.account == AccountKind::Copilot;
    is_exchanged || credential.refresh_token.is_some()
}

impl Accounts {
    /// Refreshes by the way the account has logged in. A refresh token may be used up by this:
    /// the answer must be stored before it is used.
    pub async fn refresh(
        &self,
        http: &Http,
        spec: &OauthSpec,
        credential: &LoginCredential,
        now: DateTime<Utc>,
    ) -> Result<LoginCredential, AccountError> {
        let method = spec
            .method_of(credential.facts.method.as_deref())
            .ok_or_else(|| {
                AccountError::Unusable("it is not known how this account has logged in".to_owned())
            })?;
        // The second token is renewed with the first, as long as that one lives.
        if spec.account == AccountKind::Copilot && is_alive(credential, now) {
            match vendor::copilot::exchange(http, &credential.access_token).await {
                Ok(session) => {
                    return Ok(LoginCredential {
                        session: Some(session),
                        ..credential.clone()
                    });
                }
                Err(error) if credential.refresh_token.is_none() || error.is_passing() => {
                    return Err(revoked(error));
                }
                Err(_) => {}
            }
        }
        let Some(token) = &credential.refresh_token else {
            return Err(AccountError::Revoked(
                "it gave no token to refresh with".to_owned(),
            ));
        };
        let identity = match &credential.client {
            Some(client) => ClientIdentity {
                id: client.id.clone(),
                secret: Some(client.secret.expose_secret().to_owned()),
            },
            None => self.client_identity(method)?,
        };
        let region = credential.facts.region.as_deref();
        let granted = exchange(http, &identity, method, region, token.expose_secret()).await?;
        let mut renewed = merged(credential, &granted, now);
        match spec.account {
            AccountKind::Copilot => {
                let session = vendor::copilot::exchange(http, &renewed.access_token).await;
                renewed.session = Some(session.map_err(revoked)?);
            }
            AccountKind::Iflow => {
                let mut login = Login {
                    credential: renewed,
                    identity: None,
                    label: None,
                };
                vendor::iflow::describe(http, &mut login).await?;
                renewed = login.credential;
            }
            AccountKind::Google if renewed.facts.project_id.is_none() => {
                let project = vendor::google::project(http, &renewed.access_token).await?;
                renewed.facts.project_id = Some(project);
            }
            AccountKind::Plain
            | AccountKind::Claude
            | AccountKind::Codex
            | AccountKind::Google
            | AccountKind::Kiro => {}
        }
        Ok(renewed)
    }
}

pub(crate) async fn exchange(
    http: &Http,
    identity: &ClientIdentity,
    method: &Method,
    region: Option<&str>,
    refresh_token: &str,
) -> Result<Grant, AccountError> {
    let endpoint = method.refresh();
    let client = grant::client(identity, method, endpoint, region)?;
    let token = RefreshToken::new(refresh_token.to_owned());
    let mut request = client.exchange_refresh_token(&token);
    for (name, value) in &endpoint.params {
        request = request.add_extra_param(name, value);
    }
    let wire = Wire { http, endpoint };
    request.request_async(&wire).await.map_err(grant::refused)
}

fn is_alive(credential: &LoginCredential, now: DateTime<Utc>) -> bool {
    credential.expires_at.is_none_or(|ends| ends > now)
}

/// A vendor that answers 401 or 403 here takes the first token no more.
fn revoked(error: AccountError) -> AccountError {
    match error {
        AccountError::Refused {
            status: 401 | 403 | 404,
            message,
        } => AccountError::Revoked(message),
        error => error,
    }
}

fn merged(old: &LoginCredential, granted: &Grant, now: DateTime<Utc>) -> LoginCredential {
    let told = facts_of(granted);
    let mut facts = old.facts.clone();
    facts.resource_host = told.resource_host.or(facts.resource_host);
    facts.profile_arn = told.profile_arn.or(facts.profile_arn);
    LoginCredential {
        access_token: granted.access_token.secret().clone().into(),
        refresh_token: granted
            .refresh_token()
            .map(|token| token.secret().clone().into())
            .or_else(|| old.refresh_token.clone()),
        expires_at: ends_at(granted, now),
        session: old.session.clone(),
        client: old.client.clone(),
        facts,
    }
}
