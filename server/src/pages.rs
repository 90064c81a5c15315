//! The dashboard's pages and server functions, and what becomes of a path nobody knows.

use std::sync::Arc;

use api::access::Access;
use api::translator::MOST_SAMPLE_BYTES;
use app::shell;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler as _;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};
use leptos::context::provide_context;
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::AxumRouteListing;

use crate::rest::error::RestError;
use crate::routes::Routes;
use crate::state::AppState;

/// A page or server function without an access class: the program does not start with one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` has no access class: give it one in server::pages")]
pub struct Unclassified(String);

fn page_access(path: &str) -> Option<Access> {
    match path {
        "/" | "/login" | "/setup" => Some(Access::Public),
        // Where a vendor's page leads back to: worth something to the session that has begun alone.
        "/connect" => Some(Access::Session),
        _ if path == "/dashboard" || path.starts_with("/dashboard/") => Some(Access::Session),
        _ => None,
    }
}

fn function_access(name: &str) -> Option<Access> {
    match name {
        "welcome" | "set_up" | "sign_in" | "sign_out" => Some(Access::Public),
        "endpoint" | "keys" | "create_key" | "patch_key" | "delete_key" => Some(Access::Session),
        "providers" | "connections" | "create_connection" | "patch_connection"
        | "delete_connection" | "test_connection" | "check_credential" => Some(Access::Session),
        "test_connections"
        | "reorder_connections"
        | "set_connections_active"
        | "wake_connection"
        | "provider_models"
        | "discover_models" => Some(Access::Session),
        "add_model" | "delete_model" | "set_models_enabled" => Some(Access::Admin),
        "begin_login"
        | "login"
        | "finish_login"
        | "cancel_login"
        | "import_login"
        | "import_cached_login" => Some(Access::Session),
        "create_node" | "patch_node" | "delete_node" | "check_node" => Some(Access::Admin),
        "routing" | "dry_run" | "combo_reports" => Some(Access::Session),
        "create_combo" | "patch_combo" | "delete_combo" | "set_alias" | "delete_alias" => {
            Some(Access::Admin)
        }
        "log_page" | "request_detail" | "capture_status" | "price_list" => Some(Access::Session),
        // Of one's own requests.
        "delete_capture" => Some(Access::Session),
        "clear_captures" | "set_capture" => Some(Access::Admin),
        "set_price" | "reset_price" | "remove_price" | "recompute_prices" => Some(Access::Admin),
        "usage_table" | "usage_series" | "usage_recent" | "usage_report" => Some(Access::Session),
        "translate_request" | "translate_answer" | "translation_settings" => Some(Access::Session),
        "settings" | "identification" | "usage_retention" => Some(Access::Session),
        "set_identification" | "set_usage_retention" => Some(Access::Admin),
        "set_strict_translation" | "patch_settings" => Some(Access::Admin),
        "budgets" | "create_budget" | "update_budget" | "delete_budget" => Some(Access::Admin),
        "caller_budgets" => Some(Access::Session),
        "quotas" | "refresh_quota" | "refresh_quotas" | "dry_combos" => Some(Access::Session),
        _ => None,
    }
}

/// Samples come inside of JSON, where every quote and line break of theirs takes two bytes;
/// everything else stays below the limit that axum sets.
const MOST_FUNCTION_BYTES: usize = 2 * MOST_SAMPLE_BYTES + 64 * 1024;

fn takes_a_sample(path: &str) -> bool {
    matches!(path, "/fn/translate_request" | "/fn/translate_answer")
}

/// Every page that the app declares, and every server function that it registers.
pub fn routes() -> Result<Routes, Unclassified> {
    let mut routes = Routes::default();
    let listing: Arc<[AxumRouteListing]> = app::pages_list().into();
    for page in listing.iter() {
        let access =
            page_access(page.path()).ok_or_else(|| Unclassified(page.path().to_owned()))?;
        let listing = Arc::clone(&listing);
        let render = move |state: State<AppState>, request: Request| {
            page_response(listing.to_vec(), state, request)
        };
        routes = routes.get(page.path(), access, render);
    }
    for (path, method) in server_fn_paths() {
        let access = path
            .strip_prefix("/fn/")
            .and_then(function_access)
            .ok_or_else(|| Unclassified(path.to_owned()))?;
        routes = match method {
            Method::GET => routes.get(path, access, function_response),
            _ if takes_a_sample(path) => {
                let limit = DefaultBodyLimit::max(MOST_FUNCTION_BYTES);
                routes.post(path, access, function_response.layer(limit))
            }
            _ => routes.post(path, access, function_response),
        };
    }
    Ok(routes)
}

async fn page_response(
    listing: Vec<AxumRouteListing>,
    State(state): State<AppState>,
    request: Request,
) -> Response {
    let (context, options) = (contexts(&state), state.leptos.clone());
    let render =
        leptos_axum::render_route_with_context(listing, context, move || shell(options.clone()));
    render(State(state), request).await
}

async fn function_response(State(state): State<AppState>, request: Request) -> Response {
    leptos_axum::handle_server_fns_with_context(contexts(&state), request)
        .await
        .into_response()
}

/// What pages and server functions find in their context.
fn contexts(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let (admin, assets) = (state.admin.clone(), state.assets.clone());
    move || {
        provide_context(admin.clone());
        provide_context(assets.clone());
    }
}

/// Programs get an error they can read, people get a page.
pub(crate) async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    if is_for_programs(request.uri().path()) {
        let message = format!("there is no {} {}", request.method(), request.uri().path());
        return RestError::new(StatusCode::NOT_FOUND, message).into_response();
    }
    let (context, options) = (contexts(&state), state.leptos.clone());
    let mut response =
        leptos_axum::render_app_async_with_context(context, move || shell(options.clone()))(
            request,
        )
        .await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

pub(crate) async fn method_not_allowed(request: Request) -> Response {
    let message = format!(
        "{} does not answer {}",
        request.uri().path(),
        request.method()
    );
    RestError::new(StatusCode::METHOD_NOT_ALLOWED, message).into_response()
}

fn is_for_programs(path: &str) -> bool {
    let first = path
        .split('/')
        .nth(1)
        .unwrap_or_default()
        .to_ascii_lowercase();
    matches!(
        first.as_str(),
        "v1" | "v1beta" | "api" | "fn" | "pkg" | "vendor" | "codex"
    )
}
