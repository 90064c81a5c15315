//! An upstream's answer on its way to the client: parser, decoder, sequencer, restorer, encoder.
//!
//! [`reading::Reading`] is the first half and knows what the answer said about itself;
//! [`translator::Translator`] is the whole way.

pub mod accumulator;
pub mod reading;
pub mod restorer;
pub mod sequencer;
pub mod stopper;
pub mod translator;
