//! What clients of Responses demand of a stream.

use std::collections::BTreeMap;

use serde_json::{Value, json};

#[derive(Default)]
struct Seen {
    item: Value,
    done: Option<Value>,
    parts: usize,
    text: String,
    input: Option<String>,
}

/// Panics where a client would stumble.
pub(crate) fn check(stream: &str) {
    let events = events(stream);
    let mut items: BTreeMap<u64, Seen> = BTreeMap::new();
    let mut id = Value::Null;
    let mut terminal = None;
    for (number, (name, event)) in events.iter().enumerate() {
        let kind = event["type"].as_str().expect("an event has a type");
        assert_eq!(name, kind);
        assert_eq!(terminal, None, "{kind} after the end");
        assert_eq!(event["sequence_number"], json!(number), "{kind}");
        if number == 0 {
            assert_eq!(kind, "response.created");
            let response = &event["response"];
            id = response["id"].clone();
            assert!(id.as_str().is_some_and(|id| id.starts_with("resp_")));
            assert_eq!(response["object"], "response");
            assert!(response["created_at"].is_u64() && response["model"].is_string());
            assert_eq!(response["status"], "in_progress");
            assert_eq!(response["output"], json!([]));
        }
        match kind {
            "response.output_item.added" => {
                let index = event["output_index"].as_u64().expect("an index");
                assert_eq!(index, items.len() as u64);
                assert!(
                    items.values().all(|seen| seen.done.is_some()),
                    "one at a time"
                );
                let item = &event["item"];
                assert!(item["id"].is_string());
                if item["type"] == "function_call" {
                    assert!(item["call_id"].is_string() && item["name"].is_string());
                    assert_eq!(item["arguments"], "");
                }
                let seen = Seen {
                    item: item.clone(),
                    ..Seen::default()
                };
                items.insert(index, seen);
            }
            "response.output_item.done" => done(event, &mut items),
            "response.completed" | "response.incomplete" | "response.failed" => {
                terminal = Some(kind.to_owned());
                end(kind, event, &items, &id);
            }
            _ if event["output_index"].is_u64() => rung(kind, event, &mut items),
            _ => {}
        }
    }
    assert!(terminal.is_some(), "the end is missing");
}

fn events(stream: &str) -> Vec<(String, Value)> {
    assert!(stream.ends_with("\n\n"));
    stream
        .trim_end()
        .split("\n\n")
        .map(|event| {
            let (name, data) = event.split_once('\n').expect("two lines");
            let name = name.strip_prefix("event: ").expect("a name");
            let data = data.strip_prefix("data: ").expect("data");
            let data = serde_json::from_str(data).expect("data is JSON");
            (name.to_owned(), data)
        })
        .collect()
}

fn seen<'a>(event: &Value, items: &'a mut BTreeMap<u64, Seen>) -> &'a mut Seen {
    let index = event["output_index"].as_u64().expect("an index");
    let seen = items.get_mut(&index).expect("the item was added");
    assert!(seen.done.is_none(), "the item is done already");
    seen
}

fn done(event: &Value, items: &mut BTreeMap<u64, Seen>) {
    let seen = seen(event, items);
    let item = &event["item"];
    assert_eq!(item["id"], seen.item["id"]);
    assert_eq!(item["type"], seen.item["type"]);
    match item["type"].as_str().expect("an item has a type") {
        "function_call" => {
            assert_eq!(item["status"], "completed");
            assert_ne!(item["arguments"], "");
            assert_eq!(item["arguments"], json!(seen.input));
        }
        "custom_tool_call" => assert_eq!(item["input"], json!(seen.input)),
        "message" => {
            assert_eq!(item["status"], "completed");
            assert_eq!(seen.parts, 1);
            let part = &item["content"][0];
            let key = if part["type"] == "refusal" {
                "refusal"
            } else {
                "text"
            };
            assert_eq!(part[key], json!(seen.text));
            assert!(part["type"] == "refusal" || part["annotations"].is_array());
        }
        "reasoning" => {
            let text = item["summary"][0]["text"].as_str().unwrap_or_default();
            assert_eq!(text, seen.text);
        }
        _ => {}
    }
    seen.done = Some(item.clone());
}

fn rung(kind: &str, event: &Value, items: &mut BTreeMap<u64, Seen>) {
    let seen = seen(event, items);
    assert_eq!(event["item_id"], seen.item["id"], "{kind}");
    let delta = event["delta"].as_str().unwrap_or_default();
    match kind {
        "response.content_part.added" | "response.reasoning_summary_part.added" => {
            seen.parts += 1;
        }
        "response.output_text.delta"
        | "response.refusal.delta"
        | "response.reasoning_summary_text.delta" => {
            assert_eq!(seen.parts, 1, "a part comes before its text");
            seen.text.push_str(delta);
        }
        "response.output_text.done" | "response.reasoning_summary_text.done" => {
            assert_eq!(event["text"], json!(seen.text));
        }
        "response.refusal.done" => assert_eq!(event["refusal"], json!(seen.text)),
        "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
            seen.input.get_or_insert_default().push_str(delta);
        }
        "response.function_call_arguments.done" => {
            assert_eq!(event["arguments"], json!(seen.input));
        }
        "response.custom_tool_call_input.done" => {
            let input = seen.input.get_or_insert_default();
            assert_eq!(event["input"], json!(input));
        }
        _ => {}
    }
}

fn end(kind: &str, event: &Value, items: &BTreeMap<u64, Seen>, id: &Value) {
    let response = &event["response"];
    assert_eq!(&response["id"], id);
    assert_eq!(
        format!(
            "response.{}",
            response["status"].as_str().unwrap_or_default()
        ),
        kind
    );
    let closed: Vec<Value> = items
        .values()
        .filter_map(|seen| seen.done.clone())
        .collect();
    assert_eq!(response["output"], json!(closed));
    if kind == "response.failed" {
        assert!(response["error"]["message"].is_string() && response["error"]["code"].is_string());
        return;
    }
    assert!(
        items.values().all(|seen| seen.done.is_some()),
        "an item is open"
    );
    let usage = &response["usage"];
    for count in [
        &usage["input_tokens"],
        &usage["output_tokens"],
        &usage["total_tokens"],
        &usage["input_tokens_details"]["cached_tokens"],
        &usage["input_tokens_details"]["cache_write_tokens"],
        &usage["output_tokens_details"]["reasoning_tokens"],
    ] {
        assert!(count.is_u64());
    }
}
