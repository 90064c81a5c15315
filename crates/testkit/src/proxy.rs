//! A proxy on loopback, of either kind, that remembers where it was asked to lead.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    kind: Kind,
    /// Where it leads, wherever it is asked to lead.
    end: Option<SocketAddr>,
    targets: Mutex<Vec<String>>,
}

#[derive(Debug)]
enum Kind {
    /// With the `Proxy-Authorization` it wants to see.
    Http(Option<String>),
    /// With the user name and password it wants to hear.
    Socks5(Option<(String, String)>),
}

impl Proxy {
    /// For `http://` URLs and, by `CONNECT`, for all others.
    pub async fn http() -> Self {
        Self::start(Kind::Http(None), None).await
    }

    /// Leads to `end` wherever it is asked to lead, as if it knew names that nobody else does. It wants a
    /// `Proxy-Authorization` to be shown.
    pub async fn http_leading_to(end: SocketAddr, authorization: &str) -> Self {
        Self::start(Kind::Http(Some(authorization.to_owned())), Some(end)).await
    }

    /// Answers 407 to whoever does not show this `Proxy-Authorization`.
    pub async fn http_wanting(authorization: &str) -> Self {
        Self::start(Kind::Http(Some(authorization.to_owned())), None).await
    }

    pub async fn socks5() -> Self {
        Self::start(Kind::Socks5(None), None).await
    }

    pub async fn socks5_wanting(user: &str, password: &str) -> Self {
        let wanted = (user.to_owned(), password.to_owned());
        Self::start(Kind::Socks5(Some(wanted)), None).await
    }

    async fn start(kind: Kind, end: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener
            .local_addr()
            .expect("the address of a bound socket");
        let shared = Arc::new(Shared {
            kind,
            end,
            targets: Mutex::default(),
        });
        #[expect(
            clippy::disallowed_methods,
            reason = "aborted when the `Proxy` is dropped"
        )]
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            server,
        }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Where it was asked to lead, connection by connection: `host:port`.
    pub fn targets(&self) -> Vec<String> {
        let targets = self.shared.targets.lock();
        targets.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("an accepted connection");
        let shared = Arc::clone(&shared);
        // An error is the client's or the target's; both ends assert their own.
        connections.spawn(async move { drop(pass(stream, &shared).await) });
        while connections.try_join_next().is_some() {}
    }
}

async fn pass(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    match &shared.kind {
        Kind::Http(wanted) => pass_http(stream, shared, wanted.as_deref()).await,
        Kind::Socks5(wanted) => pass_socks5(stream, shared, wanted.as_ref()).await,
    }
}

impl Shared {
    async fn lead(&self, target: String) -> io::Result<TcpStream> {
        let led = match self.end {
            Some(end) => TcpStream::connect(end).await,
            None => TcpStream::connect(&target).await,
        };
        let targets = self.targets.lock();
        targets.unwrap_or_else(PoisonError::into_inner).push(target);
        led
    }
}

async fn pass_http(mut client: TcpStream, shared: &Shared, wanted: Option<&str>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let shown = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization")
            .then(|| value.trim())
    });
    if wanted.is_some() && wanted != shown {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        return client.write_all(refusal.as_bytes()).await;
    }
    let mut words = text.split_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    if method == "CONNECT" {
        let mut led = shared.lead(target.to_owned()).await?;
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        copy_bidirectional(&mut client, &mut led).await?;
        return Ok(());
    }
    let host = target
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next())
        .unwrap_or("");
    let mut led = shared.lead(host.to_owned()).await?;
    // A server takes a request whose target is a whole URL as well; what is for the proxy stays here.
    for line in text.split_inclusive("\r\n") {
        if !line.to_ascii_lowercase().starts_with("proxy-") {
            led.write_all(line.as_bytes()).await?;
        }
    }
    copy_bidirectional(&mut client, &mut led).await?;
    Ok(())
}

/// RFC 1928, and RFC 1929 where a user name is wanted.
async fn pass_socks5(
    mut client: TcpStream,
    shared: &Shared,
    wanted: Option<&(String, String)>,
) -> io::Result<()> {
    let _version = client.read_u8().await?;
    let _methods = read_text(&mut client).await?;
    match wanted {
        None => client.write_all(&[5, 0]).await?,
        Some((user, password)) => {
            client.write_all(&[5, 2]).await?;
            let _version = client.read_u8().await?;
            let shown = (read_text(&mut client).await?, read_text(&mut client).await?);
            if shown != (user.clone().into_bytes(), password.clone().into_bytes()) {
                return client.write_all(&[1, 1]).await;
            }
            client.write_all(&[1, 0]).await?;
        }
    }
    let mut head = [0; 4];
    client.read_exact(&mut head).await?;
    let host = match head[3] {
        1 => {
            let mut address = [0; 4];
            client.read_exact(&mut address).await?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        3 => String::from_utf8_lossy(&read_text(&mut client).await?).into_owned(),
        _ => return Err(io::Error::other("tests use no IPv6")),
    };
    let port = client.read_u16().await?;
    let mut led = shared.lead(format!("{host}:{port}")).await?;
    client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await?;
    copy_bidirectional(&mut client, &mut led).await?;
    Ok(())
}

/// A length, and so many bytes.
async fn read_text(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = client.read_u8().await?;
    let mut text = vec![0; usize::from(length)];
    client.read_exact(&mut text).await?;
    Ok(text)
}
