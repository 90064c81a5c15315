//! Reading an upstream's JSON without trusting it: a field that is not what it should be is as good as absent.
//!
//! Only for what we observe. A request of our own client is refused instead, with a reason.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
use serde_json::value::RawValue;

/// The object in `json`, or nothing if it is malformed or no object.
pub(crate) fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    // A derived struct would take an array for its fields in order.
    if !json.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// A scalar or a list; of another type than `T` it is `None`, and its neighbours are still read.
#[derive(Debug, Clone)]
pub(crate) struct Lenient<T>(pub(crate) Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(raw.get()).ok()))
    }
}

/// The same for an object.
#[derive(Debug, Clone)]
pub(crate) struct LenientObject<T>(pub(crate) Option<T>);

impl<T> Default for LenientObject<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for LenientObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(object(raw.get().as_bytes())))
    }
}

/// A count of something: a number that is not negative, cut to a `u64`.
///
/// Some servers write `12.0`; nobody means a fraction.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count(pub(crate) Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(read_count(raw.get())))
    }
}

fn read_count(literal: &str) -> Option<u64> {
    if let Ok(count) = literal.parse() {
        return Some(count);
    }
    let number: f64 = literal.parse().ok()?;
    // A float becomes an integer by saturation in Rust, so 1e30 is the largest count there is.
    (number >= 0.0).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn a_count_is_a_number_that_is_not_negative() {
        let cases = [
            ("0", Some(0)),
            ("12", Some(12)),
            ("12.0", Some(12)),
            ("18446744073709551615", Some(u64::MAX)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("1e999", Some(u64::MAX)),
            ("-1", None),
            ("-0.5", None),
            ("null", None),
            ("true", None),
            ("\"12\"", None),
            ("[12]", None),
            ("{\"n\":12}", None),
        ];
        for (json, expected) in cases {
            let count: Count = serde_json::from_str(json).expect("a malformed count is no error");
            assert_eq!(count.0, expected, "{json}");
        }
    }
}
