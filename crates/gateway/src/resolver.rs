//! Names of upstreams, resolved and checked in one step: a connection goes to what was checked, and to nothing else.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use providers::address::{Blocked, Reach};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

type Look = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

/// How names become addresses. The system's own way, unless a test says otherwise.
#[derive(Clone)]
pub struct Lookup(Arc<Look>);

impl Lookup {
    pub fn new(
        look: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(look))
    }

    pub(crate) async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        (self.0)(name.to_owned()).await
    }
}

impl Default for Lookup {
    fn default() -> Self {
        Self::new(|name| {
            async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) }.boxed()
        })
    }
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lookup")
    }
}

/// A client's resolver: it gives only addresses that may be connected to.
#[derive(Debug, Clone)]
pub(crate) struct Guarded {
    pub(crate) lookup: Lookup,
    pub(crate) reach: Reach,
    /// Names of proxies, which a person chose: they may stand anywhere but where credentials are.
    pub(crate) proxies: Arc<BTreeSet<String>>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guarded = self.clone();
        Box::pin(async move {
            let name = name.as_str();
            let reach = if guarded.proxies.contains(name) {
                Reach::Private
            } else {
                guarded.reach
            };
            let allowed = allowed(&guarded.lookup, reach, name).await?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The addresses of a name that may be connected to. Why not, where there is none.
pub(crate) async fn allowed(
    lookup: &Lookup,
    reach: Reach,
    name: &str,
) -> io::Result<Vec<SocketAddr>> {
    let found = lookup.addresses(name).await?;
    let mut refused = None;
    let mut allowed = Vec::with_capacity(found.len());
    for address in found {
        match reach.check_address(address.ip()) {
            Ok(()) => allowed.push(address),
            Err(why) => refused = Some(why),
        }
    }
    match refused {
        Some(why) if allowed.is_empty() => Err(io::Error::other(by_name(name, why))),
        _ if allowed.is_empty() => Err(io::Error::other("the name leads to no address")),
        _ => Ok(allowed),
    }
}

/// The name that was written, and where it leads.
fn by_name(name: &str, why: Blocked) -> Blocked {
    match why {
        Blocked::Private(address) => Blocked::Private(format!("{name} ({address})")),
        Blocked::Metadata(address) => Blocked::Metadata(format!("{name} ({address})")),
    }
}
