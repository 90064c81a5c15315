//! Mends a conversation in which calls and results do not pair up, because somebody edited or cut it.
//!
//! Every vendor refuses such a history in its own way, so it is mended once, for all targets:
//! each assistant turn with calls is followed by a user turn that begins with one result per call, in order.

use std::collections::HashMap;

use crate::ir::content::{Block, Content, ToolResult};
use crate::ir::note::Notes;
use crate::ir::request::{Request, Role, Turn};

const NO_RESULT: &str = "No result was recorded for this call.";

impl Request {
    /// Completes ids, then pairs calls and results.
    ///
    /// A result that answers no earlier call becomes text; a call without a result gets one that says so;
    /// of two results of one call the last counts; what stands between calls and their results moves behind them.
    pub fn repair_history(&mut self, notes: &mut Notes) {
        self.complete_ids();
        if is_paired(&self.turns) {
            return;
        }
        let mut turns = std::mem::take(&mut self.turns);
        let mut results = take_results(&mut turns);
        let mut mended: Vec<Turn> = Vec::with_capacity(turns.len() + 1);
        for turn in turns {
            let calls = calls_of(&turn);
            let at = turn.at;
            if !turn.blocks.is_empty() {
                mended.push(turn);
            }
            if calls.is_empty() {
                continue;
            }
            let answers = calls
                .into_iter()
                .map(|(id, name)| {
                    results.remove(&id).unwrap_or_else(|| {
                        notes.add(
                            self.path(at),
                            "a call without a result got one that says so",
                        );
                        missing(at, id, name)
                    })
                })
                .collect();
            mended.push(Turn::new(at, Role::User, answers));
        }
        // What is left answers calls that are not there; it is still something the model was told.
        let mut orphans: Vec<Block> = results.into_values().collect();
        orphans.sort_by_key(|block| (block.at.message, block.at.part));
        for orphan in orphans {
            notes.add(self.path(orphan.at), "a result without a call became text");
            place(&mut mended, told(orphan));
        }
        self.turns = mended;
    }
}

/// Whether every turn with calls is followed by exactly their results.
fn is_paired(turns: &[Turn]) -> bool {
    let mut open: Vec<String> = Vec::new();
    for turn in turns {
        let mut rest = turn.blocks.iter().peekable();
        if turn.role == Role::User {
            while let Some(block) = rest.peek() {
                let Content::ToolResult(result) = &block.content else {
                    break;
                };
                let place = open.iter().position(|id| result.id.as_ref() == Some(id));
                let Some(place) = place else { return false };
                open.remove(place);
                rest.next();
            }
        }
        let has_stray = rest.any(|block| matches!(block.content, Content::ToolResult(_)));
        if has_stray || !open.is_empty() && !is_results_only(turn) {
            return false;
        }
        let calls = calls_of(turn);
        if !calls.is_empty() {
            if !open.is_empty() || turn.role != Role::Assistant {
                return false;
            }
            open = calls.into_iter().map(|(id, _)| id).collect();
        }
    }
    open.is_empty()
}

/// Chat sends one message per result, so the results of one turn may be spread over several.
fn is_results_only(turn: &Turn) -> bool {
    turn.blocks
        .iter()
        .all(|block| matches!(block.content, Content::ToolResult(_)))
}

fn calls_of(turn: &Turn) -> Vec<(String, String)> {
    if turn.role != Role::Assistant {
        return Vec::new();
    }
    turn.blocks
        .iter()
        .filter_map(|block| match &block.content {
            Content::ToolUse(call) => Some((call.id.clone()?, call.name.clone())),
            _ => None,
        })
        .collect()
}

/// Takes all results out of the conversation; of several with one id the last stays.
fn take_results(turns: &mut [Turn]) -> HashMap<String, Block> {
    let mut results = HashMap::new();
    let mut nameless = 0_usize;
    for turn in turns {
        let blocks = std::mem::take(&mut turn.blocks);
        for block in blocks {
            let Content::ToolResult(result) = &block.content else {
                turn.blocks.push(block);
                continue;
            };
            let id = result.id.clone().unwrap_or_else(|| {
                nameless += 1;
                // No call has such an id.
                format!("\u{0}{nameless}")
            });
            results.insert(id, block);
        }
    }
    results
}

fn missing(at: crate::ir::content::At, id: String, name: String) -> Block {
    Block::new(
        at,
        Content::ToolResult(ToolResult {
            id: Some(id),
            name: Some(name),
            content: vec![Block::text(at, NO_RESULT)],
            is_error: true,
            is_custom: false,
        }),
    )
}

/// An orphaned result as what a user would have said.
fn told(block: Block) -> Vec<Block> {
    let Content::ToolResult(result) = block.content else {
        return vec![block];
    };
    let name = result.name.as_deref().unwrap_or("a tool");
    let mut blocks = vec![Block::text(block.at, format!("Result of {name}:"))];
    blocks.extend(result.content);
    blocks
}

/// Puts `blocks` where the message they come from stood.
fn place(turns: &mut Vec<Turn>, blocks: Vec<Block>) {
    let Some(at) = blocks.first().map(|block| block.at) else {
        return;
    };
    let mut before = turns
        .iter()
        .position(|turn| turn.at.message > at.message)
        .unwrap_or(turns.len());
    // Never between calls and their results.
    while before > 0
        && before < turns.len()
        && turns
            .get(before - 1)
            .is_some_and(|turn| !calls_of(turn).is_empty())
    {
        before += 1;
    }
    turns.insert(before, Turn::new(at, Role::User, blocks));
}

#[cfg(test)]
mod tests {
    use super::NO_RESULT;
    use crate::format::Format;
    use crate::ir::content::{At, Block, Content, ToolInput, ToolResult, ToolUse, flat_text};
    use crate::ir::note::Notes;
    use crate::ir::request::{Request, Role, Turn};

    fn call(id: Option<&str>, name: &str) -> Content {
        Content::ToolUse(ToolUse {
            id: id.map(str::to_owned),
            name: name.to_owned(),
            namespace: None,
            input: ToolInput::Json("{}".to_owned()),
            proof: None,
        })
    }

    fn result(id: Option<&str>, name: Option<&str>, text: &str) -> Content {
        Content::ToolResult(ToolResult {
            id: id.map(str::to_owned),
            name: name.map(str::to_owned),
            content: vec![Block::text(At::default(), text)],
            is_error: false,
            is_custom: false,
        })
    }

    fn text(text: &str) -> Content {
        Block::text(At::default(), text).content
    }

    fn mended(turns: Vec<(Role, Vec<Content>)>) -> (Vec<String>, usize) {
        let mut request = Request::new(Format::OpenaiChat, "m");
        request.turns = turns
            .into_iter()
            .enumerate()
            .map(|(index, (role, contents))| {
                let at = At::message(index);
                let blocks = contents
                    .into_iter()
                    .map(|content| Block::new(at, content))
                    .collect();
                Turn::new(at, role, blocks)
            })
            .collect();
        let mut notes = Notes::new();
        request.repair_history(&mut notes);
        let shown = request.turns.iter().map(show).collect();
        (shown, notes.count())
    }

    fn show(turn: &Turn) -> String {
        let blocks: Vec<String> = turn
            .blocks
            .iter()
            .map(|block| match &block.content {
                Content::ToolUse(call) => format!("call {}", call.id.as_deref().unwrap_or("-")),
                Content::ToolResult(result) => format!(
                    "result {} {}",
                    result.id.as_deref().unwrap_or("-"),
                    result.flat_text()
                ),
                _ => flat_text(std::slice::from_ref(block)),
            })
            .collect();
        format!("{:?}: {}", turn.role, blocks.join(", "))
    }

    #[test]
    fn a_sound_history_stays_as_it_is() {
        let (shown, notes) = mended(vec![
            (Role::User, vec![text("hi")]),
            (
                Role::Assistant,
                vec![call(Some("a"), "f"), call(Some("b"), "g")],
            ),
            (Role::User, vec![result(Some("b"), None, "2")]),
            (
                Role::User,
                vec![result(Some("a"), None, "1"), text("go on")],
            ),
        ]);
        assert_eq!(
            shown,
            [
                "User: hi",
                "Assistant: call a, call b",
                "User: result b 2",
                "User: result a 1, go on"
            ]
        );
        assert_eq!(notes, 0);
    }

    #[test]
    fn a_call_without_a_result_gets_one() {
        let (shown, notes) = mended(vec![
            (Role::Assistant, vec![call(Some("a"), "f")]),
            (Role::User, vec![text("hi")]),
        ]);
        assert_eq!(
            shown,
            [
                "Assistant: call a".to_owned(),
                format!("User: result a {NO_RESULT}"),
                "User: hi".to_owned()
            ]
        );
        assert_eq!(notes, 1);
    }

    #[test]
    fn results_move_to_their_calls() {
        let (shown, notes) = mended(vec![
            (Role::Assistant, vec![call(Some("a"), "f")]),
            (Role::User, vec![text("wait")]),
            (Role::User, vec![result(Some("a"), None, "1")]),
            (Role::User, vec![result(Some("a"), None, "2")]),
        ]);
        assert_eq!(
            shown,
            ["Assistant: call a", "User: result a 2", "User: wait"]
        );
        assert_eq!(notes, 0);
    }

    #[test]
    fn a_result_without_a_call_becomes_text() {
        let (shown, notes) = mended(vec![
            (Role::User, vec![text("hi")]),
            (Role::User, vec![result(Some("gone"), Some("f"), "1")]),
            (Role::Assistant, vec![text("ok")]),
        ]);
        assert_eq!(
            shown,
            ["User: hi", "User: Result of f:, 1", "Assistant: ok"]
        );
        assert_eq!(notes, 1);
    }

    #[test]
    fn an_id_that_is_used_again_gets_a_number_and_its_results_follow() {
        let (shown, notes) = mended(vec![
            (
                Role::Assistant,
                vec![call(Some("a"), "f"), call(Some("a"), "f")],
            ),
            (
                Role::User,
                vec![result(Some("a"), None, "1"), result(Some("a"), None, "2")],
            ),
            (Role::Assistant, vec![call(Some("a"), "f")]),
            (Role::User, vec![result(Some("a"), None, "3")]),
        ]);
        assert_eq!(
            shown,
            [
                "Assistant: call a, call a_2",
                "User: result a 1, result a_2 2",
                "Assistant: call a_3",
                "User: result a_3 3"
            ]
        );
        assert_eq!(notes, 0);
    }

    #[test]
    fn calls_without_ids_are_answered_by_name_and_order() {
        let (shown, notes) = mended(vec![
            (Role::Assistant, vec![call(None, "f"), call(None, "g")]),
            (
                Role::User,
                vec![result(None, Some("g"), "2"), result(None, None, "1")],
            ),
        ]);
        assert_eq!(
            shown,
            [
                "Assistant: call call_1_f, call call_2_g",
                "User: result call_2_g 2, result call_1_f 1"
            ]
        );
        assert_eq!(notes, 0);
    }
}
