//! JSON in, with errors in the shape of this API.

use axum::Json;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::rest::error::RestError;

/// A JSON body. It must say that it is JSON, which a form on a foreign page cannot.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = RestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RestError> {
        let parsed = Json::<T>::from_request(request, state).await;
        parsed.map(|Json(body)| Self(body)).map_err(|rejection| {
            // The original answers 400 to every body it cannot use.
            let status = if rejection.status() == StatusCode::UNPROCESSABLE_ENTITY {
                StatusCode::BAD_REQUEST
            } else {
                rejection.status()
            };
            RestError::new(status, rejection.body_text())
        })
    }
}
