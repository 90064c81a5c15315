use super::Sequencer;
use crate::ir::event::{Delta, Event, Opening, Step, ToolOpening};
use crate::ir::response::FinishReason;

fn steps(events: Vec<Event>) -> Vec<Step> {
    let mut sequencer = Sequencer::new("s");
    let mut out = Vec::new();
    for event in events {
        sequencer.push(event, &mut out);
    }
    sequencer.end(&mut out);
    out
}

fn tool(id: Option<&str>, name: &str) -> Opening {
    Opening::Tool(ToolOpening {
        id: id.map(str::to_owned),
        name: name.to_owned(),
        ..ToolOpening::default()
    })
}

fn start(index: u32, opening: Opening) -> Event {
    Event::BlockStart { index, opening }
}

fn delta(index: u32, delta: Delta) -> Event {
    Event::BlockDelta { index, delta }
}

fn input(text: &str) -> Delta {
    Delta::Input(text.to_owned())
}

fn text(text: &str) -> Delta {
    Delta::Text(text.to_owned())
}

fn begun() -> Step {
    Step::Start {
        model: None,
        usage: None,
    }
}

fn finished(reason: FinishReason) -> Step {
    Step::Finish {
        reason,
        usage: None,
    }
}

#[test]
fn interleaved_calls_come_one_after_the_other() {
    let steps = steps(vec![
        start(0, tool(Some("a"), "f")),
        start(1, tool(Some("b"), "g")),
        delta(0, input("{")),
        delta(1, input("[")),
        delta(0, input("}")),
        delta(1, input("]")),
        Event::Finish(FinishReason::Stop),
    ]);
    assert_eq!(
        steps,
        [
            begun(),
            Step::Open(tool(Some("a"), "f")),
            Step::Delta(input("{")),
            Step::Delta(input("}")),
            Step::Close,
            Step::Open(tool(Some("b"), "g")),
            Step::Delta(input("[]")),
            Step::Close,
            finished(FinishReason::ToolUse),
        ]
    );
}

#[test]
fn empty_blocks_are_never_opened() {
    let steps = steps(vec![
        start(0, Opening::Text),
        delta(0, text("")),
        Event::BlockStop { index: 0 },
        start(1, Opening::Thinking),
        Event::BlockStop { index: 1 },
        Event::Finish(FinishReason::ToolUse),
    ]);
    assert_eq!(steps, [begun(), finished(FinishReason::Stop)]);
}

#[test]
fn ids_are_made_where_they_are_missing_or_taken() {
    let steps = steps(vec![
        start(0, tool(None, "f")),
        Event::BlockStop { index: 0 },
        start(1, tool(Some("a"), "f")),
        Event::BlockStop { index: 1 },
        start(2, tool(Some("a"), "f")),
        Event::Finish(FinishReason::Stop),
    ]);
    let ids: Vec<_> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Open(Opening::Tool(tool)) => tool.id.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["call_s0", "a", "call_s2"]);
}

#[test]
fn an_end_without_a_reason_is_an_error_and_closes_nothing() {
    let steps = steps(vec![start(0, Opening::Text), delta(0, text("x"))]);
    let [first, open, delta, Step::Error(_)] = &steps[..] else {
        panic!("{steps:?}");
    };
    assert_eq!(
        [first, open, delta],
        [
            &begun(),
            &Step::Open(Opening::Text),
            &Step::Delta(text("x"))
        ]
    );
}

#[test]
fn nothing_follows_an_end() {
    let steps = steps(vec![
        Event::Finish(FinishReason::Length),
        Event::End,
        start(0, Opening::Text),
        delta(0, text("x")),
        Event::Finish(FinishReason::Stop),
    ]);
    assert_eq!(steps, [begun(), finished(FinishReason::Length)]);
}
