//! Logins where the vendor's page sends the browser back with a code.

use std::borrow::Cow;

use chrono::Utc;
use oauth2::{
    AuthUrl, AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use providers::oauth::{Method, OauthSpec};
use subtle::ConstantTimeEq as _;

use crate::Accounts;
use crate::error::AccountError;
use crate::grant::{self, ClientIdentity, Wire};
use crate::http::Http;
use crate::login::{self, Login, Place};

/// A login whose code has not come back yet. It never leaves the server.
#[derive(Debug)]
pub struct PendingCode {
    identity: ClientIdentity,
    verifier: Option<PkceCodeVerifier>,
    state: CsrfToken,
    redirect: String,
}

/// What came back in the browser's address, or what a person pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub code: String,
    /// Not there where a person pasted the bare code.
    pub state: Option<String>,
}

impl PendingCode {
    /// What the browser must come back with.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.secret()
    }

    #[must_use]
    pub fn redirect(&self) -> &str {
        &self.redirect
    }

    /// Whether `state` is the one that was given out.
    #[must_use]
    pub fn is_state(&self, state: &str) -> bool {
        self.state
            .secret()
            .as_bytes()
            .ct_eq(state.as_bytes())
            .into()
    }
}

impl Returned {
    /// Reads the whole address, `code#state`, or the bare code. An error in the address is one.
    pub fn parse(pasted: &str) -> Result<Self, AccountError> {
        let pasted = pasted.trim();
        let query = pasted.split_once('?').map(|(_, query)| query);
        if let Some(query) = query {
            let query = query.split('#').next().unwrap_or_default();
            return Self::from_query(query);
        }
        let (code, state) = match pasted.split_once('#') {
            Some((code, state)) => (code, Some(state.to_owned())),
            None => (pasted, None),
        };
        if code.is_empty() || code.contains(char::is_whitespace) {
            return Err(AccountError::Malformed(
                "expected the address of the page you were sent to, or the code on it".to_owned(),
            ));
        }
        Ok(Self {
            code: code.to_owned(),
            state,
        })
    }

    /// Reads what stands after the `?`.
    pub fn from_query(query: &str) -> Result<Self, AccountError> {
        let (mut code, mut state, mut error, mut words) = (None, None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "code" => code = Some(value.into_owned()),
                "state" => state = Some(value.into_owned()),
                "error" => error = Some(value.into_owned()),
                "error_description" => words = Some(value.into_owned()),
                _ => {}
            }
        }
        if let Some(error) = error {
            return Err(AccountError::Denied(words.unwrap_or(error)));
        }
        // Some put the state behind the code.
        let Some(code) = code.filter(|code| !code.is_empty()) else {
            return Err(AccountError::Malformed(
                "the address holds no code".to_owned(),
            ));
        };
        Ok(match code.split_once('#') {
            Some((code, behind)) => Self {
                code: code.to_owned(),
                state: state.or_else(|| Some(behind.to_owned())),
            },
            None => Self { code, state },
        })
    }
}

impl Accounts {
    /// Where the browser goes, and what is remembered until it comes back to `redirect`.
    pub fn begin_code(
        &self,
        http: &Http,
        method: &Method,
        redirect: &str,
    ) -> Result<(String, PendingCode), AccountError> {
        let malformed = |_| AccountError::Malformed("an address is none".to_owned());
        let identity = self.client_identity(method)?;
        let redirect = method.redirect.as_deref().unwrap_or(redirect).to_owned();
        let url = method.url.as_deref().unwrap_or_default();
        let page = AuthUrl::new(http.address(&grant::filled(url, None))).map_err(malformed)?;
        let client = grant::client(&identity, method, &method.token, None)?.set_auth_uri(page);
        let mut request = client.authorize_url(CsrfToken::new_random);
        let redirect_url = RedirectUrl::new(redirect.clone()).map_err(malformed)?;
        request = match &method.redirect_param {
            Some(name) => request.add_extra_param(name, &redirect),
            None => request.set_redirect_uri(Cow::Owned(redirect_url)),
        };
        for scope in &method.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for (name, value) in &method.params {
            request = request.add_extra_param(name, value);
        }
        let mut verifier = None;
        if method.pkce {
            let (challenge, secret) = PkceCodeChallenge::new_random_sha256();
            request = request.set_pkce_challenge(challenge);
            verifier = Some(secret);
        }
        let (url, state) = request.url();
        let pending = PendingCode {
            identity,
            verifier,
            state,
            redirect,
        };
        Ok((url.into(), pending))
    }

    /// Exchanges the code. The caller has compared the state, and a pending login is used once.
    pub async fn finish_code(
        &self,
        http: &Http,
        spec: &OauthSpec,
        method: &Method,
        pending: PendingCode,
        code: String,
    ) -> Result<Login, AccountError> {
        let malformed = |_| AccountError::Malformed("an address is none".to_owned());
        let client = grant::client(&pending.identity, method, &method.token, None)?
            .set_redirect_uri(RedirectUrl::new(pending.redirect).map_err(malformed)?);
        let mut request = client.exchange_code(AuthorizationCode::new(code));
        if let Some(verifier) = pending.verifier {
            request = request.set_pkce_verifier(verifier);
        }
        if method.token.sends_state {
            request = request.add_extra_param("state", pending.state.secret().clone());
        }
        for (name, value) in &method.token.params {
            request = request.add_extra_param(name, value);
        }
        let wire = Wire {
            http,
            endpoint: &method.token,
        };
        let granted = request.request_async(&wire).await.map_err(grant::refused)?;
        let now = Utc::now();
        let found = Login::from_grant(&granted, method, &Place::default(), None, now);
        login::complete(http, spec, found, &granted, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_people_paste_is_read() {
        let returned = |code: &str, state: Option<&str>| {
            Ok(Returned {
                code: code.to_owned(),
                state: state.map(str::to_owned),
            })
        };
        let cases = [
            ("abc", returned("abc", None)),
            ("  abc#xyz \n", returned("abc", Some("xyz"))),
            (
                "http://localhost:1455/auth/callback?code=a%2Fb&state=x",
                returned("a/b", Some("x")),
            ),
            (
                "https://vendor.example/callback?code=a%23x",
                returned("a", Some("x")),
            ),
            (
                "kiro://kiro.kiroAgent/authenticate-success?code=a&state=x#f",
                returned("a", Some("x")),
            ),
            (
                "http://localhost/callback?error=access_denied&error_description=You+said+no",
                Err(AccountError::Denied("You said no".to_owned())),
            ),
            (
                "http://localhost/callback?state=x",
                Err(AccountError::Malformed(
                    "the address holds no code".to_owned(),
                )),
            ),
        ];
        for (pasted, expected) in cases {
            assert_eq!(Returned::parse(pasted), expected, "{pasted}");
        }
        for nonsense in ["", "   ", "two words", "#state"] {
            assert!(Returned::parse(nonsense).is_err(), "{nonsense:?}");
        }
    }
}
