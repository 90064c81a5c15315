//! What translation costs, beside parsing the same bytes into a document and printing it again.
//!
//! Time and throughput by criterion; allocations are counted once and printed before.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and reports by printing"
)]

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use wire::codec::{Reply, translate_request};
use wire::dialect::Dialect;
use wire::format::Format;
use wire::framing::sse::SseParser;
use wire::ir::note::Notes;
use wire::ir::target::{Restore, Target, Traits};
use wire::stream::translator::{Delivery, Translator};

/// A coding agent's request as a chat client sends it: 40 tools, 60 turns, about `size` bytes.
fn agent_request(size: usize) -> Bytes {
    let tools: Vec<Value> = (0..40)
        .map(|number| {
            json!({ "type": "function", "function": {
                "name": format!("tool_{number}"),
                "description": "Reads a file and says what is in it, with line numbers, from an offset on.",
                "parameters": { "type": "object", "required": ["path"], "properties": {
                    "path": { "type": "string", "description": "An absolute path" },
                    "offset": { "type": "integer", "minimum": 0 },
                    "mode": { "type": "string", "enum": ["text", "hex"] },
                } },
            } })
        })
        .collect();
    let filler = "fn main() {\n    println!(\"grüße, {}\", name);\n}\n";
    let rest = size.saturating_sub(40 * 420) / 60;
    let text = filler.repeat(rest / filler.len() + 1);
    let mut messages = vec![json!({ "role": "system", "content": "You are a careful engineer." })];
    for turn in 0..20 {
        let id = format!("call_{turn}");
        let arguments = json!({ "path": format!("/src/{turn}.rs"), "offset": turn }).to_string();
        messages.extend([
            json!({ "role": "user", "content": text }),
            json!({ "role": "assistant", "content": text, "tool_calls": [
                { "id": id, "type": "function", "function": { "name": "tool_1", "arguments": arguments } },
            ] }),
            json!({ "role": "tool", "tool_call_id": id, "content": text }),
        ]);
    }
    let request = json!({ "model": "m", "max_tokens": 32000, "stream": true, "messages": messages, "tools": tools });
    request.to_string().into()
}

fn target(dialect: Dialect) -> Target {
    Target {
        dialect,
        model: "m".to_owned(),
        traits: Traits::default(),
        seed: "seed".to_owned(),
        project: None,
        profile: None,
        stream: true,
    }
}

fn translated(format: Format, body: &[u8], dialect: Dialect) -> Bytes {
    translate_request(format, body, &target(dialect), &mut Notes::new())
        .expect("a request")
        .body
}

fn parsed_and_printed(body: &[u8]) -> Vec<u8> {
    let value: Value = serde_json::from_slice(body).expect("JSON");
    serde_json::to_vec(&value).expect("JSON")
}

fn count(name: &str, work: impl FnOnce()) {
    let counted = allocation_counter::measure(work);
    println!(
        "{name}: {} allocations, {} bytes, at most {} bytes at once",
        counted.count_total, counted.bytes_total, counted.bytes_max
    );
}

fn requests(criterion: &mut Criterion) {
    for (name, size) in [("request 80 KB", 80_000), ("request 2 MB", 2_000_000)] {
        let chat = agent_request(size);
        let claude = translated(Format::OpenaiChat, &chat, Dialect::Anthropic);
        count(&format!("{name}, chat to Anthropic"), || {
            black_box(translated(Format::OpenaiChat, &chat, Dialect::Anthropic));
        });
        count(&format!("{name}, Anthropic to chat"), || {
            black_box(translated(Format::Anthropic, &claude, Dialect::OpenaiChat));
        });
        count(&format!("{name}, parse and print"), || {
            black_box(parsed_and_printed(&chat));
        });
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(chat.len() as u64));
        for dialect in [
            Dialect::Anthropic,
            Dialect::OpenaiResponses,
            Dialect::Gemini,
        ] {
            group.bench_function(format!("chat to {dialect}"), |bencher| {
                bencher.iter(|| translated(Format::OpenaiChat, black_box(&chat), dialect));
            });
        }
        group.bench_function("anthropic to openai-chat", |bencher| {
            bencher.iter(|| translated(Format::Anthropic, black_box(&claude), Dialect::OpenaiChat));
        });
        group.bench_function("parse and print", |bencher| {
            bencher.iter(|| parsed_and_printed(black_box(&chat)));
        });
        group.finish();
    }
}

/// A chat stream of `count` events, in chunks as a socket gives them.
fn stream(count: usize) -> (Bytes, Vec<Bytes>) {
    let event = |delta: Value, finish: Option<&str>| {
        let choice =
            json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
        json!({
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", "object": "chat.completion.chunk", "created": 1741570283,
            "model": "gpt-5-2025-08-07", "system_fingerprint": "fp_44709d6fcb", "choices": [choice],
        })
    };
    let mut body: String = (0..count)
        .map(|number| event(json!({ "content": format!(" word{number}") }), None))
        .chain([event(json!({}), Some("stop"))])
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    body.push_str("data: [DONE]\n\n");
    let body = Bytes::from(body);
    let chunks = body
        .chunks(1400)
        .map(|chunk| body.slice_ref(chunk))
        .collect();
    (body, chunks)
}

fn translate_stream(chunks: &[Bytes], client: Format) -> Vec<u8> {
    let reply = Reply {
        seed: "seed".to_owned(),
        model: "m".to_owned(),
        ..Reply::default()
    };
    let mut translator = Translator::new(
        Dialect::OpenaiChat,
        client,
        Delivery::Stream,
        Restore::default(),
        reply,
    );
    let mut out = Vec::new();
    for chunk in chunks {
        translator.feed(chunk, Duration::ZERO, &mut out);
    }
    translator.finish(Duration::ZERO, &mut out);
    out
}

fn parse_and_print_stream(chunks: &[Bytes]) -> Vec<u8> {
    let mut parser = SseParser::new();
    let mut out = Vec::new();
    for chunk in chunks {
        parser.feed(chunk);
        while let Some(frame) = parser.next_event() {
            if let Ok(value) = serde_json::from_slice::<Value>(&frame.data) {
                out.extend_from_slice(b"data: ");
                serde_json::to_writer(&mut out, &value).expect("JSON");
                out.extend_from_slice(b"\n\n");
            }
        }
    }
    out
}

fn streams(criterion: &mut Criterion) {
    let (body, chunks) = stream(2000);
    for client in [Format::Anthropic, Format::OpenaiResponses, Format::Gemini] {
        count(&format!("stream of 2000 events, chat to {client}"), || {
            black_box(translate_stream(&chunks, client));
        });
    }
    count("stream of 2000 events, parse and print", || {
        black_box(parse_and_print_stream(&chunks));
    });
    let mut group = criterion.benchmark_group("stream of 2000 events");
    group.throughput(Throughput::Bytes(body.len() as u64));
    for client in [Format::Anthropic, Format::OpenaiResponses, Format::Gemini] {
        group.bench_function(format!("chat to {client}"), |bencher| {
            bencher.iter(|| translate_stream(black_box(&chunks), client));
        });
    }
    group.bench_function("parse and print", |bencher| {
        bencher.iter(|| parse_and_print_stream(black_box(&chunks)));
    });
    group.finish();
}

criterion_group!(benches, requests, streams);
criterion_main!(benches);
