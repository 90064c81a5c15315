//! Connecting accounts that log in. Tokens, verifiers and states of others never come this way.

use api::error::ApiError;
use api::ids::{ConnectionId, LoginId};
use api::login::{LoginBegin, LoginImport, LoginStep, LoginView};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "begin_login", input = Json)]
pub async fn begin_login(params: LoginBegin) -> Result<LoginView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    let desktop = crate::session::desktop().await?;
    admin
        .begin_login(&actor, &desktop, params)
        .await
        .map_err(crate::session::refuse)
}

/// How far it is.
#[server(endpoint = "login", input = Json)]
pub async fn login(id: LoginId) -> Result<LoginView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    let desktop = crate::session::desktop().await?;
    admin
        .login(&actor, &desktop, &id)
        .map_err(crate::session::refuse)
}

/// Takes what the vendor's page has sent back. Without an id its state says which login it belongs to.
#[server(endpoint = "finish_login", input = Json)]
pub async fn finish_login(id: Option<LoginId>, text: String) -> Result<LoginView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    let desktop = crate::session::desktop().await?;
    let answer = admin::logins::Answer {
        id: id.as_ref(),
        provider: None,
        text: &text,
    };
    admin
        .finish_login(&actor, &desktop, answer)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "cancel_login", input = Json)]
pub async fn cancel_login(id: LoginId) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    let desktop = crate::session::desktop().await?;
    admin.cancel_login(&actor, &desktop, &id);
    Ok(())
}

#[server(endpoint = "import_login", input = Json)]
pub async fn import_login(params: LoginImport) -> Result<LoginStep, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .import_login(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

/// Takes over the login that Kiro's own program keeps on the router's machine.
#[server(endpoint = "import_cached_login", input = Json)]
pub async fn import_cached_login(
    connection: Option<ConnectionId>,
    proxy: Option<String>,
) -> Result<LoginStep, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    let visitor = crate::session::visitor().await?;
    admin
        .import_cached_login(&actor, &visitor, connection, proxy)
        .await
        .map_err(crate::session::refuse)
}
