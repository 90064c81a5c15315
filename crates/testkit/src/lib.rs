//! For tests and benchmarks only: a scripted upstream on loopback.
//!
//! [`Upstream`] is a provider that says what it is told to say and remembers what it was asked.
//! It refuses to know any vendor's format: what a reply means is the test's business.
//! [`Proxy`] leads to it, and remembers that it did.
//! [`vendor::Vendor`] plays the logins of the vendors that have one.
//!
//! ```
//! # tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
//! use serde_json::json;
//! use testkit::{Reply, Upstream};
//!
//! let upstream = Upstream::start().await;
//! upstream
//!     .reply(Reply::json(429, json!({"error": {"message": "slow down"}})).header("retry-after", "7"))
//!     .reply(Reply::sse([testkit::data(&json!({"choices": []})), testkit::DONE.to_owned()]));
//!
//! // … point a connection at `upstream.url()`, send two requests, then assert both ends:
//! let requests = upstream.requests();
//! assert_eq!(requests.len(), 0);
//! # });
//! ```
#![expect(
    clippy::expect_used,
    reason = "a test helper: what fails here fails the test that uses it"
)]

mod proxy;
mod received;
mod reply;
mod upstream;
pub mod vendor;

pub use proxy::Proxy;
pub use received::Received;
pub use reply::{DONE, Reply, data, event};
pub use upstream::{Upstream, unused_url};
