//! Where clients point: the address the dashboard shows.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointView {
    /// The base URL for OpenAI-style clients, ending in `/v1`.
    pub url: String,
    /// A request without a key of ours is refused.
    pub key_required: bool,
    /// Models a client can name right now, as `prefix/model`.
    pub models: Vec<String>,
}
