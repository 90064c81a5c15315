//! The bytes of every AI wire format: requests, responses, streams and errors.
//!
//! Pure: bytes in, values and bytes out.
//! No I/O, no clock, no randomness, no globals, and no provider's name: what is true of one provider
//! only belongs to `providers`.
//!
//! Read it in the order of the modules below.
//! [`mod@format`] names the formats, [`head`] finds the two facts routing needs in a request without parsing it,
//! [`framing`] cuts a stream into events, [`usage`] and [`error`] bring what vendors report to one form,
//! and [`tap`] reads all of that from a response which somebody else is relaying untouched.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

pub mod format;

pub mod dialect;

pub mod head;

pub mod json;

pub mod framing;

pub mod usage;

pub mod error;

pub mod tap;

pub mod schema;

pub mod ir;

pub mod codec;

pub mod openai_chat;

pub mod openai_responses;

pub mod anthropic;

pub mod gemini;

pub mod ollama;

pub mod codex;

pub mod cloud_code;

pub mod kiro;

pub mod foreign;

pub mod stream;

pub mod estimate;

mod lenient;
