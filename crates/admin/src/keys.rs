//! Our own API keys.

use api::ids::KeyId;
use api::key::{KeyCreate, KeyCreated, KeyPatch, KeyView};
use chrono::Utc;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::RngExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use store::records::KeyRecord;
use uuid::Uuid;

use crate::Admin;
use crate::actor::Actor;
use crate::auth::name;
use crate::error::{AdminError, about};

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// 36^26 is over 134 bits: nobody guesses one, so a plain digest is enough to store.
const ID_LENGTH: usize = 26;
/// Characters of the random part that a list shows.
const SHOWN: usize = 6;

impl Admin {
    pub async fn keys(&self, actor: &Actor) -> Result<Vec<KeyView>, AdminError> {
        let keys = self.inner.store.keys().list().await?;
        Ok(keys
            .into_iter()
            .filter(|key| actor.is_admin() || key.owner_id == *actor.id())
            .map(view)
            .collect())
    }

    pub async fn create_key(
        &self,
        actor: &Actor,
        params: KeyCreate,
    ) -> Result<KeyCreated, AdminError> {
        let name = name("name", &params.name)?;
        let config = &self.inner.config;
        let (key, prefix) = generate(&config.machine_id, &config.key_secret)?;
        let record = KeyRecord {
            id: KeyId(Uuid::now_v7().to_string()),
            owner_id: actor.id().clone(),
            name,
            hash: hex::encode(gateway::caller::digest(&key)),
            prefix,
            is_active: true,
            created_at: Utc::now(),
            last_used_at: None,
            expires_at: None,
        };
        self.inner.store.keys().insert(&record).await?;
        self.apply().await?;
        Ok(KeyCreated {
            key,
            view: view(record),
        })
    }

    pub async fn patch_key(
        &self,
        actor: &Actor,
        id: &KeyId,
        patch: KeyPatch,
    ) -> Result<KeyView, AdminError> {
        self.own_key(actor, id).await?;
        let patch = KeyPatch {
            name: patch.name.map(|text| name("name", &text)).transpose()?,
            ..patch
        };
        let record = self
            .inner
            .store
            .keys()
            .patch(id, &patch)
            .await
            .map_err(about("key", "name", "the key exists already"))?;
        self.apply().await?;
        Ok(view(record))
    }

    pub async fn delete_key(&self, actor: &Actor, id: &KeyId) -> Result<(), AdminError> {
        self.own_key(actor, id).await?;
        self.inner.store.keys().delete(id).await.map_err(about(
            "key",
            "name",
            "the key is in use",
        ))?;
        self.apply().await
    }

    /// Names this installation inside its keys.
    #[must_use]
    pub fn machine_id(&self) -> &str {
        &self.inner.config.machine_id
    }

    async fn own_key(&self, actor: &Actor, id: &KeyId) -> Result<(), AdminError> {
        let keys = self.inner.store.keys().list().await?;
        let key = keys
            .iter()
            .find(|key| key.id == *id)
            .ok_or(AdminError::NotFound("key"))?;
        actor.must_own(&key.owner_id, "key")
    }
}

fn view(record: KeyRecord) -> KeyView {
    KeyView {
        id: record.id,
        owner_id: record.owner_id,
        name: record.name,
        prefix: record.prefix,
        is_active: record.is_active,
        created_at: record.created_at,
        last_used_at: record.last_used_at,
        expires_at: record.expires_at,
    }
}

/// A new key, `sk-{machine}-{random}-{checksum}`, and the part of it that lists show.
fn generate(machine_id: &str, secret: &SecretString) -> Result<(String, String), AdminError> {
    let mut random = rand::rng();
    let id: String = (0..ID_LENGTH)
        .filter_map(|_| {
            ALPHABET
                .get(random.random_range(0..ALPHABET.len()))
                .copied()
                .map(char::from)
        })
        .collect();
    let checksum = checksum(machine_id, &id, secret)?;
    let shown: String = id.chars().take(SHOWN).collect();
    Ok((
        format!("sk-{machine_id}-{id}-{checksum}"),
        format!("sk-{machine_id}-{shown}"),
    ))
}

/// The original's checksum: the first eight hex digits of an HMAC-SHA256 over machine and key id.
fn checksum(machine_id: &str, id: &str, secret: &SecretString) -> Result<String, AdminError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .map_err(AdminError::internal)?;
    mac.update(machine_id.as_bytes());
    mac.update(id.as_bytes());
    let digest = hex::encode(mac.finalize().into_bytes());
    Ok(digest.chars().take(8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_originals() {
        let secret = SecretString::from("endpoint-proxy-api-key-secret");
        assert_eq!(
            checksum("0123456789abcdef", "k3y1d0", &secret).expect("a checksum"),
            "240aee87"
        );
    }

    #[test]
    fn keys_have_the_originals_shape_and_differ() {
        let secret = SecretString::from("secret");
        let (first, shown) = generate("0123456789abcdef", &secret).expect("a key");
        let (second, _) = generate("0123456789abcdef", &secret).expect("a key");
        assert_ne!(first, second);
        let parts: Vec<_> = first.split('-').collect();
        assert_eq!(
            parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
            [2, 16, ID_LENGTH, 8]
        );
        assert!(first.starts_with(&shown));
        assert_eq!(shown.len(), 3 + 16 + 1 + SHOWN);
    }
}
