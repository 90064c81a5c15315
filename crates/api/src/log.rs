//! The request log: what it is searched by, and one request in full.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, KeyId, ProviderId, RequestId};
use crate::price::AppliedPrice;
use crate::usage::{Outcome, Period, UsageRow};

/// What the log is narrowed to; the whole of it stands in the page's URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFilter {
    /// A part of a model, an error, an account, a key, a request's id; letters of both cases are the same.
    pub search: Option<String>,
    pub outcome: Option<Ended>,
    pub provider: Option<ProviderId>,
    /// As it was asked for or as it was served.
    pub model: Option<String>,
    pub endpoint: Option<String>,
    pub connection: Option<ConnectionId>,
    pub key: Option<KeyId>,
    pub combo: Option<String>,
    pub period: Period,
    /// Inside of the period, both in UTC.
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}

/// How the requests have ended that are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    With(Outcome),
    /// In any way but an answer: whoever it was that failed, and whoever left.
    Failed,
}

impl Ended {
    /// The name in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::With(outcome) => outcome.as_str(),
            Self::Failed => "failed",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "failed" => Some(Self::Failed),
            text => Outcome::parse(text).map(Self::With),
        }
    }

    #[must_use]
    pub fn takes(self, outcome: Outcome) -> bool {
        match self {
            Self::With(wanted) => outcome == wanted,
            Self::Failed => outcome != Outcome::Ok,
        }
    }
}

impl LogFilter {
    /// From the parameters of a URL. What makes no sense is as good as absent.
    #[must_use]
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| {
            get(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let moment = |name: &str| {
            let moment = DateTime::parse_from_rfc3339(&text(name)?).ok()?;
            Some(moment.with_timezone(&Utc))
        };
        Self {
            search: text("q"),
            outcome: text("outcome").and_then(|text| Ended::parse(&text)),
            provider: text("provider").map(ProviderId),
            model: text("model"),
            endpoint: text("endpoint"),
            connection: text("account").map(ConnectionId),
            key: text("key").map(KeyId),
            combo: text("combo"),
            period: text("period")
                .and_then(|text| Period::parse(&text))
                .unwrap_or_default(),
            since: moment("since"),
            until: moment("until"),
        }
    }

    /// The parameters of a URL that read as this; defaults are left out.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let all = [
            ("q", self.search.clone()),
            (
                "outcome",
                self.outcome.map(|ended| ended.as_str().to_owned()),
            ),
            ("provider", self.provider.as_ref().map(|id| id.0.clone())),
            ("model", self.model.clone()),
            ("endpoint", self.endpoint.clone()),
            ("account", self.connection.as_ref().map(|id| id.0.clone())),
            ("key", self.key.as_ref().map(|id| id.0.clone())),
            ("combo", self.combo.clone()),
            (
                "period",
                (self.period != Period::default()).then(|| self.period.as_str().to_owned()),
            ),
            ("since", self.since.map(moment)),
            ("until", self.until.map(moment)),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// Whether anything but the period is chosen.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        *self
            != Self {
                period: self.period,
                ..Self::default()
            }
    }

    /// The earliest moment that is shown at `now`.
    #[must_use]
    pub fn from(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let hours = match self.period {
            Period::Day => Some(24),
            Period::Week => Some(7 * 24),
            Period::Month => Some(30 * 24),
            Period::All => None,
        };
        let period = hours.map(|hours| now - Duration::hours(hours));
        self.since.max(period)
    }

    /// Whether a request that has just ended belongs to what is shown.
    #[must_use]
    pub fn takes(&self, row: &UsageRow) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        self.outcome.is_none_or(|ended| ended.takes(row.outcome))
            && is(self.provider.as_ref(), row.provider.as_ref())
            && is(self.endpoint.as_ref(), row.endpoint.as_ref())
            && is(self.connection.as_ref(), row.connection_id.as_ref())
            && is(self.key.as_ref(), row.key_id.as_ref())
            && is(self.combo.as_ref(), row.combo.as_ref())
            && self.model.as_ref().is_none_or(|model| {
                [&row.model_requested, &row.model_served].contains(&&Some(model.clone()))
            })
            && self.since.is_none_or(|since| row.at >= since)
            && self.until.is_none_or(|until| row.at < until)
            && self
                .search
                .as_deref()
                .is_none_or(|text| has_text(row, text))
    }
}

fn has_text(row: &UsageRow, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let fields = [
        Some(row.id.as_str()),
        row.endpoint.as_deref(),
        row.provider.as_ref().map(ProviderId::as_str),
        row.model_requested.as_deref(),
        row.model_served.as_deref(),
        row.error.as_deref(),
        row.connection_name.as_deref(),
        row.key_name.as_deref(),
    ];
    fields
        .into_iter()
        .flatten()
        .any(|field| field.to_ascii_lowercase().contains(&text))
}

/// A row's place in the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogPlace {
    pub at: DateTime<Utc>,
    pub id: RequestId,
}

impl LogPlace {
    /// As it stands in a URL: milliseconds and the id.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}.{}", self.at.timestamp_millis(), self.id)
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        Some(Self {
            at: DateTime::from_timestamp_millis(at.parse().ok()?)?,
            id: RequestId::from(id),
        })
    }
}

/// Which part of the log a page shows; it is always shown newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogCursor {
    #[default]
    Newest,
    /// What is older than this row.
    Before(LogPlace),
    /// What comes right after this row.
    After(LogPlace),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogPage {
    pub rows: Vec<UsageRow>,
    pub has_older: bool,
    pub has_newer: bool,
    pub choices: LogChoices,
}

/// What there is to narrow the log by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogChoices {
    /// With their names.
    pub providers: Vec<(ProviderId, String)>,
    pub models: Vec<String>,
    pub endpoints: Vec<String>,
    pub keys: Vec<(KeyId, String)>,
    pub combos: Vec<String>,
}

/// Why somebody who could have served was not asked.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// It rests after a failure, until a known time.
    Resting,
    /// Its owner paused it.
    Paused,
    /// It belongs to somebody else and is not shared.
    NotPermitted,
    /// The provider has no account that could be asked.
    NoAccount,
    /// Its credential cannot be sent.
    Unusable,
    /// The request cannot be said in what the provider speaks, or not without a loss.
    Untranslatable,
    /// Its owner keeps it to other models.
    OtherModels,
}

impl SkipReason {
    /// In words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Resting => "it rests",
            Self::Paused => "it is paused",
            Self::NotPermitted => "it belongs to somebody else",
            Self::NoAccount => "no account that could be asked",
            Self::Unusable => "its credential cannot be sent",
            Self::Untranslatable => "the request cannot be put into its format",
            Self::OtherModels => "it is kept to other models",
        }
    }
}

/// A candidate on the way to the answer, asked or not.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub provider: ProviderId,
    pub provider_name: String,
    pub connection_id: Option<ConnectionId>,
    pub connection_name: Option<String>,
    pub model: String,
    /// Milliseconds after the request's start.
    pub started_ms: u32,
    pub fate: Fate,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fate {
    Skipped {
        reason: SkipReason,
        /// The kind of failure it rests because of.
        failure: Option<String>,
        until: Option<DateTime<Utc>>,
        words: Option<String>,
    },
    Asked {
        duration_ms: u32,
        /// After the attempt's start.
        headers_ms: Option<u32>,
        /// To the first byte of the answer, after the attempt's start.
        ttft_ms: Option<u32>,
        /// The upstream's.
        status: Option<u16>,
        outcome: Outcome,
        failure: Option<String>,
        rest_until: Option<DateTime<Utc>>,
        error: Option<String>,
        /// It gave the answer, or what there is of one.
        has_served: bool,
    },
}

/// One request in full.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestDetail {
    pub row: UsageRow,
    pub provider_name: Option<String>,
    pub upstream_format: Option<String>,
    pub is_stream: bool,
    pub user_agent: Option<String>,
    /// In the order in which they came up.
    pub candidates: Vec<Candidate>,
    /// Unknown for requests from before it was kept.
    pub price: Option<AppliedPrice>,
    /// The request again, as a command line, with a placeholder for the key.
    pub curl: String,
    pub capture: Option<CaptureView>,
}

/// What was kept of the bytes.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureView {
    /// Too much was going on at once; nothing was kept.
    pub is_dropped: bool,
    pub stages: Vec<StageView>,
}

/// The four sides of the router.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    ClientRequest,
    UpstreamRequest,
    UpstreamResponse,
    ClientResponse,
}

impl Stage {
    pub const ALL: [Self; 4] = [
        Self::ClientRequest,
        Self::UpstreamRequest,
        Self::UpstreamResponse,
        Self::ClientResponse,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientRequest => "client_request",
            Self::UpstreamRequest => "upstream_request",
            Self::UpstreamResponse => "upstream_response",
            Self::ClientResponse => "client_response",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientRequest => "Client's request",
            Self::UpstreamRequest => "Request to the provider",
            Self::UpstreamResponse => "Provider's answer",
            Self::ClientResponse => "Answer to the client",
        }
    }
}

/// One stage, with its secrets masked.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageView {
    pub stage: Stage,
    /// Of the attempt it belongs to, from 1 on; 0 on the client's side.
    pub attempt: u32,
    /// `POST /v1/messages`, or `HTTP 200`.
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Bytes of the whole body.
    pub size: u64,
    /// The body is only the beginning of it.
    pub is_truncated: bool,
}

/// Whether whole requests and answers are kept, and how much of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureSettings {
    pub is_on: bool,
    /// KiB of a stage's body.
    pub stage_kib: u32,
    /// MiB of all that is kept.
    pub total_mib: u32,
    pub hours: u32,
}

impl Default for CaptureSettings {
    fn default() -> Self {
        Self {
            is_on: false,
            stage_kib: 256,
            total_mib: 256,
            hours: 72,
        }
    }
}

impl CaptureSettings {
    pub const MOST_STAGE_KIB: u32 = 8 * 1024;
    pub const MOST_TOTAL_MIB: u32 = 16 * 1024;
    pub const MOST_HOURS: u32 = 24 * 90;
}

/// The settings, and what there is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureStatus {
    pub settings: CaptureSettings,
    /// `ENABLE_REQUEST_LOGS` turns it on, whatever the setting says.
    pub is_forced: bool,
    pub requests: u64,
    /// As they lie in the database.
    pub bytes: u64,
    pub may_change: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reads_as_it_was_written() {
        let filter = LogFilter {
            search: Some("a&b".to_owned()),
            outcome: Some(Ended::With(Outcome::ClientGone)),
            provider: Some("p".into()),
            model: Some("m".to_owned()),
            endpoint: Some("/v1/messages".to_owned()),
            connection: Some("c".into()),
            key: Some("k".into()),
            combo: Some("fast".to_owned()),
            period: Period::Month,
            since: DateTime::from_timestamp_millis(1_795_363_456_789),
            until: DateTime::from_timestamp_millis(1_795_363_999_000),
        };
        let pairs = filter.pairs();
        assert_eq!(pairs.len(), 11);
        let get = |name: &str| {
            let pair = pairs.iter().find(|(known, _)| *known == name);
            pair.map(|(_, value)| value.clone())
        };
        assert_eq!(LogFilter::read(get), filter);
        assert_eq!(LogFilter::default().pairs(), []);
        let failed = LogFilter {
            outcome: Some(Ended::Failed),
            ..LogFilter::default()
        };
        assert_eq!(failed.pairs(), [("outcome", "failed".to_owned())]);
        let get = |name: &str| (name == "outcome").then(|| "failed".to_owned());
        assert_eq!(LogFilter::read(get), failed);
        let nonsense = LogFilter::read(|name| {
            ["outcome", "period", "since"]
                .contains(&name)
                .then(|| "nonsense".to_owned())
        });
        assert_eq!(nonsense, LogFilter::default());
    }

    #[test]
    fn a_place_reads_as_it_was_written() {
        let place = LogPlace {
            at: DateTime::from_timestamp_millis(1_795_363_456_789).expect("a time"),
            id: RequestId::from("0199-a.b"),
        };
        assert_eq!(LogPlace::parse(&place.text()), Some(place));
        for nonsense in ["", "1", "x.y", "99999999999999999.a"] {
            assert_eq!(LogPlace::parse(nonsense), None, "{nonsense}");
        }
    }
}
