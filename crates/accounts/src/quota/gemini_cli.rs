//! Code Assist's buckets, one per model, as the open-source Gemini CLI asks for them:
//! <https://github.com/google-gemini/gemini-cli/blob/main/packages/core/src/code_assist/server.ts>.

use ::http::Method;
use api::quota::{Amount, Scope, Window};
use serde_json::{Value, json};
use store::records::LoginCredential;

use super::{Report, bearer, number, reported, text, time};
use crate::error::AccountError;
use crate::http::Http;

const QUOTA: &str = "https://cloudcode-pa.googleapis.com/v1internal:retrieveUserQuota";

pub(super) async fn ask(http: &Http, credential: &LoginCredential) -> Result<Report, AccountError> {
    let Some(project) = &credential.facts.project_id else {
        return Err(AccountError::Unusable(
            "this account has no project yet".to_owned(),
        ));
    };
    let body = json!({ "project": project });
    let said = http
        .json(Method::POST, QUOTA, bearer(credential)?, Some(&body))
        .await?;
    Ok(read(&said))
}

fn read(said: &Value) -> Report {
    let buckets = said["buckets"].as_array().into_iter().flatten();
    let windows = buckets.filter_map(|bucket| {
        let name = text(&bucket["modelId"])?;
        let left = number(&bucket["remainingFraction"])?;
        let amount = match number(&bucket["remainingAmount"]) {
            // The total is not said, and follows from the two.
            Some(remaining) if left > 0.0 => {
                let total = (remaining / left).round();
                Amount::Count {
                    used: total - remaining,
                    total,
                }
            }
            _ => Amount::Share { used: 1.0 - left },
        };
        Some(Window {
            scope: Scope::Model(name.clone()),
            ..reported(name, amount, time(&bucket["resetTime"]))
        })
    });
    Report {
        plan: None,
        windows: windows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn model(id: &str, amount: Amount, resets_at: Option<DateTime<Utc>>) -> Window {
        Window {
            scope: Scope::Model(id.to_owned()),
            ..reported(id, amount, resets_at)
        }
    }

    #[test]
    fn a_bucket_is_a_model() {
        let report = read(&json!({ "buckets": [
            { "modelId": "gemini-2.5-pro", "tokenType": "REQUESTS", "remainingFraction": 0.75, "remainingAmount": "750", "resetTime": "2026-05-28T20:26:40Z" },
            { "modelId": "gemini-2.5-flash", "remainingFraction": 0, "remainingAmount": "0" },
            { "tokenType": "REQUESTS" },
        ] }));
        let count = Amount::Count {
            used: 250.0,
            total: 1000.0,
        };
        assert_eq!(
            report.windows,
            [
                model(
                    "gemini-2.5-pro",
                    count,
                    time(&json!("2026-05-28T20:26:40Z"))
                ),
                model("gemini-2.5-flash", Amount::Share { used: 1.0 }, None),
            ]
        );
    }
}
