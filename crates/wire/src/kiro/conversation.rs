//! A conversation as pairs of a user's and the assistant's words, and the user's words to be answered now.
//!
//! The service takes no other order, no system messages, and no message without words.

use std::borrow::Cow;

use crate::error::WireError;
use crate::ir::content::{Block, Content, ToolResult, ToolUse};
use crate::ir::note::Notes;
use crate::ir::plain::{Plain, plain, system};
use crate::ir::request::{Request, Role, Turn};
use crate::ir::tools::Names;
use crate::json::Object;
use crate::kiro::NAME;
use crate::object;

#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    pub(super) past: Vec<(User<'a>, Assistant<'a>)>,
    pub(super) current: User<'a>,
}

#[derive(Debug, Default)]
pub(super) struct User<'a> {
    texts: Vec<Cow<'a, str>>,
    pub(super) images: Vec<Object<'a>>,
    pub(super) results: Vec<Object<'a>>,
}

#[derive(Debug, Default)]
pub(super) struct Assistant<'a> {
    texts: Vec<Cow<'a, str>>,
    pub(super) calls: Vec<Object<'a>>,
}

impl<'a> Conversation<'a> {
    /// `instruction` goes behind the system's words.
    pub(super) fn of(
        request: &'a Request,
        names: &'a Names,
        instruction: Option<String>,
        notes: &mut Notes,
    ) -> Result<Self, WireError> {
        let reader = Reader { request, names };
        let mut conversation = Self::default();
        for turn in &request.turns {
            match turn.role {
                Role::User | Role::System => {
                    reader.user(turn, &mut conversation.current, notes)?;
                }
                Role::Assistant => conversation.answered(reader.assistant(turn, notes)?),
            }
        }
        if conversation.current.is_empty()
            && !conversation.past.is_empty()
            && let Some(last) = request.turns.last()
        {
            notes.add(
                request.path(last.at),
                format!(
                    "{NAME} answers users only: it was asked to continue the assistant's words"
                ),
            );
            conversation.current.texts.push("Continue.".into());
        }
        conversation.instruct(request, instruction, notes)?;
        Ok(conversation)
    }

    fn answered(&mut self, assistant: Assistant<'a>) {
        if assistant.is_empty() {
            return;
        }
        match self.past.last_mut() {
            Some((_, last)) if self.current.is_empty() => {
                last.texts.extend(assistant.texts);
                last.calls.extend(assistant.calls);
            }
            _ => self
                .past
                .push((std::mem::take(&mut self.current), assistant)),
        }
    }

    /// Puts what the system says before the user's first words.
    fn instruct(
        &mut self,
        request: &'a Request,
        instruction: Option<String>,
        notes: &mut Notes,
    ) -> Result<(), WireError> {
        let mut first = User::default();
        for block in system(request) {
            if let Some(plain) = plain(request, block, NAME, notes)? {
                first.push(plain, request, block, notes);
            }
        }
        first.texts.extend(instruction.map(Cow::Owned));
        let user = match self.past.first_mut() {
            Some((user, _)) => user,
            None => &mut self.current,
        };
        user.texts.splice(..0, first.texts);
        user.images.splice(..0, first.images);
        Ok(())
    }
}

/// What turns are read by.
struct Reader<'a> {
    request: &'a Request,
    names: &'a Names,
}

impl<'a> Reader<'a> {
    fn user(
        &self,
        turn: &'a Turn,
        user: &mut User<'a>,
        notes: &mut Notes,
    ) -> Result<(), WireError> {
        let before = user.texts.len();
        for block in &turn.blocks {
            if let Content::ToolResult(result) = &block.content {
                let result = self.result(result, user, notes)?;
                user.results.push(result);
            } else if let Some(plain) = plain(self.request, block, NAME, notes)? {
                user.push(plain, self.request, block, notes);
            }
        }
        if turn.role == Role::System && user.texts.len() > before {
            let said = user.texts.split_off(before).join("\n\n");
            let said = format!("<system-reminder>\n{said}\n</system-reminder>");
            user.texts.push(said.into());
        }
        Ok(())
    }

    /// Images in a result have no place in it, so they join the message's own.
    fn result(
        &self,
        result: &'a ToolResult,
        user: &mut User<'a>,
        notes: &mut Notes,
    ) -> Result<Object<'a>, WireError> {
        let mut said = User::default();
        for block in &result.content {
            if let Some(plain) = plain(self.request, block, NAME, notes)? {
                said.push(plain, self.request, block, notes);
            }
        }
        let text = match (said.texts.is_empty(), said.images.is_empty()) {
            (false, _) => said.texts.join("\n"),
            (true, false) => "The result is an image, which is attached.".to_owned(),
            (true, true) => "The result is empty.".to_owned(),
        };
        user.images.append(&mut said.images);
        Ok(object! {
            "toolUseId" => result.id.as_deref().unwrap_or_default(),
            "status" => if result.is_error { "error" } else { "success" },
            "content" => vec![object! { "text" => text }],
        })
    }

    fn assistant(&self, turn: &'a Turn, notes: &mut Notes) -> Result<Assistant<'a>, WireError> {
        let mut assistant = Assistant::default();
        for block in &turn.blocks {
            if let Content::ToolUse(call) = &block.content {
                assistant.calls.push(self.call(call));
                continue;
            }
            match plain(self.request, block, NAME, notes)? {
                Some(Plain::Text(text)) => assistant.texts.push(text),
                Some(Plain::Image { .. }) => notes.add(
                    self.request.path(block.at),
                    format!("dropped: {NAME} takes images from users only"),
                ),
                None => {}
            }
        }
        Ok(assistant)
    }

    fn call(&self, call: &'a ToolUse) -> Object<'a> {
        object! {
            "toolUseId" => call.id.as_deref().unwrap_or_default(),
            "name" => self.names.sent(call.namespace.as_deref(), &call.name),
            "input" => call.input.object(),
        }
    }
}

impl<'a> User<'a> {
    fn push(&mut self, plain: Plain<'a>, request: &Request, block: &Block, notes: &mut Notes) {
        match plain {
            Plain::Text(text) => self.texts.push(text),
            Plain::Image { media_type, data } => match image_format(media_type) {
                Some(format) => self.images.push(object! {
                    "format" => format,
                    "source" => object! { "bytes" => data },
                }),
                None => {
                    notes.add(
                        request.path(block.at),
                        format!("dropped: {NAME} takes no images of {media_type}"),
                    );
                    let said =
                        format!("[An image of {media_type} was attached, but cannot be shown.]");
                    self.texts.push(said.into());
                }
            },
        }
    }

    fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.images.is_empty() && self.results.is_empty()
    }

    /// Never empty: the service refuses a message without words.
    pub(super) fn content(&self) -> String {
        match (&*self.texts, &*self.results, &*self.images) {
            ([], [], []) => "Begin.".to_owned(),
            ([], [], _) => "See the attached image.".to_owned(),
            ([], _, _) => "See the results of the tools.".to_owned(),
            (texts, _, _) => texts.join("\n\n"),
        }
    }
}

impl Assistant<'_> {
    fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.calls.is_empty()
    }

    /// Never empty either; the least a model could be led to repeat.
    pub(super) fn content(&self) -> String {
        match &*self.texts {
            [] => ".".to_owned(),
            texts => texts.join("\n\n"),
        }
    }
}

fn image_format(media_type: &str) -> Option<&'static str> {
    Some(match media_type {
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => return None,
    })
}
