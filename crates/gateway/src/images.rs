//! Fetches images that a client only linked to, for upstreams that take nothing but the image itself.
//!
//! A client chooses the address, so nothing but public addresses is ever connected to: names are resolved
//! and checked here, and the connection goes to what was checked. What cannot be fetched stays a link, which
//! the encoder then writes as text, with a note.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header;
use providers::address::Reach;
use reqwest::redirect::Policy;
use url::Url;
use wire::ir::content::{Block, Content, Media, Source};
use wire::ir::request::Request;

use crate::resolver::{Guarded, Lookup};

/// For the whole of one image.
const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST: usize = 20 * 1024 * 1024;
/// Images of one request that are fetched; more stay links.
const MOST: usize = 20;
const MOST_REDIRECTS: usize = 3;

#[derive(Debug, Clone)]
pub(crate) struct Images {
    client: reqwest::Client,
    reach: Reach,
}

impl Images {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        Self::connecting(Reach::Public)
    }

    fn connecting(reach: Reach) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .dns_resolver(Guarded {
                lookup: Lookup::default(),
                reach,
                proxies: Arc::default(),
            })
            .redirect(Policy::custom(move |attempt| {
                if attempt.previous().len() > MOST_REDIRECTS {
                    attempt.error("too many redirects")
                } else if may_be_fetched(attempt.url(), reach) {
                    attempt.follow()
                } else {
                    attempt.stop()
                }
            }))
            .build()?;
        Ok(Self { client, reach })
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
        if !may_be_fetched(&url, self.reach) {
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
fn may_be_fetched(url: &Url, reach: Reach) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host() && reach.check(url).is_ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use wire::format::Format;
    use wire::ir::content::At;
    use wire::ir::request::{Role, Turn};

    use super::*;

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
        let anywhere = Images::connecting(Reach::Private).expect("a client");
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
