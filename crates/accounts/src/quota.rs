//! What a vendor says of an account's quota, in windows.
//!
//! Whom to ask, and how, stands in the catalogue; each vendor's answer is read in a file of its own.

mod antigravity;
mod claude;
mod codex;
mod copilot;
mod gemini_cli;
mod glm;
mod kimi;
mod kiro;
mod minimax;
mod openrouter;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use api::quota::{Amount, Scope, Source, Window};
use chrono::{DateTime, Utc};
use providers::quota::{QuotaApi, QuotaSpec};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use store::records::{Credential, LoginCredential};

use crate::error::AccountError;
use crate::http::{Http, authorization};

/// A vendor's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What the account pays for, by the vendor's name.
    pub plan: Option<String>,
    pub windows: Vec<Window>,
}

/// Asks the vendor. What names no window is no answer.
pub async fn report(
    http: &Http,
    spec: &QuotaSpec,
    api: QuotaApi,
    credential: &Credential,
) -> Result<Report, AccountError> {
    let report = ask(http, spec, api, credential).await?;
    if report.windows.is_empty() {
        return Err(AccountError::Malformed("it names no allowance".to_owned()));
    }
    Ok(report)
}

/// Asks the vendor, whatever there is to know: it has taken the credential.
pub async fn ask(
    http: &Http,
    spec: &QuotaSpec,
    api: QuotaApi,
    credential: &Credential,
) -> Result<Report, AccountError> {
    let login = || {
        credential.as_login().ok_or_else(|| {
            AccountError::Unusable(
                "only an account that has logged in can ask for its quota".to_owned(),
            )
        })
    };
    let url = || {
        let missing = || AccountError::Malformed("nobody knows where to ask".to_owned());
        spec.url.as_deref().ok_or_else(missing)
    };
    match api {
        QuotaApi::Claude => claude::ask(http, login()?).await,
        QuotaApi::Codex => codex::ask(http, login()?).await,
        QuotaApi::Copilot => copilot::ask(http, login()?).await,
        QuotaApi::GeminiCli => gemini_cli::ask(http, login()?).await,
        QuotaApi::Antigravity => antigravity::ask(http, login()?).await,
        QuotaApi::Kiro => kiro::ask(http, login()?).await,
        QuotaApi::Kimi => kimi::ask(http, login()?).await,
        QuotaApi::Glm => glm::ask(http, url()?, credential.bearer()).await,
        QuotaApi::MiniMax => minimax::ask(http, url()?, credential.bearer()).await,
        QuotaApi::OpenRouter => openrouter::ask(http, url()?, credential.bearer()).await,
    }
}

/// What `url` says to whoever shows `key`.
async fn by_key(http: &Http, url: &str, key: &SecretString) -> Result<Value, AccountError> {
    let headers = authorization("Bearer", key.expose_secret())?;
    http.json(::http::Method::GET, url, headers, None).await
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
