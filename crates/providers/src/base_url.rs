//! Base URLs as people paste them, made into the one form the rest relies on.

use url::Url;

/// Why a base URL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    #[error("expected a URL such as https://api.example.com/v1, found `{0}`")]
    Malformed(String),
    #[error("expected http or https, found `{0}`")]
    Scheme(String),
    #[error("a base URL must not carry a user name or password")]
    Credentials,
    #[error("a base URL must not carry a query or a fragment")]
    Query,
}

/// A checked base URL: no trailing slash, no endpoint path, no credentials.
///
/// People paste the whole endpoint as often as its base, so the endpoint's own path is taken off.
pub fn normalise(text: &str) -> Result<String, BaseUrlError> {
    let text = text.trim();
    let url = Url::parse(text).map_err(|_| BaseUrlError::Malformed(text.to_owned()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BaseUrlError::Scheme(url.scheme().to_owned()));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(BaseUrlError::Malformed(text.to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BaseUrlError::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(BaseUrlError::Query);
    }
    let mut base = url.as_str().trim_end_matches('/');
    for path in [
        "/chat/completions",
        "/responses",
        "/messages",
        "/models",
        "/api/chat",
    ] {
        base = base.strip_suffix(path).unwrap_or(base);
    }
    Ok(base.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste_becomes_the_base() {
        for (pasted, base) in [
            ("https://api.example.com/v1", "https://api.example.com/v1"),
            (
                " https://api.example.com/v1/ ",
                "https://api.example.com/v1",
            ),
            (
                "https://api.example.com/v1/chat/completions",
                "https://api.example.com/v1",
            ),
            (
                "https://api.example.com/anthropic/v1/messages/",
                "https://api.example.com/anthropic/v1",
            ),
            ("HTTP://LOCALHOST:11434/v1", "http://localhost:11434/v1"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(normalise(pasted).as_deref(), Ok(base), "{pasted}");
        }
    }

    #[test]
    fn what_cannot_be_a_base_is_refused() {
        for (pasted, error) in [
            (
                "api.example.com",
                BaseUrlError::Malformed("api.example.com".to_owned()),
            ),
            ("ftp://example.com", BaseUrlError::Scheme("ftp".to_owned())),
            (
                "gopher://example.com",
                BaseUrlError::Scheme("gopher".to_owned()),
            ),
            ("https://user:pass@example.com", BaseUrlError::Credentials),
            ("https://example.com?key=1", BaseUrlError::Query),
            ("https://example.com#x", BaseUrlError::Query),
        ] {
            assert_eq!(normalise(pasted), Err(error), "{pasted}");
        }
    }
}
