//! ChatGPT's plans, as the open-source Codex asks for them:
//! <https://github.com/openai/codex/blob/main/codex-rs/backend-client/src/client.rs>.

use ::http::Method;
use api::quota::{Scope, Window};
use serde_json::Value;
use store::records::LoginCredential;

use super::{Report, bearer, number, percent, readable, reported, text, time, with};
use crate::error::AccountError;
use crate::http::Http;

const USAGE: &str = "https://chatgpt.com/backend-api/wham/usage";

pub(super) async fn ask(http: &Http, credential: &LoginCredential) -> Result<Report, AccountError> {
    let mut headers = bearer(credential)?;
    // A person may belong to several workspaces.
    if let Some(account) = &credential.facts.account_id {
        headers = with(headers, "chatgpt-account-id", account)?;
    }
    let said = http.json(Method::GET, USAGE, headers, None).await?;
    Ok(read(&said))
}

fn read(said: &Value) -> Report {
    let mut windows = limit(&said["rate_limit"], None);
    let more = said["additional_rate_limits"].as_array();
    for extra in more.into_iter().flatten() {
        let name = text(&extra["limit_name"]).or_else(|| text(&extra["metered_feature"]));
        windows.extend(limit(&extra["rate_limit"], name.as_deref()));
    }
    Report {
        plan: text(&said["plan_type"]).map(|plan| readable(&plan)),
        windows,
    }
}

fn limit(limit: &Value, of: Option<&str>) -> Vec<Window> {
    let both = [&limit["primary_window"], &limit["secondary_window"]];
    let windows = both.into_iter().filter_map(|window| {
        let length = length(number(&window["limit_window_seconds"]));
        let name = match of {
            Some(of) => format!("{length}, {of}"),
            None => length,
        };
        let amount = percent(&window["used_percent"])?;
        Some(Window {
            scope: of.map_or(Scope::All, |of| Scope::Model(of.to_lowercase())),
            ..reported(name, amount, time(&window["reset_at"]))
        })
    });
    windows.collect()
}

fn length(seconds: Option<f64>) -> String {
    let Some(hours) = seconds.map(|seconds| (seconds / 3600.0).round()) else {
        return "Session".to_owned();
    };
    if (hours - 168.0).abs() < 2.0 {
        "Weekly".to_owned()
    } else if hours >= 48.0 {
        format!("{} days", (hours / 24.0).round())
    } else {
        format!("{hours} hours")
    }
}

#[cfg(test)]
mod tests {
    use api::quota::Amount;
    use serde_json::json;

    use super::*;

    #[test]
    fn windows_are_named_by_their_length() {
        let report = read(&json!({
            "plan_type": "plus",
            "rate_limit": {
                "allowed": true, "limit_reached": false,
                "primary_window": { "used_percent": 40, "limit_window_seconds": 18_000, "reset_after_seconds": 9, "reset_at": 1_780_000_000 },
                "secondary_window": { "used_percent": 7.5, "limit_window_seconds": 604_800, "reset_at": 1_780_500_000 },
            },
            "additional_rate_limits": [
                { "limit_name": "Spark", "rate_limit": { "primary_window": { "used_percent": 1 }, "secondary_window": null } },
            ],
        }));
        let share = |used| Amount::Share { used };
        assert_eq!(
            report,
            Report {
                plan: Some("Plus".to_owned()),
                windows: vec![
                    reported("5 hours", share(0.4), time(&json!(1_780_000_000))),
                    reported("Weekly", share(0.075), time(&json!(1_780_500_000))),
                    Window {
                        scope: Scope::Model("spark".to_owned()),
                        ..reported("Session, Spark", share(0.01), None)
                    },
                ],
            }
        );
    }
}
