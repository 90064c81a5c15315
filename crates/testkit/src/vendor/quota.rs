//! What the vendors say of an account's quota; a test says what that is.

use crate::Reply;
use crate::vendor::{Vendor, bearer};

pub(super) fn serve(vendor: &Vendor) {
    for (path, name) in [
        ("/api.anthropic.com/api/oauth/usage", "claude"),
        ("/chatgpt.com/backend-api/wham/usage", "codex"),
        ("/api.github.com/copilot_internal/user", "copilot"),
        ("/api.kimi.com/coding/v1/usages", "kimi"),
        (
            "/cloudcode-pa.googleapis.com/v1internal:retrieveUserQuota",
            "gemini-cli",
        ),
        (
            "/cloudcode-pa.googleapis.com/v1internal:fetchAvailableModels",
            "antigravity",
        ),
        (
            "/codewhisperer.us-east-1.amazonaws.com/getUsageLimits",
            "kiro",
        ),
        ("/api.z.ai/api/monitor/usage/quota/limit", "glm"),
        (
            "/www.minimax.io/v1/api/openplatform/coding_plan/remains",
            "minimax",
        ),
        ("/openrouter.ai/api/v1/key", "openrouter"),
    ] {
        vendor.on(path, move |request, state| {
            let is_known = bearer(request).is_some_and(|token| state.access.contains(&token));
            match state.quota.get(name) {
                _ if !is_known => {
                    Reply::json(401, serde_json::json!({ "message": "Bad credentials" }))
                }
                Some(answer) => Reply::json(200, answer.clone()),
                None => Reply::json(404, serde_json::json!({ "message": "nothing is known" })),
            }
        });
    }
}
