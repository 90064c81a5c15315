//! What a request and a stream cost on the way through, beside parsing the same bytes into a document.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use wire::format::Format;
use wire::head::probe;
use wire::tap::Tap;

/// A chat request of about `size` bytes, with the model where most clients put it.
fn request(size: usize) -> Bytes {
    let sentence =
        "Please read \"src/main.rs\" and say what it does.\nThen — würdest du es übersetzen? ";
    let message = json!({"role": "user", "content": sentence.repeat(20)});
    let count = size / message.to_string().len();
    let messages = vec![message; count];
    let tail = json!({"messages": messages, "stream": true, "temperature": 1.0}).to_string();
    format!("{{\"model\":\"gpt-5\",{}", tail.trim_start_matches('{')).into()
}

/// A chat stream of `count` events in chunks as a socket gives them.
fn stream(count: usize) -> (Bytes, Vec<Bytes>) {
    let event = |number: usize| {
        let delta = json!({"content": format!(" word{number}")});
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": null});
        json!({
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", "object": "chat.completion.chunk", "created": 1741570283,
            "model": "gpt-5-2025-08-07", "system_fingerprint": "fp_44709d6fcb", "choices": [choice], "usage": null,
        })
    };
    let body: String = (0..count)
        .map(|number| format!("data: {}\n\n", event(number)))
        .collect();
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": count}});
    let body = Bytes::from(format!("{body}data: {usage}\n\ndata: [DONE]\n\n"));
    let chunks = body
        .chunks(1400)
        .map(|chunk| body.slice_ref(chunk))
        .collect();
    (body, chunks)
}

fn bench_requests(criterion: &mut Criterion) {
    for (name, size) in [("request 80 KB", 80_000), ("request 2 MB", 2_000_000)] {
        let body = request(size);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("probe", |bencher| bencher.iter(|| probe(black_box(&body))));
        group.bench_function("document", |bencher| {
            bencher.iter(|| serde_json::from_slice::<Value>(black_box(&body)));
        });
        group.finish();
    }
}

fn bench_stream(criterion: &mut Criterion) {
    let (body, chunks) = stream(2000);
    let mut group = criterion.benchmark_group("stream of 2000 events");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("tap", |bencher| {
        bencher.iter(|| {
            let mut tap = Tap::new(Format::OpenaiChat, true);
            chunks
                .iter()
                .for_each(|chunk| tap.observe(black_box(chunk)));
            tap.finish()
        });
    });
    group.bench_function("documents", |bencher| {
        bencher.iter(|| {
            let events = black_box(&body).split(|byte| *byte == b'\n');
            events
                .filter_map(|line| {
                    serde_json::from_slice::<Value>(line.strip_prefix(b"data: ")?).ok()
                })
                .count()
        });
    });
    group.finish();
}

criterion_group!(benches, bench_requests, bench_stream);
criterion_main!(benches);
