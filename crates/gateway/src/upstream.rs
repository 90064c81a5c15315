//! Outgoing connections: one pool, with the proxies and timeouts of the configuration.

use std::time::Duration;

use http::{HeaderMap, Method};
use reqwest::redirect;
use url::Url;
use wire::error::WireError;

use crate::error::told;

/// How to reach upstreams.
#[derive(Debug, Clone, Default)]
pub struct UpstreamConfig {
    pub http_proxy: Option<Url>,
    pub https_proxy: Option<Url>,
    pub all_proxy: Option<Url>,
    /// As in `NO_PROXY`: hosts, domains, addresses and networks, separated by commas.
    pub no_proxy: Option<String>,
}

const CONNECT: Duration = Duration::from_secs(10);
/// The longest silence of an upstream, before its first byte and between two.
const SILENCE: Duration = Duration::from_secs(300);
const USER_AGENT: &str = concat!("ninerouter/", env!("CARGO_PKG_VERSION"));

type MakeProxy = fn(&str) -> reqwest::Result<reqwest::Proxy>;

#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    client: reqwest::Client,
}

impl UpstreamConfig {
    /// A client that goes through the configured proxies, and follows no redirect.
    pub fn client(&self) -> reqwest::Result<reqwest::ClientBuilder> {
        let no_proxy = self
            .no_proxy
            .as_deref()
            .and_then(reqwest::NoProxy::from_string);
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT)
            // A redirect would carry an account's credential to a host nobody chose.
            .redirect(redirect::Policy::none())
            // The environment is read by the server's configuration, once.
            .no_proxy();
        let proxies: [(&Option<Url>, MakeProxy); 3] = [
            (&self.http_proxy, |url| reqwest::Proxy::http(url)),
            (&self.https_proxy, |url| reqwest::Proxy::https(url)),
            (&self.all_proxy, |url| reqwest::Proxy::all(url)),
        ];
        for (url, proxy) in proxies {
            if let Some(url) = url {
                builder = builder.proxy(proxy(url.as_str())?.no_proxy(no_proxy.clone()));
            }
        }
        Ok(builder)
    }
}

impl Upstream {
    pub(crate) fn new(config: &UpstreamConfig) -> Result<Self, reqwest::Error> {
        let builder = config.client()?.read_timeout(SILENCE).tcp_nodelay(true);
        Ok(Self {
            client: builder.build()?,
        })
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: reqwest::Body,
    ) -> Result<reqwest::Response, reqwest::Error> {
        self.client
            .request(method, url)
            .headers(headers)
            .body(body)
            .send()
            .await
    }
}

/// What to tell a client about an upstream that could not be reached: the reason, not the address.
pub(crate) fn unreachable(provider: &str, error: reqwest::Error) -> WireError {
    let status = if error.is_timeout() { 504 } else { 502 };
    let what = if error.is_timeout() {
        "did not answer in time"
    } else {
        "could not be reached"
    };
    told(
        status,
        format!("the provider `{provider}` {what}: {}", reason(error)),
    )
}

/// The innermost cause, which is the one that says something.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
