//! Outgoing connections: one pool for each way out.

use std::collections::{BTreeSet, HashMap};
use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accounts::error::AccountError;
use accounts::http::{Http, address};
use accounts::proxy::OutboundProxy;
use api::settings::Timeouts;
use arc_swap::ArcSwap;
use http::{HeaderMap, Method};
use providers::address::{Blocked, Reach};
use providers::spec::ProviderSpec;
use reqwest::redirect;
use secrecy::ExposeSecret as _;
use tracing::error;
use url::Url;
use wire::error::WireError;

use crate::environment::Environment;
use crate::error::told;
use crate::resolver::{Guarded, Lookup, allowed};

/// How to reach upstreams.
#[derive(Debug, Clone, Default)]
pub struct UpstreamConfig {
    pub http_proxy: Option<Url>,
    pub https_proxy: Option<Url>,
    pub all_proxy: Option<Url>,
    /// As in `NO_PROXY`: hosts, domains, addresses and networks, separated by commas.
    pub no_proxy: Option<String>,
    pub lookup: Lookup,
    /// Where every vendor is, for tests: `https://host/path` is asked for at `<vendors>/host/path`.
    pub vendors: Option<Url>,
}

/// How long a connection may take to come about where no setting says it.
const CONNECT: Duration = Duration::from_secs(10);
/// Nobody waits longer than this for a byte, whatever the settings say.
const LONGEST_SILENCE: Duration = Duration::from_millis(*Timeouts::BOUNDS_MS.end() as u64);
pub(crate) const USER_AGENT: &str = concat!("ninerouter/", env!("CARGO_PKG_VERSION"));

type MakeProxy = fn(&str) -> reqwest::Result<reqwest::Proxy>;

/// How far a request may lead, and through which proxy of its account: requests of clients, and all that is asked about
/// the account itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) reach: Reach,
    pub(crate) proxy: Option<&'a OutboundProxy>,
}

impl<'a> Way<'a> {
    pub(crate) fn new(spec: &ProviderSpec, proxy: Option<&'a OutboundProxy>) -> Self {
        Self {
            reach: spec.reach,
            proxy,
        }
    }
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error(transparent)]
    Blocked(#[from] Blocked),
    #[error("{}", through(.proxy.as_deref(), .source))]
    Lost {
        source: reqwest::Error,
        /// The host of the proxy it went through: the account's, or the environment's.
        proxy: Option<String>,
    },
}

#[derive(Debug)]
pub(crate) struct Upstream {
    config: UpstreamConfig,
    environment: Environment,
    direct: ArcSwap<Direct>,
    /// By reach and the proxy's URL. Clones of a client share its pool.
    proxied: Mutex<HashMap<Key, reqwest::Client>>,
}

/// Those without a proxy of an account's: made anew only when connections may take another time to come about.
#[derive(Debug)]
struct Direct {
    public: reqwest::Client,
    private: reqwest::Client,
    connect: Duration,
}

/// It holds a password, so it does not print.
#[derive(PartialEq, Eq, Hash)]
struct Key(Reach, String);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.0).finish_non_exhaustive()
    }
}

impl UpstreamConfig {
    /// A client that goes through the configured proxies, and follows no redirect.
    pub fn client(&self) -> reqwest::Result<reqwest::ClientBuilder> {
        let no_proxy = self
            .no_proxy
            .as_deref()
            .and_then(reqwest::NoProxy::from_string);
        let mut builder = bare();
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

    fn environment(&self) -> Environment {
        Environment::new(
            self.http_proxy.as_ref(),
            self.https_proxy.as_ref(),
            self.all_proxy.as_ref(),
            self.no_proxy.as_deref(),
        )
    }

    /// The names of the configured proxies.
    fn proxies(&self) -> BTreeSet<String> {
        let urls = [&self.http_proxy, &self.https_proxy, &self.all_proxy];
        let urls = urls.into_iter().flatten();
        urls.filter_map(Url::host_str).map(str::to_owned).collect()
    }
}

impl Upstream {
    /// `connect` is how long a connection may take to come about.
    pub(crate) fn new(config: UpstreamConfig, connect: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self {
            direct: ArcSwap::from_pointee(Direct::new(&config, connect)?),
            proxied: Mutex::default(),
            environment: config.environment(),
            config,
        })
    }

    /// From now on connections may take `connect` to come about. The ones there are end with their requests.
    pub(crate) fn wait_to_connect(&self, connect: Duration) {
        if self.direct.load().connect == connect {
            return;
        }
        match Direct::new(&self.config, connect) {
            Ok(direct) => self.direct.store(Arc::new(direct)),
            Err(error) => {
                error!(%error, "could not change how long connections may take");
                return;
            }
        }
        let mut proxied = self.proxied.lock().unwrap_or_else(PoisonError::into_inner);
        proxied.clear();
    }

    pub(crate) async fn send(
        &self,
        way: Way<'_>,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: reqwest::Body,
    ) -> Result<reqwest::Response, SendError> {
        let url = &address(self.config.vendors.as_ref(), url);
        let way = self.played(way);
        // An address in a URL is connected to without being resolved, so it is checked here.
        if let Ok(url) = Url::parse(url) {
            way.reach.check(&url)?;
        }
        let sent = match self.client(way) {
            Ok(client) => {
                let request = client
                    .request(method, url.as_ref())
                    .headers(headers)
                    .body(body);
                request.send().await
            }
            Err(error) => Err(error),
        };
        sent.map_err(|source| SendError::Lost {
            proxy: match way.proxy {
                Some(own) => Some(own.host().to_owned()),
                None => self.environment.proxy_of(url),
            },
            source,
        })
    }

    /// The same way for questions about an account: its tokens, its quota, whose it is.
    pub(crate) fn http(&self, way: Way<'_>) -> Result<Http, AccountError> {
        let way = self.played(way);
        let client = self.client(way).map_err(|error| {
            AccountError::Unreachable(through(way.proxy.map(OutboundProxy::host), &error))
        })?;
        Ok(Http::new(client, way.proxy, self.config.vendors.clone()))
    }

    /// Where tests play the vendors, that is on this machine.
    fn played<'a>(&self, way: Way<'a>) -> Way<'a> {
        match self.config.vendors {
            Some(_) => Way {
                reach: Reach::Private,
                ..way
            },
            None => way,
        }
    }

    /// Whether a base URL leads where `reach` lets it, as far as can be said now. A name that cannot be resolved is for
    /// later: every connection is checked again.
    pub(crate) async fn check_address(&self, base_url: &str, reach: Reach) -> Result<(), Blocked> {
        let Ok(url) = Url::parse(base_url) else {
            return Ok(());
        };
        reach.check(&url)?;
        let Some(name) = url.domain() else {
            return Ok(());
        };
        let looked_up = allowed(&self.config.lookup, reach, name);
        match tokio::time::timeout(CONNECT, looked_up).await {
            Ok(Err(error)) => blocked(&error).map_or(Ok(()), Err),
            Ok(Ok(_)) | Err(_) => Ok(()),
        }
    }

    /// Forgets the pools of proxies that nobody uses any more.
    pub(crate) fn keep_only<'a>(&self, used: impl Iterator<Item = &'a OutboundProxy>) {
        let used: BTreeSet<&str> = used.map(|proxy| proxy.url().expose_secret()).collect();
        let mut proxied = self.proxied.lock().unwrap_or_else(PoisonError::into_inner);
        proxied.retain(|Key(_, url), _| used.contains(url.as_str()));
    }

    fn client(&self, way: Way<'_>) -> Result<reqwest::Client, reqwest::Error> {
        let direct = self.direct.load();
        let Some(proxy) = way.proxy else {
            return Ok(match way.reach {
                Reach::Public => direct.public.clone(),
                Reach::Private => direct.private.clone(),
            });
        };
        let key = Key(way.reach, proxy.url().expose_secret().to_owned());
        let mut proxied = self.proxied.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = proxied.get(&key) {
            return Ok(client.clone());
        }
        let client = client(&self.config, direct.connect, way.reach, Some(proxy))?;
        proxied.insert(key, client.clone());
        Ok(client)
    }
}

impl Direct {
    fn new(config: &UpstreamConfig, connect: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self {
            public: client(config, connect, Reach::Public, None)?,
            private: client(config, connect, Reach::Private, None)?,
            connect,
        })
    }
}

fn client(
    config: &UpstreamConfig,
    connect: Duration,
    reach: Reach,
    own: Option<&OutboundProxy>,
) -> Result<reqwest::Client, reqwest::Error> {
    let (builder, proxies) = match own {
        // Whoever gives an account a proxy means it for every host.
        Some(own) => (
            bare().proxy(reqwest::Proxy::all(own.url().expose_secret())?),
            own.name().into_iter().map(str::to_owned).collect(),
        ),
        None => (config.client()?, config.proxies()),
    };
    builder
        .connect_timeout(connect)
        .read_timeout(LONGEST_SILENCE)
        .tcp_nodelay(true)
        .dns_resolver(Guarded {
            lookup: config.lookup.clone(),
            reach,
            proxies: Arc::new(proxies),
        })
        .build()
}

fn bare() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT)
        // A redirect would carry an account's credential to a host nobody chose.
        .redirect(redirect::Policy::none())
        // The environment is read by the server's configuration, once.
        .no_proxy()
}

/// What to tell a client about an upstream that could not be reached: the reason, not the address.
pub(crate) fn unreachable(provider: &str, error: &SendError) -> WireError {
    let is_timeout = matches!(error, SendError::Lost { source, .. } if source.is_timeout());
    let status = if is_timeout { 504 } else { 502 };
    let what = if is_timeout {
        "did not answer in time"
    } else {
        "could not be reached"
    };
    told(
        status,
        format!("the provider `{provider}` {what}{}", because(error)),
    )
}

/// ` through the proxy …: why`, to stand behind what happened.
pub(crate) fn because(error: &SendError) -> String {
    match error {
        SendError::Blocked(why) => format!(": {why}"),
        SendError::Lost {
            proxy: None,
            source,
        } => format!(": {}", innermost(source)),
        SendError::Lost { proxy, source } => {
            format!(" {}", through(proxy.as_deref(), source))
        }
    }
}

fn through(proxy: Option<&str>, source: &reqwest::Error) -> String {
    match proxy {
        Some(proxy) => format!("through the proxy `{proxy}`: {}", innermost(source)),
        None => innermost(source),
    }
}

/// The innermost cause, which is the one that says something.
pub(crate) fn reason(error: reqwest::Error) -> String {
    innermost(&error.without_url())
}

/// Causes name no URL; only the outermost error does, and it has causes unless it is about the request itself.
fn innermost(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else {
        return "the request could not be made".to_owned();
    };
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The refusal inside an error of the resolver.
fn blocked(error: &io::Error) -> Option<Blocked> {
    error.get_ref()?.downcast_ref::<Blocked>().cloned()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::FutureExt as _;
    use http::{HeaderMap, Method};
    use providers::address::Reach;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::{Upstream, UpstreamConfig, Way, because};
    use crate::resolver::Lookup;

    /// A server that answers everything, and how often it was connected to.
    async fn server() -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let _ = stream.read(&mut [0; 1024]).await;
                let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        (address, count)
    }

    /// A name that leads to the public internet when it is first asked for, and to this machine ever after.
    fn rebinding() -> Lookup {
        let asked = Arc::new(AtomicUsize::new(0));
        Lookup::new(move |_| {
            let address = match asked.fetch_add(1, Ordering::Relaxed) {
                0 => [93, 184, 216, 34],
                _ => [127, 0, 0, 1],
            };
            async move { Ok(vec![SocketAddr::from((address, 0))]) }.boxed()
        })
    }

    #[tokio::test]
    async fn a_name_that_turns_inwards_is_refused_when_it_is_connected_to() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (address, connections) = server().await;
        let config = UpstreamConfig {
            lookup: rebinding(),
            ..UpstreamConfig::default()
        };
        let upstream = Upstream::new(config, std::time::Duration::from_secs(10)).expect("clients");
        let url = format!("http://rebind.example:{}/v1", address.port());
        let send = |reach| {
            let way = Way { reach, proxy: None };
            upstream.send(way, Method::GET, &url, HeaderMap::new(), "".into())
        };
        let checked = upstream.check_address(&url, Reach::Public).await;
        assert_eq!(checked, Ok(()));
        let error = send(Reach::Public).await.expect_err("a refusal");
        let said = because(&error);
        assert!(said.contains("`rebind.example (127.0.0.1)`"), "{said}");
        assert_eq!(connections.load(Ordering::Relaxed), 0);

        let answered = send(Reach::Private).await.expect("an answer");
        assert_eq!(answered.status(), 204);
        // What one way has connected to is not lent to another.
        send(Reach::Public).await.expect_err("a refusal");
        assert_eq!(connections.load(Ordering::Relaxed), 1);
    }
}
