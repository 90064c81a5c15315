//! From a configuration to a running program, and from there to its end.

use std::future::{Future, IntoFuture as _};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use admin::{Admin, AdminConfig, AdminError};
use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::ListenerExt as _;
use gateway::error::StartError as GatewayError;
use gateway::snapshot::Policy;
use gateway::watch::Watcher;
use gateway::{Gateway, GatewayConfig};
use leptos::config::{Env, LeptosOptions};
use observe::metrics::Metrics;
use observe::traces::{CollectorError, Traces};
use secrecy::ExposeSecret as _;
use store::Store;
use store::error::StoreError;
use tokio::net::TcpListener;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, info, info_span, warn};

use crate::config::Config;
use crate::loopback;
use crate::metrics::Monitoring;
use crate::pages::Unclassified;
use crate::peer::Locality;
use crate::router::{SessionConfig, router};
use crate::routes::Route;
use crate::secrets::{Secrets, SecretsError};
use crate::site;
use crate::state::AppState;
use crate::upkeep::upkeep;

/// How long open streams may go on after the program was asked to stop.
const DRAIN: Duration = Duration::from_secs(30);
const SWEEP: Duration = Duration::from_secs(3_600);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error("could not open the database: {0}")]
    Store(#[from] StoreError),
    #[error("could not bring the database up to date: {0}")]
    Migration(#[from] sea_orm_migration::DbErr),
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error("could not make the first administrator: {0}")]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Traces(#[from] CollectorError),
    #[error(transparent)]
    Routes(#[from] Unclassified),
    #[error(
        "could not listen on {address}: {source}; set PORT to another one, or stop what listens there"
    )]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("could not listen for the signals that stop the program: {0}")]
    Signals(#[source] io::Error),
    #[error("could not go on serving: {0}")]
    Serve(#[source] io::Error),
}

/// The program, put together and not yet listening.
pub struct Program {
    pub router: Router,
    pub routes: Vec<Route>,
    pub admin: Admin,
    pub gateway: Gateway,
    pub store: Store,
    traces: Option<Arc<Traces>>,
    stopping: CancellationToken,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("routes", &self.routes.len())
            .finish_non_exhaustive()
    }
}

impl Program {
    /// Opens the database, brings it up to date, and puts everything together.
    pub async fn build(config: &Config) -> Result<Self, StartError> {
        let secrets = Secrets::load(config)?;
        let url = match &config.database_url {
            Some(url) => url.expose_secret().to_owned(),
            None => format!(
                "sqlite://{}?mode=rwc",
                config.data_dir.join("ninerouter.db").display()
            ),
        };
        let store = Store::connect(&url, secrets.vault).await?;
        migration::run(store.database()).await?;
        let counted = store.usage().rebuild().await?;
        if counted > 0 {
            info!(
                rows = counted,
                "added up the usage from before sums were kept as they are now"
            );
        }

        let observers = Observers::start(config)?;
        let accounts = Accounts::new(config.client_secrets.clone());
        let gateway = Gateway::start(
            store.clone(),
            GatewayConfig {
                keep_alive: config.keep_alive,
                timeouts: config.timeouts,
                watchers: observers.watchers(),
                capture: config.capture,
                policy: Policy {
                    key_required: config.key_required,
                },
                upstream: config.upstream.clone(),
                accounts: accounts.clone(),
            },
        )
        .await?;
        let admin = Admin::start(
            store.clone(),
            gateway.clone(),
            accounts,
            AdminConfig {
                machine_id: secrets.machine_id,
                key_secret: secrets.api_key,
                public_url: config
                    .public_url
                    .as_ref()
                    .map(|url| url.as_str().trim_end_matches('/').to_owned()),
                home: config.home.clone(),
                initial_password: config.initial_password.clone(),
            },
        )
        .await?;

        let stopping = CancellationToken::new();
        let state = AppState {
            admin: admin.clone(),
            gateway: gateway.clone(),
            leptos: leptos_options(),
            assets: site::assets(),
            locality: Locality::new(
                config.host,
                config.public_url.as_ref().and_then(url::Url::host_str),
            ),
            stopping: stopping.clone(),
        };
        let sessions = SessionConfig {
            store: store.sessions(),
            key: secrets.cookie,
            secure: config.is_cookie_secure(),
        };
        let monitoring = observers.monitoring(config);
        let (router, routes) = router(&state, sessions, monitoring)?;
        Ok(Self {
            router,
            routes,
            admin,
            gateway,
            store,
            traces: observers.traces,
            stopping,
        })
    }

    /// Serves until `stop` comes, then drains: streams may end, rows are written.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), StartError> {
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                warn!(%error, "could not turn off Nagle's algorithm");
            }
        });
        let service = self
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        let stopping = self.stopping.clone();
        let server = axum::serve(listener, service)
            .with_graceful_shutdown(self.stopping.clone().cancelled_owned())
            .into_future();
        tokio::pin!(server);
        tokio::pin!(stop);
        #[expect(clippy::disallowed_methods, reason = "stopped and waited for below")]
        let upkeep = tokio::spawn(upkeep(self.store.clone()));
        let sweeping = sweep(self.store.clone());
        tokio::pin!(sweeping);
        let listening = loopback::listen(self.admin.clone());
        tokio::pin!(listening);
        tokio::select! {
            () = &mut sweeping => {}
            () = &mut listening => {}
            ended = &mut server => ended.map_err(StartError::Serve)?,
            () = &mut stop => {
                info!("stopping: open streams have {} s to end", DRAIN.as_secs());
                stopping.cancel();
                match timeout(DRAIN, &mut server).await {
                    Ok(ended) => ended.map_err(StartError::Serve)?,
                    Err(_) => warn!("some streams did not end in time; they are cut"),
                }
            }
        }
        upkeep.abort();
        // It was stopped in the middle of something; what it had not committed is as it was.
        let _ = upkeep.await;
        self.admin.close().await;
        self.gateway.close().await;
        if let Some(traces) = &self.traces {
            traces.close().await;
        }
        self.store.close().await?;
        Ok(())
    }
}

/// Who is told of every request that has ended.
struct Observers {
    metrics: Option<Arc<Metrics>>,
    traces: Option<Arc<Traces>>,
}

impl Observers {
    fn start(config: &Config) -> Result<Self, StartError> {
        let traces = match &config.traces {
            Some(traces) => Some(Arc::new(Traces::start(traces.clone(), &config.upstream)?)),
            None => None,
        };
        Ok(Self {
            metrics: config.metrics.is_some().then(Arc::default),
            traces,
        })
    }

    fn watchers(&self) -> Vec<Arc<dyn Watcher>> {
        let metrics = self
            .metrics
            .clone()
            .map(|metrics| metrics as Arc<dyn Watcher>);
        let traces = self.traces.clone().map(|traces| traces as Arc<dyn Watcher>);
        metrics.into_iter().chain(traces).collect()
    }

    fn monitoring(&self, config: &Config) -> Option<Monitoring> {
        Some(Monitoring {
            metrics: self.metrics.clone()?,
            traces: self.traces.clone(),
            token: config.metrics.as_ref()?.token.clone(),
        })
    }
}

/// Forgets expired sessions, now and then, for as long as it is polled.
async fn sweep(store: Store) {
    let mut hours = interval(SWEEP);
    loop {
        hours.tick().await;
        match store.sessions().delete_expired(chrono::Utc::now()).await {
            Ok(0) => {}
            Ok(count) => debug!(count, "forgot expired sessions"),
            Err(error) => warn!(%error, "could not forget expired sessions"),
        }
    }
}

/// Runs the program until the operating system asks it to stop.
pub async fn run(config: Config) -> Result<(), StartError> {
    for name in &config.not_yet {
        warn!("{name} is set, but what it is for does not exist yet");
    }
    if !site::is_whole() {
        warn!(
            "this program was built without its dashboard's scripts: build the frontend first, as `scripts/start` does"
        );
    }
    let address = SocketAddr::new(config.host, config.port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })?;
    let bound = listener
        .local_addr()
        .map_err(|source| StartError::Listen { address, source })?;
    let program = Program::build(&config).await?;
    let stop = StopSignals::listen().map_err(StartError::Signals)?;
    announce(&config, bound, &program);
    program.serve(listener, stop.any()).await
}

/// Says where the dashboard is. The one thing on standard output; everything else is a log.
fn announce(config: &Config, bound: SocketAddr, program: &Program) {
    let host = if bound.ip().is_unspecified() {
        "localhost".to_owned()
    } else {
        host_text(bound)
    };
    let base = match &config.public_url {
        Some(url) if !bound.ip().is_loopback() => url.as_str().trim_end_matches('/').to_owned(),
        _ => format!("http://{host}:{}", bound.port()),
    };
    let mut out = io::stdout().lock();
    let mut say = |text: String| {
        // Nobody may be reading.
        let _ = writeln!(out, "{text}");
    };
    say(format!("dashboard: {base}"));
    if let Some(token) = program.admin.setup_token() {
        say(format!("first run, from this machine: {base}/setup"));
        say(format!(
            "first run, from elsewhere: {base}/setup?token={}",
            token.expose_secret()
        ));
    }
    let _ = out.flush();
}

fn host_text(bound: SocketAddr) -> String {
    if bound.is_ipv6() {
        format!("[{}]", bound.ip())
    } else {
        bound.ip().to_string()
    }
}

fn leptos_options() -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("ninerouter")
        .site_pkg_dir("pkg")
        .env(if cfg!(debug_assertions) {
            Env::DEV
        } else {
            Env::PROD
        })
        .reload_port(20129)
        .build()
}

/// One span per request; the path without its query, which may carry a key.
pub(crate) async fn traced(request: Request, next: Next) -> Response {
    let span = info_span!("request", method = %request.method(), path = request.uri().path());
    next.run(request).instrument(span).await
}

/// What the operating system asks programs to stop with. Listening begins when this is made, so that
/// a request to stop that follows the announcement at once is not missed.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
type Signal = tokio::signal::unix::Signal;
#[cfg(windows)]
type Signal = tokio::signal::windows::CtrlC;

impl StopSignals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(windows)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::windows::ctrl_c;
        Ok(Self {
            interrupt: ctrl_c()?,
            terminate: ctrl_c()?,
        })
    }

    async fn any(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
