//! The scripted server.
//!
//! It stands on hyper and not on axum, because a test must be able to close a connection without an answer.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::received::Received;
use crate::reply::{Head, Reply, Step};

/// How long [`Upstream::received`] and [`Upstream::cancelled`] wait before they fail the test.
const PATIENCE: Duration = Duration::from_secs(5);

/// A provider on `127.0.0.1` that answers as scripted and remembers what it was asked.
///
/// Replies are given out in the order they were queued; a path with a handler does not touch the queue.
/// A request that nothing was scripted for gets a 500 that says so.
/// Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Upstream {
    /// Listens on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener
            .local_addr()
            .expect("the address of a bound socket");
        let shared = Arc::new(Shared::default());
        #[expect(
            clippy::disallowed_methods,
            reason = "aborted when the `Upstream` is dropped"
        )]
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            server,
        }
    }

    /// Where it listens: `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Queues a reply.
    pub fn reply(&self, reply: Reply) -> &Self {
        self.shared.script().replies.push_back(reply);
        self
    }

    /// Answers every request for this path (without its query) by calling `handler`.
    pub fn on(
        &self,
        path: &str,
        handler: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> &Self {
        self.shared
            .script()
            .handlers
            .insert(path.to_owned(), Arc::new(handler));
        self
    }

    /// From now on requests are counted and not kept: a benchmark sends more than memory holds.
    pub fn forget_requests(&self) -> &Self {
        self.shared.script().is_forgetful = true;
        self
    }

    /// The requests so far, in the order their bodies were complete.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.script().requests.clone()
    }

    /// Waits until `count` requests have come, and returns them.
    pub async fn received(&self, count: usize) -> Vec<Received> {
        wait(&self.shared.received, count, "requests").await;
        self.requests()
    }

    /// How many queued replies nobody asked for yet.
    pub fn unused(&self) -> usize {
        self.shared.script().replies.len()
    }

    /// How often a client went away before the reply had ended.
    pub fn cancellations(&self) -> usize {
        *self.shared.cancelled.borrow()
    }

    /// Waits until a client has gone away before the reply had ended.
    pub async fn cancelled(&self) {
        self.cancelled_times(1).await;
    }

    /// Waits until `count` clients have gone away before their replies had ended.
    pub async fn cancelled_times(&self, count: usize) {
        wait(&self.shared.cancelled, count, "cancelled replies").await;
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An address that refuses connections: `http://127.0.0.1:PORT`, where nobody listens any more.
pub async fn unused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port on loopback");
    format!(
        "http://{}",
        listener
            .local_addr()
            .expect("the address of a bound socket")
    )
}

type Handler = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;
type Body = UnsyncBoxBody<Bytes, Broken>;

#[derive(Debug, Default)]
struct Shared {
    script: Mutex<Script>,
    received: watch::Sender<usize>,
    cancelled: watch::Sender<usize>,
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    handlers: HashMap<String, Handler>,
    requests: Vec<Received>,
    is_forgetful: bool,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.handlers.keys().collect();
        f.debug_struct("Script")
            .field("replies", &self.replies)
            .field("handlers", &paths)
            .field("requests", &self.requests)
            .finish()
    }
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script
            .lock()
            .expect("no handler panics while the script is locked")
    }

    /// Remembers the request and finds its reply.
    fn take(&self, request: Received) -> Reply {
        let handler = self.script().handlers.get(request.path()).map(Arc::clone);
        let handled = handler.map(|handler| handler(&request));
        let reply = {
            let mut script = self.script();
            let reply = handled
                .or_else(|| script.replies.pop_front())
                .unwrap_or_else(|| unscripted(&request));
            if !script.is_forgetful {
                script.requests.push(request);
            }
            reply
        };
        self.received.send_modify(|count| *count += 1);
        reply
    }
}

/// The script broke the connection off; hyper closes it when it meets this.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script breaks the connection off here")
    }
}

impl std::error::Error for Broken {}

/// Counts a cancellation when it is dropped before the reply has ended.
struct Running {
    shared: Arc<Shared>,
    ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.cancelled.send_modify(|count| *count += 1);
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("an accepted connection");
        // Chunks are told apart by when they arrive, so none may wait for the next.
        stream
            .set_nodelay(true)
            .expect("a socket that takes options");
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            // An error here is the script's (a hang-up, a cut) or the client's; both ends assert their own.
            drop(
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned();
    let reply = shared.take(Received {
        method: parts.method,
        target,
        headers: parts.headers,
        body,
    });
    let mut running = Running {
        shared,
        ended: false,
    };

    let (status, headers, delay) = match reply.head {
        Head::Answer {
            status,
            headers,
            delay,
        } => (status, headers, delay),
        Head::HangUp => {
            running.ended = true;
            return Err(Broken);
        }
        Head::Silence => std::future::pending().await,
    };
    tokio::time::sleep(delay).await;

    running.ended = reply.steps.is_empty();
    let body = stream::unfold((reply.steps, running), next_frame).boxed();
    let mut response = Response::new(StreamBody::new(body).boxed_unsync());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

type Rest = (VecDeque<Step>, Running);

/// The next chunk of the body; the reply has ended as soon as its last step is handed over.
async fn next_frame(
    (mut steps, mut running): Rest,
) -> Option<(Result<Frame<Bytes>, Broken>, Rest)> {
    loop {
        let Some(step) = steps.pop_front() else {
            running.ended = true;
            return None;
        };
        let frame = match step {
            Step::Chunk(bytes) => Ok(Frame::data(bytes)),
            Step::Wait(time) => {
                tokio::time::sleep(time).await;
                continue;
            }
            Step::Hang => std::future::pending().await,
            Step::Cut => {
                // What was written before reaches the client first.
                tokio::time::sleep(Duration::from_millis(5)).await;
                Err(Broken)
            }
        };
        running.ended = steps.is_empty();
        // hyper writes what is ready in one go; a pause of one turn makes it flush this chunk by itself.
        tokio::task::yield_now().await;
        return Some((frame, (steps, running)));
    }
}

async fn wait(counter: &watch::Sender<usize>, at_least: usize, what: &str) {
    let mut counter = counter.subscribe();
    let reached = tokio::time::timeout(PATIENCE, counter.wait_for(|count| *count >= at_least))
        .await
        .is_ok();
    let count = *counter.borrow();
    assert!(
        reached,
        "expected {at_least} {what} within {PATIENCE:?}, saw {count}"
    );
}

fn unscripted(request: &Received) -> Reply {
    let message = format!(
        "nothing is scripted for {} {}",
        request.method, request.target
    );
    Reply::json(
        500,
        serde_json::json!({ "error": { "type": "testkit", "message": message } }),
    )
}
