//! One JSON value per line: <https://github.com/ndjson/ndjson-spec>.

use std::collections::VecDeque;

use memchr::memchr;

use crate::framing::Frame;

/// The most one line may hold.
pub const MAX_LINE_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug, Default)]
pub struct NdjsonParser {
    line: Vec<u8>,
    ready: VecDeque<Frame>,
    is_overflowed: bool,
}

impl NdjsonParser {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn feed(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        while let Some(end) = memchr(b'\n', rest) {
            let (part, tail) = rest.split_at(end);
            self.keep(part);
            self.close_line();
            rest = tail.get(1..).unwrap_or_default();
        }
        self.keep(rest);
    }

    pub fn next_frame(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    /// A last line needs no end.
    pub fn finish(&mut self) {
        self.close_line();
    }

    pub fn is_overflowed(&self) -> bool {
        self.is_overflowed
    }

    fn keep(&mut self, part: &[u8]) {
        if self.is_overflowed {
            return;
        }
        if self.line.len() + part.len() > MAX_LINE_BYTES {
            self.is_overflowed = true;
            self.line = Vec::new();
            return;
        }
        self.line.extend_from_slice(part);
    }

    fn close_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let data = line.trim_ascii();
        if !data.is_empty() {
            self.ready.push_back(Frame {
                event: Vec::new(),
                data: data.to_vec(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NdjsonParser;

    #[test]
    fn lines_are_the_same_for_every_cut() {
        let stream = b"{\"a\":1}\r\n\n{\"b\":\"\xc3\xa9\"}\n{\"c\":3}";
        for size in 1..=stream.len() {
            let mut parser = NdjsonParser::new();
            stream.chunks(size).for_each(|chunk| parser.feed(chunk));
            parser.finish();
            let lines: Vec<_> = std::iter::from_fn(|| parser.next_frame())
                .map(|frame| String::from_utf8(frame.data).expect("text"))
                .collect();
            assert_eq!(lines, [r#"{"a":1}"#, r#"{"b":"é"}"#, r#"{"c":3}"#]);
        }
    }
}
