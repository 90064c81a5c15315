//! Server-sent events, pushed in as they come: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
//!
//! Lines may end in LF, CRLF or CR; chunks may be cut anywhere, inside a character or between CR and LF too,
//! and the events are the same for every way of cutting.
//! We depart from the standard once: [`SseParser::finish`] gives a last event that no blank line closed.
//! `id:` and `retry:` are skipped, since none of our formats uses them and nobody here reconnects.

use std::collections::VecDeque;
use std::mem;

use memchr::{memchr, memchr2};

use crate::framing::Frame;

/// The most one event may hold: its name, its data and the line being read, together.
///
/// Above it the parser forgets the event, reports [`SseParser::is_overflowed`] and reads nothing more;
/// events which were complete before can still be taken.
pub const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A push parser: [`feed`](Self::feed), then take events until there are none.
#[derive(Debug)]
pub struct SseParser {
    limit: usize,
    /// A line whose end has not arrived.
    line: Vec<u8>,
    open: Frame,
    has_data: bool,
    ready: VecDeque<Frame>,
    is_after_cr: bool,
    is_past_first_line: bool,
    is_overflowed: bool,
}

impl Default for SseParser {
    fn default() -> Self {
        Self::with_limit(MAX_EVENT_BYTES)
    }
}

impl SseParser {
    pub fn new() -> Self {
        Self::default()
    }

    /// A parser with another limit than [`MAX_EVENT_BYTES`].
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            open: Frame::default(),
            has_data: false,
            ready: VecDeque::new(),
            is_after_cr: false,
            is_past_first_line: false,
            is_overflowed: false,
        }
    }

    pub fn feed(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        while !rest.is_empty() && !self.is_overflowed {
            if mem::take(&mut self.is_after_cr)
                && let Some(tail) = rest.strip_prefix(b"\n")
            {
                rest = tail;
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                self.keep(rest);
                return;
            };
            let (line, tail) = rest.split_at(end);
            self.is_after_cr = tail.starts_with(b"\r");
            rest = tail.get(1..).unwrap_or_default();
            if self.line.is_empty() {
                self.read_line(line);
            } else {
                self.keep(line);
                let whole = mem::take(&mut self.line);
                self.read_line(&whole);
            }
        }
    }

    /// The next complete event, in the order of the stream.
    pub fn next_event(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    /// The stream has ended: a line or an event still open counts as complete.
    pub fn finish(&mut self) {
        let line = mem::take(&mut self.line);
        if !line.is_empty() {
            self.read_line(&line);
        }
        self.close_event();
    }

    /// Whether an event exceeded the limit, so that nothing is read any more.
    pub fn is_overflowed(&self) -> bool {
        self.is_overflowed
    }

    fn keep(&mut self, part: &[u8]) {
        if self.has_room_for(part.len()) {
            self.line.extend_from_slice(part);
        } else {
            self.overflow();
        }
    }

    /// The same question for a line that came whole and for one that came in parts: the rule must not
    /// depend on the chunks.
    fn has_room_for(&self, more: usize) -> bool {
        self.open.event.len() + self.open.data.len() + self.line.len() + more <= self.limit
    }

    fn overflow(&mut self) {
        self.is_overflowed = true;
        self.line = Vec::new();
        self.open = Frame::default();
        self.has_data = false;
    }

    fn read_line(&mut self, line: &[u8]) {
        if self.is_overflowed {
            return;
        }
        if !self.has_room_for(line.len()) {
            self.overflow();
            return;
        }
        let line = if mem::replace(&mut self.is_past_first_line, true) {
            line
        } else {
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
        };
        if line.is_empty() {
            self.close_event();
        } else {
            self.read_field(line);
        }
    }

    fn read_field(&mut self, line: &[u8]) {
        let (name, value) = line.split_at(memchr(b':', line).unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                if mem::replace(&mut self.has_data, true) {
                    self.open.data.push(b'\n');
                }
                self.open.data.extend_from_slice(value);
            }
            b"event" => self.open.event = value.to_vec(),
            // A comment (an empty name), or a field for somebody else.
            _ => {}
        }
    }

    /// An event without any `data:` line is none, says the standard.
    fn close_event(&mut self) {
        let event = mem::take(&mut self.open);
        if mem::take(&mut self.has_data) {
            self.ready.push_back(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SseParser;
    use crate::framing::Frame;

    fn check(stream: &str, expected: &[(&str, &str)]) {
        let expected: Vec<Frame> = expected
            .iter()
            .map(|(event, data)| Frame {
                event: event.as_bytes().into(),
                data: data.as_bytes().into(),
            })
            .collect();
        let mut parser = SseParser::new();
        parser.feed(stream.as_bytes());
        parser.finish();
        let events: Vec<Frame> = std::iter::from_fn(|| parser.next_event()).collect();
        assert_eq!(events, expected, "{stream:?}");
    }

    #[test]
    fn fields_are_read_as_the_standard_says() {
        check("data: a\n\n", &[("", "a")]);
        check("data:a\n\ndata:  a\n\n", &[("", "a"), ("", " a")]);
        check("event: ping\ndata: {}\n\n", &[("ping", "{}")]);
        check("event: a\nevent:b\ndata\n\n", &[("b", "")]);
        check("data: a\ndata:\ndata: b\n\n", &[("", "a\n\nb")]);
        check(
            ": hi\nid: 7\nretry: 9\nDATA: no\nfoo\ndata: a: b\n\n",
            &[("", "a: b")],
        );
    }

    #[test]
    fn lines_end_in_lf_crlf_or_cr() {
        check(
            "data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n",
            &[("", "a\nb"), ("", "c"), ("", "d")],
        );
    }

    #[test]
    fn an_event_without_data_is_none() {
        check("event: ping\n\n\n\ndata: a\n\n", &[("", "a")]);
    }

    #[test]
    fn a_last_event_needs_no_blank_line() {
        check("data: a\n\ndata: b", &[("", "a"), ("", "b")]);
        check("data: a\r\n", &[("", "a")]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_at_the_start_alone() {
        check("\u{feff}data: a\n\n\u{feff}data: b\n\n", &[("", "a")]);
    }

    #[test]
    fn an_event_above_the_limit_stops_the_parser_after_the_complete_ones() {
        for stream in [
            "data: a\n\ndata: 0123456789\n\ndata: b\n\n",
            "data: a\n\n: 01234567890123\n\n",
        ] {
            let mut parser = SseParser::with_limit(12);
            parser.feed(stream.as_bytes());
            parser.finish();
            assert!(parser.is_overflowed(), "{stream:?}");
            assert_eq!(
                parser.next_event().map(|event| event.data),
                Some(b"a".to_vec())
            );
            assert_eq!(parser.next_event(), None);
        }
    }

    #[test]
    fn the_limit_counts_everything_that_is_held() {
        for parts in [
            vec!["0123"; 4],
            vec!["data: 012\n"; 4],
            vec!["event: 012345\n", "data: 0\n"],
        ] {
            let mut parser = SseParser::with_limit(12);
            parts.iter().for_each(|part| parser.feed(part.as_bytes()));
            assert!(parser.is_overflowed(), "{parts:?}");
        }
    }

    #[test]
    fn an_event_at_the_limit_is_read() {
        let mut parser = SseParser::with_limit(12);
        parser.feed(b"data: 012345\n\n");
        assert!(!parser.is_overflowed());
        assert_eq!(
            parser.next_event().map(|event| event.data),
            Some(b"012345".to_vec())
        );
    }
}
