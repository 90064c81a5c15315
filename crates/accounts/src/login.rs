//! What a login yields: the credential, and who it was.

use chrono::{DateTime, Duration, Utc};
use oauth2::TokenResponse as _;
use providers::oauth::{AccountKind, Method, OauthSpec};
use store::records::{AccountFacts, LoginCredential, RegisteredClient};

use crate::error::AccountError;
use crate::grant::Grant;
use crate::http::Http;
use crate::vendor;

/// A finished login.
#[derive(Debug)]
pub struct Login {
    pub credential: LoginCredential,
    /// Who the vendor says has logged in; the same person's next login updates the same account.
    pub identity: Option<String>,
    /// What people know the account by.
    pub label: Option<String>,
}

/// Where an organisation's people log in, for methods that ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub region: Option<String>,
    pub start_url: Option<String>,
}

impl Login {
    pub(crate) fn from_grant(
        grant: &Grant,
        method: &Method,
        place: &Place,
        client: Option<RegisteredClient>,
        now: DateTime<Utc>,
    ) -> Self {
        let facts = AccountFacts {
            method: Some(method.id.clone()),
            region: place.region.clone(),
            start_url: place.start_url.clone(),
            ..facts_of(grant)
        };
        Self {
            credential: LoginCredential {
                access_token: grant.access_token.secret().clone().into(),
                refresh_token: grant
                    .refresh_token
                    .as_ref()
                    .map(|token| token.secret().clone().into()),
                expires_at: ends_at(grant, now),
                session: None,
                client,
                facts,
            },
            identity: None,
            label: None,
        }
    }
}

/// When the token ends, where the vendor says so.
pub(crate) fn ends_at(grant: &Grant, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let length = grant.expires_in()?;
    Some(now + Duration::from_std(length).ok()?)
}

/// What a token answer says of the account beside its tokens.
pub(crate) fn facts_of(grant: &Grant) -> AccountFacts {
    AccountFacts {
        resource_host: grant.resource_url.as_deref().and_then(host),
        profile_arn: grant.profile_arn.clone(),
        ..AccountFacts::default()
    }
}

/// `portal.example.com`, however it is written.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    is_host.then(|| host.to_owned())
}

/// Learns who has logged in and what requests need beside the token.
pub(crate) async fn complete(
    http: &Http,
    spec: &OauthSpec,
    mut login: Login,
    grant: &Grant,
    now: DateTime<Utc>,
) -> Result<Login, AccountError> {
    match spec.account {
        AccountKind::Plain => {
            let claims = vendor::claims::of(grant.id_token.as_deref());
            login.identity = claims.email.clone().or(claims.subject);
            login.label = claims.email;
        }
        AccountKind::Claude => vendor::claude::describe(grant, &mut login),
        AccountKind::Codex => vendor::codex::describe(grant, &mut login)?,
        AccountKind::Google => vendor::google::describe(http, &mut login).await?,
        AccountKind::Copilot => vendor::copilot::describe(http, &mut login, now).await?,
        AccountKind::Iflow => vendor::iflow::describe(http, &mut login).await?,
        AccountKind::Kiro => {
            let claims = vendor::claims::of(Some(grant.access_token.secret()));
            login.identity = claims.email.clone();
            login.label = claims.email;
        }
    }
    Ok(login)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_in_whatever_names_it() {
        for (text, expected) in [
            ("portal.qwen.ai", Some("portal.qwen.ai")),
            ("https://portal.qwen.ai/v1", Some("portal.qwen.ai")),
            ("http://127.0.0.1:9/x", Some("127.0.0.1:9")),
            ("", None),
            ("https://", None),
            ("a b", None),
            ("evil@host", None),
        ] {
            assert_eq!(host(text).as_deref(), expected, "{text}");
        }
    }
}
