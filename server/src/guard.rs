//! Who is calling, and whether they may: the layers in front of every handler.

use admin::{Actor, Admin, Claims, SESSION_KEY, Visitor};
use api::access::Access;
use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use tower_sessions::Session;
use tracing::error;

use crate::peer::{self, Locality};
use crate::rest::error::RestError;

/// Refuses names that are not ours, before anything else looks at the request.
pub async fn refuse_other_names(
    State(locality): State<Locality>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    if !locality.is_our_name(&parts) {
        let message = "this router does not answer under this host name: set NEXT_PUBLIC_BASE_URL to the address under which it is reached";
        return RestError::new(StatusCode::MISDIRECTED_REQUEST, message).into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Finds out who the session belongs to. A broken session is nobody's.
pub async fn identify(
    State(admin): State<Admin>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let actor = match session.get::<Claims>(SESSION_KEY).await {
        Ok(Some(claims)) => admin.resume(&claims).await.unwrap_or_else(|failure| {
            error!(error = %failure, "could not look up who a session belongs to");
            None
        }),
        Ok(None) => None,
        Err(failure) => {
            error!(error = %failure, "could not read a session");
            None
        }
    };
    if let Some(actor) = actor {
        request.extensions_mut().insert(actor);
    }
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor {
        address: peer::address(&parts),
        is_local: peer::is_local(&parts),
    };
    parts.extensions.insert(visitor);
    next.run(Request::from_parts(parts, body)).await
}

/// Enforces a route's class.
///
/// `ClientKey` is enforced by the data plane itself, which answers in the client's own format and
/// leaves a row, and `Monitor` by `metrics`, which knows the token; the census holds that they do.
pub async fn enforce(
    State(access): State<Access>,
    actor: Option<Extension<Actor>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let refused = match access {
        Access::ClientKey | Access::Monitor => None,
        Access::Public => foreign_change(&parts),
        Access::Session => foreign_change(&parts).or_else(|| anonymous(&parts, actor.as_deref())),
        Access::Admin => {
            let is_admin = actor.as_deref().is_some_and(Actor::is_admin);
            foreign_change(&parts)
                .or_else(|| anonymous(&parts, actor.as_deref()))
                .or_else(|| {
                    (!is_admin).then(|| {
                        RestError::new(StatusCode::FORBIDDEN, "this needs an administrator")
                            .into_response()
                    })
                })
        }
    };
    match refused {
        Some(response) => response,
        None => next.run(Request::from_parts(parts, body)).await,
    }
}

/// A request that changes something must not come from a foreign page.
fn foreign_change(parts: &Parts) -> Option<Response> {
    let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    (changes && !peer::is_same_origin(parts)).then(|| {
        RestError::new(
            StatusCode::FORBIDDEN,
            "this request comes from another site",
        )
        .into_response()
    })
}

/// Nobody is signed in: a page sends its reader to the door, anything else says so.
fn anonymous(parts: &Parts, actor: Option<&Actor>) -> Option<Response> {
    if actor.is_some() {
        return None;
    }
    if parts.method == Method::GET && wants_html(&parts.headers) {
        let here = parts
            .uri
            .path_and_query()
            .map_or("/dashboard", |path| path.as_str());
        let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        return Some(Redirect::to(&format!("/login?next={next}")).into_response());
    }
    Some(RestError::new(StatusCode::UNAUTHORIZED, "sign in first").into_response())
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}
