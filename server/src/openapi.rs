//! The description of `/api/*` in OpenAPI 3.1: <https://spec.openapis.org/oas/v3.1.1.html>.
//!
//! Each module of `rest` describes its routes beside their handlers; the shapes come from the types that
//! handlers read and write. What a route is open to comes from the router's own list. A test compares
//! both, so no route is missing and none is made up.

mod document;
pub(crate) mod operations;
pub(crate) mod shape;

use std::sync::{Arc, OnceLock};

use api::access::Access::Session;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderValue, header};

use crate::openapi::operations::Operations;
use crate::openapi::shape::any;
use crate::routes::{Route, Routes};
use crate::{proxy, rest};

/// The document, once the router is complete and can be described.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document(Arc<OnceLock<Bytes>>);

impl Document {
    pub(crate) fn routes(&self) -> Routes {
        let document = Arc::clone(&self.0);
        let show = async move || show(document.get());
        Routes::default().get("/api/openapi.json", Session, show)
    }

    /// Describes what is under `/api/` among `routes`.
    pub(crate) fn describe(&self, routes: &[Route]) {
        let operations = [
            proxy::ollama::describe,
            rest::describe,
            self::describe as fn(Operations) -> Operations,
        ]
        .into_iter()
        .fold(Operations::default(), |operations, more| more(operations));
        let document = document::document(&operations, routes);
        // It is described once.
        let _ = self.0.set(Bytes::from(document.to_string()));
    }
}

fn describe(operations: Operations) -> Operations {
    operations
        .about("API")
        .get("/api/openapi.json", "This document")
        .gives(any())
}

fn show(document: Option<&Bytes>) -> Response {
    let kind = HeaderValue::from_static("application/json");
    let body = document.cloned().unwrap_or_default();
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}
