use proptest::prelude::*;

use super::{EventStreamParser, MAX_FRAME_BYTES};
use crate::framing::Frame;

/// A header of any type: its name, its type and its value with the length where there is one.
fn header(name: &str, kind: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(name.len()).expect("a short name")];
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(value);
    bytes
}

fn string(name: &str, value: &str) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a short value");
    let value = [&length.to_be_bytes(), value.as_bytes()].concat();
    header(name, 7, &value)
}

fn encode(headers: &[Vec<u8>], payload: &[u8]) -> Vec<u8> {
    let headers = headers.concat();
    let mut bytes = sized(16 + headers.len() + payload.len(), headers.len());
    bytes.extend_from_slice(&headers);
    bytes.extend_from_slice(payload);
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_be_bytes());
    bytes
}

/// The lengths with their checksum.
fn sized(total: usize, headers: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for length in [total, headers] {
        let length = u32::try_from(length).expect("a length");
        bytes.extend_from_slice(&length.to_be_bytes());
    }
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_be_bytes());
    bytes
}

fn event(name: &str, payload: &str) -> Vec<u8> {
    let headers = [
        string(":event-type", name),
        string(":content-type", "application/json"),
        string(":message-type", "event"),
    ];
    encode(&headers, payload.as_bytes())
}

fn read(chunks: &[&[u8]]) -> (Vec<(String, String)>, Option<&'static str>) {
    let mut parser = EventStreamParser::new();
    chunks.iter().for_each(|chunk| parser.feed(chunk));
    parser.finish();
    let frames = std::iter::from_fn(|| parser.next_frame())
        .map(|Frame { event, data }| {
            let text = |bytes| String::from_utf8(bytes).expect("text");
            (text(event), text(data))
        })
        .collect();
    (frames, parser.failure())
}

fn owned(frames: &[(&str, &str)]) -> Vec<(String, String)> {
    frames
        .iter()
        .map(|(event, data)| ((*event).to_owned(), (*data).to_owned()))
        .collect()
}

#[test]
fn frames_are_named_after_their_event_or_exception() {
    let exception = [
        string(":message-type", "exception"),
        string(":exception-type", "ThrottlingException"),
    ];
    let error = [
        string(":message-type", "error"),
        string(":error-code", "InternalFailure"),
        string(":error-message", "it \"broke\""),
    ];
    let stream = [
        event("a", "{}"),
        encode(&exception, b"{\"message\":\"m\"}"),
        encode(&error, b""),
        encode(&[], b"bare"),
    ]
    .concat();
    let (frames, failure) = read(&[&stream]);
    assert_eq!(
        frames,
        owned(&[
            ("a", "{}"),
            ("exception:ThrottlingException", r#"{"message":"m"}"#),
            ("exception:InternalFailure", r#"{"message":"it \"broke\""}"#),
            ("", "bare"),
        ])
    );
    assert_eq!(failure, None);
}

#[test]
fn headers_of_every_type_are_skipped() {
    let headers = [
        header("true", 0, &[]),
        header("false", 1, &[]),
        header("byte", 2, &[1]),
        header("short", 3, &[0; 2]),
        header("int", 4, &[0; 4]),
        header("long", 5, &[0; 8]),
        header("bytes", 6, &[0, 3, 1, 2, 3]),
        string("string", "é"),
        header("time", 8, &[0; 8]),
        header("uuid", 9, &[7; 16]),
        string(":event-type", "last"),
    ];
    let (frames, failure) = read(&[&encode(&headers, b"x")]);
    assert_eq!(frames, owned(&[("last", "x")]));
    assert_eq!(failure, None);
}

#[test]
fn a_wrong_checksum_ends_the_reading_after_the_good_frames() {
    let good = event("a", "1");
    // Everything after the prelude is covered by the last checksum, the prelude by its own.
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 0x40;
        let (frames, failure) = read(&[&good, &bad, &good]);
        assert_eq!(frames, owned(&[("a", "1")]), "byte {place}");
        let expected = if place < 12 {
            "the checksum of a frame's lengths was wrong"
        } else {
            "a frame's checksum was wrong"
        };
        assert_eq!(failure, Some(expected), "byte {place}");
    }
}

#[test]
fn a_cut_inside_a_frame_is_a_failure_and_one_between_frames_is_none() {
    let frame = event("a", "1");
    let stream = [frame.clone(), frame.clone()].concat();
    for end in 0..=stream.len() {
        let (frames, failure) = read(&[&stream[..end]]);
        assert_eq!(frames.len(), end / frame.len(), "cut at {end}");
        assert_eq!(failure.is_some(), end % frame.len() != 0, "cut at {end}");
    }
}

#[test]
fn impossible_lengths_are_refused_before_anything_is_held() {
    for (total, headers) in [
        (MAX_FRAME_BYTES + 1, 0),
        (1024 * 1024, 128 * 1024 + 1),
        (15, 0),
        (0, 0),
        (20, 5),
    ] {
        let (frames, failure) = read(&[&sized(total, headers)]);
        assert!(frames.is_empty());
        assert!(failure.is_some(), "{total} and {headers}");
    }
}

#[test]
fn malformed_headers_are_a_failure() {
    for headers in [
        header("a", 10, &[]),
        header("a", 7, &[0]),
        header("a", 7, &[0, 9, 1]),
        vec![9, b'a'],
    ] {
        let (frames, failure) = read(&[&encode(&[headers], b"")]);
        assert!(frames.is_empty());
        assert!(failure.is_some());
    }
}

proptest! {
    #[test]
    fn frames_are_the_same_for_every_cut(
        payloads in prop::collection::vec("[ -~é]{0,40}", 1..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        end in any::<prop::sample::Index>(),
    ) {
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| event("e", payload)).collect();
        let stream = &stream[..=end.index(stream.len())];
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        places.extend([0, stream.len()]);
        places.sort_unstable();
        let chunks: Vec<&[u8]> = places.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        prop_assert_eq!(read(&chunks), read(&[stream]));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..8)) {
        let mut parser = EventStreamParser::new();
        chunks.iter().for_each(|chunk| parser.feed(chunk));
        parser.finish();
        while parser.next_frame().is_some() {}
    }

    #[test]
    fn any_headers_are_read_without_a_panic(headers in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut parser = EventStreamParser::new();
        parser.feed(&encode(&[headers], b"{}"));
        parser.finish();
    }
}
