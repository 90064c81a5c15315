//! What was used: rows, sums, pages and health.

pub(crate) mod append;
pub(crate) mod cube;
pub(crate) mod detail;
pub(crate) mod health;
pub(crate) mod log;
pub(crate) mod minutes;
pub(crate) mod recent;
pub(crate) mod recompute;
pub(crate) mod spent;
pub(crate) mod sums;

mod random;
