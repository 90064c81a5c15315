//! What an upstream reports is what its client reads, what the row keeps, and what is charged: for every recorded
//! answer with a usage report, in every client's format, whole and streamed.

mod reading;
mod vendors;

use std::fs;
use std::path::{Path, PathBuf};

use api::usage::{Outcome, UsageRow};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Reply;

use crate::reconcile::reading::{Counters, Format, counters};
use crate::support::{Routed, User, answer};

/// Millionths of a dollar per million tokens: input, cache read, cache write, output, reasoning.
const RATES: [u64; 5] = [3_000_000, 300_000, 3_750_000, 15_000_000, 17_000_001];

/// Recorded answers that end badly: the client is told of the failure, and what was reported until then is charged.
const BROKEN: [&str; 6] = [
    "anthropic/cut_between_events.sse",
    "anthropic/done_is_no_end.sse",
    "anthropic/overloaded_midway.sse",
    "messages/stream/cut_in_a_call.sse",
    "messages/stream/error_midway.sse",
    "openai_responses/stream/failed.sse",
];
/// Reports whose figures are no numbers: which of them count is tested where they are read.
const MALFORMED: [&str; 1] = ["openai-chat/malformed_usage.sse"];

struct Recorded {
    name: String,
    bytes: Vec<u8>,
    reported: Counters,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/wire/tests/fixtures")
}

/// The recorded answers of a format that report something.
fn recorded(format: Format) -> Vec<Recorded> {
    let folders: &[&str] = match format {
        Format::Chat => &["openai-chat", "openai_chat/answers", "openai_chat/streams"],
        Format::Responses => &[
            "openai-responses",
            "openai_responses/body",
            "openai_responses/stream",
        ],
        Format::Anthropic => &["anthropic", "messages/stream", "messages/whole"],
        Format::Gemini => &["codec-gemini/bodies", "codec-gemini/streams"],
        Format::Ollama => &["ollama/streams"],
    };
    let mut recorded = Vec::new();
    for folder in folders {
        let mut files: Vec<_> = fs::read_dir(fixtures().join(folder))
            .expect("a folder of fixtures")
            .map(|file| file.expect("a file").path())
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        for path in files {
            let file = path.file_name().expect("a name").to_string_lossy();
            let name = format!("{folder}/{file}");
            let bytes = fs::read(&path).expect("its bytes");
            let Some(reported) = counters(format, &bytes) else {
                continue;
            };
            if !MALFORMED.contains(&name.as_str()) {
                recorded.push(Recorded {
                    name,
                    bytes,
                    reported,
                });
            }
        }
    }
    recorded
}

impl Recorded {
    fn reply(&self) -> Reply {
        let ending = self.name.rsplit_once('.').map(|(_, ending)| ending);
        match ending {
            Some("sse") => Reply::sse([self.bytes.clone()]),
            Some("ndjson") => Reply::text(200, "application/x-ndjson", self.bytes.clone()),
            _ => Reply::text(200, "application/json", self.bytes.clone()),
        }
    }

    fn is_broken(&self) -> bool {
        BROKEN.contains(&self.name.as_str())
    }
}

/// A client's question in its format.
fn question(client: Format, model: &str, stream: bool) -> (String, Value) {
    let messages = json!([{ "role": "user", "content": "hi" }]);
    match client {
        Format::Chat => {
            let options = stream.then(|| json!({ "include_usage": true }));
            let body = json!({ "model": model, "stream": stream, "stream_options": options, "messages": messages });
            ("/v1/chat/completions".to_owned(), body)
        }
        Format::Responses => {
            let body = json!({ "model": model, "stream": stream, "input": "hi" });
            ("/v1/responses".to_owned(), body)
        }
        Format::Anthropic => {
            let body =
                json!({ "model": model, "stream": stream, "max_tokens": 64, "messages": messages });
            ("/v1/messages".to_owned(), body)
        }
        Format::Gemini => {
            let action = if stream {
                "streamGenerateContent?alt=sse"
            } else {
                "generateContent"
            };
            let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] });
            (format!("/v1beta/models/{model}:{action}"), body)
        }
        Format::Ollama => {
            let body = json!({ "model": model, "stream": stream, "messages": messages });
            ("/api/chat".to_owned(), body)
        }
    }
}

/// Millionths of a dollar, rounded half up once.
fn price([input, cache_read, cache_write, output, reasoning]: [u64; 5]) -> i64 {
    let amounts = [
        input,
        cache_read,
        cache_write,
        output - reasoning,
        reasoning,
    ];
    let picos: u64 = amounts
        .iter()
        .zip(RATES)
        .map(|(amount, rate)| amount * rate)
        .sum();
    i64::try_from((picos + 500_000) / 1_000_000).expect("a small sum")
}

fn stored(row: &UsageRow) -> [u64; 5] {
    let tokens = row.tokens;
    [
        tokens.input,
        tokens.cache_read,
        tokens.cache_write,
        tokens.output,
        tokens.reasoning,
    ]
}

async fn priced(admin: &User<'_>, prefix: &str, model: &str) {
    #[expect(clippy::cast_precision_loss, reason = "a price has few digits")]
    let [input, cached, cache_creation, output, reasoning] =
        RATES.map(|rate| rate as f64 / 1_000_000.0);
    let rates = json!({ "input": input, "cached": cached, "cache_creation": cache_creation, "output": output, "reasoning": reasoning });
    let set = json!({ prefix: { model: rates } });
    admin.json(Method::PATCH, "/api/pricing", &set).await;
}

/// Every recorded answer of an upstream's format, to every client; then the sums over all of it.
async fn reconcile(upstream: Format, expected: &[(&str, [u64; 5])]) {
    let recorded = recorded(upstream);
    let found: Vec<_> = recorded
        .iter()
        .map(|recorded| (recorded.name.as_str(), recorded.reported.disjoint()))
        .collect();
    assert_eq!(found, expected, "the recorded answers that report a usage");

    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let prefix = upstream.prefix();
    priced(&admin, prefix, "m").await;
    let model = format!("{prefix}/m");
    let mut asked = Vec::new();
    let mut wrong = Vec::new();
    for recorded in &recorded {
        for client in Format::ALL {
            for stream in [false, true] {
                routed.upstream.reply(recorded.reply());
                let (path, body) = question(client, &model, stream);
                let call = routed.call(&path, body.to_string()).send().await;
                let response = call.expect("an answer");
                let status = response.status();
                let seen = response.bytes().await.unwrap_or_default();
                let name = format!("{} for {client:?}, stream: {stream}", recorded.name);
                if !recorded.is_broken() {
                    let read = counters(client, &seen);
                    let told = read.map(|read| read.as_told(client));
                    let wanted = Some(recorded.reported.as_told(client));
                    if told != wanted {
                        let seen = String::from_utf8_lossy(&seen);
                        wrong.push(format!(
                            "{name}: the client of {status} read {told:?} and not {wanted:?} in {seen}"
                        ));
                    }
                }
                asked.push((name, recorded));
            }
        }
    }

    let rows = routed.app.rows(asked.len()).await;
    for (row, (name, recorded)) in rows.iter().zip(&asked) {
        let reported = recorded.reported.disjoint();
        let is_ok = row.outcome == Outcome::Ok;
        if stored(row) != reported || row.is_estimate || is_ok == recorded.is_broken() {
            wrong.push(format!(
                "{name}: the row has {:?} and not {reported:?}, {:?}, estimated: {}",
                stored(row),
                row.outcome,
                row.is_estimate
            ));
        } else if row.cost_micros != Some(price(reported)) {
            wrong.push(format!(
                "{name}: it costs {:?} and not {}",
                row.cost_micros,
                price(reported)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n"));

    let sum = |place: usize| -> u64 { rows.iter().map(|row| stored(row)[place]).sum() };
    let cost: i64 = rows.iter().filter_map(|row| row.cost_micros).sum();
    let (status, table) = answer(admin.get("/api/usage/query?by=endpoint,outcome").await).await;
    assert_eq!(status, 200, "{table}");
    let tokens = &table["totals"]["tokens"];
    for (place, counter) in ["input", "cache_read", "cache_write", "output", "reasoning"]
        .into_iter()
        .enumerate()
    {
        assert_eq!(tokens[counter], sum(place), "{counter}");
    }
    assert_eq!(table["totals"]["cost"]["total"], cost);
    let (_, stats) = answer(admin.get("/api/usage/stats?period=24h").await).await;
    assert_eq!(stats["totalPromptTokens"], sum(0) + sum(1) + sum(2));
    assert_eq!(stats["totalCompletionTokens"], sum(3));
}

#[tokio::test]
async fn of_chat_completions() {
    let expected = [
        ("openai-chat/crlf_without_done.sse", [5, 0, 0, 2, 0]),
        ("openai-chat/reasoning.sse", [15, 0, 16, 260, 257]),
        ("openai-chat/text_with_usage.sse", [86, 1920, 0, 11, 0]),
        ("openai-chat/tool_call.json", [195, 1024, 0, 110, 64]),
        ("openai-chat/tool_calls.sse", [182, 0, 0, 44, 0]),
        ("openai_chat/answers/everything.json", [8, 4, 0, 7, 3]),
        (
            "openai_chat/streams/reasoning_between_text.sse",
            [8, 4, 0, 7, 3],
        ),
        ("openai_chat/streams/split_choices.sse", [3, 0, 0, 2, 0]),
        ("openai_chat/streams/text.sse", [8, 4, 0, 7, 3]),
    ];
    reconcile(Format::Chat, &expected).await;
}

#[tokio::test]
async fn of_responses() {
    let expected = [
        ("openai-responses/incomplete.sse", [81, 0, 0, 16, 16]),
        (
            "openai-responses/reasoning_and_tool_crlf.sse",
            [131, 13952, 128, 310, 256],
        ),
        ("openai-responses/response.json", [11, 64, 0, 1186, 1024]),
        ("openai-responses/text.sse", [37, 0, 0, 11, 0]),
        ("openai_responses/body/filtered.json", [8, 4, 0, 7, 3]),
        (
            "openai_responses/stream/arguments_only_when_done.sse",
            [8, 4, 0, 7, 3],
        ),
        ("openai_responses/stream/failed.sse", [8, 4, 0, 7, 3]),
        ("openai_responses/stream/hosted_tools.sse", [8, 4, 0, 7, 3]),
        ("openai_responses/stream/late_text.sse", [8, 4, 0, 7, 3]),
        (
            "openai_responses/stream/only_at_the_end.sse",
            [8, 4, 0, 7, 3],
        ),
        (
            "openai_responses/stream/raw_reasoning_incomplete.sse",
            [8, 4, 0, 7, 3],
        ),
        (
            "openai_responses/stream/reasoning_and_interleaved_calls.sse",
            [8, 4, 0, 7, 3],
        ),
        ("openai_responses/stream/refusal.sse", [8, 4, 0, 7, 3]),
        ("openai_responses/stream/text.sse", [8, 4, 0, 7, 3]),
    ];
    reconcile(Format::Responses, &expected).await;
}

#[tokio::test]
async fn of_messages() {
    let expected = [
        ("anthropic/cut_between_events.sse", [12, 0, 0, 1, 0]),
        ("anthropic/done_is_no_end.sse", [12, 0, 0, 1, 0]),
        ("anthropic/message.json", [2095, 3000, 100, 503, 0]),
        ("anthropic/overloaded_midway.sse", [12, 0, 0, 1, 0]),
        ("anthropic/text.sse", [25, 0, 0, 15, 0]),
        ("anthropic/thinking_crlf.sse", [42, 128, 0, 310, 280]),
        ("anthropic/tool_use_with_cache.sse", [4, 18432, 612, 89, 0]),
        ("anthropic/usage_at_the_end.sse", [900, 0, 0, 2, 0]),
        ("messages/stream/context_window.sse", [5, 3, 2, 9, 0]),
        ("messages/stream/cut_in_a_call.sse", [5, 3, 2, 1, 0]),
        ("messages/stream/error_midway.sse", [5, 3, 2, 1, 0]),
        ("messages/stream/every_block.sse", [6, 3, 2, 40, 11]),
        ("messages/stream/input_announced.sse", [5, 3, 2, 9, 0]),
        ("messages/stream/nothing_announced.sse", [5, 3, 2, 1, 0]),
        ("messages/stream/pause.sse", [5, 3, 2, 9, 0]),
        ("messages/stream/refusal.sse", [5, 3, 2, 9, 0]),
        ("messages/stream/stop_sequence.sse", [5, 3, 2, 9, 0]),
        ("messages/stream/unknown_things.sse", [5, 3, 2, 9, 0]),
        ("messages/whole/every_block.json", [5, 3, 2, 9, 0]),
        ("messages/whole/refusal.json", [5, 3, 2, 9, 0]),
    ];
    reconcile(Format::Anthropic, &expected).await;
}

#[tokio::test]
async fn of_gemini() {
    let expected = [
        ("codec-gemini/bodies/no_reason.json", [3, 0, 0, 0, 0]),
        ("codec-gemini/bodies/nothing.json", [3, 0, 0, 0, 0]),
        ("codec-gemini/streams/prompt_blocked.sse", [3, 0, 0, 0, 0]),
        (
            "codec-gemini/streams/thinking_and_calls.sse",
            [6, 4, 0, 11, 5],
        ),
    ];
    reconcile(Format::Gemini, &expected).await;
}

#[tokio::test]
async fn of_ollama() {
    let expected = [
        ("ollama/streams/everything.ndjson", [26, 0, 0, 298, 0]),
        ("ollama/streams/pretty.ndjson", [0, 0, 0, 1, 0]),
        ("ollama/streams/whole.ndjson", [3, 0, 0, 4, 0]),
    ];
    reconcile(Format::Ollama, &expected).await;
}
