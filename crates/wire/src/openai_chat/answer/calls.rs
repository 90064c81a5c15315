//! Calls in an answer, whose deltas come in whatever order and with whatever missing.

use super::next;
use crate::ir::event::{Delta, Event, Opening, ToolOpening};
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};

#[derive(Debug, Default)]
pub(super) struct Calls {
    /// In the order in which they began, which is the order in which they are given out.
    calls: Vec<Call>,
}

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    is_custom: bool,
    /// A legacy call never gets an id.
    is_legacy: bool,
    proof: Option<Proof>,
    /// Held back until the call is begun.
    input: String,
    block: Option<u32>,
}

/// What one delta says of a call.
struct Said {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    input: String,
    is_custom: bool,
    proof: Option<Proof>,
}

impl Calls {
    pub(super) fn delta(&mut self, call: Object, blocks: &mut u32, out: &mut Vec<Event>) {
        let said = Said::read(call);
        let place = self.place(&said);
        self.merge(place, said, out);
        self.begin(blocks, out);
    }

    /// <https://platform.openai.com/docs/api-reference/chat/object> still has it, as deprecated.
    pub(super) fn legacy_delta(&mut self, call: Object, blocks: &mut u32, out: &mut Vec<Event>) {
        let said = Said::read(call);
        let place = self.calls.iter().position(|call| call.is_legacy);
        let place = place.unwrap_or_else(|| self.add(true));
        self.merge(place, said, out);
        self.begin(blocks, out);
    }

    /// Gives out what was held back, at the answer's end. `false`: a call has arguments, but no name.
    pub(super) fn release(&mut self, blocks: &mut u32, out: &mut Vec<Event>) -> bool {
        let is_nameless = |call: &Call| call.name.is_none() && call.block.is_none();
        if self
            .calls
            .iter()
            .any(|call| is_nameless(call) && !call.input.trim().is_empty())
        {
            return false;
        }
        self.calls.retain(|call| !is_nameless(call));
        for call in &mut self.calls {
            call.begin(blocks, out);
        }
        true
    }

    /// Where a delta belongs. Some servers give every call the index 0, and some give no index at all.
    fn place(&mut self, said: &Said) -> usize {
        let is_other = |call: &Call| {
            said.name.is_some() && call.id.is_some() && said.id.is_some() && call.id != said.id
        };
        let found = match (said.index, &said.id) {
            (Some(index), _) => self
                .calls
                .iter()
                .rposition(|call| call.index == Some(index))
                .filter(|place| !self.calls.get(*place).is_some_and(is_other)),
            (None, Some(_)) => self
                .calls
                .iter()
                .rposition(|call| call.id == said.id || call.id.is_none() && said.name.is_none()),
            (None, None) => self
                .calls
                .len()
                .checked_sub(1)
                .filter(|last| !self.calls.get(*last).is_some_and(|last| said.begins(last))),
        };
        found.unwrap_or_else(|| self.add(false))
    }

    fn add(&mut self, is_legacy: bool) -> usize {
        self.calls.push(Call {
            is_legacy,
            ..Call::default()
        });
        self.calls.len() - 1
    }

    fn merge(&mut self, place: usize, said: Said, out: &mut Vec<Event>) {
        let Some(call) = self.calls.get_mut(place) else {
            return;
        };
        call.index = call.index.or(said.index);
        call.id = call.id.take().or(said.id);
        call.name = call.name.take().or(said.name);
        call.is_custom |= said.is_custom;
        match call.block {
            Some(index) => {
                let proof = said.proof.map(Delta::Proof);
                for delta in proof.into_iter().chain([Delta::Input(said.input)]) {
                    out.push(Event::BlockDelta { index, delta });
                }
            }
            None => {
                call.proof = call.proof.take().or(said.proof);
                call.input.push_str(&said.input);
            }
        }
    }

    /// Begins what is ready, in order.
    fn begin(&mut self, blocks: &mut u32, out: &mut Vec<Event>) {
        for call in &mut self.calls {
            let is_ready = call.name.is_some() && (call.id.is_some() || call.is_legacy);
            if !is_ready && call.block.is_none() {
                break;
            }
            call.begin(blocks, out);
        }
    }
}

impl Call {
    fn begin(&mut self, blocks: &mut u32, out: &mut Vec<Event>) {
        if self.block.is_some() {
            return;
        }
        let index = next(blocks);
        self.block = Some(index);
        let opening = Opening::Tool(ToolOpening {
            id: self.id.clone(),
            name: self.name.clone().unwrap_or_default(),
            namespace: None,
            is_custom: self.is_custom,
        });
        out.push(Event::BlockStart { index, opening });
        let proof = self.proof.take().map(Delta::Proof);
        let input = Delta::Input(std::mem::take(&mut self.input));
        for delta in proof.into_iter().chain([input]) {
            out.push(Event::BlockDelta { index, delta });
        }
    }
}

impl Said {
    fn read(mut call: Object) -> Self {
        let filled = |text: &String| !text.is_empty();
        let index = call.take("index").and_then(|index| index.as_u64());
        let id = call.take("id").and_then(Json::into_string).filter(filled);
        let extra = call.take("extra_content");
        let signature = extra
            .as_ref()
            .and_then(|extra| extra.at(&["google", "thought_signature"])?.as_str());
        let proof = signature.and_then(|text| Proof::from_slot(Issuer::Gemini, text));
        let (is_custom, mut inner) = match (call.take("function"), call.take("custom")) {
            (Some(Json::Object(function)), _) => (false, function),
            (_, Some(Json::Object(custom))) => (true, custom),
            _ => (false, call),
        };
        let input = match inner.take(if is_custom { "input" } else { "arguments" }) {
            Some(Json::String(text)) => text.into_owned(),
            Some(arguments @ Json::Raw(_)) => arguments.to_text(),
            _ => String::new(),
        };
        Self {
            index,
            id,
            name: inner
                .take("name")
                .and_then(Json::into_string)
                .filter(filled),
            input,
            is_custom,
            proof,
        }
    }

    /// Without index and id, a new call shows by another name, or by arguments that are whole already.
    fn begins(&self, last: &Call) -> bool {
        self.name.is_some()
            && last.name.is_some()
            && (self.name != last.name
                || Json::parse(self.input.as_bytes(), &[])
                    .is_ok_and(|json| json.as_object().is_some()))
    }
}
