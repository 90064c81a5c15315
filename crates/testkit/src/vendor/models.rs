//! The vendors' models. Whoever offers them a tool is asked to use it; whoever tells what came of it gets an answer.
//!
//! They speak each vendor's wire, always as a stream, and only with an account whose token is good.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::Reply;
use crate::vendor::{Vendor, bearer};

/// What the models say once they know what the tool has found.
pub const FINAL_WORDS: &str = "Take an umbrella.";

#[derive(Debug, Clone, Copy)]
enum Wire {
    Messages,
    Chat,
    Codex,
    CodeAssist,
    Kiro,
}

pub(super) fn serve(vendor: &Vendor) {
    for (path, wire) in [
        ("/api.anthropic.com/v1/messages", Wire::Messages),
        ("/chatgpt.com/backend-api/codex/responses", Wire::Codex),
        (
            "/cloudcode-pa.googleapis.com/v1internal:streamGenerateContent",
            Wire::CodeAssist,
        ),
        (
            "/daily-cloudcode-pa.googleapis.com/v1internal:streamGenerateContent",
            Wire::CodeAssist,
        ),
        ("/api.githubcopilot.com/chat/completions", Wire::Chat),
        ("/portal.qwen.ai/v1/chat/completions", Wire::Chat),
        ("/apis.iflow.cn/v1/chat/completions", Wire::Chat),
        (
            "/codewhisperer.us-east-1.amazonaws.com/generateAssistantResponse",
            Wire::Kiro,
        ),
        ("/api.kimi.com/coding/v1/messages", Wire::Messages),
        ("/api.kimi.com/coding/v1/chat/completions", Wire::Chat),
    ] {
        vendor.on(path, move |request, state| {
            let is_known = bearer(request).is_some_and(|token| state.access.contains(&token));
            if is_known {
                wire.answer(&request.json())
            } else {
                wire.refuse()
            }
        });
    }
    for path in [
        "/portal.qwen.ai/v1/models",
        "/apis.iflow.cn/v1/models",
        "/api.githubcopilot.com/models",
    ] {
        vendor.on(path, |request, state| {
            let is_known = bearer(request).is_some_and(|token| state.access.contains(&token));
            if is_known {
                Reply::json(
                    200,
                    json!({ "object": "list", "data": [{ "id": "a-model-of-the-account", "object": "model" }] }),
                )
            } else {
                Wire::Chat.refuse()
            }
        });
    }
}

impl Wire {
    fn answer(self, request: &Value) -> Reply {
        let knows = self.has_result(request);
        match self {
            Self::Messages => Reply::events(messages(knows)),
            Self::Chat => Reply::chat(chat(knows)),
            Self::Codex => Reply::events(codex(knows)),
            Self::CodeAssist => {
                let chunks = code_assist(knows);
                Reply::sse(chunks.iter().map(crate::data))
            }
            Self::Kiro => Reply::status(200)
                .header("content-type", "application/vnd.amazon.eventstream")
                .chunks(kiro(knows)),
        }
    }

    /// Whether the last thing that was said is what a tool has found.
    fn has_result(self, request: &Value) -> bool {
        let last = |list: &Value| list.as_array().and_then(|list| list.last()).cloned();
        match self {
            Self::Messages => last(&request["messages"])
                .and_then(|message| last(&message["content"]))
                .is_some_and(|block| block["type"] == "tool_result"),
            Self::Chat => {
                last(&request["messages"]).is_some_and(|message| message["role"] == "tool")
            }
            Self::Codex => {
                last(&request["input"]).is_some_and(|item| item["type"] == "function_call_output")
            }
            Self::CodeAssist => last(&request["request"]["contents"])
                .and_then(|content| last(&content["parts"]))
                .is_some_and(|part| part.get("functionResponse").is_some()),
            Self::Kiro => {
                let message = &request["conversationState"]["currentMessage"]["userInputMessage"];
                last(&message["userInputMessageContext"]["toolResults"]).is_some()
            }
        }
    }

    /// A token that has ended. AWS says 403 where the others say 401, and Copilot writes plain text.
    fn refuse(self) -> Reply {
        let words = "the token has expired";
        match self {
            Self::Messages => Reply::json(
                401,
                json!({ "type": "error", "error": { "type": "authentication_error", "message": words } }),
            ),
            Self::Chat => Reply::text(401, "text/plain", format!("unauthorized: {words}\n")),
            Self::Codex => Reply::json(
                401,
                json!({ "error": { "code": "token_expired", "message": words, "type": null } }),
            ),
            Self::CodeAssist => Reply::json(
                401,
                json!({ "error": { "code": 401, "message": words, "status": "UNAUTHENTICATED" } }),
            ),
            Self::Kiro => Reply::json(
                403,
                json!({ "message": "The bearer token included in the request is invalid.", "reason": null }),
            ),
        }
    }
}

fn messages(knows: bool) -> Vec<Value> {
    let (block, delta, reason) = if knows {
        (
            json!({ "type": "text", "text": "" }),
            json!({ "type": "text_delta", "text": FINAL_WORDS }),
            "end_turn",
        )
    } else {
        (
            json!({ "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} }),
            json!({ "type": "input_json_delta", "partial_json": r#"{"city":"Oslo"}"# }),
            "tool_use",
        )
    };
    vec![
        json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [], "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": 20, "output_tokens": 1 } } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": block }),
        json!({ "type": "content_block_delta", "index": 0, "delta": delta }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": reason, "stop_sequence": null }, "usage": { "output_tokens": 5 } }),
        json!({ "type": "message_stop" }),
    ]
}

fn chat(knows: bool) -> Vec<Value> {
    let chunk = |delta: Value, reason: Option<&str>| {
        json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] })
    };
    let call = |arguments: &str| json!([{ "index": 0, "function": { "arguments": arguments } }]);
    let begun = json!([{ "index": 0, "id": "call_1", "type": "function", "function": { "name": "weather", "arguments": "" } }]);
    let mut chunks = if knows {
        vec![
            chunk(json!({ "role": "assistant", "content": FINAL_WORDS }), None),
            chunk(json!({}), Some("stop")),
        ]
    } else {
        vec![
            chunk(
                json!({ "role": "assistant", "content": null, "tool_calls": begun }),
                None,
            ),
            chunk(json!({ "tool_calls": call(r#"{"city":"#) }), None),
            chunk(json!({ "tool_calls": call(r#""Oslo"}"#) }), None),
            chunk(json!({}), Some("tool_calls")),
        ]
    };
    chunks.push(
        json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [],
        "usage": { "prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25 } }),
    );
    chunks
}

fn codex(knows: bool) -> Vec<Value> {
    let response = |status: &str, output: Value| {
        json!({ "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": status,
            "output": output, "usage": { "input_tokens": 20, "output_tokens": 5, "total_tokens": 25 } })
    };
    let (item, parts) = if knows {
        let part = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [] });
        let item = |status: &str, content: Value| json!({ "type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": content });
        (
            [
                item("in_progress", json!([])),
                item("completed", json!([part(FINAL_WORDS)])),
            ],
            vec![
                json!({ "type": "response.content_part.added", "output_index": 0, "content_index": 0, "item_id": "msg_1", "part": part("") }),
                json!({ "type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "msg_1", "delta": FINAL_WORDS }),
                json!({ "type": "response.output_text.done", "output_index": 0, "content_index": 0, "item_id": "msg_1", "text": FINAL_WORDS }),
                json!({ "type": "response.content_part.done", "output_index": 0, "content_index": 0, "item_id": "msg_1", "part": part(FINAL_WORDS) }),
            ],
        )
    } else {
        let whole = r#"{"city":"Oslo"}"#;
        let item = |status: &str, arguments: &str| json!({ "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": arguments, "status": status });
        (
            [item("in_progress", ""), item("completed", whole)],
            vec![
                json!({ "type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "fc_1", "delta": whole }),
                json!({ "type": "response.function_call_arguments.done", "output_index": 0, "item_id": "fc_1", "arguments": whole }),
            ],
        )
    };
    let [begun, done] = item;
    let mut events = vec![
        json!({ "type": "response.created", "response": response("in_progress", json!([])) }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": begun }),
    ];
    events.extend(parts);
    events.push(
        json!({ "type": "response.output_item.done", "output_index": 0, "item": done.clone() }),
    );
    events.push(
        json!({ "type": "response.completed", "response": response("completed", json!([done])) }),
    );
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    events
}

fn code_assist(knows: bool) -> Vec<Value> {
    let chunk = |part: Value, reason: Option<&str>| {
        let mut candidate = json!({ "index": 0, "content": { "role": "model", "parts": [part] } });
        if let Some(reason) = reason {
            candidate["finishReason"] = reason.into();
        }
        json!({ "response": { "candidates": [candidate], "modelVersion": "m",
            "usageMetadata": { "promptTokenCount": 20, "candidatesTokenCount": 5, "totalTokenCount": 25 } } })
    };
    if knows {
        let (first, second) = FINAL_WORDS.split_at(5);
        vec![
            chunk(json!({ "text": first }), None),
            chunk(json!({ "text": second }), Some("STOP")),
        ]
    } else {
        let call = json!({ "functionCall": { "name": "weather", "args": { "city": "Oslo" } }, "thoughtSignature": "c2lnbmF0dXJl" });
        vec![chunk(call, Some("STOP"))]
    }
}

fn kiro(knows: bool) -> Vec<Bytes> {
    let mut events = if knows {
        vec![(
            "assistantResponseEvent",
            json!({ "content": FINAL_WORDS, "modelId": "m" }),
        )]
    } else {
        let part = |input: Value| {
            let mut part = json!({ "toolUseId": "tooluse_1", "name": "weather" });
            for (name, value) in input.as_object().into_iter().flatten() {
                part[name] = value.clone();
            }
            ("toolUseEvent", part)
        };
        vec![
            part(json!({})),
            part(json!({ "input": r#"{"city":"# })),
            part(json!({ "input": r#""Oslo"}"# })),
            part(json!({ "stop": true })),
        ]
    };
    events.push((
        "contextUsageEvent",
        json!({ "contextUsagePercentage": 1.5 }),
    ));
    events.push((
        "meteringEvent",
        json!({ "unit": "credit", "unitPlural": "credits", "usage": 0.1 }),
    ));
    events
        .iter()
        .map(|(kind, payload)| frame(kind, payload))
        .collect()
}

/// One message of an AWS event stream:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html>.
fn frame(kind: &str, payload: &Value) -> Bytes {
    let mut headers = Vec::new();
    for (name, value) in [
        (":message-type", "event"),
        (":event-type", kind),
        (":content-type", "application/json"),
    ] {
        headers.push(u8::try_from(name.len()).expect("a short name"));
        headers.extend_from_slice(name.as_bytes());
        headers.push(7);
        let length = u16::try_from(value.len()).expect("a short value");
        headers.extend_from_slice(&length.to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let payload = payload.to_string();
    let total = 16 + headers.len() + payload.len();
    let mut frame = Vec::with_capacity(total);
    for length in [total, headers.len()] {
        let length = u32::try_from(length).expect("a short message");
        frame.extend_from_slice(&length.to_be_bytes());
    }
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(&headers);
    frame.extend_from_slice(payload.as_bytes());
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.into()
}
