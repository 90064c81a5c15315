//! GitHub Copilot: requests carry a short-lived token that GitHub's own is exchanged for.
//!
//! Asked under this program's own name, without the headers that name an editor: where GitHub refuses that, it says so.

use ::http::{HeaderMap, Method};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use store::records::SessionToken;

use crate::error::AccountError;
use crate::http::{Http, authorization};
use crate::login::Login;

const EXCHANGE: &str = "https://api.github.com/copilot_internal/v2/token";
/// <https://docs.github.com/en/rest/users/users#get-the-authenticated-user>
const USER: &str = "https://api.github.com/user";

pub(crate) async fn describe(
    http: &Http,
    login: &mut Login,
    _now: DateTime<Utc>,
) -> Result<(), AccountError> {
    let token = &login.credential.access_token;
    let user = http.json(Method::GET, USER, header(token)?, None).await?;
    let name = user["login"].as_str().map(str::to_owned);
    login.identity = user["id"]
        .as_i64()
        .map(|id| id.to_string())
        .or_else(|| name.clone());
    login.label = name;
    let session = exchange(http, token).await.map_err(|error| match error {
        AccountError::Refused {
            status: 401 | 403 | 404,
            message,
        } => AccountError::Unusable(format!(
            "GitHub gives this account no Copilot token: {message}"
        )),
        error => error,
    })?;
    login.credential.session = Some(session);
    Ok(())
}

pub(crate) async fn exchange(
    http: &Http,
    token: &SecretString,
) -> Result<SessionToken, AccountError> {
    let said = http
        .json(Method::GET, EXCHANGE, header(token)?, None)
        .await?;
    let Some(token) = said["token"].as_str() else {
        return Err(AccountError::Malformed("it holds no token".to_owned()));
    };
    Ok(SessionToken {
        token: token.into(),
        expires_at: said["expires_at"]
            .as_i64()
            .and_then(|at| DateTime::from_timestamp(at, 0)),
    })
}

fn header(token: &SecretString) -> Result<HeaderMap, AccountError> {
    authorization("token", token.expose_secret())
}
