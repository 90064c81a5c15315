//! A conversation with a tool, as clients of Anthropic's and of OpenAI's API hold it: they stream, and send back what
//! they were sent.

use serde_json::{Value, json};

use crate::vendors::Logins;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Anthropic,
    Openai,
}

/// What a stream came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) call: Option<Call>,
    pub(super) reason: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: String,
}

impl Client {
    pub(super) const BOTH: [Self; 2] = [Self::Anthropic, Self::Openai];

    pub(super) fn index(self) -> usize {
        self as usize
    }

    /// What a user asks, with a tool at hand.
    pub(super) fn question(self, model: &str) -> Value {
        let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
        let words = "What is the weather in Oslo?";
        match self {
            Self::Anthropic => {
                json!({ "model": model, "max_tokens": 500, "stream": true, "system": "Be brief.",
                "messages": [{ "role": "user", "content": words }],
                "tools": [{ "name": "weather", "description": "The weather now", "input_schema": schema }] })
            }
            Self::Openai => json!({ "model": model, "stream": true,
                "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": words }],
                "tools": [{ "type": "function", "function": { "name": "weather", "description": "The weather now", "parameters": schema } }] }),
        }
    }

    /// The same, the answer, and what the tool has found.
    pub(super) fn result(self, question: &Value, call: &Call) -> Value {
        let mut body = question.clone();
        let messages = body["messages"].as_array_mut().expect("messages");
        match self {
            Self::Anthropic => {
                let input: Value = serde_json::from_str(&call.arguments).expect("arguments");
                messages.push(json!({ "role": "assistant", "content": [{ "type": "tool_use", "id": call.id, "name": call.name, "input": input }] }));
                messages.push(json!({ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": call.id, "content": "rain" }] }));
            }
            Self::Openai => {
                let function = json!({ "name": call.name, "arguments": call.arguments });
                messages.push(json!({ "role": "assistant", "content": null, "tool_calls": [{ "id": call.id, "type": "function", "function": function }] }));
                messages
                    .push(json!({ "role": "tool", "tool_call_id": call.id, "content": "rain" }));
            }
        }
        body
    }

    pub(super) async fn ask(self, logins: &Logins, body: &Value) -> reqwest::Response {
        let path = match self {
            Self::Anthropic => "/v1/messages",
            Self::Openai => "/v1/chat/completions",
        };
        let request = logins.app.request(reqwest::Method::POST, path);
        let request = request.bearer_auth(&logins.key);
        let request = request.header("content-type", "application/json");
        request
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }

    /// Reads a whole stream; it must have an orderly end.
    pub(super) fn read(self, stream: &str) -> Said {
        let events = stream
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(str::trim);
        let (ends, events): (Vec<&str>, Vec<&str>) = events.partition(|data| *data == "[DONE]");
        let events: Vec<Value> = events
            .iter()
            .map(|data| serde_json::from_str(data).expect("JSON"))
            .collect();
        let said = match self {
            Self::Anthropic => {
                let last = events.last().expect("an event");
                assert_eq!(last["type"], "message_stop", "{stream}");
                messages(&events)
            }
            Self::Openai => {
                assert_eq!(ends.len(), 1, "{stream}");
                chat(&events)
            }
        };
        assert!(!said.reason.is_empty(), "{stream}");
        said
    }
}

fn messages(events: &[Value]) -> Said {
    let mut said = Said::default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for event in events {
        let (block, delta) = (&event["content_block"], &event["delta"]);
        if block["type"] == "tool_use" {
            assert!(said.call.is_none(), "one call");
            said.call = Some(Call {
                id: text(&block["id"]),
                name: text(&block["name"]),
                arguments: String::new(),
            });
        }
        said.text += &text(&delta["text"]);
        if let Some(call) = &mut said.call {
            call.arguments += &text(&delta["partial_json"]);
        }
        said.reason += &text(&delta["stop_reason"]);
    }
    said
}

fn chat(events: &[Value]) -> Said {
    let mut said = Said::default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for event in events {
        let choice = &event["choices"][0];
        said.text += &text(&choice["delta"]["content"]);
        said.reason += &text(&choice["finish_reason"]);
        for part in choice["delta"]["tool_calls"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let function = &part["function"];
            let call = said.call.get_or_insert_with(|| Call {
                id: text(&part["id"]),
                name: text(&function["name"]),
                arguments: String::new(),
            });
            call.arguments += &text(&function["arguments"]);
        }
    }
    said
}
