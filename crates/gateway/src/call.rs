//! A request as the client sent it, before anything is known of it.

use std::net::IpAddr;

use http::HeaderMap;
use secrecy::SecretString;
use wire::format::Format;

/// A client endpoint of the data plane: what its rows are filed under and what it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surface {
    /// Normalised path: every alias of a path is filed under the same one.
    pub endpoint: &'static str,
    pub format: Format,
}

pub const CHAT_COMPLETIONS: Surface = Surface {
    endpoint: "/v1/chat/completions",
    format: Format::OpenaiChat,
};
pub const MESSAGES: Surface = Surface {
    endpoint: "/v1/messages",
    format: Format::Anthropic,
};
pub const RESPONSES: Surface = Surface {
    endpoint: "/v1/responses",
    format: Format::OpenaiResponses,
};

/// Who calls, as far as the connection and the headers say.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The key the client showed, in whichever of the four places.
    pub key: Option<SecretString>,
    pub peer: IpAddr,
    /// The request came from a program on this machine, not from a web page and not through a proxy.
    pub is_local_program: bool,
}

/// A request's head.
#[derive(Debug, Clone)]
pub struct Call {
    pub surface: Surface,
    pub credentials: Credentials,
    pub headers: HeaderMap,
}
