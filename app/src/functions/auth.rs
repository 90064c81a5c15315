//! Welcome, set-up, sign-in, sign-out.
//!
//! The three actions are plain forms, not JSON: they work before, and without, the browser's half.

use api::auth::{LoginParams, SetupParams, Welcome};
use api::error::ApiError;
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

/// What this visitor may do: sign in, set up, or go on.
#[server(name = FetchWelcome, endpoint = "welcome", input = Json)]
pub async fn welcome() -> Result<Welcome, ApiError> {
    let visitor = crate::session::visitor().await?;
    let actor = crate::session::actor().await;
    let admin = leptos::prelude::expect_context::<admin::Admin>();
    admin
        .welcome(actor.as_ref(), &visitor)
        .await
        .map_err(crate::session::refuse)
}

/// Makes the first administrator and signs them in.
#[server(endpoint = "set_up")]
pub async fn set_up(params: SetupParams, confirm: String) -> Result<(), ApiError> {
    let visitor = crate::session::visitor().await?;
    let params = crate::forms::set_up(params, &confirm).map_err(crate::session::refuse)?;
    let admin = leptos::prelude::expect_context::<admin::Admin>();
    let actor = admin
        .set_up(&visitor, params)
        .await
        .map_err(crate::session::refuse)?;
    crate::session::start(&crate::session::session().await?, &actor).await?;
    leptos_axum::redirect("/dashboard");
    Ok(())
}

/// Signs in and goes on to `next`, where that is a page of ours.
#[server(endpoint = "sign_in")]
pub async fn sign_in(params: LoginParams, next: Option<String>) -> Result<(), ApiError> {
    let visitor = crate::session::visitor().await?;
    let admin = leptos::prelude::expect_context::<admin::Admin>();
    let actor = admin
        .sign_in(&visitor, crate::forms::sign_in(params))
        .await
        .map_err(crate::session::refuse)?;
    crate::session::start(&crate::session::session().await?, &actor).await?;
    leptos_axum::redirect(crate::forms::next(next.as_deref()));
    Ok(())
}

/// Ends the session.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ApiError> {
    crate::session::end(&crate::session::session().await?).await?;
    leptos_axum::redirect("/login");
    Ok(())
}
