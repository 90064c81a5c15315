//! How a stream of bytes is cut into events, before anybody asks what an event says.
//!
//! Framings know nothing of JSON or of formats.

pub mod sse;
