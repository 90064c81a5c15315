//! iFlow: the login yields a key, which is what requests carry.

use ::http::{HeaderMap, Method};
use secrecy::ExposeSecret as _;
use store::records::SessionToken;

use crate::error::AccountError;
use crate::http::Http;
use crate::login::Login;

const USER: &str = "https://iflow.cn/api/oauth/getUserInfo";

pub(crate) async fn describe(http: &Http, login: &mut Login) -> Result<(), AccountError> {
    let token = login.credential.access_token.expose_secret();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("accessToken", token)
        .finish();
    let said = http
        .json(
            Method::GET,
            &format!("{USER}?{query}"),
            HeaderMap::new(),
            None,
        )
        .await?;
    let data = &said["data"];
    let text = |name: &str| {
        data[name]
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let Some(key) = text("apiKey") else {
        return Err(AccountError::Unusable(
            "iFlow has no API key for this account: make one at platform.iflow.cn first".to_owned(),
        ));
    };
    login.credential.session = Some(SessionToken {
        token: key.into(),
        expires_at: None,
    });
    login.identity = text("email").or_else(|| text("phone"));
    login.label = text("nickname")
        .or_else(|| text("name"))
        .or_else(|| login.identity.clone());
    Ok(())
}
