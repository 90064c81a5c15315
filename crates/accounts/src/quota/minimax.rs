//! MiniMax's coding plans: <https://platform.minimax.io/docs/coding-plan/faq>.
//!
//! The endpoint tells what *remains*, and its `usage_count` counts that too: of 1500 with 1459 in it, 41 are used.

use api::quota::{Amount, Scope, Window};
use secrecy::SecretString;
use serde_json::Value;

use super::{Report, by_key, number, reported, text, time};
use crate::error::AccountError;
use crate::http::Http;

/// What the vendor calls the models that chat, of those with an allowance of their own.
const CHAT: [&str; 2] = ["general", "minimax-m"];
/// The status of a wrong key: <https://platform.minimax.io/docs/api-reference/errorcode>.
const WRONG_KEY: [i64; 2] = [1004, 2049];
const UNLIMITED: i64 = 3;

pub(super) async fn ask(
    http: &Http,
    url: &str,
    key: &SecretString,
) -> Result<Report, AccountError> {
    let said = by_key(http, url, key).await?;
    // It refuses under 200.
    let status = said["base_resp"]["status_code"].as_i64().unwrap_or(0);
    if status != 0 {
        let words = text(&said["base_resp"]["status_msg"]);
        return Err(AccountError::Refused {
            status: if WRONG_KEY.contains(&status) {
                401
            } else {
                400
            },
            message: words.unwrap_or_else(|| format!("status {status}")),
        });
    }
    Ok(read(&said))
}

fn read(said: &Value) -> Report {
    let models = said["model_remains"].as_array().into_iter().flatten();
    let windows = models.flat_map(|model| {
        let name = text(&model["model_name"])
            .unwrap_or_default()
            .to_lowercase();
        let is_chat = name.is_empty() || CHAT.iter().any(|chat| name.starts_with(chat));
        let interval = window(model, "current_interval", ["start_time", "end_time"]);
        let week = window(
            model,
            "current_weekly",
            ["weekly_start_time", "weekly_end_time"],
        );
        [interval, week].into_iter().flatten().map(move |window| {
            if is_chat {
                return window;
            }
            Window {
                name: format!("{}, {name}", window.name),
                scope: Scope::Part,
                ..window
            }
        })
    });
    Report {
        plan: None,
        windows: windows.collect(),
    }
}

fn window(model: &Value, kind: &str, [start, end]: [&str; 2]) -> Option<Window> {
    let of = |what: &str| &model[format!("{kind}_{what}")];
    if of("status").as_i64() == Some(UNLIMITED) {
        return None;
    }
    let amount = match (number(of("remaining_percent")), number(of("total_count"))) {
        (Some(left), _) => Amount::Share {
            used: 1.0 - left / 100.0,
        },
        (None, Some(total)) if total > 0.0 => Amount::Count {
            used: total - number(of("usage_count"))?,
            total,
        },
        _ => return None,
    };
    let (start, end) = (time(&model[start]), time(&model[end]));
    let hours = start.zip(end).map(|(start, end)| (end - start).num_hours());
    let name = match hours {
        Some(hours @ 1..48) => format!("{hours} hours"),
        _ if kind == "current_weekly" => "Weekly".to_owned(),
        _ => "Session".to_owned(),
    };
    Some(reported(name, amount, end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_counted_is_what_is_left() {
        let report = read(
            &json!({ "model_remains": [{ "model_name": "MiniMax-M2", "current_interval_total_count": 1500,
            "current_interval_usage_count": 1459, "start_time": 1_780_000_000_000_i64, "end_time": 1_780_018_000_000_i64 }] }),
        );
        let amount = Amount::Count {
            used: 41.0,
            total: 1500.0,
        };
        let end = time(&json!(1_780_018_000));
        assert_eq!(report.windows, [reported("5 hours", amount, end)]);
    }

    #[test]
    fn percentages_count_where_there_are_some() {
        let report = read(&json!({ "model_remains": [
            { "model_name": "general", "current_interval_total_count": 0, "current_interval_usage_count": 0,
              "current_interval_status": 1, "current_interval_remaining_percent": 75,
              "start_time": 1_780_000_000_000_i64, "end_time": 1_780_018_000_000_i64,
              "current_weekly_status": 3, "current_weekly_remaining_percent": 100 },
            { "model_name": "video", "current_interval_status": 1, "current_interval_remaining_percent": 50,
              "current_weekly_status": 1, "current_weekly_remaining_percent": 100 },
        ] }));
        let share = |used| Amount::Share { used };
        let part = |name: &str, used| Window {
            scope: Scope::Part,
            ..reported(name, share(used), None)
        };
        assert_eq!(
            report.windows,
            [
                reported("5 hours", share(0.25), time(&json!(1_780_018_000))),
                part("Session, video", 0.5),
                part("Weekly, video", 0.0),
            ]
        );
    }
}
