//! What is true of each provider, as data: endpoints, formats, authentication, models, prices,
//! and what refusals mean.
//!
//! No I/O and no database: the catalogue is embedded, the user's own nodes are handed in.

pub mod address;
pub mod base_url;
pub mod endpoint;
pub mod failure;
pub mod listing;
pub mod oauth;
pub mod parts;
pub mod price;
pub mod quota;
pub mod registry;
pub mod speak;
pub mod spec;
pub mod traits;
