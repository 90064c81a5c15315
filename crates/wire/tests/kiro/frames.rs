//! Writes AWS event streams, which a fixture cannot hold readably.

use serde_json::Value;

pub(crate) fn encode(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).expect("a short name"));
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        let length = u16::try_from(value.len()).expect("a short value");
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let mut frame = Vec::new();
    for length in [16 + head.len() + payload.len(), head.len()] {
        let length = u32::try_from(length).expect("a short frame");
        frame.extend_from_slice(&length.to_be_bytes());
    }
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// The frames of a fixture: a line names the event or the exception, and holds its payload.
pub(crate) fn of_fixture(lines: &[u8]) -> Vec<Vec<u8>> {
    lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let line: Value = serde_json::from_slice(line).expect("a line is JSON");
            let payload = line["payload"].to_string();
            let text = |key: &str| line[key].as_str();
            match (text("event"), text("exception")) {
                (Some(event), _) => encode(
                    &[
                        (":message-type", "event"),
                        (":content-type", "application/json"),
                        (":event-type", event),
                    ],
                    payload.as_bytes(),
                ),
                (None, exception) => encode(
                    &[
                        (":message-type", "exception"),
                        (":exception-type", exception.unwrap_or_default()),
                    ],
                    payload.as_bytes(),
                ),
            }
        })
        .collect()
}
