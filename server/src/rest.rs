//! `/api/*`: the original's paths and field names, which live here and nowhere deeper.

mod analytics;
pub mod auth;
pub mod body;
pub mod budgets;
pub mod connections;
pub mod error;
mod explain;
mod export;
mod history;
mod identification;
pub mod keys;
mod log;
pub mod models;
pub mod nodes;
pub mod oauth;
mod pricing;
pub mod quota;
pub mod routing;
pub mod settings;
pub mod trials;
pub mod usage;
mod usage_export;

use api::access::Access::{Admin, Public, Session};

use crate::openapi::operations::Operations;
use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/health", Public, auth::health)
        .post("/api/auth/setup", Public, auth::set_up)
        .post("/api/auth/login", Public, auth::login)
        .post("/api/auth/logout", Public, auth::logout)
        .get("/api/settings", Session, settings::show)
        .patch("/api/settings", Admin, settings::update)
        .get("/api/settings/require-login", Public, auth::require_login)
        .get("/api/keys", Session, keys::list)
        .post("/api/keys", Session, keys::create)
        .get("/api/keys/{id}", Session, keys::show)
        .put("/api/keys/{id}", Session, keys::update)
        .delete("/api/keys/{id}", Session, keys::delete)
        .get("/api/provider-nodes", Session, nodes::list)
        .post("/api/provider-nodes", Admin, nodes::create)
        .post("/api/provider-nodes/validate", Admin, nodes::validate)
        .put("/api/provider-nodes/{id}", Admin, nodes::update)
        .delete("/api/provider-nodes/{id}", Admin, nodes::delete)
        .get("/api/providers", Session, connections::list)
        .post("/api/providers", Session, connections::create)
        .post("/api/providers/validate", Session, trials::validate)
        .post("/api/providers/test-batch", Session, trials::test_batch)
        .post("/api/providers/reorder", Session, connections::reorder)
        .put("/api/providers/active", Session, connections::set_active)
        .get("/api/providers/{id}", Session, connections::show)
        .put("/api/providers/{id}", Session, connections::update)
        .delete("/api/providers/{id}", Session, connections::delete)
        .post("/api/providers/{id}/test", Session, trials::test)
        .get("/api/providers/{id}/models", Session, models::discover)
        .get("/api/budgets", Admin, budgets::list)
        .post("/api/budgets", Admin, budgets::create)
        .put("/api/budgets/{id}", Admin, budgets::update)
        .delete("/api/budgets/{id}", Admin, budgets::delete)
        .merge(oauth_routes())
        .get("/api/combos", Session, routing::combos)
        .post("/api/combos", Admin, routing::create_combo)
        .post("/api/combos/dry-run", Session, explain::dry_run)
        .get("/api/combos/health", Session, explain::health)
        .get("/api/combos/{id}", Session, routing::show_combo)
        .put("/api/combos/{id}", Admin, routing::update_combo)
        .delete("/api/combos/{id}", Admin, routing::delete_combo)
        .get("/api/models", Session, routing::models)
        .get("/api/models/alias", Session, routing::aliases)
        .put("/api/models/alias", Admin, routing::set_alias)
        .delete("/api/models/alias", Admin, routing::delete_alias)
        .get("/api/models/custom", Session, models::customs)
        .post("/api/models/custom", Admin, models::add)
        .delete("/api/models/custom", Admin, models::delete)
        .put("/api/models/enabled", Admin, models::switch)
        .get("/api/models/availability", Session, models::availability)
        .post("/api/models/availability", Session, models::act)
        .get("/api/usage/history", Session, usage::history)
        .get("/api/usage/stats", Session, usage::period)
        .get("/api/usage/chart", Session, usage::chart)
        .get("/api/usage/providers", Session, usage::providers)
        .get(
            "/api/settings/usage-retention",
            Session,
            analytics::retention,
        )
        .put(
            "/api/settings/usage-retention",
            Admin,
            analytics::set_retention,
        )
        .get("/api/usage/query", Session, analytics::table_of_url)
        .post("/api/usage/query", Session, analytics::table)
        .get("/api/usage/series", Session, analytics::series_of_url)
        .post("/api/usage/series", Session, analytics::series)
        .get("/api/usage/export", Session, usage_export::table)
        .get("/api/usage/report", Session, usage_export::report)
        .get("/api/usage/stream", Session, usage::stream)
        .get("/api/usage/{connectionId}", Session, quota::show)
        .post("/api/usage/{connectionId}/refresh", Session, quota::refresh)
        .get("/api/usage/logs", Session, log::lines)
        .get("/api/usage/logs/export", Session, export::export)
        .get("/api/usage/request-logs", Session, log::lines)
        .get("/api/usage/request-details", Session, log::details)
        .get("/api/usage/request-details/{id}", Session, log::detail)
        .delete(
            "/api/usage/request-details/{id}/payload",
            Session,
            log::delete_payload,
        )
        .delete("/api/usage/request-payloads", Admin, log::delete_payloads)
        .get(
            "/api/identification/{provider}",
            Session,
            identification::show,
        )
        .put(
            "/api/identification/{provider}",
            Admin,
            identification::update,
        )
        .get("/api/pricing", Session, pricing::show)
        .patch("/api/pricing", Admin, pricing::update)
        .delete("/api/pricing", Admin, pricing::reset)
        .post("/api/pricing/recompute", Admin, pricing::recompute)
}

/// What each of them is for: a test holds that none is left out.
pub(crate) fn describe(api: Operations) -> Operations {
    let resources: &[fn(Operations) -> Operations] = &[
        auth::describe,
        settings::describe,
        budgets::describe,
        keys::describe,
        connections::describe,
        trials::describe,
        nodes::describe,
        identification::describe,
        quota::describe,
        routing::describe,
        explain::describe,
        models::describe,
        oauth::describe,
        usage::describe,
        analytics::describe,
        usage_export::describe,
        log::describe,
        export::describe,
        pricing::describe,
    ];
    resources.iter().fold(api, |api, describe| describe(api))
}

fn oauth_routes() -> Routes {
    Routes::default()
        .get("/api/oauth/{provider}/authorize", Session, oauth::authorize)
        .post("/api/oauth/{provider}/exchange", Session, oauth::exchange)
        .get(
            "/api/oauth/{provider}/device-code",
            Session,
            oauth::device_code,
        )
        .post("/api/oauth/{provider}/poll", Session, oauth::poll)
        .get(
            "/api/oauth/{provider}/start-proxy",
            Session,
            oauth::start_proxy,
        )
        .get(
            "/api/oauth/{provider}/stop-proxy",
            Session,
            oauth::stop_proxy,
        )
        .get(
            "/api/oauth/kiro/social-authorize",
            Session,
            oauth::social_authorize,
        )
        .post(
            "/api/oauth/kiro/social-exchange",
            Session,
            oauth::social_exchange,
        )
        .post("/api/oauth/kiro/import", Session, oauth::kiro_import)
        .post("/api/oauth/{provider}/import", Session, oauth::import)
        .get(
            "/api/oauth/kiro/auto-import",
            Admin,
            oauth::kiro_auto_import,
        )
        // Where vendors send browsers: it leads on to where the session is, and does nothing else.
        .get("/callback", Public, crate::loopback::callback)
}
