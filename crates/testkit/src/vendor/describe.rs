//! Who has logged in, and what their requests need.

use serde_json::json;

use crate::vendor::{State, Vendor, bearer};
use crate::{Received, Reply};

/// What iFlow's accounts send with their requests.
pub const IFLOW_KEY: &str = "sk-iflow-key-of-the-account";

pub(super) fn serve(vendor: &Vendor) {
    vendor.on(
        "/www.googleapis.com/oauth2/v1/userinfo",
        |request, state| {
            known(
                request,
                state,
                |state| json!({ "id": "1", "email": state.email, "name": "Someone" }),
            )
        },
    );
    vendor.on("/cloudcode-pa.googleapis.com/v1internal:loadCodeAssist", |request, state| {
        known(request, state, |_| {
            json!({ "allowedTiers": [{ "id": "free-tier", "isDefault": true }, { "id": "standard-tier" }] })
        })
    });
    vendor.on("/cloudcode-pa.googleapis.com/v1internal:onboardUser", |request, state| {
        known(request, state, |_| {
            json!({ "done": true, "response": { "cloudaicompanionProject": { "id": "project-of-the-account" } } })
        })
    });
    vendor.on("/api.github.com/user", |request, state| {
        known(
            request,
            state,
            |state| json!({ "id": state.email.len(), "login": state.email.split('@').next() }),
        )
    });
    vendor.on(
        "/api.github.com/copilot_internal/v2/token",
        |request, state| {
            let token = state.fresh("copilot");
            state.access.insert(token.clone());
            known(
                request,
                state,
                |_| json!({ "token": token, "expires_at": 4_000_000_000_i64, "refresh_in": 1500 }),
            )
        },
    );
    vendor.on("/iflow.cn/api/oauth/getUserInfo", |request, state| {
        let token = request.query().strip_prefix("accessToken=").unwrap_or_default();
        if !state.access.contains(token) {
            return Reply::json(200, json!({ "success": false, "message": "login first" }));
        }
        state.access.insert(IFLOW_KEY.to_owned());
        Reply::json(200, json!({ "success": true, "data": { "apiKey": IFLOW_KEY, "email": state.email, "nickname": "Someone" } }))
    });
}

fn known(
    request: &Received,
    state: &mut State,
    answer: impl FnOnce(&State) -> serde_json::Value,
) -> Reply {
    let is_known = bearer(request).is_some_and(|token| state.access.contains(&token));
    if is_known {
        Reply::json(200, answer(state))
    } else {
        Reply::json(401, json!({ "message": "Bad credentials" }))
    }
}
