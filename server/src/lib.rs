//! The program around the library crates: configuration, routes, shutdown. No rule of the domain.

pub mod config;
pub mod guard;
mod loopback;
pub mod metrics;
mod openapi;
pub mod pages;
pub mod peer;
pub mod proxy;
pub mod rest;
pub mod router;
pub mod routes;
pub mod run;
pub mod secrets;
pub mod site;
pub mod state;

mod upkeep;
