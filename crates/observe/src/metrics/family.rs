//! Every metric there is: its name, its meaning, its labels.
//!
//! Names follow <https://prometheus.io/docs/practices/naming/>, but for money, which is counted in whole
//! millionths of a dollar as everywhere in this program.

#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
    pub labels: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Seconds; a fast model's first word to a slow one's long thought.
pub(super) const FIRST_TOKEN_BOUNDS: [f64; 12] = [
    0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0,
];
/// Seconds; an embedding to an agent's longest turn.
pub(super) const DURATION_BOUNDS: [f64; 12] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0,
];

macro_rules! families {
    ($($constant:ident: $kind:ident $name:literal $labels:expr, $help:literal;)*) => {
        $(pub static $constant: Family = Family {
            name: $name,
            kind: Kind::$kind,
            help: $help,
            labels: &$labels,
        };)*
        /// All of them.
        pub static FAMILIES: &[&Family] = &[$(&$constant),*];
    };
}

families! {
    REQUESTS: Counter "ninerouter_requests_total" ["endpoint", "provider", "model", "outcome"],
        "Requests that have ended, by the one who answered or was asked last.";
    ERRORS: Counter "ninerouter_errors_total" ["endpoint", "provider", "kind"],
        "Requests that did not end well, by the last failure.";
    TOKENS: Counter "ninerouter_tokens_total" ["provider", "model", "kind"],
        "Tokens. Kinds are disjoint but for reasoning, which is a part of output.";
    COST: Counter "ninerouter_cost_microdollars_total" ["provider", "model", "billing"],
        "Cost by list price, in millionths of a US dollar. Under a flat rate it is what it was worth, not what was paid.";
    UNPRICED: Counter "ninerouter_unpriced_requests_total" ["provider", "model"],
        "Requests that used tokens no price is known of; the cost leaves them out.";
    ATTEMPTS: Counter "ninerouter_attempts_total" ["provider", "result"],
        "Tries of single accounts, by failure or outcome.";
    FALLBACKS: Counter "ninerouter_fallbacks_total" ["provider", "reason"],
        "Tries that were lost and after which somebody else was asked, by the one who lost.";
    FIRST_TOKEN: Histogram "ninerouter_time_to_first_token_seconds" ["endpoint", "provider"],
        "From a request's arrival to the first byte of its answer.";
    DURATION: Histogram "ninerouter_request_duration_seconds" ["endpoint", "provider"],
        "From a request's arrival to the end of its answer.";
    IN_FLIGHT: Gauge "ninerouter_requests_in_flight" [],
        "Requests under way.";
    ACCOUNTS: Gauge "ninerouter_accounts" ["provider", "state"],
        "Accounts. A resting one rests for at least one of its models; a paused one is switched off.";
    QUOTA: Gauge "ninerouter_quota_used_ratio" ["provider", "account", "window"],
        "How much an account has used of an allowance, from 0 to 1, as its upstream said last. The account goes by its id.";
    RECORDER_WAITING: Gauge "ninerouter_recorder_waiting_rows" [],
        "Rows of ended requests that are not in the database yet.";
    RECORDER_LAG: Gauge "ninerouter_recorder_lag_seconds" [],
        "How long the oldest row in the writer's hands has been there.";
    RECORDER_FAILURES: Counter "ninerouter_recorder_failures_total" [],
        "Tries to write rows that the database refused. They are tried again.";
    SPANS: Counter "ninerouter_spans_total" ["result"],
        "Spans of traces that were sent to the collector or dropped.";
    BUILD: Gauge "ninerouter_build_info" ["version"],
        "Always 1; which version this is.";
}
