//! The coding plans of Z.ai and BigModel, as the vendor's plug-in asks for them:
//! <https://docs.z.ai/devpack/extension/usage-query-plugin>.

use api::quota::{Scope, Window};
use secrecy::SecretString;
use serde_json::Value;

use super::{Report, by_key, number, percent, readable, reported, text, time};
use crate::error::AccountError;
use crate::http::Http;

pub(super) async fn ask(
    http: &Http,
    url: &str,
    key: &SecretString,
) -> Result<Report, AccountError> {
    let said = by_key(http, url, key).await?;
    // It refuses under 200.
    if said["success"] == false {
        return Err(AccountError::Refused {
            status: said["code"]
                .as_u64()
                .and_then(|code| code.try_into().ok())
                .unwrap_or(400),
            message: text(&said["msg"]).unwrap_or_else(|| "without a word".to_owned()),
        });
    }
    Ok(read(&said["data"]))
}

fn read(data: &Value) -> Report {
    let limits = data["limits"].as_array().into_iter().flatten();
    let windows = limits.filter_map(|limit| {
        let length = length(number(&limit["unit"]), number(&limit["number"]));
        // Searches and pages that tools fetch: chats go on without them.
        let is_of_tools = limit["type"] == "TIME_LIMIT";
        let name = if is_of_tools {
            format!("{length}, tools")
        } else {
            length
        };
        Some(Window {
            scope: if is_of_tools { Scope::Part } else { Scope::All },
            ..reported(
                name,
                percent(&limit["percentage"])?,
                time(&limit["nextResetTime"]),
            )
        })
    });
    Report {
        plan: text(&data["level"]).map(|level| readable(&level)),
        windows: windows.collect(),
    }
}

/// The vendor numbers its units.
fn length(unit: Option<f64>, count: Option<f64>) -> String {
    let (Some(unit), Some(count)) = (unit, count) else {
        return "Plan".to_owned();
    };
    let of = |one: &str, many: &str| {
        if count > 1.0 {
            format!("{count} {many}")
        } else {
            one.to_owned()
        }
    };
    match unit.to_string().as_str() {
        "3" => format!("{count} hours"),
        "5" => of("Monthly", "months"),
        "6" => of("Weekly", "weeks"),
        _ => "Plan".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use api::quota::Amount;
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_stop_chats_and_tools_do_not() {
        let report = read(&json!({ "level": "pro", "limits": [
            { "type": "TOKENS_LIMIT", "unit": 3, "number": 5, "percentage": 22, "nextResetTime": 1_780_000_000_000_i64 },
            { "type": "TOKENS_LIMIT", "unit": 6, "number": 1, "percentage": 5 },
            { "type": "TIME_LIMIT", "unit": 5, "number": 1, "usage": 1000, "currentValue": 10, "remaining": 990, "percentage": 1 },
        ] }));
        let share = |used| Amount::Share { used };
        assert_eq!(report.plan.as_deref(), Some("Pro"));
        assert_eq!(
            report.windows,
            [
                reported("5 hours", share(0.22), time(&json!(1_780_000_000))),
                reported("Weekly", share(0.05), None),
                Window {
                    scope: Scope::Part,
                    ..reported("Monthly, tools", share(0.01), None)
                },
            ]
        );
    }
}
