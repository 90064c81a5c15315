//! The translator's bench: what would become of a request or an answer.

use api::error::ApiError;
use api::translator::{AnswerSample, RequestSample, Translation};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "translate_request", input = Json)]
pub async fn translate_request(sample: RequestSample) -> Result<Translation, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .translate_request(&actor, sample)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "translate_answer", input = Json)]
pub async fn translate_answer(sample: AnswerSample) -> Result<Translation, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .translate_answer(&actor, sample)
        .await
        .map_err(crate::session::refuse)
}
