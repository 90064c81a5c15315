//! Stop sequences for upstreams that have none: the answer is cut here.

use crate::ir::event::{Delta, Opening, Step};
use crate::ir::response::FinishReason;

/// Passes steps on until the text holds one of the sequences.
///
/// A sequence may be spread over deltas, so the end of the text that could begin one is held back.
#[derive(Debug)]
pub struct Stopper {
    stop: Vec<String>,
    held: String,
    is_in_text: bool,
    met: Option<String>,
}

impl Stopper {
    pub fn new(stop: Vec<String>) -> Self {
        Self {
            stop: stop.into_iter().filter(|text| !text.is_empty()).collect(),
            held: String::new(),
            is_in_text: false,
            met: None,
        }
    }

    /// A sequence was met: only the end is still of interest.
    pub fn has_stopped(&self) -> bool {
        self.met.is_some()
    }

    pub fn push(&mut self, step: Step, out: &mut Vec<Step>) {
        if self.stop.is_empty() {
            out.push(step);
            return;
        }
        if self.met.is_some() {
            match step {
                Step::Finish { usage, .. } => out.push(Step::Finish {
                    reason: FinishReason::StopSequence(self.met.clone()),
                    usage,
                }),
                Step::Error(_) => out.push(Step::Finish {
                    reason: FinishReason::StopSequence(self.met.clone()),
                    usage: None,
                }),
                Step::Start { .. } | Step::Open(_) | Step::Delta(_) | Step::Close => {}
            }
            return;
        }
        match step {
            Step::Open(opening) => {
                self.is_in_text = opening == Opening::Text;
                out.push(Step::Open(opening));
            }
            Step::Delta(Delta::Text(text)) if self.is_in_text => self.text(&text, out),
            Step::Close => {
                self.release(out);
                out.push(Step::Close);
            }
            step @ (Step::Start { .. } | Step::Delta(_) | Step::Finish { .. } | Step::Error(_)) => {
                out.push(step);
            }
        }
    }

    fn text(&mut self, text: &str, out: &mut Vec<Step>) {
        self.held.push_str(text);
        let first = self
            .stop
            .iter()
            .filter_map(|stop| Some((self.held.find(stop.as_str())?, stop)))
            .min_by_key(|(place, _)| *place);
        if let Some((place, stop)) = first {
            self.met = Some(stop.clone());
            self.held.truncate(place);
            self.release(out);
            out.push(Step::Close);
            return;
        }
        let kept = self.begun();
        let ready = self.held.len() - kept;
        let rest = self.held.split_off(ready);
        self.release(out);
        self.held = rest;
    }

    /// Bytes at the end of the held text that may be the beginning of a sequence.
    fn begun(&self) -> usize {
        let longest = |stop: &String| {
            stop.char_indices()
                .skip(1)
                .filter_map(|(end, _)| stop.get(..end))
                .filter(|prefix| self.held.ends_with(prefix))
                .map(str::len)
                .max()
        };
        self.stop.iter().filter_map(longest).max().unwrap_or(0)
    }

    fn release(&mut self, out: &mut Vec<Step>) {
        let text = std::mem::take(&mut self.held);
        if !text.is_empty() {
            out.push(Step::Delta(Delta::Text(text)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stopper;
    use crate::ir::event::{Delta, Opening, Step};
    use crate::ir::response::FinishReason;

    fn run(stop: &[&str], chunks: &[&str]) -> (String, FinishReason) {
        let mut stopper = Stopper::new(stop.iter().map(|&text| text.to_owned()).collect());
        let mut out = Vec::new();
        stopper.push(Step::Open(Opening::Text), &mut out);
        for chunk in chunks {
            stopper.push(Step::Delta(Delta::Text((*chunk).to_owned())), &mut out);
        }
        stopper.push(Step::Close, &mut out);
        stopper.push(
            Step::Finish {
                reason: FinishReason::Stop,
                usage: None,
            },
            &mut out,
        );
        assert_eq!(out.iter().filter(|step| **step == Step::Close).count(), 1);
        let text = out
            .iter()
            .filter_map(|step| match step {
                Step::Delta(Delta::Text(text)) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let Some(Step::Finish { reason, .. }) = out.pop() else {
            panic!("no finish");
        };
        (text, reason)
    }

    #[test]
    fn the_answer_is_cut_at_the_first_sequence_however_it_comes() {
        let met = FinishReason::StopSequence(Some("END".to_owned()));
        for chunks in [
            &["one END two"][..],
            &["one E", "ND two"],
            &["one ", "E", "N", "D", " two"],
            &["one END", " two END"],
        ] {
            assert_eq!(
                run(&["END", "two"], chunks),
                ("one ".to_owned(), met.clone())
            );
        }
    }

    #[test]
    fn what_only_begins_like_a_sequence_is_text() {
        assert_eq!(
            run(&["END"], &["EN", "EN", "é", "E"]),
            ("ENENéE".to_owned(), FinishReason::Stop)
        );
    }
}
