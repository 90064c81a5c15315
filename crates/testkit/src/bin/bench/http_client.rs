//! One connection, one request at a time: no pool, so that nothing but the wire and the server is measured.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: String,
    /// Drives the connection; ends with it.
    _driver: JoinSet<()>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("a listening server");
        stream
            .set_nodelay(true)
            .expect("a socket that takes options");
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .expect("a handshake");
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // What goes wrong here also fails the request that is under way, which says so.
            drop(connection.await);
        });
        Self {
            sender,
            address: address.to_owned(),
            _driver: driver,
        }
    }

    /// Posts JSON and reads the whole answer.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let mut request = Request::post(path)
            .header("host", &self.address)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(body))
            .expect("a well-formed request");
        self.sender
            .ready()
            .await
            .expect("a connection that stays open");
        let response = self.sender.send_request(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}
