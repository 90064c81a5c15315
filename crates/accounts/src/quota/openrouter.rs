//! OpenRouter's limit of one key, in dollars: what the account behind it has bought, only a management key may ask.
//! <https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key>

use api::quota::Amount;
use secrecy::SecretString;
use serde_json::Value;

use super::{Report, by_key, number, reported};
use crate::error::AccountError;
use crate::http::Http;

pub(super) async fn ask(
    http: &Http,
    url: &str,
    key: &SecretString,
) -> Result<Report, AccountError> {
    Ok(read(&by_key(http, url, key).await?["data"]))
}

fn read(key: &Value) -> Report {
    let period = key["limit_reset"].as_str();
    let name = period.map_or_else(
        || "Limit of this key, $".to_owned(),
        |period| format!("Limit of this key, $, {period}"),
    );
    let amount = match (number(&key["limit"]), number(&key["limit_remaining"])) {
        (Some(total), Some(left)) => Some(Amount::Count {
            used: total - left,
            total,
        }),
        // Limited by what the account has bought alone.
        (None, _) if key["usage"].is_number() => Some(Amount::Unlimited),
        _ => None,
    };
    Report {
        plan: (key["is_free_tier"] == true).then(|| "Free".to_owned()),
        windows: amount
            .map(|amount| reported(name, amount, None))
            .into_iter()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_has_a_limit_or_none() {
        let limited = read(
            &json!({ "label": "sk-or-v1-au7...890", "limit": 100, "limit_remaining": 74.5,
            "limit_reset": "monthly", "usage": 25.5, "is_free_tier": false }),
        );
        let amount = Amount::Count {
            used: 25.5,
            total: 100.0,
        };
        let expected = [reported("Limit of this key, $, monthly", amount, None)];
        assert_eq!(limited.windows, expected);
        let free = read(
            &json!({ "limit": null, "limit_remaining": null, "usage": 0, "is_free_tier": true }),
        );
        assert_eq!(free.plan.as_deref(), Some("Free"));
        let expected = [reported("Limit of this key, $", Amount::Unlimited, None)];
        assert_eq!(free.windows, expected);
        assert_eq!(read(&json!(null)), Report::default());
    }
}
