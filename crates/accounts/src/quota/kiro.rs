//! Kiro's credits. AWS's service names the request `GetUsageLimits`.

use ::http::Method;
use api::quota::{Amount, Scope, Window};
use chrono::{DateTime, Utc};
use serde_json::Value;
use store::records::LoginCredential;

use super::{Report, bearer, number, readable, reported, text, time};
use crate::error::AccountError;
use crate::http::Http;

const LIMITS: &str = "https://codewhisperer.us-east-1.amazonaws.com/getUsageLimits";

pub(super) async fn ask(http: &Http, credential: &LoginCredential) -> Result<Report, AccountError> {
    let url = address(credential.facts.profile_arn.as_deref());
    let said = http
        .json(Method::GET, &url, bearer(credential)?, None)
        .await?;
    Ok(read(&said))
}

fn address(profile: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("origin", "AI_EDITOR")
        .append_pair("resourceType", "AGENTIC_REQUEST");
    if let Some(profile) = profile {
        query.append_pair("profileArn", profile);
    }
    format!("{LIMITS}?{}", query.finish())
}

fn read(said: &Value) -> Report {
    let resets_at = time(&said["nextDateReset"]).or_else(|| time(&said["resetDate"]));
    let list = said["usageBreakdownList"].as_array();
    let mut windows = Vec::new();
    for usage in list.into_iter().flatten() {
        let name = text(&usage["displayNamePlural"])
            .or_else(|| text(&usage["resourceType"]).map(|name| readable(&name)))
            .unwrap_or_else(|| "Credits".to_owned());
        let resets_at = time(&usage["nextDateReset"]).or(resets_at);
        // A trial does not come back: its end is no reset.
        let trial = Some(&usage["freeTrialInfo"])
            .filter(|trial| trial["freeTrialStatus"] != "EXPIRED")
            .and_then(|trial| window(format!("{name}, free trial"), trial, None));
        let pots = window(name, usage, resets_at).into_iter().chain(trial);
        let mut pots: Vec<Window> = pots.collect();
        // Of two, each goes on without the other.
        if let [_, _] = pots.as_slice() {
            for pot in &mut pots {
                pot.scope = Scope::Part;
            }
        }
        windows.extend(pots);
    }
    Report {
        plan: text(&said["subscriptionInfo"]["subscriptionTitle"]),
        windows,
    }
}

fn window(name: String, usage: &Value, resets_at: Option<DateTime<Utc>>) -> Option<Window> {
    let either =
        |precise: &str, whole: &str| number(&usage[precise]).or_else(|| number(&usage[whole]));
    let amount = Amount::Count {
        used: either("currentUsageWithPrecision", "currentUsage")?,
        total: either("usageLimitWithPrecision", "usageLimit")?,
    };
    Some(reported(name, amount, resets_at))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn part(name: &str, amount: Amount, resets_at: Option<DateTime<Utc>>) -> Window {
        Window {
            scope: Scope::Part,
            ..reported(name, amount, resets_at)
        }
    }

    #[test]
    fn credits_and_a_trial() {
        let report = read(&json!({
            "nextDateReset": 1_780_000_000.0,
            "subscriptionInfo": { "subscriptionTitle": "KIRO FREE" },
            "usageBreakdownList": [{
                "resourceType": "AGENTIC_REQUEST",
                "currentUsage": 12, "currentUsageWithPrecision": 12.5,
                "usageLimit": 50, "usageLimitWithPrecision": 50.0,
                "freeTrialInfo": { "freeTrialStatus": "ACTIVE", "currentUsage": 1, "usageLimit": 500, "freeTrialExpiry": 1_790_000_000 },
            }],
        }));
        let count = |used, total| Amount::Count { used, total };
        assert_eq!(
            report,
            Report {
                plan: Some("KIRO FREE".to_owned()),
                windows: vec![
                    part(
                        "Agentic request",
                        count(12.5, 50.0),
                        time(&json!(1_780_000_000))
                    ),
                    part("Agentic request, free trial", count(1.0, 500.0), None),
                ],
            }
        );
    }
}
