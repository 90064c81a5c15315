//! The proxies of the environment: which one a request goes through, so that what fails there is said of it.

use accounts::proxy::OutboundProxy;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// Whether and through whom a URL is asked for, by the very rules the connections are made by.
pub(crate) struct Environment(Matcher);

impl Environment {
    pub(crate) fn new(
        http: Option<&Url>,
        https: Option<&Url>,
        all: Option<&Url>,
        no_proxy: Option<&str>,
    ) -> Self {
        let text = |url: Option<&Url>| url.map_or_else(String::new, Url::to_string);
        let matcher = Matcher::builder()
            .http(text(http))
            .https(text(https))
            .all(text(all))
            .no(no_proxy.unwrap_or_default())
            .build();
        Self(matcher)
    }

    /// `host:port` of the proxy that `url` is asked for through.
    pub(crate) fn proxy_of(&self, url: &str) -> Option<String> {
        let found = self.0.intercept(&url.parse().ok()?)?;
        let proxy = OutboundProxy::parse(&found.uri().to_string()).ok()?;
        Some(proxy.host().to_owned())
    }
}

/// Its proxies may have passwords.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::Environment;

    #[test]
    fn each_url_has_its_proxy() {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let (http, all) = (
            url("http://me:secret@plain.example:3128"),
            url("socks5://all.example"),
        );
        let environment = Environment::new(
            Some(&http),
            None,
            Some(&all),
            Some("internal.example,10.0.0.0/8"),
        );
        for (asked, proxy) in [
            ("http://a.example/v1", Some("plain.example:3128")),
            ("https://a.example/v1", Some("all.example:1080")),
            ("https://api.internal.example/v1", None),
            ("http://10.1.2.3/v1", None),
        ] {
            assert_eq!(environment.proxy_of(asked).as_deref(), proxy, "{asked}");
        }
        let none = Environment::new(None, None, None, None);
        assert_eq!(none.proxy_of("https://a.example"), None);
        assert!(!format!("{environment:?}").contains("secret"));
    }
}
