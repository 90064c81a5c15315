//! Blocks as bytes: dictionaries, then column by column, small numbers in few bytes.

use crate::usage::block::{Block, Column, Latencies};
use crate::usage::fact::{SLOT_MS, Sums};

/// Raised when the bytes change; there is one kind so far.
const VERSION: u8 = 1;

pub(super) fn encode(block: &Block) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    unsigned(&mut bytes, block.rows() as u64);
    for column in &block.columns {
        unsigned(&mut bytes, column.values.len() as u64);
        for value in &column.values {
            unsigned(&mut bytes, value.len() as u64);
            bytes.extend_from_slice(value.as_bytes());
        }
        if column.values.len() > 1 {
            for row in &column.rows {
                unsigned(&mut bytes, u64::from(*row));
            }
        }
    }
    let mut last = 0;
    for slot in &block.slots {
        signed(&mut bytes, slot - last);
        last = *slot;
    }
    for column in &block.sums {
        let is_there = !column.is_empty();
        bytes.push(u8::from(is_there));
        if is_there {
            for sum in column {
                signed(&mut bytes, *sum);
            }
        }
    }
    for (last_at, slot) in block.last_at.iter().zip(&block.slots) {
        signed(&mut bytes, last_at - slot * SLOT_MS);
    }
    latencies(&mut bytes, &block.ttft);
    latencies(&mut bytes, &block.duration);
    bytes
}

fn latencies(bytes: &mut Vec<u8>, latencies: &Latencies) {
    let mut start = 0;
    for end in &latencies.ends {
        unsigned(bytes, u64::from(end - start));
        start = *end;
    }
    bytes.extend_from_slice(&latencies.buckets);
    for count in &latencies.counts {
        unsigned(bytes, u64::from(*count));
    }
}

fn unsigned(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

/// Small numbers of either sign are short.
fn signed(bytes: &mut Vec<u8>, value: i64) {
    unsigned(bytes, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// `None` where the bytes are not a block.
pub(super) fn decode(bytes: &[u8]) -> Option<Block> {
    let mut reader = Reader { bytes };
    if reader.byte()? != VERSION {
        return None;
    }
    let rows = reader.length()?;
    let mut block = Block::default();
    for column in &mut block.columns {
        *column = reader.column(rows)?;
    }
    let mut last = 0_i64;
    block.slots.reserve_exact(rows);
    for _ in 0..rows {
        last = last.checked_add(reader.signed()?)?;
        block.slots.push(last);
    }
    for column in &mut block.sums {
        *column = match reader.byte()? {
            0 => Vec::new(),
            _ => reader.numbers(rows)?,
        };
    }
    block.last_at.reserve_exact(rows);
    for slot in &block.slots {
        let start = slot.checked_mul(SLOT_MS)?;
        block.last_at.push(start.checked_add(reader.signed()?)?);
    }
    block.ttft = reader.latencies(rows)?;
    block.duration = reader.latencies(rows)?;
    (block.sums.len() == Sums::COUNT && reader.bytes.is_empty()).then_some(block)
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    /// Of something that takes a byte each at least, so that nonsense reserves no memory.
    fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(self.unsigned()?).ok()?;
        (length <= self.bytes.len()).then_some(length)
    }

    fn numbers(&mut self, rows: usize) -> Option<Vec<i64>> {
        let mut numbers = Vec::with_capacity(rows);
        for _ in 0..rows {
            numbers.push(self.signed()?);
        }
        Some(numbers)
    }

    fn small(&mut self, rows: usize) -> Option<Vec<u32>> {
        let mut numbers = Vec::with_capacity(rows);
        for _ in 0..rows {
            numbers.push(u32::try_from(self.unsigned()?).ok()?);
        }
        Some(numbers)
    }

    fn column(&mut self, rows: usize) -> Option<Column> {
        let count = self.length()?;
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            let length = self.length()?;
            values.push(String::from_utf8(self.take(length)?.to_vec()).ok()?);
        }
        let numbers = if count > 1 {
            self.small(rows)?
        } else {
            Vec::new()
        };
        Some(Column {
            values,
            rows: numbers,
        })
    }

    fn latencies(&mut self, rows: usize) -> Option<Latencies> {
        let mut ends = Vec::with_capacity(rows);
        let mut end = 0_u32;
        for _ in 0..rows {
            end = end.checked_add(u32::try_from(self.unsigned()?).ok()?)?;
            ends.push(end);
        }
        let buckets = self.take(end as usize)?;
        let counts = self.bytes.get(..buckets.len())?;
        // Nearly always every count is a byte of its own.
        if counts.iter().all(|count| (1..0x80).contains(count)) {
            self.bytes = self.bytes.get(buckets.len()..)?;
            return Some(Latencies {
                ends,
                buckets: buckets.to_vec(),
                counts: counts.to_vec(),
            });
        }
        let mut latencies = Latencies::default();
        let mut buckets = buckets.iter();
        let mut start = 0;
        for end in ends {
            for bucket in buckets.by_ref().take((end - start) as usize) {
                latencies.add(*bucket, u32::try_from(self.unsigned()?).ok()?);
            }
            latencies.end();
            start = end;
        }
        Some(latencies)
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::usage::block::{Builder, Grain};
    use crate::usage::fact::Fact;

    fn block(seed: u64) -> Block {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut builder = Builder::new(Grain::FINEST);
        for _ in 0..200 {
            let endpoint = ["", "/v1/messages", "/v1/responses"][rng.random_range(0..3)];
            let mut dimensions = [""; 11];
            dimensions[0] = endpoint;
            builder.add(&Fact {
                at_ms: rng.random_range(-10_000_000..1_800_000_000_000),
                dimensions,
                sums: Sums {
                    requests: 1,
                    cost: rng.random_range(-1_000..i64::MAX / 1_000),
                    ..Sums::default()
                },
                ttft_ms: Some(rng.random_range(0..5_000)),
                duration_ms: rng.random_bool(0.5).then(|| rng.random()),
            });
        }
        builder.finish()
    }

    #[test]
    fn a_block_reads_as_it_was_written() {
        for seed in 0..20 {
            let block = block(seed);
            assert_eq!(decode(&encode(&block)), Some(block));
        }
        let empty = Builder::new(Grain::FINEST).finish();
        assert_eq!(decode(&encode(&empty)), Some(empty));
    }

    #[test]
    fn what_is_not_a_block_is_nothing() {
        let bytes = encode(&block(1));
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), None);
        }
        let mut rng = StdRng::seed_from_u64(1);
        for _ in 0..2_000 {
            let mut broken = bytes.clone();
            let at = rng.random_range(0..broken.len());
            broken[at] = rng.random();
            // It may still be one, but it must not break anything.
            let _ = decode(&broken);
        }
    }
}
