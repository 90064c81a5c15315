//! Requests as a small team makes them in ninety days, the same ones at every run but for when they end.

use api::ids::{ConnectionId, KeyId, ProviderId, RequestId, UserId};
use api::price::{AppliedPrice, PriceSource, Rates};
use api::usage::{Outcome, Tokens};
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use store::records::{AttemptRecord, UsageRecord, UsageSource};

const DAYS: i64 = 90;
const ENDPOINTS: [(&str, &str); 5] = [
    ("/v1/messages", "anthropic"),
    ("/v1/chat/completions", "openai-chat"),
    ("/v1/responses", "openai-responses"),
    ("/v1beta/models/*:streamGenerateContent", "gemini"),
    ("/v1/api/chat", "ollama"),
];
const PROVIDERS: usize = 12;
const MODELS: usize = 60;
const ACCOUNTS: usize = 20;
const KEYS: usize = 10;
const USERS: usize = 5;
/// How busy each hour of the day is.
const BUSY: [u64; 24] = [
    1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 11, 12, 12, 11, 10, 8, 6, 5, 4, 3, 2,
];

pub(crate) struct Generator {
    rng: StdRng,
    rows: usize,
    made: usize,
    start: DateTime<Utc>,
    /// The hour under way, how many of its requests are made, and how many there are.
    hour: (i64, u64, u64),
}

impl Generator {
    pub(crate) fn new(rows: usize) -> Self {
        let now = Utc::now().timestamp() / 3_600 * 3_600;
        let start = DateTime::from_timestamp(now, 0).unwrap_or_default() - TimeDelta::days(DAYS);
        let mut generator = Self {
            rng: StdRng::seed_from_u64(20_128),
            rows,
            made: 0,
            start,
            hour: (-1, 0, 0),
        };
        generator.next_hour();
        generator
    }

    /// In the order of time; empty at the end.
    pub(crate) fn batch(&mut self, most: usize) -> Vec<UsageRecord> {
        let count = most.min(self.rows - self.made);
        let batch = (0..count).map(|_| self.record()).collect();
        self.made += count;
        batch
    }

    fn next_hour(&mut self) {
        let hour = self.hour.0 + 1;
        let of_day = usize::try_from(hour.rem_euclid(24)).unwrap_or_default();
        let busy = BUSY.get(of_day).copied().unwrap_or(1);
        let all = BUSY.iter().sum::<u64>() * DAYS.unsigned_abs();
        self.hour = (hour, 0, (self.rows as u64 * busy).div_ceil(all));
    }

    fn record(&mut self) -> UsageRecord {
        while self.hour.1 >= self.hour.2 {
            self.next_hour();
        }
        let (hour, done, all) = self.hour;
        self.hour.1 += 1;
        let within = i64::try_from(done * 3_600_000 / all).unwrap_or_default();
        let at = self.start + TimeDelta::hours(hour) + TimeDelta::milliseconds(within);

        let number = self.made as u64 * 1_000 + done;
        let rng = &mut self.rng;
        let key = skewed(rng, KEYS);
        // A tool has its endpoint and a few models, and only now and then another.
        let endpoint = if rng.random_bool(0.9) {
            key % ENDPOINTS.len()
        } else {
            rng.random_range(0..ENDPOINTS.len())
        };
        let model = (skewed(rng, MODELS) + key * 7) % MODELS;
        let provider = model % PROVIDERS;
        let account = if rng.random_bool(0.8) {
            provider
        } else {
            (provider + PROVIDERS).min(ACCOUNTS - 1)
        };
        let outcome = match rng.random_range(0..1_000) {
            0..20 => Outcome::UpstreamError,
            20..35 => Outcome::ClientGone,
            35..45 => Outcome::Refused,
            45..46 => Outcome::Internal,
            _ => Outcome::Ok,
        };
        let is_ok = outcome == Outcome::Ok;
        let tokens = tokens(rng, is_ok);
        let rates = Rates {
            input: 100_000 * (model as u64 + 1),
            output: 500_000 * (model as u64 + 1),
            cache_read: 10_000 * (model as u64 + 1),
            cache_write: 125_000 * (model as u64 + 1),
            reasoning: 500_000 * (model as u64 + 1),
        };
        let price = (model % 10 != 9 && is_ok).then_some(AppliedPrice {
            source: PriceSource::Catalogue,
            rates,
        });
        let ttft_ms = is_ok.then(|| latency(rng, 700.0));
        let duration_ms = ttft_ms.unwrap_or(50) + latency(rng, 9_000.0);
        let (endpoint, format) = ENDPOINTS.get(endpoint).copied().unwrap_or_default();
        let provider = ProviderId(format!("provider-{provider:02}"));
        let connection = ConnectionId(format!("018f0000-0000-7000-8000-0000000000{account:02}"));
        let served = format!("model-{model:02}");
        let attempt = AttemptRecord {
            provider: provider.clone(),
            connection_id: connection.clone(),
            model: served.clone(),
            started_ms: 1,
            duration_ms,
            headers_ms: ttft_ms,
            ttft_ms,
            status: Some(if is_ok { 200 } else { 529 }),
            outcome,
            error: None,
            failure: None,
            rest_until: None,
        };
        let millis = at.timestamp_millis().unsigned_abs();
        UsageRecord {
            // As a UUID of version 7: in the order of time.
            id: RequestId(format!(
                "{:08x}-{:04x}-7000-8000-{number:012x}",
                millis >> 16,
                millis & 0xffff
            )),
            at,
            endpoint: Some(endpoint.to_owned()),
            client_format: Some(format.to_owned()),
            upstream_format: Some(format.to_owned()),
            is_stream: rng.random_bool(0.9),
            model_requested: Some(format!("{provider}/{served}", provider = provider.as_str())),
            provider: Some(provider),
            connection_id: Some(connection),
            key_id: Some(KeyId(format!("018f0000-0000-7000-9000-0000000000{key:02}"))),
            user_id: Some(UserId(format!(
                "018f0000-0000-7000-a000-0000000000{:02}",
                key % USERS
            ))),
            combo: (key == 1 && rng.random_bool(0.3)).then(|| "coding".to_owned()),
            model_served: Some(served),
            tokens,
            usage_source: if rng.random_bool(0.02) {
                UsageSource::Estimated
            } else {
                UsageSource::Reported
            },
            cost_micros: price.map(|price| price.rates.cost_micros(&tokens)),
            is_flat_rate: model % 12 < 4,
            ttft_ms,
            duration_ms,
            status: if is_ok { 200 } else { 529 },
            outcome,
            error: (!is_ok).then(|| "overloaded".to_owned()),
            user_agent: Some("client/1.0".to_owned()),
            tag: rng
                .random_bool(0.03)
                .then(|| ["nightly", "review", "evaluation"].choose(rng))
                .flatten()
                .map(|tag| (*tag).to_owned()),
            notes: Vec::new(),
            price,
            attempts: vec![attempt],
            skipped: Vec::new(),
        }
    }
}

/// The first ones often, the last ones rarely.
fn skewed(rng: &mut StdRng, count: usize) -> usize {
    let unit: f64 = rng.random();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "from 0 to the count, which is small"
    )]
    let chosen = (unit * unit * unit * count as f64) as usize;
    chosen.min(count - 1)
}

/// Most are near the usual, some take far longer.
fn latency(rng: &mut StdRng, usual_ms: f64) -> u32 {
    let spread: f64 = (0..4).map(|_| rng.random::<f64>() - 0.5).sum();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "far below the limit"
    )]
    let ms = (usual_ms * (spread * 2.0).exp()) as u32;
    ms
}

fn tokens(rng: &mut StdRng, is_ok: bool) -> Tokens {
    if !is_ok {
        return Tokens::default();
    }
    let output = u64::from(latency(rng, 400.0));
    Tokens {
        input: u64::from(latency(rng, 2_000.0)),
        cache_read: u64::from(latency(rng, 30_000.0)),
        cache_write: u64::from(latency(rng, 3_000.0)),
        output,
        reasoning: if rng.random_bool(0.3) { output / 2 } else { 0 },
    }
}
