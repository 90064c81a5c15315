//! Blocks that were read, in memory. They never change, so what is here is right wherever it was written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::usage::block::Block;

/// Bytes of blocks that stay in memory.
const ROOM: usize = 160 * 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Cache {
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    blocks: HashMap<String, Kept>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Kept {
    block: Arc<Block>,
    bytes: usize,
    used: u64,
}

impl Cache {
    pub(super) fn get(&self, id: &str) -> Option<Arc<Block>> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.clock += 1;
        let now = shelf.clock;
        let kept = shelf.blocks.get_mut(id)?;
        kept.used = now;
        Some(Arc::clone(&kept.block))
    }

    pub(super) fn put(&self, id: String, block: &Arc<Block>) {
        let bytes = block.bytes();
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.clock += 1;
        let kept = Kept {
            block: Arc::clone(block),
            bytes,
            used: shelf.clock,
        };
        if let Some(before) = shelf.blocks.insert(id, kept) {
            shelf.bytes -= before.bytes;
        }
        shelf.bytes += bytes;
        if shelf.bytes > ROOM {
            shelf.make_room();
        }
    }
}

impl Shelf {
    /// Lets go of what was not used for longest, and of enough for this not to happen at every turn.
    fn make_room(&mut self) {
        let mut oldest: Vec<_> = self
            .blocks
            .iter()
            .map(|(id, kept)| (kept.used, id.clone()))
            .collect();
        oldest.sort_unstable();
        for (_, id) in oldest {
            if self.bytes <= ROOM / 4 * 3 {
                return;
            }
            if let Some(kept) = self.blocks.remove(&id) {
                self.bytes -= kept.bytes;
            }
        }
    }
}
