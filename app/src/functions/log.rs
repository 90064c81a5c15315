//! The request log, one request in full, and what is kept of payloads.

use api::error::ApiError;
use api::ids::RequestId;
use api::log::{CaptureSettings, CaptureStatus, LogCursor, LogFilter, LogPage, RequestDetail};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(name = FetchLogPage, endpoint = "log_page", input = Json)]
pub async fn log_page(filter: LogFilter, cursor: LogCursor) -> Result<LogPage, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .log_page(&actor, filter, cursor)
        .await
        .map_err(crate::session::refuse)
}

#[server(name = FetchRequestDetail, endpoint = "request_detail", input = Json)]
pub async fn request_detail(id: RequestId) -> Result<RequestDetail, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .request_detail(&actor, &id, &crate::session::origin())
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "delete_capture", input = Json)]
pub async fn delete_capture(id: RequestId) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .delete_capture(&actor, &id)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "clear_captures", input = Json)]
pub async fn clear_captures() -> Result<u64, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .clear_captures(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(name = FetchCaptureStatus, endpoint = "capture_status", input = Json)]
pub async fn capture_status() -> Result<CaptureStatus, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .capture_status(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "set_capture", input = Json)]
pub async fn set_capture(settings: CaptureSettings) -> Result<CaptureStatus, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .set_capture(&actor, settings)
        .await
        .map_err(crate::session::refuse)
}
