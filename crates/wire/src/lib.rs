//! The bytes of every AI wire format: requests, responses, streams and errors.
//!
//! Pure: bytes in, values and bytes out.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

pub mod format;

pub mod head;

pub mod framing;

pub mod usage;

pub mod error;

mod lenient;
