//! The conversation, a message for each turn and each result.

use std::borrow::Cow;

use crate::error::WireError;
use crate::ir::content::{Block, Content, ToolResult, ToolUse};
use crate::ir::note::Notes;
use crate::ir::plain::{Plain, plain, system};
use crate::ir::request::{Request, Role, Turn};
use crate::ir::tools::Names;
use crate::json::{Json, Object};
use crate::object;
use crate::ollama::NAME;

pub(super) fn write<'a>(
    request: &'a Request,
    names: &'a Names,
    notes: &mut Notes,
) -> Result<Vec<Object<'a>>, WireError> {
    let mut messages = Messages {
        request,
        names,
        list: Vec::with_capacity(request.turns.len() + 1),
        calls: Vec::new(),
        results: Vec::new(),
    };
    messages.say("system", system(request), notes)?;
    for turn in &request.turns {
        match turn.role {
            Role::System => messages.say("system", &turn.blocks, notes)?,
            Role::User => messages.user(turn, notes)?,
            Role::Assistant => messages.assistant(turn, notes)?,
        }
    }
    messages.tell_results();
    Ok(messages.list)
}

struct Messages<'a> {
    request: &'a Request,
    names: &'a Names,
    list: Vec<Object<'a>>,
    /// The ids of the latest turn's calls.
    calls: Vec<Option<&'a str>>,
    /// What came of them, until all of it is there.
    results: Vec<Told<'a>>,
}

/// A result on its way.
struct Told<'a> {
    /// Which call it answers.
    place: Option<usize>,
    message: Object<'a>,
    images: Vec<Json<'a>>,
}

impl<'a> Messages<'a> {
    /// A message of `blocks`, unless they say nothing.
    fn say(
        &mut self,
        role: &'static str,
        blocks: impl IntoIterator<Item = &'a Block>,
        notes: &mut Notes,
    ) -> Result<(), WireError> {
        let (text, images) = self.read(blocks, notes)?;
        if text.is_empty() && images.is_empty() {
            return Ok(());
        }
        self.tell_results();
        let mut message = object! { "role" => role, "content" => text };
        if !images.is_empty() {
            message.push("images", images);
        }
        self.list.push(message);
        Ok(())
    }

    /// Results are messages of their own.
    fn user(&mut self, turn: &'a Turn, notes: &mut Notes) -> Result<(), WireError> {
        let mut said = Vec::with_capacity(turn.blocks.len());
        for block in &turn.blocks {
            if let Content::ToolResult(result) = &block.content {
                self.say("user", said.drain(..), notes)?;
                self.result(result, notes)?;
            } else {
                said.push(block);
            }
        }
        self.say("user", said, notes)
    }

    fn result(&mut self, result: &'a ToolResult, notes: &mut Notes) -> Result<(), WireError> {
        let (text, images) = self.read(&result.content, notes)?;
        // It has no mark for errors but words.
        let is_told = text.to_ascii_lowercase().contains("error");
        let text = if result.is_error && !is_told {
            format!("Error: {text}")
        } else {
            text
        };
        let mut message = object! { "role" => "tool", "content" => text };
        message.push_some("tool_name", self.result_name(result));
        message.push_some("tool_call_id", result.id.as_ref());
        let place = self.calls.iter().position(|id| *id == result.id.as_deref());
        self.results.push(Told {
            place,
            message,
            images,
        });
        Ok(())
    }

    /// The name of the tool a result comes from, as it was sent.
    fn result_name(&self, result: &'a ToolResult) -> Option<&'a str> {
        let blocks = self.request.turns.iter().flat_map(|turn| &turn.blocks);
        let mut calls = blocks.filter_map(|block| match &block.content {
            Content::ToolUse(call) if call.id == result.id => Some(call),
            _ => None,
        });
        match calls.next_back() {
            Some(call) => Some(self.sent_name(call)),
            None => result.name.as_deref(),
        }
    }

    fn sent_name(&self, call: &'a ToolUse) -> &'a str {
        self.names.sent(call.namespace.as_deref(), &call.name)
    }

    /// In the order of the calls, since most models are shown no ids; and what they show in a user's message,
    /// since models look at the images of users only.
    fn tell_results(&mut self) {
        let mut results = std::mem::take(&mut self.results);
        results.sort_by_key(|told| told.place.unwrap_or(usize::MAX));
        let mut images = Vec::new();
        for told in results {
            self.list.push(told.message);
            images.extend(told.images);
        }
        if !images.is_empty() {
            self.list.push(object! {
                "role" => "user",
                "content" => "The images in the tools' results:",
                "images" => images,
            });
        }
    }

    fn assistant(&mut self, turn: &'a Turn, notes: &mut Notes) -> Result<(), WireError> {
        let (text, images) = self.read(&turn.blocks, notes)?;
        let mut thinking = Vec::new();
        let mut calls = Vec::new();
        let mut ids = Vec::new();
        for block in &turn.blocks {
            match &block.content {
                Content::Thinking(thought) if !thought.text.is_empty() => {
                    thinking.push(thought.text.as_str());
                }
                Content::ToolUse(call) => {
                    calls.push(self.call(call));
                    ids.push(call.id.as_deref());
                }
                _ => {}
            }
        }
        if text.is_empty() && images.is_empty() && thinking.is_empty() && calls.is_empty() {
            return Ok(());
        }
        self.tell_results();
        self.calls = ids;
        let mut message = object! { "role" => "assistant", "content" => text };
        if !thinking.is_empty() {
            message.push("thinking", thinking.join("\n\n"));
        }
        if !images.is_empty() {
            message.push("images", images);
        }
        if !calls.is_empty() {
            message.push("tool_calls", calls);
        }
        self.list.push(message);
        Ok(())
    }

    fn call(&self, call: &'a ToolUse) -> Object<'a> {
        let mut object = Object::new();
        object.push_some("id", call.id.as_ref());
        object.push(
            "function",
            object! { "name" => self.sent_name(call), "arguments" => call.input.object() },
        );
        object
    }

    /// What `blocks` say as text, and their images.
    fn read(
        &self,
        blocks: impl IntoIterator<Item = &'a Block>,
        notes: &mut Notes,
    ) -> Result<(String, Vec<Json<'a>>), WireError> {
        let mut texts: Vec<Cow<str>> = Vec::new();
        let mut images = Vec::new();
        for block in blocks {
            match plain(self.request, block, NAME, notes)? {
                Some(Plain::Text(text)) => texts.push(text),
                Some(Plain::Image { data, .. }) => images.push(Json::from(data)),
                None => {}
            }
        }
        Ok((texts.join("\n\n"), images))
    }
}
