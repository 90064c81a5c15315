//! What cargo-leptos built, and the files of `public/`: from the disk while developing, from inside
//! the program in a release.

use api::access::Access::Public;
use app::Assets;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest as _, Sha256};

use crate::routes::Routes;

#[derive(RustEmbed)]
#[folder = "$NINEROUTER_SITE"]
#[allow_missing = true]
struct Site;

/// Compressed twins that cargo-leptos lays beside a file, best first.
const TWINS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The browser asks each time, and is told when nothing has changed.
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

pub fn routes() -> Routes {
    Routes::default()
        .get("/pkg/{*path}", Public, package)
        .get("/vendor/{*path}", Public, vendor)
        .get("/favicon.svg", Public, async |headers: HeaderMap| {
            serve("favicon.svg", &headers, ASK)
        })
        .get("/favicon.ico", Public, async |headers: HeaderMap| {
            serve("favicon.svg", &headers, ASK)
        })
}

/// Whether the browser's half was there when the program was built. Without it pages are shown, and nothing on them works.
#[must_use]
pub fn is_whole() -> bool {
    cfg!(debug_assertions) || Site::iter().any(|name| name.ends_with(".wasm"))
}

/// Where pages find the script, the wasm and the style sheet. In a release the directory's name is a
/// digest of what is in it, so browsers may keep it for good.
#[must_use]
pub fn assets() -> Assets {
    if cfg!(debug_assertions) {
        return Assets {
            pkg: "/pkg".to_owned(),
        };
    }
    let mut digest = Sha256::new();
    let mut names: Vec<_> = Site::iter()
        .filter(|name| name.starts_with("pkg/"))
        .collect();
    names.sort();
    for file in names.iter().filter_map(|name| Site::get(name)) {
        digest.update(file.metadata.sha256_hash());
    }
    let digest: String = hex::encode(digest.finalize()).chars().take(12).collect();
    Assets {
        pkg: format!("/pkg/{digest}"),
    }
}

async fn package(
    State(assets): State<Assets>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let directory = assets
        .pkg
        .trim_start_matches("/pkg")
        .trim_start_matches('/');
    let versioned = path
        .strip_prefix(directory)
        .and_then(|rest| rest.strip_prefix('/'));
    match versioned.filter(|_| !directory.is_empty()) {
        Some(name) => serve(&format!("pkg/{name}"), &headers, FOREVER),
        None => serve(&format!("pkg/{path}"), &headers, ASK),
    }
}

async fn vendor(Path(path): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("vendor/{path}"), &headers, ASK)
}

fn serve(name: &str, request: &HeaderMap, caching: HeaderValue) -> Response {
    let Some(file) = Site::get(name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..8]));
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, caching);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    if request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Ok(kind) = HeaderValue::from_str(file.metadata.mimetype()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    let (encoding, file) =
        compressed(name, request).map_or((None, file), |(encoding, twin)| (Some(encoding), twin));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    (headers, axum::body::Body::from(file.data)).into_response()
}

/// The best compressed twin that the browser can read. While developing there are none.
fn compressed(name: &str, request: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    let accepted = request.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    TWINS.into_iter().find_map(|(encoding, suffix)| {
        let is_accepted = accepted.split(',').any(|one| {
            one.split(';')
                .next()
                .is_some_and(|one| one.trim() == encoding)
        });
        Some((
            encoding,
            Site::get(&format!("{name}{suffix}")).filter(|_| is_accepted)?,
        ))
    })
}
