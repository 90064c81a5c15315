//! GitHub Copilot's allowances, as its own extensions ask for them:
//! <https://github.com/microsoft/vscode-copilot-chat/blob/main/src/platform/chat/common/chatQuotaService.ts>.

use ::http::Method;
use api::quota::{Amount, Scope, Window};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use store::records::LoginCredential;

use super::{Report, number, readable, reported, text, time};
use crate::error::AccountError;
use crate::http::{Http, authorization};

const USER: &str = "https://api.github.com/copilot_internal/user";

/// By GitHub's own token, not the one that requests carry.
pub(super) async fn ask(http: &Http, credential: &LoginCredential) -> Result<Report, AccountError> {
    let headers = authorization("token", credential.access_token.expose_secret())?;
    let said = http.json(Method::GET, USER, headers, None).await?;
    Ok(read(&said))
}

fn read(said: &Value) -> Report {
    let paid = paid(&said["quota_snapshots"], time(&said["quota_reset_date"]));
    let windows = if paid.is_empty() { free(said) } else { paid };
    Report {
        plan: text(&said["copilot_plan"]).map(|plan| readable(&plan)),
        windows,
    }
}

fn paid(snapshots: &Value, resets_at: Option<DateTime<Utc>>) -> Vec<Window> {
    let snapshots = snapshots.as_object().into_iter().flatten();
    let windows = snapshots.filter_map(|(name, snapshot)| {
        if snapshot["unlimited"] == true {
            return Some(window(name, Amount::Unlimited, None));
        }
        let amount = match (
            number(&snapshot["entitlement"]),
            number(&snapshot["remaining"]),
        ) {
            (Some(total), Some(remaining)) => Amount::Count {
                used: total - remaining,
                total,
            },
            _ => Amount::Share {
                used: 1.0 - number(&snapshot["percent_remaining"])? / 100.0,
            },
        };
        Some(window(name, amount, resets_at))
    });
    windows.collect()
}

/// What `limited_user_quotas` names is what is left of the month.
fn free(said: &Value) -> Vec<Window> {
    let resets_at = time(&said["limited_user_reset_date"]);
    let totals = said["monthly_quotas"].as_object().into_iter().flatten();
    let windows = totals.filter_map(|(name, total)| {
        let total = number(total)?;
        let left = number(&said["limited_user_quotas"][name.as_str()])?;
        let amount = Amount::Count {
            used: total - left,
            total,
        };
        Some(window(name, amount, resets_at))
    });
    windows.collect()
}

/// Only `chat` stops requests: some models cost no premium requests, and completions are an editor's.
fn window(name: &str, amount: Amount, resets_at: Option<DateTime<Utc>>) -> Window {
    Window {
        scope: if name == "chat" {
            Scope::All
        } else {
            Scope::Part
        },
        ..reported(readable(name), amount, resets_at)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_counts_what_remains() {
        let report = read(&json!({
            "copilot_plan": "individual_pro",
            "quota_reset_date": "2026-06-01",
            "quota_snapshots": {
                "chat": { "unlimited": true, "entitlement": 0, "remaining": 0 },
                "premium_interactions": { "unlimited": false, "entitlement": 300, "remaining": 210, "percent_remaining": 70.0 },
            },
        }));
        let used = Amount::Count {
            used: 90.0,
            total: 300.0,
        };
        assert_eq!(
            report,
            Report {
                plan: Some("Individual pro".to_owned()),
                windows: vec![
                    window("chat", Amount::Unlimited, None),
                    window("premium_interactions", used, time(&json!("2026-06-01"))),
                ],
            }
        );
    }

    #[test]
    fn the_free_plan_names_what_is_left() {
        let report = read(&json!({
            "copilot_plan": "individual",
            "monthly_quotas": { "chat": 500, "completions": 4000 },
            "limited_user_quotas": { "chat": 410, "completions": 4000 },
            "limited_user_reset_date": "2026-06-15",
        }));
        let reset = time(&json!("2026-06-15"));
        let count = |used, total| Amount::Count { used, total };
        assert_eq!(
            report.windows,
            [
                window("chat", count(90.0, 500.0), reset),
                window("completions", count(0.0, 4000.0), reset),
            ]
        );
    }
}
