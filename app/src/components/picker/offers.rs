//! What a picker offers for what was typed.

/// So many are shown at once; more are found by typing.
const MOST: usize = 40;

/// Something to pick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) id: String,
    /// What it is, for people. It is searched, too.
    pub(crate) about: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offers {
    pub(crate) shown: Vec<Offer>,
    /// How many are found besides.
    pub(crate) more: usize,
}

/// Everything with all the words of `text` in it, what begins with it first, and the text itself.
///
/// The text comes last, so that a few letters pick the first that is found; but it comes first when it is
/// a whole `prefix/model` that nothing known begins with.
pub(crate) fn offers(known: &[Offer], text: &str) -> Offers {
    let text = text.trim();
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let is_found = |offer: &&Offer| {
        let searched = format!("{} {}", offer.id, offer.about).to_lowercase();
        words.iter().all(|word| searched.contains(word))
    };
    let mut found: Vec<Offer> = known.iter().filter(is_found).cloned().collect();
    // What is spelled out is meant, and then what begins so.
    found.sort_by_key(|offer| {
        (
            offer.id != text,
            !offer.id.to_lowercase().starts_with(&lower),
        )
    });
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    if !text.is_empty() && !known.iter().any(|offer| offer.id == text) {
        let as_typed = Offer {
            id: text.to_owned(),
            about: "as you typed it".to_owned(),
        };
        let is_whole = text
            .split_once('/')
            .is_some_and(|(prefix, model)| !prefix.is_empty() && !model.is_empty());
        let is_begun = found
            .iter()
            .any(|offer| offer.id.to_lowercase().starts_with(&lower));
        if is_whole && !is_begun {
            found.insert(0, as_typed);
        } else {
            found.push(as_typed);
        }
    }
    Offers { shown: found, more }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Offer, offers};

    fn known() -> Vec<Offer> {
        [
            ("fast", "combo"),
            ("a/opus-4", "Anthropic"),
            ("a/sonnet-4", "Anthropic"),
            ("o/a/opus-4", "Open house"),
        ]
        .map(|(id, about)| Offer {
            id: id.to_owned(),
            about: about.to_owned(),
        })
        .to_vec()
    }

    #[test]
    fn words_find_and_what_is_spelled_out_comes_first() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &["fast", "a/opus-4", "a/sonnet-4", "o/a/opus-4"]),
            ("OPUS anthropic", &["a/opus-4", "OPUS anthropic"]),
            ("opus", &["a/opus-4", "o/a/opus-4", "opus"]),
            ("o/a/opus-4", &["o/a/opus-4"]),
            ("a/opus-4", &["a/opus-4", "o/a/opus-4"]),
            ("x/opus", &["x/opus"]),
            ("a/op", &["a/opus-4", "o/a/opus-4", "a/op"]),
            ("o", &["o/a/opus-4", "fast", "a/opus-4", "a/sonnet-4", "o"]),
        ];
        for (text, expected) in cases {
            let found = offers(&known(), text);
            let ids: Vec<&str> = found.shown.iter().map(|offer| offer.id.as_str()).collect();
            assert_eq!(ids, expected, "{text}");
        }
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let many: Vec<Offer> = (0..MOST + 3)
            .map(|number| Offer {
                id: format!("p/{number}"),
                about: String::new(),
            })
            .collect();
        let found = offers(&many, "");
        assert_eq!((found.shown.len(), found.more), (MOST, 3));
    }
}
