//! Encryption at rest: XChaCha20-Poly1305 under one key per installation.
//!
//! A sealed text is `v1:<key id>:<base64 of nonce and ciphertext>`.
//! It is bound to the id of its row, so that a blob moved to another row does not open.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

const VERSION: &str = "v1";
const NONCE_BYTES: usize = 24;

pub struct Vault {
    cipher: XChaCha20Poly1305,
    key_id: String,
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("expected a text sealed as `v1:<key id>:<base64>`")]
    Malformed,
    #[error("sealed under key `{sealed}`, but this installation's key is `{ours}`")]
    OtherKey { sealed: String, ours: String },
    #[error("the sealed text was altered, or belongs to another row")]
    Refused,
}

impl Vault {
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let mut key_id = hex::encode(Sha256::digest(key));
        key_id.truncate(8);
        Self {
            cipher: XChaCha20Poly1305::new(key.into()),
            key_id,
        }
    }

    #[must_use]
    pub fn generate_key() -> [u8; 32] {
        rand::random()
    }

    #[must_use]
    pub fn seal(&self, plain: &[u8], bound_to: &str) -> String {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload {
            msg: plain,
            aad: bound_to.as_bytes(),
        };
        #[expect(
            clippy::expect_used,
            reason = "fails beyond 256 GiB of plaintext alone"
        )]
        let ciphertext = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a credential is shorter than 256 GiB");
        let blob = [nonce.as_slice(), &ciphertext].concat();
        format!("{VERSION}:{}:{}", self.key_id, STANDARD.encode(blob))
    }

    pub fn open(&self, sealed: &str, bound_to: &str) -> Result<Vec<u8>, VaultError> {
        let (key_id, blob) = sealed
            .strip_prefix(VERSION)
            .and_then(|rest| rest.strip_prefix(':'))
            .and_then(|rest| rest.split_once(':'))
            .ok_or(VaultError::Malformed)?;
        if key_id != self.key_id {
            return Err(VaultError::OtherKey {
                sealed: key_id.to_owned(),
                ours: self.key_id.clone(),
            });
        }
        let blob = STANDARD.decode(blob).map_err(|_| VaultError::Malformed)?;
        let (nonce, ciphertext) = blob
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(VaultError::Malformed)?;
        let payload = Payload {
            msg: ciphertext,
            aad: bound_to.as_bytes(),
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| VaultError::Refused)
    }
}

// Keys do not print.
impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Vault, VaultError};

    #[test]
    fn what_was_sealed_opens_under_the_same_key_and_id() {
        let vault = Vault::new(&Vault::generate_key());
        for plain in [b"".as_slice(), b"sk-secret", &[0xff; 4_096]] {
            let sealed = vault.seal(plain, "row");
            assert_eq!(vault.open(&sealed, "row").expect("opens"), plain);
            assert_ne!(vault.seal(plain, "row"), sealed, "every nonce is fresh");
        }
    }

    #[test]
    fn another_key_another_row_or_a_changed_byte_do_not_open() {
        let vault = Vault::new(&[1; 32]);
        let sealed = vault.seal(b"sk-secret", "row");
        assert!(matches!(
            vault.open(&sealed, "other"),
            Err(VaultError::Refused)
        ));
        let other = Vault::new(&[2; 32]);
        assert!(matches!(
            other.open(&sealed, "row"),
            Err(VaultError::OtherKey { .. })
        ));

        let (head, blob) = sealed.rsplit_once(':').expect("three parts");
        let changed = format!("{head}:A{}", blob.get(1..).expect("a longer blob"));
        let changed = if changed == sealed {
            format!("{head}:B{}", &blob[1..])
        } else {
            changed
        };
        assert!(matches!(
            vault.open(&changed, "row"),
            Err(VaultError::Refused)
        ));
    }

    #[test]
    fn anything_else_is_malformed() {
        let vault = Vault::new(&[1; 32]);
        let key_id = vault.key_id.clone();
        for sealed in [
            "",
            "v1",
            "v2:a:b",
            &format!("v1:{key_id}:!"),
            &format!("v1:{key_id}:AAAA"),
        ] {
            let opened = vault.open(sealed, "row");
            assert!(
                matches!(opened, Err(VaultError::Malformed)),
                "{sealed}: {opened:?}"
            );
        }
    }

    #[test]
    fn a_key_does_not_print() {
        assert_eq!(
            format!("{:?}", Vault::new(&[1; 32])),
            "Vault { key_id: \"72cd6e84\", .. }"
        );
    }
}
