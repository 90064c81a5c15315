//! Antigravity tells what is left of each model beside the list of its models.

use ::http::Method;
use api::quota::{Amount, Scope, Window};
use serde_json::{Value, json};
use store::records::LoginCredential;

use super::{Report, bearer, number, reported, text, time};
use crate::error::AccountError;
use crate::http::Http;

const MODELS: &str = "https://cloudcode-pa.googleapis.com/v1internal:fetchAvailableModels";

pub(super) async fn ask(http: &Http, credential: &LoginCredential) -> Result<Report, AccountError> {
    let body = match &credential.facts.project_id {
        Some(project) => json!({ "project": project }),
        None => json!({}),
    };
    let said = http
        .json(Method::POST, MODELS, bearer(credential)?, Some(&body))
        .await?;
    Ok(read(&said))
}

fn read(said: &Value) -> Report {
    let models = said["models"].as_object().into_iter().flatten();
    let windows = models.filter_map(|(id, model)| {
        if model["isInternal"] == true {
            return None;
        }
        let quota = &model["quotaInfo"];
        let resets_at = time(&quota["resetTime"]);
        // Protobuf's JSON leaves zero out: a window that resets and says no more is empty.
        let left = match number(&quota["remainingFraction"]) {
            Some(left) => left,
            None if resets_at.is_some() => 0.0,
            None => return None,
        };
        let name = text(&model["displayName"]).unwrap_or_else(|| id.clone());
        let amount = Amount::Share { used: 1.0 - left };
        Some(Window {
            scope: Scope::Model(id.clone()),
            ..reported(name, amount, resets_at)
        })
    });
    Report {
        plan: None,
        windows: windows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_says_what_is_left() {
        let report = read(&json!({ "models": {
            "claude-sonnet-4-6": { "displayName": "Claude Sonnet 4.6", "quotaInfo": { "remainingFraction": 0.25, "resetTime": "2026-05-28T20:26:40Z" } },
            "gemini-3-flash": { "quotaInfo": { "resetTime": "2026-05-28T20:26:40Z" } },
            "tab_flash": { "isInternal": true, "quotaInfo": { "remainingFraction": 1 } },
            "nothing-known": {},
        } }));
        let reset = time(&json!("2026-05-28T20:26:40Z"));
        assert_eq!(
            report.windows,
            [
                Window {
                    scope: Scope::Model("claude-sonnet-4-6".to_owned()),
                    ..reported("Claude Sonnet 4.6", Amount::Share { used: 0.75 }, reset)
                },
                Window {
                    scope: Scope::Model("gemini-3-flash".to_owned()),
                    ..reported("gemini-3-flash", Amount::Share { used: 1.0 }, reset)
                },
            ]
        );
    }
}
