//! What monitoring systems are told of the data plane: metrics and traces.
//!
//! Both are made of requests that have ended, by the recorder's task: nothing is measured a second time,
//! and no request waits. Neither says anything of prompts, answers, keys or people.

pub mod metrics;
pub mod traces;
