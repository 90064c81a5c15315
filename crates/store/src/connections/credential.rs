//! A credential as it is sealed: a small JSON object with its kind.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::records::Credential;
use crate::vault::{Vault, VaultError};

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Sealed {
    ApiKey { api_key: String },
}

pub(super) fn seal(vault: &Vault, credential: &Credential, connection: &str) -> String {
    let Credential::ApiKey(api_key) = credential;
    let plain = serde_json::json!({ "kind": "api_key", "api_key": api_key.expose_secret() });
    vault.seal(plain.to_string().as_bytes(), connection)
}

pub(super) fn open(
    vault: &Vault,
    sealed: &str,
    connection: &str,
) -> Result<Credential, VaultError> {
    let plain = vault.open(sealed, connection)?;
    let Sealed::ApiKey { api_key } =
        serde_json::from_slice(&plain).map_err(|_| VaultError::Malformed)?;
    Ok(Credential::ApiKey(SecretString::from(api_key)))
}
