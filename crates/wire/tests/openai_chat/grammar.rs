//! What official SDKs and strict clients demand of a chat stream.

use std::collections::HashSet;

use serde_json::Value;

/// The events of a stream that must be whole; `Err` says what is wrong with it.
pub(crate) fn check(stream: &[u8]) -> Result<Vec<Value>, String> {
    let text = std::str::from_utf8(stream).map_err(|_| "no UTF-8".to_owned())?;
    let frames: Vec<&str> = text.split_terminator("\n\n").collect();
    if !text.ends_with("\n\n") || frames.last() != Some(&"data: [DONE]") {
        return Err("the last frame is not [DONE]".to_owned());
    }
    let mut state = State::default();
    let mut chunks = Vec::new();
    for frame in &frames[..frames.len() - 1] {
        let data = frame.strip_prefix("data: ").ok_or("no data line")?;
        let chunk: Value = serde_json::from_str(data).map_err(|error| error.to_string())?;
        state
            .chunk(&chunk)
            .map_err(|what| format!("{what}: {data}"))?;
        chunks.push(chunk);
    }
    state.end()?;
    Ok(chunks)
}

#[derive(Default)]
struct State {
    ids: HashSet<String>,
    has_role: bool,
    is_finished: bool,
    has_usage: bool,
    /// The kind of each call.
    calls: Vec<String>,
}

impl State {
    fn chunk(&mut self, chunk: &Value) -> Result<(), String> {
        need(chunk["object"] == "chat.completion.chunk", "object")?;
        need(chunk["created"].is_u64(), "created")?;
        need(chunk["model"].is_string(), "model")?;
        let id = chunk["id"].as_str().unwrap_or_default();
        need(!id.is_empty(), "id")?;
        self.ids.insert(id.to_owned());
        need(!self.has_usage, "something after the usage")?;
        let choices = chunk["choices"].as_array().ok_or("choices")?;
        self.has_usage = chunk["usage"].is_object();
        need(choices.is_empty() == self.has_usage, "a chunk of nothing")?;
        for choice in choices {
            need(!self.is_finished, "a choice after the finish")?;
            need(choice["index"] == 0, "index")?;
            let reason = choice.get("finish_reason").ok_or("no finish_reason key")?;
            self.delta(choice["delta"].as_object().ok_or("delta")?)?;
            if let Some(word) = reason.as_str() {
                let legal = ["stop", "length", "tool_calls", "content_filter"];
                need(legal.contains(&word), "finish_reason")?;
                self.is_finished = true;
            }
        }
        Ok(())
    }

    fn delta(&mut self, delta: &serde_json::Map<String, Value>) -> Result<(), String> {
        if let Some(role) = delta.get("role") {
            need(role == "assistant" && !self.has_role, "role")?;
            self.has_role = true;
        }
        need(self.has_role, "a delta before the role")?;
        let calls = delta.get("tool_calls").and_then(Value::as_array);
        for call in calls.into_iter().flatten() {
            let index = call["index"].as_u64().ok_or("a call's index")? as usize;
            if index == self.calls.len() {
                let kind = call["type"].as_str().ok_or("a call's type")?;
                need(["function", "custom"].contains(&kind), "a call's type")?;
                need(
                    call["id"].as_str().is_some_and(|id| !id.is_empty()),
                    "a call's id",
                )?;
                need(call[kind]["name"].is_string(), "a call's name")?;
                self.calls.push(kind.to_owned());
            } else {
                // Only the last call is still being written.
                need(index + 1 == self.calls.len(), "calls interleave")?;
                let kind = &self.calls[index];
                need(call.get("id").is_none(), "an id again")?;
                need(call.get("type").is_none(), "a type again")?;
                need(call[kind].get("name").is_none(), "a name again")?;
                need(call[kind].is_object(), "no function")?;
            }
        }
        Ok(())
    }

    fn end(&self) -> Result<(), String> {
        need(self.ids.len() == 1, "several ids")?;
        need(self.is_finished, "no finish_reason")
    }
}

/// The arguments of each call.
pub(crate) fn arguments(chunks: &[Value]) -> Vec<String> {
    let mut arguments: Vec<String> = Vec::new();
    for chunk in chunks {
        let calls = chunk["choices"][0]["delta"]["tool_calls"].as_array();
        for call in calls.into_iter().flatten() {
            let index = call["index"].as_u64().unwrap_or_default() as usize;
            arguments.resize_with(arguments.len().max(index + 1), String::new);
            let piece = [&call["function"]["arguments"], &call["custom"]["input"]]
                .into_iter()
                .find_map(Value::as_str);
            arguments[index].push_str(piece.unwrap_or_default());
        }
    }
    arguments
}

fn need(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}
