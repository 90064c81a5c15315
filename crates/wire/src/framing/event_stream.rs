//! The AWS event stream: binary frames with headers and two checksums.
//!
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>; all numbers are big-endian:
//!
//! ```text
//! total length u32 | headers' length u32 | CRC of these 8 bytes u32 | headers | payload | CRC of everything before u32
//! ```

mod headers;

use std::collections::VecDeque;

use crate::framing::Frame;
use crate::framing::event_stream::headers::{Header, Headers};

/// The largest frame AWS sends.
pub const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;
/// The most its headers may take.
pub const MAX_HEADER_BYTES: usize = 128 * 1024;

const PRELUDE_BYTES: usize = 12;
const CRC_BYTES: usize = 4;

/// A push parser. After a failure it reads nothing more: without its length, no next frame can be found.
#[derive(Debug, Default)]
pub struct EventStreamParser {
    /// A frame whose end has not arrived.
    held: Vec<u8>,
    ready: VecDeque<Frame>,
    failure: Option<&'static str>,
}

/// The lengths a frame begins with.
#[derive(Debug, Clone, Copy)]
struct Prelude {
    total: usize,
    headers: usize,
}

impl EventStreamParser {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn feed(&mut self, chunk: &[u8]) {
        if self.failure.is_some() {
            return;
        }
        self.held.extend_from_slice(chunk);
        let mut held = std::mem::take(&mut self.held);
        let mut read = 0;
        loop {
            let rest = held.get(read..).unwrap_or_default();
            match next(rest) {
                Ok(Some((frame, length))) => {
                    self.ready.push_back(frame);
                    read += length;
                }
                Ok(None) => break,
                Err(failure) => {
                    self.failure = Some(failure);
                    return;
                }
            }
        }
        held.drain(..read);
        self.held = held;
    }

    pub fn next_frame(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    /// A frame always says how long it is, so part of one is a cut stream.
    pub fn finish(&mut self) {
        if self.failure.is_none() && !self.held.is_empty() {
            self.failure = Some("it was cut inside a frame");
            self.held = Vec::new();
        }
    }

    pub fn failure(&self) -> Option<&'static str> {
        self.failure
    }
}

/// The frame at the beginning of `bytes` and its length, or `None` while some of it is missing.
fn next(bytes: &[u8]) -> Result<Option<(Frame, usize)>, &'static str> {
    let Some(prelude) = prelude(bytes)? else {
        return Ok(None);
    };
    let Some(whole) = bytes.get(..prelude.total) else {
        return Ok(None);
    };
    let (checked, crc) = whole.split_at(prelude.total - CRC_BYTES);
    if u32_at(crc, 0) != Some(crc32fast::hash(checked)) {
        return Err("a frame's checksum was wrong");
    }
    let body = checked.get(PRELUDE_BYTES..).unwrap_or_default();
    let (headers, payload) = body
        .split_at_checked(prelude.headers)
        .ok_or("a frame's lengths contradict each other")?;
    Ok(Some((frame(headers, payload)?, prelude.total)))
}

fn prelude(bytes: &[u8]) -> Result<Option<Prelude>, &'static str> {
    let (Some(total), Some(headers), Some(crc)) =
        (u32_at(bytes, 0), u32_at(bytes, 4), u32_at(bytes, 8))
    else {
        return Ok(None);
    };
    // Checked first: lengths which are not what was sent mean nothing.
    if bytes.get(..8).map(crc32fast::hash) != Some(crc) {
        return Err("the checksum of a frame's lengths was wrong");
    }
    let prelude = Prelude {
        total: total as usize,
        headers: headers as usize,
    };
    if prelude.total > MAX_FRAME_BYTES || prelude.headers > MAX_HEADER_BYTES {
        return Err("a frame was too large");
    }
    if prelude.total < PRELUDE_BYTES + prelude.headers + CRC_BYTES {
        return Err("a frame's lengths contradict each other");
    }
    Ok(Some(prelude))
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    let four = bytes.get(place..place + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

/// Gives a frame the name it is known by here: its event's, or `exception:` and the exception's.
fn frame(headers: &[u8], payload: &[u8]) -> Result<Frame, &'static str> {
    let (mut kind, mut event, mut exception, mut message): (&[u8], _, _, _) =
        (b"", None, None, None);
    for header in Headers::new(headers) {
        let Header { name, value } = header?;
        match name {
            b":message-type" => kind = value,
            b":event-type" => event = Some(value),
            b":exception-type" | b":error-code" => exception = Some(value),
            b":error-message" => message = Some(value),
            _ => {}
        }
    }
    if !matches!(kind, b"exception" | b"error") {
        return Ok(Frame {
            event: event.unwrap_or_default().to_vec(),
            data: payload.to_vec(),
        });
    }
    let data = match message {
        // Unmodelled errors have no payload, only a header.
        Some(message) if payload.is_empty() => {
            let message = String::from_utf8_lossy(message);
            serde_json::json!({ "message": message })
                .to_string()
                .into_bytes()
        }
        _ => payload.to_vec(),
    };
    Ok(Frame {
        event: [b"exception:", exception.unwrap_or_default()].concat(),
        data,
    })
}

#[cfg(test)]
mod tests;
