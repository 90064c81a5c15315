//! Who is asking. Every server function starts here; nothing here knows what they ask for.

use admin::logins::Desktop;
use admin::{Actor, Admin, Visitor};
use api::error::{ApiError, ErrorKind};
use axum::Extension;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

/// The use cases and the person they are for.
pub async fn admin() -> Result<(Admin, Actor), ApiError> {
    let Some(actor) = actor().await else {
        return Err(refuse(ApiError::new(
            ErrorKind::Unauthenticated,
            "you are not signed in",
        )));
    };
    Ok((expect_context::<Admin>(), actor))
}

/// The signed-in person, if there is one.
pub async fn actor() -> Option<Actor> {
    let Extension(actor) = leptos_axum::extract::<Extension<Actor>>().await.ok()?;
    Some(actor)
}

/// Where the request comes from, signed in or not.
pub async fn visitor() -> Result<Visitor, ApiError> {
    let Extension(visitor) = leptos_axum::extract::<Extension<Visitor>>()
        .await
        .map_err(|_| {
            refuse(ApiError::new(
                ErrorKind::Internal,
                "the request carries no visitor",
            ))
        })?;
    Ok(visitor)
}

/// The session of an action. Pages must not ask: their headers may have left.
pub async fn session() -> Result<Session, ApiError> {
    leptos_axum::extract::<Session>()
        .await
        .map_err(|_| refuse(lost()))
}

/// What logins with vendors are bound to: this session, and where its person sees the dashboard.
pub async fn desktop() -> Result<Desktop, ApiError> {
    Ok(desktop_of(&session().await?, origin()))
}

/// The same for a request that is no server function's.
#[must_use]
pub fn desktop_of(session: &Session, home: String) -> Desktop {
    Desktop {
        session: session.id().map(|id| id.to_string()).unwrap_or_default(),
        home,
    }
}

/// Signs the person in, under a new session id.
pub async fn start(session: &Session, actor: &Actor) -> Result<(), ApiError> {
    session.cycle_id().await.map_err(|_| lost())?;
    session
        .insert(admin::SESSION_KEY, actor.claims())
        .await
        .map_err(|_| lost())
}

/// Signs the person out and forgets the session.
pub async fn end(session: &Session) -> Result<(), ApiError> {
    session.flush().await.map_err(|_| lost())
}

/// The scheme and host the visitor sees, to show addresses they can copy.
pub fn origin() -> String {
    use_context::<Parts>().map_or_else(String::new, |parts| origin_of(&parts.headers))
}

/// The same, of a request with these headers.
#[must_use]
pub fn origin_of(headers: &HeaderMap) -> String {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = header("host").unwrap_or("localhost:20128");
    let scheme = match header("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    format!("{scheme}://{host}")
}

/// Gives a failed server function its HTTP status. A page keeps its own: it shows the error inside.
/// So does a plain form, which is led back to its page with the error in the URL.
pub fn refuse(error: impl Into<ApiError>) -> ApiError {
    let error = error.into();
    if let Some(response) = use_context::<ResponseOptions>()
        && use_context::<Parts>().is_some_and(|parts| is_call(&parts))
    {
        response.set_status(status(error.kind));
    }
    error
}

/// A server function called by script, and not by a form of a browser without any.
fn is_call(parts: &Parts) -> bool {
    let accept = parts
        .headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    parts.uri.path().starts_with("/fn/")
        && !accept.is_some_and(|accept| accept.contains("text/html"))
}

fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Upstream => StatusCode::BAD_GATEWAY,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn lost() -> ApiError {
    ApiError::new(ErrorKind::Internal, "the session could not be stored")
}
