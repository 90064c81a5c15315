//! Who is told of every settled request beside the books: metrics, traces.

use std::fmt::Debug;

use store::records::UsageRecord;

use crate::trace_parent::TraceParent;

/// A request that has ended: its row, and what of it no row keeps.
#[derive(Debug)]
pub struct Settled {
    pub record: UsageRecord,
    /// The client's trace.
    pub parent: Option<TraceParent>,
}

/// Is told of each request once, by the recorder, before its row is written; the request waits for none of it.
pub trait Watcher: Debug + Send + Sync {
    /// Must neither wait nor fail: rows queue up behind it.
    fn settled(&self, settled: &Settled);
}
