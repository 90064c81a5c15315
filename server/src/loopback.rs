//! The port that a vendor sends browsers to, listened on while somebody logs in there.
//!
//! It knows nobody and grants nothing: it leads the browser to the dashboard it came from, where the session is.

use std::future::IntoFuture as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use admin::Admin;
use admin::logins::listen::Listen;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

/// Where the vendor that chooses the port sends browsers.
const PATH: &str = "/auth/callback";

/// Answers who asks for a port, for as long as it is polled.
pub(crate) async fn listen(admin: Admin) {
    let Some(mut asks) = admin.asks_to_listen() else {
        return std::future::pending().await;
    };
    while let Some(ask) = asks.recv().await {
        let Listen::Open {
            port,
            lifetime,
            answer,
        } = ask
        else {
            continue;
        };
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => {
                // Whoever asked may have stopped waiting; the browser comes all the same.
                let _ = answer.send(true);
                serve(&admin, listener, port, lifetime, &mut asks).await;
            }
            Err(error) => {
                warn!(%error, port, "could not listen where a vendor sends browsers: the address has to be pasted");
                let _ = answer.send(false);
            }
        }
    }
    std::future::pending::<()>().await;
}

async fn serve(
    admin: &Admin,
    listener: TcpListener,
    port: u16,
    lifetime: Duration,
    asks: &mut Receiver<Listen>,
) {
    debug!(port, "listening where a vendor sends browsers");
    let router = Router::new()
        .route(PATH, axum::routing::get(lead_home))
        .with_state(admin.clone());
    let server = axum::serve(listener, router).into_future();
    tokio::pin!(server);
    let mut until = Instant::now() + lifetime;
    loop {
        tokio::select! {
            _ = &mut server => return,
            () = sleep_until(until) => return,
            ask = asks.recv() => match ask {
                Some(Listen::Open { port: wanted, lifetime, answer }) => {
                    until = until.max(Instant::now() + lifetime);
                    let _ = answer.send(wanted == port);
                }
                Some(Listen::Close { port: wanted }) if wanted == port => return,
                Some(Listen::Close { .. }) => {}
                None => return,
            },
        }
    }
}

/// Leads the browser to the dashboard that the login with this state was begun at.
async fn lead_home(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    match home(&admin, &query) {
        Some(home) => Redirect::to(&format!("{home}/connect?{query}")).into_response(),
        None => (
            StatusCode::NOT_FOUND,
            "No login waits for this. It may have taken too long: begin again in the dashboard.",
        )
            .into_response(),
    }
}

/// The same at this program's own port, which may have been reached by another of its names. A login that nobody
/// has begun is shown as one.
pub(crate) async fn callback(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Redirect {
    let query = query.unwrap_or_default();
    let home = home(&admin, &query).unwrap_or_default();
    Redirect::to(&format!("{home}/connect?{query}"))
}

fn home(admin: &Admin, query: &str) -> Option<String> {
    let (_, state) =
        url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state")?;
    admin.login_home(&state)
}
