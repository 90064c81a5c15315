//! Takes secrets out of what is written down: known ones wherever they stand, others by where or how they stand.

use http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};

const MASK: &str = "[masked]";

/// The longest secret that is still found where a body was cut in its middle.
pub(crate) const LONGEST: usize = 16 * 1024;

/// Shorter ones are left alone: masking every `a` would hide nothing and break everything.
const SHORTEST: usize = 4;

/// Headers that carry nothing else. Others are masked by what their names say.
const SECRET_WORDS: [&str; 8] = [
    "authorization",
    "cookie",
    "api-key",
    "apikey",
    "token",
    "secret",
    "password",
    "signature",
];

/// What is written like a secret but counts or names something.
const HARMLESS_WORDS: [&str; 4] = ["ratelimit", "rate-limit", "max-tokens", "token-count"];

/// Parameters of a URL.
const SECRET_PARAMETERS: [&str; 6] = [
    "key",
    "api_key",
    "access_token",
    "token",
    "signature",
    "client_secret",
];

/// The secrets that one request has to do with.
#[derive(Default)]
pub(crate) struct Secrets {
    /// Each as it is, and as it stands inside of JSON and of a URL; the longest first.
    forms: Vec<String>,
}

impl Secrets {
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a SecretString>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets {
            let plain = secret.expose_secret();
            if plain.len() < SHORTEST {
                continue;
            }
            forms.push(plain.to_owned());
            if let Ok(json) = serde_json::to_string(plain) {
                forms.push(json.trim_matches('"').to_owned());
            }
            forms.push(url::form_urlencoded::byte_serialize(plain.as_bytes()).collect());
        }
        forms.sort_unstable_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self { forms }
    }

    /// The headers as they may be shown.
    pub(crate) fn headers(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        headers
            .iter()
            .map(|(name, value)| {
                let value = if is_secret(name.as_str()) {
                    MASK.to_owned()
                } else {
                    self.text(&String::from_utf8_lossy(value.as_bytes()))
                };
                (name.to_string(), value)
            })
            .collect()
    }

    /// A text without its secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes(), usize::MAX)).into_owned()
    }

    /// The first `limit` bytes without their secrets, one that is cut by the limit included.
    pub(crate) fn bytes(&self, bytes: &[u8], limit: usize) -> Vec<u8> {
        let mut masked = Vec::with_capacity(bytes.len().min(limit));
        let mut place = 0;
        while place < bytes.len().min(limit) {
            let rest = bytes.get(place..).unwrap_or_default();
            let before = place.checked_sub(1).and_then(|at| bytes.get(at)).copied();
            if let Some(length) = self.secret_at(rest, before) {
                masked.extend_from_slice(MASK.as_bytes());
                place += length;
            } else {
                masked.extend(rest.first());
                place += 1;
            }
        }
        masked
    }

    /// The length of the secret that `rest` begins with.
    fn secret_at(&self, rest: &[u8], before: Option<u8>) -> Option<usize> {
        let known = self
            .forms
            .iter()
            .find(|form| rest.starts_with(form.as_bytes()));
        known
            .map(String::len)
            .or_else(|| key_at(rest, before))
            .or_else(|| parameter_at(rest, before))
    }
}

fn is_secret(name: &str) -> bool {
    SECRET_WORDS.iter().any(|word| name.contains(word))
        && !HARMLESS_WORDS.iter().any(|word| name.contains(word))
}

/// `sk-…`, as our keys and those of several vendors look.
fn key_at(rest: &[u8], before: Option<u8>) -> Option<usize> {
    const LEAST: usize = 16;
    if !rest.starts_with(b"sk-") || before.is_some_and(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let key = rest.get(3..)?;
    let is_of_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let length = key.iter().take_while(|byte| is_of_key(byte)).count();
    (length >= LEAST).then_some(3 + length)
}

/// The value of a parameter, once its name and `=` have been passed. Found by its name, so `before` is `?` or `&`.
fn parameter_at(rest: &[u8], before: Option<u8>) -> Option<usize> {
    if !matches!(before, Some(b'?' | b'&')) {
        return None;
    }
    let name = SECRET_PARAMETERS.iter().find(|name| {
        rest.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
            && rest.get(name.len()) == Some(&b'=')
    })?;
    let value = rest.get(name.len() + 1..)?;
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace() || matches!(byte, b'&' | b'#' | b'"' | b'\'' | b'\\' | b'<')
    };
    let length = value.iter().take_while(|byte| !ends(byte)).count();
    Some(name.len() + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let known = ["s3cr3t/\"+=", "abcd1234", "x"].map(SecretString::from);
        Secrets::new(known.iter())
    }

    #[test]
    fn a_known_secret_is_found_in_every_spelling() {
        let masked = secrets()
            .text(r#"a abcd1234 b s3cr3t/"+= c s3cr3t/\"+= d s3cr3t%2F%22%2B%3D e x abcd123"#);
        assert_eq!(
            masked,
            "a [masked] b [masked] c [masked] d [masked] e x abcd123"
        );
    }

    #[test]
    fn what_looks_like_a_key_is_masked() {
        let cases = [
            ("sk-9r-0123456789abcdef0", "[masked]"),
            ("\"sk-ant-api03-aaaa_bbbb-cccc\"", "\"[masked]\""),
            ("a task-0123456789abcdefg", "a task-0123456789abcdefg"),
            ("sk-short", "sk-short"),
        ];
        for (text, masked) in cases {
            assert_eq!(secrets().text(text), masked);
        }
    }

    #[test]
    fn a_parameter_of_a_url_is_masked() {
        let masked = secrets().text("https://a/b?alt=sse&key=AIza-1#x and /c?KEY=2&monkey=3");
        assert_eq!(
            masked,
            "https://a/b?alt=sse&[masked]#x and /c?[masked]&monkey=3"
        );
    }

    #[test]
    fn headers_are_masked_by_their_names_and_by_what_they_hold() {
        let pairs = [
            ("authorization", "Bearer 1", MASK),
            ("x-goog-api-key", "1", MASK),
            ("set-cookie", "a=1", MASK),
            ("x-amz-security-token", "1", MASK),
            ("anthropic-ratelimit-tokens-remaining", "7", "7"),
            ("x-echo", "it was abcd1234", "it was [masked]"),
        ];
        for (name, value, shown) in pairs {
            let name = http::HeaderName::from_static(name);
            let headers =
                HeaderMap::from_iter([(name.clone(), http::HeaderValue::from_static(value))]);
            let masked = secrets().headers(&headers);
            assert_eq!(masked, [(name.to_string(), shown.to_owned())]);
        }
    }

    #[test]
    fn a_secret_that_the_limit_cuts_is_masked_whole() {
        let text = b"0123 abcd1234 5678";
        for limit in 0..text.len() {
            let masked = secrets().bytes(text, limit);
            let masked = String::from_utf8_lossy(&masked).into_owned();
            for cut in 2..8 {
                assert!(!masked.contains(&"abcd1234"[..cut]), "{limit}: {masked}");
            }
        }
    }
}
