//! Passwords: Argon2id with the parameters of OWASP's cheat sheet (19 MiB, two passes, one lane).
//! <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::error::AdminError;

pub const SHORTEST: usize = 8;
const LONGEST: usize = 1_024;

/// Hashing is heavy on purpose; a crowd at the door must not take the whole machine.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A hash of nothing anybody knows: verified where there is no user, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let random: [u8; 32] = rand::random();
    argon2()
        .hash_password(&random)
        .map(|hash| hash.to_string())
        .unwrap_or_default()
});

/// Refuses what is too short, too long, or printed in every guide.
pub fn check(field: &'static str, password: &str) -> Result<(), AdminError> {
    if password.chars().count() < SHORTEST {
        return Err(AdminError::invalid(
            field,
            format!("expected a password of at least {SHORTEST} characters"),
        ));
    }
    if password.len() > LONGEST {
        return Err(AdminError::invalid(
            field,
            format!("expected a password of at most {LONGEST} bytes"),
        ));
    }
    if [
        "12345678",
        "123456789",
        "password",
        "your-password",
        "changeme",
        "change-me",
    ]
    .contains(&password)
    {
        return Err(AdminError::invalid(
            field,
            "this password stands in every list: choose another",
        ));
    }
    Ok(())
}

pub async fn hash(password: &SecretString) -> Result<SecretString, AdminError> {
    let password = password.clone();
    let _turn = AT_ONCE.acquire().await.map_err(AdminError::internal)?;
    spawn_blocking(move || {
        argon2()
            .hash_password(password.expose_secret().as_bytes())
            .map(|hash| hash.to_string())
    })
    .await
    .map_err(AdminError::internal)?
    .map(SecretString::from)
    .map_err(|error| AdminError::internal(error.to_string()))
}

/// Whether `password` is the one behind `hash`; without a hash it takes as long and is false.
pub async fn verify(
    password: &SecretString,
    hash: Option<&SecretString>,
) -> Result<bool, AdminError> {
    let (password, hash) = (password.clone(), hash.cloned());
    if password.expose_secret().len() > LONGEST {
        return Ok(false);
    }
    let _turn = AT_ONCE.acquire().await.map_err(AdminError::internal)?;
    spawn_blocking(move || {
        let stored = hash
            .as_ref()
            .map_or(NOBODY.as_str(), |hash| hash.expose_secret());
        let Ok(parsed) = PasswordHash::new(stored) else {
            return false;
        };
        let matches = argon2()
            .verify_password(password.expose_secret().as_bytes(), &parsed)
            .is_ok();
        matches && hash.is_some()
    })
    .await
    .map_err(AdminError::internal)
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let password = SecretString::from("correct horse");
        let hash = hash(&password).await.expect("a hash");
        assert!(
            hash.expose_secret()
                .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
        );
        assert!(verify(&password, Some(&hash)).await.expect("a verdict"));
        assert!(
            !verify(&SecretString::from("wrong horse"), Some(&hash))
                .await
                .expect("a verdict")
        );
        assert!(!verify(&password, None).await.expect("a verdict"));
    }

    #[test]
    fn short_and_famous_passwords_are_refused() {
        assert!(check("password", "123456").is_err());
        assert!(check("password", "12345678").is_err());
        assert!(check("password", "your-password").is_err());
        assert!(check("password", &"x".repeat(2_000)).is_err());
        assert!(check("password", "correct horse").is_ok());
    }
}
