//! What single vendors do beyond the token exchange.

pub(crate) mod claims;
pub(crate) mod claude;
pub(crate) mod codex;
pub(crate) mod copilot;
pub(crate) mod google;
pub(crate) mod iflow;
