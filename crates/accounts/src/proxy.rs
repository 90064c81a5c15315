//! An account's way out: a proxy of its own, instead of the environment's.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// A proxy by its URL, which may hold a user name and a password. It prints as its host.
#[derive(Clone)]
pub struct OutboundProxy {
    url: SecretString,
    host: String,
    name: Option<String>,
}

/// The text is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a proxy such as http://host:port, https://host:port or socks5://host:port")]
pub struct NoProxyUrl;

impl OutboundProxy {
    /// `http`, `https`, `socks5` (names are resolved here) or `socks5h` (names are resolved by the proxy). A text without
    /// a scheme means `http`.
    pub fn parse(text: &str) -> Result<Self, NoProxyUrl> {
        let text = text.trim();
        let text = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = Url::parse(&text).map_err(|_| NoProxyUrl)?;
        let (scheme, Some(host)) = (url.scheme(), url.host_str().filter(|host| !host.is_empty()))
        else {
            return Err(NoProxyUrl);
        };
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            "socks5" | "socks5h" => 1080,
            _ => return Err(NoProxyUrl),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(NoProxyUrl);
        }
        Ok(Self {
            host: format!("{host}:{}", url.port().unwrap_or(default)),
            name: url.domain().map(str::to_owned),
            url: SecretString::from(url.as_str()),
        })
    }

    /// `host:port`, which is all that people are shown of it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    #[must_use]
    pub fn url(&self) -> &SecretString {
        &self.url
    }

    /// Its host, where that is a name to be resolved.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl PartialEq for OutboundProxy {
    fn eq(&self, other: &Self) -> bool {
        self.url.expose_secret() == other.url.expose_secret()
    }
}

impl Eq for OutboundProxy {}

impl fmt::Debug for OutboundProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundProxy")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::OutboundProxy;

    #[test]
    fn a_proxy_is_shown_by_its_host_alone() {
        for (text, host) in [
            ("http://me:hidden@proxy.example:3128", "proxy.example:3128"),
            ("https://proxy.example", "proxy.example:443"),
            ("socks5://me:hidden@10.0.0.1", "10.0.0.1:1080"),
            ("socks5h://[::1]:9050/", "[::1]:9050"),
            ("me:hidden@proxy.example:8080", "proxy.example:8080"),
        ] {
            let proxy = OutboundProxy::parse(text).expect("a proxy");
            assert_eq!(proxy.host(), host);
            assert!(!format!("{proxy:?}").contains("hidden"));
        }
        for text in [
            "",
            "ftp://x",
            "http://",
            "socks4://x:1",
            "http://x/path",
            "http://x?y=hidden",
        ] {
            let error = OutboundProxy::parse(text).expect_err(text);
            assert!(!error.to_string().contains("hidden"));
        }
    }
}
