//! The part of a URL behind its question mark. Pure, the same on both sides.

/// Decoded pairs, with or without the question mark before them.
pub(crate) fn parse(search: &str) -> Vec<(String, String)> {
    search
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// A link to a path with these pairs, which are not encoded yet.
pub(crate) fn link<N: AsRef<str>>(path: &str, pairs: &[(N, String)]) -> String {
    let mut link = path.to_owned();
    for (number, (name, value)) in pairs.iter().enumerate() {
        link.push(if number == 0 { '?' } else { '&' });
        encode(name.as_ref(), &mut link);
        link.push('=');
        encode(value, &mut link);
    }
    link
}

/// Everything that a query may contain as it is stays as it is, so that people can read it
/// (<https://url.spec.whatwg.org/#query-percent-encode-set>).
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => into.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b',' => into.push(char::from(byte)),
            _ => into.push_str(&format!("%{byte:02X}")),
        }
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match tail.split_at_checked(2).and_then(hex) {
                Some((byte, tail)) => {
                    bytes.push(byte);
                    rest = tail;
                }
                None => bytes.push(b'%'),
            },
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex<'a>((digits, tail): (&'a [u8], &'a [u8])) -> Option<(u8, &'a [u8])> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
    Some((byte, tail))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{link, parse};

    #[test]
    fn what_people_can_read_stays_readable() {
        let pairs = [
            ("zone", "Europe/Berlin".to_owned()),
            ("text", "a b&c".to_owned()),
        ];
        assert_eq!(link("/x", &pairs), "/x?zone=Europe/Berlin&text=a%20b%26c");
    }

    #[test]
    fn what_a_form_wrote_is_read() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            parse("?text=a+b%21&from=&plain&odd=100%"),
            [
                pair("text", "a b!"),
                pair("from", ""),
                pair("plain", ""),
                pair("odd", "100%")
            ]
        );
    }

    proptest! {
        #[test]
        fn any_pairs_are_read_as_they_were_written(
            pairs in proptest::collection::vec((".{1,12}", ".{0,20}"), 0..5)
        ) {
            let written = link("", &pairs);
            prop_assert_eq!(parse(&written), pairs);
        }
    }
}
