//! The tables as SeaORM sees them. Private to this crate; the outside sees records.
//!
//! They import the whole prelude: the derives name most of it in what they expand to.

pub(crate) mod alias;
pub(crate) mod attempt;
pub(crate) mod budget;
pub(crate) mod capture;
pub(crate) mod capture_stage;
pub(crate) mod combo;
pub(crate) mod connection;
pub(crate) mod key;
pub(crate) mod model;
pub(crate) mod node;
pub(crate) mod price;
pub(crate) mod quota;
pub(crate) mod quota_point;
pub(crate) mod revision;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod usage;
pub(crate) mod user;
