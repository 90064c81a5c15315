//! The AWS event stream: binary frames with headers and two checksums.
//!
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use std::collections::VecDeque;

use crate::framing::Frame;

#[derive(Debug, Default)]
pub struct EventStreamParser {
    ready: VecDeque<Frame>,
    failure: Option<&'static str>,
}

impl EventStreamParser {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn feed(&mut self, _chunk: &[u8]) {
        self.failure = Some("not written yet");
    }

    pub fn next_frame(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    pub fn finish(&mut self) {}

    pub fn failure(&self) -> Option<&'static str> {
        self.failure
    }
}
