//! Google's accounts work in a project of theirs. One that has none is given one, as Code Assist's own set-up does.

use std::time::Duration;

use ::http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::error::AccountError;
use crate::http::{Http, authorization};
use crate::login::Login;

/// <https://developers.google.com/identity/protocols/oauth2>
const USER: &str = "https://www.googleapis.com/oauth2/v1/userinfo?alt=json";
const LOAD: &str = "https://cloudcode-pa.googleapis.com/v1internal:loadCodeAssist";
const ONBOARD: &str = "https://cloudcode-pa.googleapis.com/v1internal:onboardUser";
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_secs(2);

pub(crate) async fn describe(http: &Http, login: &mut Login) -> Result<(), AccountError> {
    let token = &login.credential.access_token;
    let headers = authorization("Bearer", token.expose_secret())?;
    let user = http.json(Method::GET, USER, headers, None).await?;
    login.label = user["email"].as_str().map(str::to_owned);
    login.identity.clone_from(&login.label);
    let project = project(http, token).await?;
    login.credential.facts.project_id = Some(project);
    Ok(())
}

/// The project that requests of this account name.
pub(crate) async fn project(http: &Http, token: &SecretString) -> Result<String, AccountError> {
    let metadata = json!({ "ideType": "IDE_UNSPECIFIED", "platform": "PLATFORM_UNSPECIFIED", "pluginType": "GEMINI" });
    let ask = |url: &'static str, body: Value| async move {
        let headers = authorization("Bearer", token.expose_secret())?;
        http.json(Method::POST, url, headers, Some(&body)).await
    };
    let loaded = ask(LOAD, json!({ "metadata": metadata })).await?;
    if let Some(project) = named(&loaded["cloudaicompanionProject"]) {
        return Ok(project);
    }
    let tier = loaded["allowedTiers"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|tier| tier["isDefault"] == true)
        .and_then(|tier| tier["id"].as_str())
        .unwrap_or("legacy-tier");
    for turn in 0..TRIES {
        if turn > 0 {
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        let body = json!({ "tierId": tier, "metadata": metadata });
        let said = ask(ONBOARD, body).await?;
        if said["done"] == true {
            return named(&said["response"]["cloudaicompanionProject"]).ok_or_else(no_project);
        }
    }
    Err(no_project())
}

fn named(project: &Value) -> Option<String> {
    let name = project.as_str().or_else(|| project["id"].as_str())?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn no_project() -> AccountError {
    AccountError::Unusable(
        "Google gives this account no project for Code Assist: open Gemini Code Assist with it once, then connect again".to_owned(),
    )
}
