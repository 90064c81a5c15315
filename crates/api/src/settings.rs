//! What the whole installation agrees on.

use serde::{Deserialize, Serialize};

/// How much a translation may lose, and who may say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslationSettings {
    /// A request is refused rather than a part of it lost.
    pub is_strict: bool,
    /// Whoever asks is an administrator.
    pub may_change: bool,
}
