//! What the browser may ask the server, by domain. Each function admits, calls `Admin`, returns.
//!
//! The endpoints are names under `/fn`, stable because a page may be older than the server.

pub mod auth;
pub mod budgets;
pub mod endpoint;
pub mod explain;
pub mod identification;
pub mod keys;
pub mod log;
pub mod logins;
pub mod models;
pub mod pricing;
pub mod providers;
pub mod quota;
pub mod routing;
pub mod settings;
pub mod translator;
pub mod usage;
