//! Logins that another program of the user's has made: its refresh token is tried once, and kept if it works.

use chrono::Utc;
use providers::oauth::{Method, OauthSpec};

use crate::Accounts;
use crate::error::AccountError;
use crate::http::Http;
use crate::login::{self, Login, Place};
use crate::refresh::exchange;

impl Accounts {
    pub async fn import(
        &self,
        http: &Http,
        spec: &OauthSpec,
        method: &Method,
        refresh_token: &str,
    ) -> Result<Login, AccountError> {
        let token = refresh_token.trim();
        let prefix = method.token_prefix.as_deref().unwrap_or_default();
        if token.is_empty() || !token.starts_with(prefix) {
            return Err(AccountError::Malformed(format!(
                "expected a refresh token that begins with `{prefix}`"
            )));
        }
        let now = Utc::now();
        let identity = self.client_identity(method)?;
        let mut granted = exchange(http, &identity, method, None, token).await?;
        granted
            .refresh_token
            .get_or_insert_with(|| oauth2::RefreshToken::new(token.to_owned()));
        let found = Login::from_grant(&granted, method, &Place::default(), None, now);
        login::complete(http, spec, found, &granted, now).await
    }
}
