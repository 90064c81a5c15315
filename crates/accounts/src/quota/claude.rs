//! Claude's plans: a percentage of five hours and of a week, some models with a week of their own.
//!
//! The endpoint is the one that the plan's own usage page asks; Anthropic documents the windows, not the endpoint:
//! <https://support.claude.com/en/articles/11647753>.

use ::http::Method;
use api::quota::{Scope, Window};
use serde_json::Value;
use store::records::LoginCredential;

use super::{Report, bearer, percent, readable, reported, time, with};
use crate::error::AccountError;
use crate::http::Http;

const USAGE: &str = "https://api.anthropic.com/api/oauth/usage";

pub(super) async fn ask(http: &Http, credential: &LoginCredential) -> Result<Report, AccountError> {
    let headers = with(bearer(credential)?, "anthropic-beta", "oauth-2025-04-20")?;
    let said = http.json(Method::GET, USAGE, headers, None).await?;
    Ok(read(&said))
}

fn read(said: &Value) -> Report {
    let windows = said.as_object().into_iter().flatten();
    let windows = windows.filter_map(|(name, window)| {
        let (name, scope) = match name.as_str() {
            "five_hour" => ("5 hours".to_owned(), Scope::All),
            "seven_day" => ("Weekly".to_owned(), Scope::All),
            other => {
                let of = other.strip_prefix("seven_day_")?;
                let name = format!("Weekly, {}", readable(of));
                (name, Scope::Model(of.to_owned()))
            }
        };
        let amount = percent(&window["utilization"])?;
        Some(Window {
            scope,
            ..reported(name, amount, time(&window["resets_at"]))
        })
    });
    Report {
        plan: None,
        windows: windows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use api::quota::Amount;
    use serde_json::json;

    use super::*;

    #[test]
    fn windows_are_percentages() {
        let report = read(&json!({
            "five_hour": { "utilization": 12.5, "resets_at": "2026-05-28T20:26:40Z" },
            "seven_day": { "utilization": 100, "resets_at": null },
            "seven_day_opus": { "utilization": 3 },
            "seven_day_oauth_apps": null,
            "extra_usage": { "is_enabled": false, "utilization": null },
        }));
        let at = time(&json!("2026-05-28T20:26:40Z"));
        let share = |used| Amount::Share { used };
        assert_eq!(
            report.windows,
            [
                reported("5 hours", share(0.125), at),
                reported("Weekly", share(1.0), None),
                Window {
                    scope: Scope::Model("opus".to_owned()),
                    ..reported("Weekly, Opus", share(0.03), None)
                },
            ]
        );
    }
}
