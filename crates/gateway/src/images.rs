//! Fetches images that a client only linked to, for upstreams that take nothing but the image itself.
//!
//! A client chooses the address, so nothing but public addresses is ever connected to: names are resolved
//! and checked here, and the connection goes to what was checked. What cannot be fetched stays a link, which
//! the encoder then writes as text, with a note.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};
use wire::ir::content::{Block, Content, Media, Source};
use wire::ir::request::Request;

/// For the whole of one image.
const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST: usize = 20 * 1024 * 1024;
/// Images of one request that are fetched; more stay links.
const MOST: usize = 20;
const MOST_REDIRECTS: usize = 3;

#[derive(Debug, Clone)]
pub(crate) struct Images {
    client: reqwest::Client,
    may_connect: fn(IpAddr) -> bool,
}

impl Images {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        Self::connecting(is_public)
    }

    fn connecting(may_connect: fn(IpAddr) -> bool) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .dns_resolver(Resolver { may_connect })
            .redirect(Policy::custom(move |attempt| {
                if attempt.previous().len() > MOST_REDIRECTS {
                    attempt.error("too many redirects")
                } else if may_be_fetched(attempt.url(), may_connect) {
                    attempt.follow()
                } else {
                    attempt.stop()
                }
            }))
            .build()?;
        Ok(Self {
            client,
            may_connect,
        })
    }

    /// Puts every linked image that can be had into the request itself.
    pub(crate) async fn inline(&self, request: &mut Request) {
        let mut links = Vec::new();
        for block in request.turns.iter_mut().flat_map(|turn| &mut turn.blocks) {
            linked(block, &mut links);
        }
        let fetches = links.into_iter().take(MOST).map(|image| async move {
            let Source::Url(link) = &image.source else {
                return;
            };
            if let Some(fetched) = self.fetch(link).await {
                let detail = image.detail.take();
                *image = Media { detail, ..fetched };
            }
        });
        futures::future::join_all(fetches).await;
    }

    async fn fetch(&self, link: &str) -> Option<Media> {
        let url = Url::parse(link).ok()?;
        if !may_be_fetched(&url, self.may_connect) {
            return None;
        }
        let mut response = self.client.get(url).send().await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let media_type = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(|value| value.trim().to_ascii_lowercase())
            .filter(|value| value.starts_with("image/"))?;
        let mut image = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            if image.len() + chunk.len() > LARGEST {
                return None;
            }
            image.extend_from_slice(&chunk);
        }
        Some(Media::base64(
            Some(media_type),
            BASE64_STANDARD.encode(image),
        ))
    }
}

/// The links in a block, and in the result of a tool.
fn linked<'a>(block: &'a mut Block, links: &mut Vec<&'a mut Media>) {
    match &mut block.content {
        Content::Image(image) if matches!(image.source, Source::Url(_)) => links.push(image),
        Content::ToolResult(result) => {
            for block in &mut result.content {
                linked(block, links);
            }
        }
        _ => {}
    }
}

/// A name is checked when it is resolved; an address is checked here.
fn may_be_fetched(url: &Url, may_connect: fn(IpAddr) -> bool) -> bool {
    matches!(url.scheme(), "http" | "https")
        && match url.host() {
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => may_connect(address.into()),
            Some(Host::Ipv6(address)) => may_connect(address.into()),
            None => false,
        }
}

struct Resolver {
    may_connect: fn(IpAddr) -> bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let may_connect = self.may_connect;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| may_connect(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other("the name leads to no public address").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet:
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>,
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 198 && (18..20).contains(&b))
}

/// Global unicast is `2000::/3`; what is carved out of it leads elsewhere or nowhere.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (0x2000..0x4000).contains(&first)
        && first != 0x2002
        && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        && first != 0x3fff
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use wire::format::Format;
    use wire::ir::content::At;
    use wire::ir::request::{Role, Turn};

    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for private in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "64:ff9b::7f00:1",
        ] {
            let address: IpAddr = private.parse().expect("an address");
            assert!(!is_public(address), "{private}");
        }
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
    }

    async fn inlined(images: &Images, link: &str) -> Source {
        let mut request = Request::new(Format::OpenaiChat, "m");
        let at = At::message(0);
        let image = Block::new(at, Content::Image(Media::from_url(link)));
        request.turns = vec![Turn::new(at, Role::User, vec![image])];
        images.inline(&mut request).await;
        match request.turns.remove(0).blocks.remove(0).content {
            Content::Image(image) => image.source,
            other => panic!("{other:?}"),
        }
    }

    /// Answers one request with an image.
    async fn server() -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 3\r\nconnection: close\r\n\r\npng";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}/cat.png")
    }

    #[tokio::test]
    async fn a_link_becomes_the_image_if_its_address_is_allowed() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let link = server().await;
        let anywhere = Images::connecting(|_| true).expect("a client");
        assert_eq!(
            inlined(&anywhere, &link).await,
            Source::Base64("cG5n".to_owned())
        );
        let public = Images::new().expect("a client");
        assert_eq!(inlined(&public, &link).await, Source::Url(link.clone()));
        let by_name = link.replace("127.0.0.1", "localhost");
        assert_eq!(
            inlined(&public, &by_name).await,
            Source::Url(by_name.clone())
        );
        let file = "file:///etc/hostname".to_owned();
        assert_eq!(inlined(&anywhere, &file).await, Source::Url(file.clone()));
    }
}
