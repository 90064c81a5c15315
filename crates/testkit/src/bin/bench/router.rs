//! The program under test, started and set up as a person would do it: through its management API.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::http_client::Connection;
use crate::load::TOO_SHORT;

/// How many combos there are, and of how many targets each.
const COMBOS: usize = 10;
const TARGETS: usize = 5;
/// Its first target answers.
pub(crate) const COMBO: &str = "combo-9";
/// Its first target refuses, and its second answers.
pub(crate) const FAILOVER: &str = "combo-0";

const PASSWORD: &str = "a password for benchmarks only";

/// A running router; it ends, and its data goes, when this is dropped.
#[derive(Debug)]
pub(crate) struct Router {
    child: Child,
    data_dir: PathBuf,
    address: String,
    key: String,
}

impl Router {
    /// Starts the program with one provider, `bench/`, which is the upstream.
    pub(crate) async fn start(program: &Path, upstream_url: &str) -> Self {
        let data_dir =
            std::env::temp_dir().join(format!("ninerouter-bench-{}", std::process::id()));
        fs::create_dir_all(&data_dir).expect("a directory for temporary files");
        let mut child = Command::new(program)
            .env("DATA_DIR", &data_dir)
            .env("PORT", "0")
            .env("INITIAL_PASSWORD", PASSWORD)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the router's binary, given by --router");
        let address = announced_address(&mut child);
        let mut router = Self {
            child,
            data_dir,
            address,
            key: String::new(),
        };
        router.set_up(upstream_url).await;
        router
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Its resident memory, as the kernel tells it.
    pub(crate) fn resident(&self) -> String {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.map_or_else(|| "unknown".to_owned(), |size| size.trim().to_owned())
    }

    async fn set_up(&mut self, upstream_url: &str) {
        let mut api = Connection::open(&self.address).await;
        let login = api
            .post(
                "/api/auth/login",
                &[],
                json_body(&json!({ "password": PASSWORD })),
            )
            .await;
        assert!(
            login.status.is_success(),
            "expected to sign in, got {}",
            login.status
        );
        let cookie = session(&login.headers);

        let node = json!({
            "name": "Bench",
            "prefix": "bench",
            "apiType": "chat",
            "baseUrl": format!("{upstream_url}/v1"),
            "allowsPrivate": true,
            "type": "openai-compatible",
        });
        let node = create(&mut api, &cookie, "/api/provider-nodes", &node).await;
        let account =
            json!({ "provider": node["node"]["id"], "apiKey": "upstream-key", "name": "bench" });
        create(&mut api, &cookie, "/api/providers", &account).await;
        for combo in 0..COMBOS {
            let first = if combo == 0 { TOO_SHORT } else { "model" };
            let rest = (1..TARGETS).map(|step| format!("bench/model-{combo}-{step}"));
            let models: Vec<_> = std::iter::once(format!("bench/{first}"))
                .chain(rest)
                .collect();
            let combo = json!({ "name": format!("combo-{combo}"), "models": models });
            create(&mut api, &cookie, "/api/combos", &combo).await;
        }
        let key = create(&mut api, &cookie, "/api/keys", &json!({ "name": "bench" })).await;
        self.key = key["key"].as_str().expect("a key in the answer").to_owned();
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        // It may be gone already, and there is nobody left to tell.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.data_dir));
    }
}

/// Waits for the line `dashboard: http://…` and takes the address from it.
fn announced_address(child: &mut Child) -> String {
    let stdout = child.stdout.take().expect("a piped stdout");
    BufReader::new(stdout)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            let url = line.strip_prefix("dashboard: http://")?;
            Some(url.split('/').next().unwrap_or(url).to_owned())
        })
        .expect("a line `dashboard: http://…` from the router")
}

async fn create(api: &mut Connection, cookie: &str, path: &str, body: &Value) -> Value {
    let answer = api.post(path, &[("cookie", cookie)], json_body(body)).await;
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, 201, "POST {path}: {text}");
    serde_json::from_slice(&answer.body).expect("a JSON answer")
}

fn json_body(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

/// The cookies of an answer, as the next request sends them back.
fn session(headers: &HeaderMap) -> String {
    headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .collect::<Vec<_>>()
        .join("; ")
}
