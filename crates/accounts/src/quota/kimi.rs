//! Kimi Code's plan, as the open-source Kimi CLI asks for it:
//! <https://github.com/MoonshotAI/kimi-cli/blob/main/src/kimi_cli/ui/shell/usage.py>.

use ::http::Method;
use api::quota::{Amount, Window};
use serde_json::Value;
use store::records::LoginCredential;

use super::{Report, bearer, number, reported, text, time};
use crate::error::AccountError;
use crate::http::Http;

const USAGES: &str = "https://api.kimi.com/coding/v1/usages";

pub(super) async fn ask(http: &Http, credential: &LoginCredential) -> Result<Report, AccountError> {
    let said = http
        .json(Method::GET, USAGES, bearer(credential)?, None)
        .await?;
    Ok(read(&said))
}

fn read(said: &Value) -> Report {
    let plan = window("Weekly".to_owned(), &said["usage"]);
    let limits = said["limits"].as_array().into_iter().flatten();
    let limits = limits.filter_map(|limit| {
        let name = text(&limit["name"]).unwrap_or_else(|| length(&limit["window"]));
        let detail = &limit["detail"];
        window(name, if detail.is_object() { detail } else { limit })
    });
    Report {
        plan: text(&said["user"]["membership"]["level"]),
        windows: plan.into_iter().chain(limits).collect(),
    }
}

fn window(name: String, detail: &Value) -> Option<Window> {
    let total = number(&detail["limit"])?;
    let used = number(&detail["used"])
        .or_else(|| number(&detail["remaining"]).map(|remaining| total - remaining))?;
    let spelled = ["reset_at", "resetAt", "reset_time", "resetTime"];
    let resets_at = spelled.into_iter().find_map(|name| time(&detail[name]));
    Some(reported(name, Amount::Count { used, total }, resets_at))
}

fn length(window: &Value) -> String {
    let (Some(count), unit) = (number(&window["duration"]), text(&window["timeUnit"])) else {
        return "Limit".to_owned();
    };
    match unit.unwrap_or_default() {
        unit if unit.contains("MINUTE") && count >= 60.0 => format!("{} hours", count / 60.0),
        unit if unit.contains("MINUTE") => format!("{count} minutes"),
        unit if unit.contains("HOUR") => format!("{count} hours"),
        unit if unit.contains("DAY") => format!("{count} days"),
        _ => format!("{count} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_week_and_shorter_limits() {
        let report = read(&json!({
            "usage": { "limit": "2048", "used": "512", "remaining": "1536", "resetTime": "2026-05-28T20:26:40Z" },
            "limits": [{
                "window": { "duration": 300, "timeUnit": "TIME_UNIT_MINUTE" },
                "detail": { "limit": "200", "remaining": "150", "resetTime": "2026-05-28T20:26:40Z" },
            }],
        }));
        let reset = time(&json!("2026-05-28T20:26:40Z"));
        let count = |used, total| Amount::Count { used, total };
        assert_eq!(
            report.windows,
            [
                reported("Weekly", count(512.0, 2048.0), reset),
                reported("5 hours", count(50.0, 200.0), reset),
            ]
        );
    }
}
