//! A credential as it is sealed: a small JSON object with its kind.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::records::{
    AccountFacts, Credential, LoginCredential, RegisteredClient, ServiceAccountCredential,
    SessionToken,
};
use crate::vault::{Vault, VaultError};

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Sealed {
    ApiKey { api_key: String },
    Login(Box<SealedLogin>),
    ServiceAccount { key_file: String, project: String },
}

#[derive(Serialize, Deserialize)]
struct SealedLogin {
    access_token: String,
    refresh_token: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    session: Option<SealedSession>,
    client: Option<SealedClient>,
    #[serde(default)]
    facts: AccountFacts,
}

#[derive(Serialize, Deserialize)]
struct SealedSession {
    token: String,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct SealedClient {
    id: String,
    secret: String,
}

pub(super) fn seal(vault: &Vault, credential: &Credential, connection: &str) -> String {
    let sealed = Sealed::from(credential);
    #[expect(
        clippy::expect_used,
        reason = "strings, times and structs of them have a JSON form"
    )]
    let plain = serde_json::to_vec(&sealed).expect("a credential is JSON");
    vault.seal(&plain, connection)
}

pub(super) fn open(
    vault: &Vault,
    sealed: &str,
    connection: &str,
) -> Result<Credential, VaultError> {
    let plain = vault.open(sealed, connection)?;
    let sealed: Sealed = serde_json::from_slice(&plain).map_err(|_| VaultError::Malformed)?;
    Ok(sealed.into())
}

impl From<&Credential> for Sealed {
    fn from(credential: &Credential) -> Self {
        let plain = |secret: &SecretString| secret.expose_secret().to_owned();
        match credential {
            Credential::ApiKey(key) => Self::ApiKey {
                api_key: plain(key),
            },
            Credential::Login(login) => Self::Login(Box::new(SealedLogin {
                access_token: plain(&login.access_token),
                refresh_token: login.refresh_token.as_ref().map(plain),
                expires_at: login.expires_at,
                session: login.session.as_ref().map(|session| SealedSession {
                    token: plain(&session.token),
                    expires_at: session.expires_at,
                }),
                client: login.client.as_ref().map(|client| SealedClient {
                    id: client.id.clone(),
                    secret: plain(&client.secret),
                }),
                facts: login.facts.clone(),
            })),
            Credential::ServiceAccount(own) => Self::ServiceAccount {
                key_file: plain(&own.key_file),
                project: own.project.clone(),
            },
        }
    }
}

impl From<Sealed> for Credential {
    fn from(sealed: Sealed) -> Self {
        match sealed {
            Sealed::ApiKey { api_key } => Self::ApiKey(SecretString::from(api_key)),
            Sealed::Login(login) => Self::Login(Box::new(LoginCredential {
                access_token: login.access_token.into(),
                refresh_token: login.refresh_token.map(Into::into),
                expires_at: login.expires_at,
                session: login.session.map(|session| SessionToken {
                    token: session.token.into(),
                    expires_at: session.expires_at,
                }),
                client: login.client.map(|client| RegisteredClient {
                    id: client.id,
                    secret: client.secret.into(),
                }),
                facts: login.facts,
            })),
            Sealed::ServiceAccount { key_file, project } => {
                Self::ServiceAccount(Box::new(ServiceAccountCredential {
                    key_file: key_file.into(),
                    project,
                    token: None,
                }))
            }
        }
    }
}
