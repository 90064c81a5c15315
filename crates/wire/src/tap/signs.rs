//! A glance that tells which events are worth parsing: most carry a few words of text and nothing else.
//!
//! It may say yes for nothing, which costs a parse.
//! It says no by mistake only for keys that are written with escapes, which no server does.

use memchr::memmem::Finder;

/// The quoted words to look for.
///
/// Inside a JSON string a quote is escaped, so generated text that mentions `"usage"` does not match.
#[derive(Debug)]
pub(super) struct Signs {
    finders: Vec<Finder<'static>>,
    model: Finder<'static>,
}

impl Signs {
    pub(super) fn new(words: &'static [&'static str]) -> Self {
        Self {
            finders: words.iter().map(|word| Finder::new(*word)).collect(),
            model: Finder::new("\"model\""),
        }
    }

    /// Whether the event holds a sign; the model is one until it is known.
    pub(super) fn are_in(&self, data: &[u8], knows_model: bool) -> bool {
        self.finders.iter().any(|finder| is_sign_in(finder, data))
            || (!knows_model && is_sign_in(&self.model, data))
    }
}

fn is_sign_in(finder: &Finder<'_>, data: &[u8]) -> bool {
    let length = finder.needle().len();
    finder
        .find_iter(data)
        .any(|start| !is_null(data.get(start + length..).unwrap_or_default()))
}

/// Whether what follows a word makes it the key of a null: chat says `"usage":null` in every event.
fn is_null(after: &[u8]) -> bool {
    let Some(value) = after.trim_ascii_start().strip_prefix(b":") else {
        return false;
    };
    value.trim_ascii_start().starts_with(b"null")
}

#[cfg(test)]
mod tests {
    use super::Signs;

    #[test]
    fn a_sign_is_a_quoted_word_that_is_not_the_key_of_a_null() {
        let signs = Signs::new(&["\"usage\""]);
        let cases = [
            (r#"{"usage":{}}"#, true),
            (r#"{"type":"usage"}"#, true),
            (r#"{"usage" : null, "x":{"usage":1}}"#, true),
            (r#"{"usage":null}"#, false),
            (r#"{"usage" : null}"#, false),
            (r#"{"text":"say \"usage\""}"#, false),
            (r#"{"text":"usage"}"#, true),
            (r#"{"text":"my usage"}"#, false),
            (r#"{"model":"m"}"#, false),
        ];
        for (data, expected) in cases {
            assert_eq!(signs.are_in(data.as_bytes(), true), expected, "{data}");
        }
        assert!(signs.are_in(br#"{"model":"m"}"#, false));
    }
}
