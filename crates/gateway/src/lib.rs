//! The data plane: admit → resolve → select → send → relay → record.
//!
//! It knows neither axum nor cookies: a request comes in as [`call::Call`] and leaves as an
//! `http::Response` whose body settles the accounting when it is dropped.
//! Nothing here asks the database while a request waits: configuration is a [`snapshot::Snapshot`],
//! rows leave through the [`recorder`].

pub mod answer;
mod attempt;
pub mod budget;
pub mod call;
pub mod caller;
mod capture;
pub mod check;
mod choose;
mod conversation;
mod count;
mod credentials;
mod environment;
pub mod error;
mod exhausted;
mod explain;
pub mod gauges;
pub mod headers;
mod health;
mod images;
mod ledger;
mod letter;
pub mod live;
mod mask;
pub mod meter;
mod prepare;
pub mod prices;
mod pursue;
pub mod quota;
pub mod recorder;
pub mod relay;
pub mod reload;
pub mod resolve;
pub mod resolver;
mod rests;
pub mod select;
pub mod serve;
pub mod settings;
mod silence;
pub mod snapshot;
mod speak;
mod spliced;
pub mod trace_parent;
pub mod translate;
pub mod translated;
pub mod upstream;
mod verdict;
pub mod watch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::Accounts;
use api::log::CaptureSettings;
use api::settings::Timeouts;
use arc_swap::ArcSwap;
use chrono::Utc;
use store::Store;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::caller::Guesses;
use crate::capture::Capture;
use crate::conversation::Homes;
use crate::credentials::Credentials;
use crate::error::StartError;
use crate::health::Health;
use crate::images::Images;
use crate::ledger::{KEPT, Ledger};
use crate::live::Live;
use crate::quota::Quotas;
use crate::quota::poll::Polls;
use crate::recorder::Recorder;
use crate::reload::Seen;
use crate::resolve::Rotation;
use crate::select::orders::Orders;
use crate::snapshot::{Policy, Snapshot};
use crate::upstream::{Upstream, UpstreamConfig};
use crate::watch::Watcher;

/// What the data plane needs to know that is not in the database.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    pub policy: Policy,
    pub upstream: UpstreamConfig,
    /// Between two signs of life to a client whose upstream is silent.
    pub keep_alive: Duration,
    /// How long upstreams are waited for, where the settings say nothing.
    pub timeouts: Timeouts,
    /// Who is told of every request that has ended.
    pub watchers: Vec<Arc<dyn Watcher>>,
    /// Whole requests and answers are kept, whatever the setting says.
    pub capture: bool,
    /// Who speaks with the vendors about logins.
    pub accounts: Accounts,
}

/// The data plane. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    policy: Policy,
    snapshot: Arc<ArcSwap<Snapshot>>,
    /// Held by whoever reads the configuration.
    seen: Mutex<Seen>,
    upstream: Arc<Upstream>,
    images: Images,
    credentials: Credentials,
    keep_alive: Duration,
    timeouts: Timeouts,
    is_capture_forced: bool,
    health: Health,
    quotas: Quotas,
    polls: Polls,
    rotation: Rotation,
    orders: Orders,
    homes: Homes,
    ledger: Arc<Ledger>,
    recorder: Recorder,
    live: Live,
    capture: Capture,
    guesses: Guesses,
    background: TaskTracker,
    /// Cancelled when relays must end although their clients would go on.
    ending: CancellationToken,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

impl Gateway {
    /// Reads the configuration from the database and starts the recorder.
    pub async fn start(store: Store, config: GatewayConfig) -> Result<Self, StartError> {
        let seen = Seen {
            revision: store.revision().current().await?,
            at: Instant::now(),
        };
        let snapshot = Snapshot::load(&store, config.policy).await?;
        let capture = Capture::start(store.clone(), captured(&snapshot, config.capture));
        let snapshot = Arc::new(ArcSwap::from_pointee(snapshot));
        let live = Live::new();
        let health = Health::default();
        health.restore(store.usage().rests(Utc::now()).await?);
        let ledger = Arc::new(Ledger::default());
        ledger.restore(store.usage().spent(Utc::now() - KEPT).await?);
        let orders = Orders::default();
        for account in store.connections().by_last_use().await? {
            orders.asked(&account);
        }
        let timeouts = snapshot.load().settings.timeouts.or(config.timeouts);
        let upstream = Arc::new(Upstream::new(config.upstream, connect(timeouts))?);
        let credentials = Credentials::new(store.clone(), config.accounts, Arc::clone(&upstream));
        credentials.start(Arc::clone(&snapshot));
        let recorder = Recorder::start(
            store.clone(),
            live.clone(),
            Arc::clone(&snapshot),
            config.watchers,
        );
        let gateway = Self {
            inner: Arc::new(Inner {
                upstream,
                images: Images::new()?,
                credentials,
                store,
                policy: config.policy,
                keep_alive: config.keep_alive,
                timeouts: config.timeouts,
                is_capture_forced: config.capture,
                capture,
                health,
                quotas: Quotas::default(),
                polls: Polls::default(),
                rotation: Rotation::default(),
                orders,
                homes: Homes::default(),
                ledger,
                snapshot,
                seen: Mutex::new(seen),
                recorder,
                live,
                guesses: Guesses::default(),
                background: TaskTracker::new(),
                ending: CancellationToken::new(),
            }),
        };
        gateway.start_polls().await?;
        gateway.watch_for_changes();
        Ok(gateway)
    }

    /// The configuration as it is now. A request takes it once.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
    }

    /// Whether whole requests are kept because the environment says so.
    #[must_use]
    pub fn is_capture_forced(&self) -> bool {
        self.inner.is_capture_forced
    }

    /// How long upstreams are waited for, where the settings say nothing.
    #[must_use]
    pub fn default_timeouts(&self) -> Timeouts {
        self.inner.timeouts
    }

    #[must_use]
    pub fn live(&self) -> &Live {
        &self.inner.live
    }

    /// Ends what still runs and writes every row that is owed. Call it when no request can arrive any more.
    pub async fn close(&self) {
        self.inner.ending.cancel();
        self.stop_watching().await;
        self.inner.polls.close().await;
        self.inner.credentials.close().await;
        self.inner.recorder.close().await;
        self.inner.capture.close().await;
    }
}

fn captured(snapshot: &Snapshot, is_forced: bool) -> CaptureSettings {
    CaptureSettings {
        is_on: snapshot.capture.is_on || is_forced,
        ..snapshot.capture
    }
}

fn connect(timeouts: Timeouts) -> Duration {
    Duration::from_millis(timeouts.connect_ms.into())
}
