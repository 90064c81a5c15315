//! The neutral representation: what a request asks and what a response says, in no vendor's words.
//!
//! Block-structured, because every format but chat completions is. Only what at least two formats can say
//! is modelled; anything else is dropped where it is decoded, with a [`note::Note`] that names it.
//! Same-format traffic never comes here: it stays bytes, or a document that is edited in place.

pub mod content;
pub mod event;
pub mod history;
pub mod note;
pub mod proof;
pub mod reasoning;
pub mod request;
pub mod response;
pub mod target;
pub mod tools;

pub mod offer;
pub mod plain;
pub mod unsaid;
