//! Turns in the order Anthropic demands: the user first, then by turns, results before anything else.

use crate::anthropic::encode::cache::{Kind, Piece};
use crate::anthropic::encode::content::Writer;
use crate::error::WireError;
use crate::ir::content::{At, Content, flat_text};
use crate::ir::note::Notes;
use crate::ir::request::{Request, Role, Turn};
use crate::ir::tools::Names;
use crate::json::Json;

/// What the user says where the format wants a word and the client has none.
const START: &str = "Start.";
const CONTINUE: &str = "Continue.";

#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub(super) system: Vec<Piece<'a>>,
    pub(super) messages: Vec<Message<'a>>,
}

#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) role: Role,
    /// Of the last turn in it.
    at: At,
    pub(super) pieces: Vec<Piece<'a>>,
}

impl Message<'_> {
    pub(super) fn role_name(&self) -> &'static str {
        match self.role {
            Role::Assistant => "assistant",
            Role::User | Role::System => "user",
        }
    }
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        request: &'a Request,
        names: &'a Names,
        notes: &mut Notes,
    ) -> Result<Self, WireError> {
        let mut writer = Writer::new(request, names, notes);
        let leading = request
            .turns
            .iter()
            .take_while(|turn| turn.role == Role::System)
            .count();
        let (early, turns) = request.turns.split_at_checked(leading).unwrap_or_default();
        let mut conversation = Self {
            system: Vec::new(),
            messages: Vec::new(),
        };
        let early = early.iter().flat_map(|turn| &turn.blocks);
        for block in request.system.iter().chain(early) {
            if matches!(block.content, Content::Text(_)) {
                conversation
                    .system
                    .extend(writer.piece(block, Role::System)?);
            } else {
                writer.note(block, "dropped: instructions are text at Anthropic");
            }
        }
        for turn in turns {
            conversation.push(message(&mut writer, turn)?);
        }
        // A turn of which nothing is left leaves two of one role side by side.
        for mut message in std::mem::take(&mut conversation.messages) {
            message.settle();
            conversation.push(message);
        }
        Ok(conversation)
    }

    fn push(&mut self, message: Message<'a>) {
        if message.pieces.is_empty() {
            return;
        }
        match self.messages.last_mut() {
            Some(last) if last.role == message.role => {
                last.pieces.extend(message.pieces);
                last.at = message.at;
            }
            _ => self.messages.push(message),
        }
    }

    /// Gives it a beginning and an end that Anthropic takes.
    pub(super) fn end(&mut self, request: &Request, refuses_prefill: bool, notes: &mut Notes) {
        let is_started = self
            .messages
            .first()
            .is_some_and(|message| message.role == Role::User);
        if !is_started {
            self.messages.insert(0, Message::said(START, At::default()));
        }
        let Some(last) = self.messages.last_mut() else {
            return;
        };
        if last.role != Role::Assistant {
            return;
        }
        let at = last.at;
        if refuses_prefill {
            notes.add(
                request.path(at),
                "a user's \"Continue.\" follows it: the model refuses to go on with words put in its mouth",
            );
            self.messages.push(Message::said(CONTINUE, at));
            return;
        }
        last.trim_end();
    }

    pub(super) fn is_prefilled(&self) -> bool {
        self.messages
            .last()
            .is_some_and(|message| message.role == Role::Assistant)
    }

    /// The last answer called tools, and its thinking is not there.
    pub(super) fn has_unthought_calls(&self) -> bool {
        let last = self
            .messages
            .iter()
            .rev()
            .find(|message| message.role == Role::Assistant);
        last.is_some_and(|message| {
            let kinds = || message.pieces.iter().map(|piece| piece.kind);
            kinds().any(|kind| kind == Kind::ToolUse) && kinds().next() != Some(Kind::Thinking)
        })
    }
}

impl Message<'_> {
    fn said(text: &'static str, at: At) -> Self {
        Self {
            role: Role::User,
            at,
            pieces: vec![Piece::text(text)],
        }
    }

    /// Results first; thinking never last.
    fn settle(&mut self) {
        self.pieces
            .sort_by_key(|piece| piece.kind != Kind::ToolResult);
        while self
            .pieces
            .pop_if(|piece| piece.kind == Kind::Thinking)
            .is_some()
        {}
    }

    /// The answer goes on from the last letter.
    fn trim_end(&mut self) {
        let Some(last) = self.pieces.last_mut() else {
            return;
        };
        if last.kind != Kind::Text {
            return;
        }
        let text = last.json.get("text").and_then(Json::as_str);
        let text = text.unwrap_or_default().trim_end().to_owned();
        last.json.set("text", text);
    }
}

fn message<'a>(writer: &mut Writer<'a, '_>, turn: &'a Turn) -> Result<Message<'a>, WireError> {
    let mut message = Message {
        role: match turn.role {
            Role::Assistant => Role::Assistant,
            Role::User | Role::System => Role::User,
        },
        at: turn.at,
        pieces: Vec::new(),
    };
    if turn.role == Role::System {
        // Not every model takes an instruction in the middle; Claude knows this form of one.
        let text = flat_text(&turn.blocks);
        if !text.trim().is_empty() {
            let mut piece = Piece::text(format!("<system-reminder>\n{text}\n</system-reminder>"));
            piece.mark = turn.blocks.last().and_then(|block| block.cache);
            message.pieces.push(piece);
        }
        return Ok(message);
    }
    for block in &turn.blocks {
        message.pieces.extend(writer.piece(block, turn.role)?);
    }
    Ok(message)
}
