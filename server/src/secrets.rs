//! The installation's own key, and what is derived from it. Nothing is built in.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use store::vault::Vault;
use tower_sessions::cookie::Key;

use crate::config::Config;

const FILE: &str = "ninerouter.key";

#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error("could not use the data directory {path}: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error("could not read or make the installation's key {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("the installation's key {path} is damaged: expected 64 hex digits")]
    Damaged { path: PathBuf },
    #[error("the installation's key {path} can be read by others: expected mode 0600")]
    Readable { path: PathBuf },
}

/// What an installation keeps to itself.
pub struct Secrets {
    pub vault: Vault,
    pub cookie: Key,
    pub api_key: SecretString,
    /// Names this installation inside its keys: 16 hex digits.
    pub machine_id: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets")
            .field("machine_id", &self.machine_id)
            .finish_non_exhaustive()
    }
}

impl Secrets {
    /// From `ENCRYPTION_KEY`, or from a file in the data directory that is made when it is missing.
    pub fn load(config: &Config) -> Result<Self, SecretsError> {
        std::fs::create_dir_all(&config.data_dir).map_err(|source| SecretsError::Directory {
            path: config.data_dir.clone(),
            source,
        })?;
        let master = match config.encryption_key {
            Some(key) => key,
            None => installation_key(&config.data_dir.join(FILE))?,
        };
        let cookie_seed = match &config.cookie_secret {
            Some(secret) => Sha256::digest(secret.expose_secret().as_bytes()).into(),
            None => derive(&master, b"session cookie"),
        };
        // Signing and encryption each take half.
        let cookie = [
            derive(&cookie_seed, b"signing"),
            derive(&cookie_seed, b"encryption"),
        ]
        .concat();
        let mut machine = Sha256::new();
        machine.update(derive(&master, b"machine id"));
        machine.update(config.machine_id_salt.as_bytes());
        let machine_id: String = hex::encode(machine.finalize()).chars().take(16).collect();
        Ok(Self {
            vault: Vault::new(&derive(&master, b"credentials")),
            cookie: Key::from(&cookie),
            api_key: config
                .api_key_secret
                .clone()
                .unwrap_or_else(|| SecretString::from(hex::encode(derive(&master, b"api keys")))),
            machine_id,
        })
    }
}

/// One key for one purpose: HMAC-SHA256 of the purpose under the installation's key.
fn derive(master: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    // An HMAC takes a key of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(master) else {
        return *master;
    };
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

fn installation_key(path: &Path) -> Result<[u8; 32], SecretsError> {
    let file_error = |source| SecretsError::File {
        path: path.to_owned(),
        source,
    };
    match open_private(path, true) {
        Ok(mut file) => {
            let key = Vault::generate_key();
            file.write_all(hex::encode(key).as_bytes())
                .map_err(file_error)?;
            file.sync_all().map_err(file_error)?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mut text = String::new();
            let mut file = open_private(path, false).map_err(file_error)?;
            if is_readable_by_others(&file).map_err(file_error)? {
                return Err(SecretsError::Readable {
                    path: path.to_owned(),
                });
            }
            file.read_to_string(&mut text).map_err(file_error)?;
            let mut key = [0; 32];
            hex::decode_to_slice(text.trim(), &mut key).map_err(|_| SecretsError::Damaged {
                path: path.to_owned(),
            })?;
            Ok(key)
        }
        Err(error) => Err(file_error(error)),
    }
}

fn open_private(path: &Path, new: bool) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    if new {
        options.write(true).create_new(true);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn is_readable_by_others(file: &std::fs::File) -> io::Result<bool> {
    Ok(std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &std::fs::File) -> io::Result<bool> {
    Ok(false)
}
