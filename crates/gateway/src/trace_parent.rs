//! Where in a client's trace a request belongs: <https://www.w3.org/TR/trace-context/#traceparent-header>.

use http::HeaderMap;

/// What a client's `traceparent` says. A header that breaks the rules counts as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    pub trace_id: [u8; 16],
    /// The client's span, under which ours goes.
    pub span_id: [u8; 8],
    /// The client keeps this trace.
    pub is_sampled: bool,
}

const HEADER: &str = "traceparent";

impl TraceParent {
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let value = values.next()?;
        // Two of them contradict each other.
        if values.next().is_some() {
            return None;
        }
        Self::parse(value.as_bytes())
    }

    /// `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`, all in lower case.
    /// Later versions may have more after it, behind another dash.
    fn parse(text: &[u8]) -> Option<Self> {
        let [version] = hex_at(text, 0)?;
        let is_long_enough = match version {
            0 => text.len() == 55,
            0xff => false,
            _ => text.len() == 55 || text.get(55) == Some(&b'-'),
        };
        let has_dashes = [2, 35, 52].iter().all(|at| text.get(*at) == Some(&b'-'));
        if !is_long_enough || !has_dashes {
            return None;
        }
        let (trace_id, span_id) = (hex_at(text, 3)?, hex_at(text, 36)?);
        let [flags] = hex_at(text, 53)?;
        (trace_id != [0; 16] && span_id != [0; 8]).then_some(Self {
            trace_id,
            span_id,
            is_sampled: flags & 1 == 1,
        })
    }
}

/// `N` bytes from `2 * N` hex digits, which begin at `start`.
fn hex_at<const N: usize>(text: &[u8], start: usize) -> Option<[u8; N]> {
    let digits = text.get(start..start + 2 * N)?;
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(text: &str) -> Option<TraceParent> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(text).expect("a value"));
        TraceParent::of(&headers)
    }

    #[test]
    fn a_parent_is_read() {
        let parent = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let parent = parent.expect("a parent");
        assert_eq!(
            hex::encode(parent.trace_id),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(hex::encode(parent.span_id), "b7ad6b7169203331");
        assert!(parent.is_sampled);
        let unsampled = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
        assert!(!unsampled.expect("a parent").is_sampled);
        let later = read("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes");
        assert!(later.is_some());
    }

    #[test]
    fn what_breaks_the_rules_is_none() {
        for text in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
            "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let mut twice = HeaderMap::new();
        for _ in 0..2 {
            let value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            twice.append(HEADER, HeaderValue::from_static(value));
        }
        assert_eq!(TraceParent::of(&twice), None);
    }

    /// The only work that observing adds to a request itself; everything else is the recorder's.
    #[test]
    fn a_request_pays_less_than_a_microsecond() {
        const ROUNDS: u32 = 1_000;
        let mut headers = HeaderMap::new();
        let value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        headers.insert(HEADER, HeaderValue::from_static(value));
        // The best of many: others use the machine too.
        let best = (0..200)
            .map(|_| {
                let began = std::time::Instant::now();
                for _ in 0..ROUNDS {
                    assert!(TraceParent::of(std::hint::black_box(&headers)).is_some());
                }
                began.elapsed() / ROUNDS
            })
            .min()
            .expect("a round");
        // Unoptimised code is many times slower.
        let limit = if cfg!(debug_assertions) {
            10_000
        } else {
            1_000
        };
        assert!(best.as_nanos() < limit, "{best:?}");
    }
}
