//! All routes, and the order of the layers around them.

use std::any::Any;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use store::sessions::Sessions;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any as AnyOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::cookie::time::Duration;
use tower_sessions::cookie::{Key, SameSite};
use tower_sessions::{Expiry, SessionManagerLayer};
use tracing::error;

use crate::metrics::{self, Monitoring};
use crate::openapi::Document;
use crate::pages::{self, Unclassified};
use crate::rest::error::RestError;
use crate::routes::Route;
use crate::state::AppState;
use crate::{guard, proxy, rest, site};

/// How sessions are kept.
#[derive(Debug)]
pub struct SessionConfig {
    pub store: Sessions,
    pub key: Key,
    pub secure: bool,
}

const COOKIE: &str = "auth_token";
const SESSION_DAYS: i64 = 14;

/// The router, and the list of everything in it.
pub fn router(
    state: &AppState,
    sessions: SessionConfig,
    monitoring: Option<Monitoring>,
) -> Result<(Router, Vec<Route>), Unclassified> {
    // The data plane knows no session; any web page may call it, with a key.
    let data_plane = proxy::routes().map(|router| {
        router
            // Before the layer, so that a preflight, which no route answers, passes through it.
            .method_not_allowed_fallback(pages::method_not_allowed)
            .layer(cors())
    });

    let document = Document::default();
    let rest = rest::routes().merge(document.routes());
    let control_plane = rest.merge(pages::routes()?).map(|router| {
        router
            // Inside the session's layer, because it reads the session.
            .layer(from_fn_with_state(state.clone(), guard::identify))
            .layer(session_layer(sessions))
    });

    let (router, list) = data_plane
        .merge(control_plane)
        .merge(site::routes())
        .merge(metrics::routes(monitoring))
        .into_parts();
    document.describe(&list);
    let router = router
        .fallback(pages::not_found)
        .method_not_allowed_fallback(pages::method_not_allowed)
        .layer(from_fn_with_state(state.clone(), guard::refuse_other_names))
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "same-origin"))
        .layer(header("x-frame-options", "DENY"))
        // Outermost, so that even a layer's panic is an answer.
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(crate::run::traced))
        .with_state(state.clone());
    Ok((router, list))
}

fn session_layer(
    sessions: SessionConfig,
) -> SessionManagerLayer<Sessions, tower_sessions::service::SignedCookie> {
    SessionManagerLayer::new(sessions.store)
        .with_name(COOKIE)
        .with_http_only(true)
        // `Strict` would hold the cookie back when a provider's page leads back to us.
        .with_same_site(SameSite::Lax)
        .with_secure(sessions.secure)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::days(SESSION_DAYS)))
        .with_signed(sessions.key)
}

fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AnyOrigin)
        .allow_methods(AnyOrigin)
        .allow_headers(AnyOrigin)
        .expose_headers(AnyOrigin)
}

fn header(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature is tower-http's"
)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    error!(panic = message, "a handler panicked");
    RestError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response()
}
