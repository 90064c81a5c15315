//! The conversation: <https://platform.openai.com/docs/api-reference/chat/create#chat_create-messages>.

use super::{arguments, parts};
use crate::error::WireError;
use crate::ir::content::{Block, Content, ToolResult, ToolUse};
use crate::ir::note::Notes;
use crate::ir::request::{Output, Request, Role, Turn};
use crate::ir::target::Target;
use crate::ir::tools::{CallIds, Names};
use crate::json::{Json, Object};
use crate::object;

/// OpenAI refuses longer ids of calls: <https://github.com/microsoft/autogen/issues/6377>.
/// Others compare them with what they gave out, so shorter ones stay.
const LONGEST_ID: usize = 40;

/// Claude Code's first system block tells Anthropic whom to bill, and is new in each conversation.
const BILLING: &str = "x-anthropic-billing-header:";

pub(super) fn write<'a>(
    request: &'a Request,
    target: &Target,
    names: &'a Names,
    notes: &mut Notes,
) -> Result<Vec<Object<'a>>, WireError> {
    let mut messages = Messages {
        request,
        target,
        names,
        ids: CallIds::new(LONGEST_ID),
        list: Vec::new(),
        user: Vec::new(),
    };
    messages.system(notes);
    let mut turns = request.turns.iter().peekable();
    while let Some(turn) = turns.next() {
        match turn.role {
            Role::User => messages.user_turn(turn, notes)?,
            Role::System => {
                messages.flush();
                let text = system_text(request, &turn.blocks, notes);
                messages.push_system(&text);
            }
            Role::Assistant => {
                let mut blocks: Vec<&Block> = turn.blocks.iter().collect();
                while let Some(more) = turns.next_if(|next| next.role == Role::Assistant) {
                    blocks.extend(&more.blocks);
                }
                messages.flush();
                messages.assistant(&blocks, notes);
            }
        }
    }
    messages.flush();
    Ok(messages.list)
}

struct Messages<'a, 't> {
    request: &'a Request,
    target: &'t Target,
    names: &'a Names,
    ids: CallIds,
    list: Vec<Object<'a>>,
    /// Images out of results, which must wait until the last result of their turn is written.
    user: Vec<Object<'a>>,
}

impl<'a> Messages<'a, '_> {
    fn system(&mut self, notes: &mut Notes) {
        let mut text = system_text(self.request, &self.request.system, notes);
        if let Output::JsonSchema(output) = &self.request.output
            && self.target.traits.lacks_structured_output
        {
            let schema = &output.schema;
            text.push(format!(
                "Answer only with JSON that fits this schema:\n{schema}"
            ));
        }
        self.push_system(&text);
    }

    /// One string, because not every server reads parts here.
    fn push_system(&mut self, texts: &[String]) {
        if !texts.is_empty() {
            self.list.push(object! {
                "role" => "system",
                "content" => texts.join("\n\n"),
            });
        }
    }

    fn user_turn(&mut self, turn: &'a Turn, notes: &mut Notes) -> Result<(), WireError> {
        let mut own = Vec::new();
        for block in &turn.blocks {
            match &block.content {
                Content::ToolResult(result) => self.result(result, notes)?,
                _ => own.extend(parts::write(self.request, block, notes)?),
            }
        }
        if !own.is_empty() {
            self.user.append(&mut own);
            self.flush();
        }
        Ok(())
    }

    /// Results are text; what else is in them follows as the user's words.
    fn result(&mut self, result: &'a ToolResult, notes: &mut Notes) -> Result<(), WireError> {
        let mut texts = Vec::new();
        let mut others = Vec::new();
        for block in &result.content {
            match parts::as_text(&block.content) {
                Some(text) => texts.push(text),
                None => others.extend(parts::write(self.request, block, notes)?),
            }
        }
        let mut text = texts.join("\n");
        let id = self.id(result.id.as_deref().unwrap_or_default());
        if result.is_error && !text.to_lowercase().contains("error") {
            text = format!("Error: {text}");
        }
        if !others.is_empty() {
            if text.is_empty() {
                text.push_str("The result follows in the next message of the user.");
            }
            self.user
                .push(parts::text(format!("From the result of the call {id}:")));
            self.user.append(&mut others);
        }
        self.list.push(object! {
            "role" => "tool",
            "tool_call_id" => id,
            "content" => text,
        });
        Ok(())
    }

    /// Writes the user's message. Text alone goes as one string, which every server reads.
    fn flush(&mut self) {
        let parts = std::mem::take(&mut self.user);
        if parts.is_empty() {
            return;
        }
        let texts: Option<Vec<&str>> = parts
            .iter()
            .map(|part| part.get("text").and_then(Json::as_str))
            .collect();
        let content = match texts {
            Some(texts) => Json::from(texts.join("\n\n")),
            None => Json::from(parts),
        };
        self.list
            .push(object! { "role" => "user", "content" => content });
    }

    /// Everything the model did until the results came is one message.
    fn assistant(&mut self, blocks: &[&'a Block], notes: &mut Notes) {
        let mut text = String::new();
        let mut reasoning = String::new();
        let mut calls = Vec::new();
        let mut was_text = true;
        for block in blocks {
            let is_text = match &block.content {
                // Citations cut a sentence into blocks, which belong together again.
                Content::Text(said) => {
                    append(&mut text, &said.text, was_text);
                    true
                }
                Content::Refusal(said) => {
                    append(&mut text, said, false);
                    true
                }
                Content::Thinking(thinking) => {
                    append(&mut reasoning, &thinking.text, false);
                    false
                }
                Content::ToolUse(call) => {
                    calls.push(self.call(call));
                    false
                }
                // The text that came of it is there.
                Content::HostedUse(_) | Content::HostedResult(_) => false,
                Content::Image(_)
                | Content::Audio(_)
                | Content::Video(_)
                | Content::Document(_)
                | Content::ToolResult(_) => {
                    notes.add(
                        self.request.path(block.at),
                        "dropped: in a chat, the model's own messages hold text and calls only",
                    );
                    false
                }
            };
            was_text = is_text;
        }
        if !self.target.traits.takes_reasoning_back {
            reasoning.clear();
        }
        if text.is_empty() && calls.is_empty() && reasoning.is_empty() {
            return;
        }
        let is_null = text.is_empty() && !calls.is_empty();
        let mut message = object! {
            "role" => "assistant",
            "content" => if is_null { Json::Null } else { text.into() },
        };
        if !reasoning.is_empty() {
            message.push("reasoning_content", reasoning);
        }
        if !calls.is_empty() {
            message.push("tool_calls", calls);
        }
        self.list.push(message);
    }

    fn call(&mut self, call: &'a ToolUse) -> Object<'a> {
        let mut object = object! {
            "id" => self.id(call.id.as_deref().unwrap_or_default()),
            "type" => "function",
            "function" => object! {
                "name" => self.names.sent(call.namespace.as_deref(), &call.name),
                "arguments" => arguments(&call.input),
            },
        };
        // OpenAI refuses fields it does not know, so only a model that wants signatures gets them.
        if self.target.traits.wants_signatures {
            object.push_some("extra_content", parts::signature(call.proof.as_ref()));
        }
        object
    }

    fn id(&mut self, id: &str) -> String {
        if id.len() <= LONGEST_ID {
            return id.to_owned();
        }
        self.ids.sent(id)
    }
}

fn append(text: &mut String, more: &str, continues: bool) {
    if !continues && !text.is_empty() && !more.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

fn system_text(request: &Request, blocks: &[Block], notes: &mut Notes) -> Vec<String> {
    let mut texts = Vec::new();
    for block in blocks {
        match parts::as_text(&block.content) {
            Some(text) if text.is_empty() || text.starts_with(BILLING) => {}
            Some(text) => texts.push(text.into_owned()),
            None => notes.add(
                request.path(block.at),
                "dropped: a system message holds text only",
            ),
        }
    }
    texts
}
