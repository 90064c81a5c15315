//! What was used: rows, sums, pages and health.

pub(crate) mod append;
pub(crate) mod health;
pub(crate) mod recent;
pub(crate) mod sums;

mod random;
