//! What a service account shows: a token that its key file signs for, for an hour. It is kept in memory alone.

use accounts::error::AccountError;
use accounts::http::Http;
use accounts::service_account::ServiceAccount;
use chrono::{DateTime, Duration, Utc};
use store::records::ServiceAccountCredential;

use crate::credentials::SOON;

/// How long before its end a token is replaced while it is still shown.
pub(super) const LEAD: Duration = Duration::minutes(5);

/// Whether it has none that could be shown at `now`.
pub(super) fn has_ended(own: &ServiceAccountCredential, now: DateTime<Utc>) -> bool {
    let ends = own.token.as_ref().and_then(|token| token.expires_at);
    ends.is_none_or(|ends| ends - now <= SOON)
}

/// The same with a token.
pub(crate) async fn signed(
    http: &Http,
    own: &ServiceAccountCredential,
    now: DateTime<Utc>,
) -> Result<ServiceAccountCredential, AccountError> {
    let account = ServiceAccount::parse(&own.key_file)
        .map_err(|error| AccountError::Unusable(error.to_string()))?;
    let token = account.token(http, now).await?;
    Ok(ServiceAccountCredential {
        token: Some(token),
        ..own.clone()
    })
}
