//! `GET /metrics`, for whoever monitors the program.

use std::future::ready;
use std::sync::Arc;

use api::access::Access::Monitor;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use gateway::Gateway;
use http::request::Parts;
use http::{StatusCode, header};
use observe::metrics::{CONTENT_TYPE, Metrics};
use observe::traces::Traces;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::peer;
use crate::rest::error::RestError;
use crate::routes::Routes;

/// What is offered, and to whom.
#[derive(Debug, Clone)]
pub struct Monitoring {
    pub metrics: Arc<Metrics>,
    pub traces: Option<Arc<Traces>>,
    /// Without one, programs on this machine alone may read.
    pub token: Option<SecretString>,
}

/// No route at all where metrics are off.
pub fn routes(monitoring: Option<Monitoring>) -> Routes {
    let Some(monitoring) = monitoring else {
        return Routes::default();
    };
    let page = move |State(gateway): State<Gateway>, request: Request| {
        let (parts, _) = request.into_parts();
        ready(page(&monitoring, &gateway, &parts))
    };
    Routes::default().get("/metrics", Monitor, page)
}

fn page(monitoring: &Monitoring, gateway: &Gateway, parts: &Parts) -> Response {
    if let Err(refused) = admit(monitoring.token.as_ref(), parts) {
        return refused.into_response();
    }
    let exported = monitoring.traces.as_ref().map(|traces| traces.exported());
    let gauges = gateway.gauges(Utc::now());
    let text = monitoring
        .metrics
        .page(&gauges, exported.unwrap_or_default());
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

fn admit(token: Option<&SecretString>, parts: &Parts) -> Result<(), RestError> {
    let Some(token) = token else {
        let is_ours = peer::is_local_program(parts);
        let message = "set METRICS_TOKEN to read the metrics from elsewhere";
        return is_ours
            .then_some(())
            .ok_or_else(|| RestError::new(StatusCode::FORBIDDEN, message));
    };
    let shown = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, shown)| shown.trim());
    // Digests, so that the time it takes says nothing of the token.
    let is_right =
        shown.is_some_and(|shown| Sha256::digest(shown) == Sha256::digest(token.expose_secret()));
    is_right.then_some(()).ok_or_else(|| {
        RestError::new(
            StatusCode::UNAUTHORIZED,
            "the token of METRICS_TOKEN is needed: send it as `Authorization: Bearer`",
        )
    })
}
