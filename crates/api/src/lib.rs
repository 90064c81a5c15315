//! What a browser or a REST client may see: params in, views out, ids, and the one error.
//!
//! No type here holds a credential, with one exception that says so: [`key::KeyCreated`].

pub mod access;
pub mod auth;
pub mod budget;
pub mod connection;
pub mod endpoint;
pub mod error;
pub mod explain;
pub mod identification;
pub mod ids;
pub mod key;
pub mod log;
pub mod login;
pub mod price;
pub mod provider;
pub mod quota;
pub mod routing;
pub mod settings;
pub mod translator;
pub mod usage;
