//! What is pasted where a key is: a key, or the key file of a service account where a provider takes those.

use accounts::service_account::ServiceAccount;
use providers::spec::{KeyNeed, ProviderSpec};
use secrecy::SecretString;
use store::records::{Credential, ServiceAccountCredential};

use crate::error::AdminError;

/// What is stored of it: a key as it will stand in a header, with no blanks around it; a key file as it is.
pub(crate) fn credential(spec: &ProviderSpec, text: &str) -> Result<Credential, AdminError> {
    let text = text.trim();
    let invalid = |why: String| AdminError::invalid("api_key", why);
    if text.is_empty() && spec.key == KeyNeed::Optional {
        return Ok(Credential::ApiKey(SecretString::default()));
    }
    if text.is_empty() {
        return Err(invalid("API Key is required".to_owned()));
    }
    if let Some(own) = &spec.service_account
        && (own.required || text.starts_with('{'))
    {
        let key_file = SecretString::from(text);
        let account =
            ServiceAccount::parse(&key_file).map_err(|error| invalid(error.to_string()))?;
        return Ok(Credential::ServiceAccount(Box::new(
            ServiceAccountCredential {
                key_file,
                project: account.project,
                token: None,
            },
        )));
    }
    if spec.auth.header(text).is_none() {
        return Err(invalid(
            "the key has characters that no header can carry".to_owned(),
        ));
    }
    Ok(Credential::ApiKey(SecretString::from(text)))
}
