//! What is shown of bytes and values: bounded, and with line breaks where people look for them.

use std::fmt::{self, Debug, Write as _};

use serde::de::IgnoredAny;

/// More of a neutral form than this is cut off: it is many times as long as what it was read from.
const MOST_NEUTRAL_BYTES: usize = 1024 * 1024;
const CUT: &str = "\n… and more";
const INDENT: &str = "  ";

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A JSON document with line breaks; what is none stays as it is.
///
/// Only white space between values changes: no number and no escape is spelled anew.
pub(super) fn json(bytes: &[u8]) -> String {
    let text = text(bytes);
    if serde_json::from_str::<IgnoredAny>(&text).is_err() {
        return text;
    }
    let mut pretty = Pretty::default();
    for char in text.chars() {
        pretty.push(char);
    }
    pretty.out
}

pub(super) fn debug(value: &impl Debug) -> String {
    let mut bounded = Bounded::default();
    let written = write!(bounded, "{value:#?}");
    bounded.finish(written)
}

/// One value a line.
pub(super) fn lines(values: &[impl Debug]) -> String {
    let mut bounded = Bounded::default();
    let written = values
        .iter()
        .try_for_each(|value| writeln!(bounded, "{value:?}"));
    bounded.finish(written)
}

/// Writing into it fails once it is full.
#[derive(Default)]
struct Bounded(String);

impl Bounded {
    fn finish(mut self, written: fmt::Result) -> String {
        if written.is_err() {
            self.0.push_str(CUT);
        }
        self.0
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MOST_NEUTRAL_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Writes valid JSON anew, letter by letter.
#[derive(Default)]
struct Pretty {
    out: String,
    depth: usize,
    is_string: bool,
    is_escaped: bool,
    /// A bracket has been opened and nothing stands in it yet.
    is_empty: bool,
}

impl Pretty {
    fn push(&mut self, char: char) {
        if self.is_string {
            self.out.push(char);
            self.is_string = self.is_escaped || char != '"';
            self.is_escaped = !self.is_escaped && char == '\\';
            return;
        }
        match char {
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '[' => {
                self.begin();
                self.out.push(char);
                self.depth += 1;
                self.is_empty = true;
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                if !self.is_empty {
                    self.line();
                }
                self.is_empty = false;
                self.out.push(char);
            }
            ',' => {
                self.out.push(char);
                self.line();
            }
            ':' => self.out.push_str(": "),
            _ => {
                self.begin();
                self.is_string = char == '"';
                self.out.push(char);
            }
        }
    }

    /// The first value in a bracket begins a line.
    fn begin(&mut self) {
        if std::mem::take(&mut self.is_empty) {
            self.line();
        }
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.push_str(&INDENT.repeat(self.depth));
    }
}

#[cfg(test)]
mod tests {
    use super::{CUT, MOST_NEUTRAL_BYTES, debug, json};

    #[test]
    fn json_is_broken_into_lines_as_serde_does_it() {
        let value = serde_json::json!({
            "a": [1, -2.5, [], {}, [[]], "b,c:{}[]\"\\", null, true],
            "b": { "c": { "d": "é\n" } },
            "c": "",
        });
        let expected = serde_json::to_string_pretty(&value).expect("text");
        assert_eq!(json(value.to_string().as_bytes()), expected);
        assert_eq!(json(expected.as_bytes()), expected);
    }

    #[test]
    fn numbers_and_escapes_keep_their_spelling() {
        let body = br#"{"b":1.0e5,"a":12345678901234567890123,"c":"\u00e9\/"}"#;
        let expected =
            "{\n  \"b\": 1.0e5,\n  \"a\": 12345678901234567890123,\n  \"c\": \"\\u00e9\\/\"\n}";
        assert_eq!(json(body), expected);
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        assert_eq!(json(b"data: {}\n\n"), "data: {}\n\n");
        assert_eq!(json(b"{}\n{}"), "{}\n{}");
    }

    #[test]
    fn a_long_form_is_cut() {
        let shown = debug(&vec!["x"; MOST_NEUTRAL_BYTES]);
        assert!(shown.ends_with(CUT) && shown.len() < MOST_NEUTRAL_BYTES + 2 * CUT.len());
    }
}
