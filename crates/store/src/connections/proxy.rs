//! An account's proxy as it is sealed: bound to its row and to being a proxy, so that no other blob opens as one.

use secrecy::{ExposeSecret as _, SecretString};

use crate::vault::{Vault, VaultError};

pub(super) fn seal(vault: &Vault, url: &SecretString, connection: &str) -> String {
    vault.seal(url.expose_secret().as_bytes(), &bound_to(connection))
}

pub(super) fn open(
    vault: &Vault,
    sealed: &str,
    connection: &str,
) -> Result<SecretString, VaultError> {
    let plain = vault.open(sealed, &bound_to(connection))?;
    let url = String::from_utf8(plain).map_err(|_| VaultError::Malformed)?;
    Ok(SecretString::from(url))
}

fn bound_to(connection: &str) -> String {
    format!("{connection}/proxy")
}
