//! What a vendor says of an account's quota, in windows.
//!
//! Whom to ask, and how, stands in the catalogue; each vendor's answer is read in a file of its own.

mod antigravity;
mod claude;
mod codex;
mod copilot;
mod gemini_cli;
mod kimi;
mod kiro;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use api::quota::{Amount, Scope, Source, Window};
use chrono::{DateTime, Utc};
use providers::quota::QuotaApi;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use store::records::LoginCredential;

use crate::Accounts;
use crate::error::AccountError;
use crate::http::authorization;

/// A vendor's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What the account pays for, by the vendor's name.
    pub plan: Option<String>,
    pub windows: Vec<Window>,
}

impl Accounts {
    /// Asks the vendor.
    pub async fn quota(
        &self,
        api: QuotaApi,
        credential: &LoginCredential,
    ) -> Result<Report, AccountError> {
        let report = match api {
            QuotaApi::Claude => claude::ask(&self.http, credential).await?,
            QuotaApi::Codex => codex::ask(&self.http, credential).await?,
            QuotaApi::Copilot => copilot::ask(&self.http, credential).await?,
            QuotaApi::GeminiCli => gemini_cli::ask(&self.http, credential).await?,
            QuotaApi::Antigravity => antigravity::ask(&self.http, credential).await?,
            QuotaApi::Kiro => kiro::ask(&self.http, credential).await?,
            QuotaApi::Kimi => kimi::ask(&self.http, credential).await?,
        };
        if report.windows.is_empty() {
            return Err(AccountError::Malformed("it names no allowance".to_owned()));
        }
        Ok(report)
    }
}

fn bearer(credential: &LoginCredential) -> Result<HeaderMap, AccountError> {
    authorization("Bearer", credential.access_token.expose_secret())
}

fn with(
    mut headers: HeaderMap,
    name: &'static str,
    value: &str,
) -> Result<HeaderMap, AccountError> {
    let value = HeaderValue::from_str(value)
        .map_err(|_| AccountError::Malformed(format!("expected a value for {name}")))?;
    headers.insert(HeaderName::from_static(name), value);
    Ok(headers)
}

fn reported(name: impl Into<String>, amount: Amount, resets_at: Option<DateTime<Utc>>) -> Window {
    Window {
        name: name.into(),
        scope: Scope::All,
        amount,
        resets_at,
        source: Source::Reported,
    }
}

/// A percentage from 0 to 100.
fn percent(value: &Value) -> Option<Amount> {
    let used = number(value)? / 100.0;
    Some(Amount::Share { used })
}

/// Some write numbers as texts.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    number.is_finite().then_some(number)
}

/// RFC 3339, a date, or a Unix time in seconds or milliseconds.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    if let Some(text) = value.as_str() {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(time.to_utc());
        }
        if let Ok(date) = text.parse::<chrono::NaiveDate>() {
            return Some(date.and_time(chrono::NaiveTime::MIN).and_utc());
        }
    }
    let seconds = number(value).filter(|number| (1e8..1e14).contains(number))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked, and no vendor counts in less than milliseconds"
    )]
    let millis = if seconds < 1e12 {
        seconds * 1000.0
    } else {
        seconds
    } as i64;
    DateTime::from_timestamp_millis(millis)
}

fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// `premium_interactions` as people read it.
fn readable(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ").to_lowercase();
    let mut letters = spaced.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => spaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_come_in_every_spelling() {
        let expected = DateTime::from_timestamp(1_780_000_000, 0);
        for spelled in [
            json!(1_780_000_000),
            json!(1_780_000_000_000_i64),
            json!(1.78e9),
            json!("1780000000"),
            json!("2026-05-28T20:26:40Z"),
            json!("2026-05-28T22:26:40+02:00"),
        ] {
            assert_eq!(time(&spelled), expected, "{spelled}");
        }
        let midnight = time(&json!("2026-05-28")).map(|time| time.to_rfc3339());
        assert_eq!(midnight.as_deref(), Some("2026-05-28T00:00:00+00:00"));
        for none in [json!(null), json!(""), json!(0), json!("soon"), json!({})] {
            assert_eq!(time(&none), None, "{none}");
        }
    }

    #[test]
    fn names_are_made_readable() {
        assert_eq!(readable("premium_interactions"), "Premium interactions");
        assert_eq!(readable("AGENTIC_REQUEST"), "Agentic request");
        assert_eq!(readable(""), "");
    }
}
