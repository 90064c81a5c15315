//! Breakpoints of the prompt cache: <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>.

use crate::anthropic::encode::conversation::Conversation;
use crate::format::Format;
use crate::ir::content::CacheMark;
use crate::ir::request::{Request, Role};
use crate::json::{Json, Object};
use crate::object;

const MOST_MARKS: usize = 4;

/// Something that can carry a mark: a tool or a block.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) json: Object<'a>,
    pub(super) kind: Kind,
    pub(super) mark: Option<CacheMark>,
}

/// What the order of blocks depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    ToolUse,
    ToolResult,
    Other,
}

impl<'a> Piece<'a> {
    pub(super) fn new(kind: Kind, json: Object<'a>) -> Self {
        Self {
            json,
            kind,
            mark: None,
        }
    }

    pub(super) fn text(text: impl Into<Json<'a>>) -> Self {
        Self::new(Kind::Text, object! { "type" => "text", "text" => text })
    }

    pub(super) fn into_json(mut self) -> Object<'a> {
        match self.mark {
            Some(CacheMark::Short) => {
                self.json
                    .push("cache_control", object! { "type" => "ephemeral" });
            }
            Some(CacheMark::OneHour) => {
                let control = object! { "type" => "ephemeral", "ttl" => "1h" };
                self.json.push("cache_control", control);
            }
            None => {}
        }
        self.json
    }
}

/// Keeps the client's marks within the rules, or sets marks for a client whose format has none.
pub(super) fn place_marks<'a>(
    request: &Request,
    tools: &mut [Piece<'a>],
    conversation: &mut Conversation<'a>,
) {
    let mut marks = marks(tools, conversation);
    if marks.is_empty() && request.source != Format::Anthropic {
        set(tools, conversation);
        return;
    }
    // The first marks keep the longest-lived prefix, the last one the conversation: the middle is dear least.
    while marks.len() > MOST_MARKS {
        *marks.remove(MOST_MARKS / 2) = None;
    }
    // A longer life may not follow a shorter one.
    let mut is_short = false;
    for mark in marks {
        if is_short {
            *mark = Some(CacheMark::Short);
        }
        is_short |= *mark == Some(CacheMark::Short);
    }
}

/// All marks in the order in which the prompt is put together.
fn marks<'m, 'a>(
    tools: &'m mut [Piece<'a>],
    conversation: &'m mut Conversation<'a>,
) -> Vec<&'m mut Option<CacheMark>> {
    let messages = conversation
        .messages
        .iter_mut()
        .flat_map(|message| &mut message.pieces);
    let mut marks = Vec::new();
    let pieces = tools.iter_mut().chain(&mut conversation.system);
    for mark in pieces.map(slot).chain(messages.map(slot)) {
        if mark.is_some() {
            marks.push(mark);
        }
    }
    marks
}

/// A mark on thinking is refused.
fn slot<'m>(piece: &'m mut Piece<'_>) -> &'m mut Option<CacheMark> {
    if piece.kind == Kind::Thinking {
        piece.mark = None;
    }
    &mut piece.mark
}

/// What stays the same from turn to turn, and the conversation up to the last two times the user spoke.
fn set<'a>(tools: &mut [Piece<'a>], conversation: &mut Conversation<'a>) {
    let users = conversation
        .messages
        .iter_mut()
        .rev()
        .filter(|message| message.role == Role::User)
        .take(2)
        .filter_map(|message| message.pieces.last_mut());
    for piece in tools
        .last_mut()
        .into_iter()
        .chain(conversation.system.last_mut())
    {
        piece.mark = Some(CacheMark::Short);
    }
    for piece in users {
        piece.mark = Some(CacheMark::Short);
    }
}
