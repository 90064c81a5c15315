//! `TestApp`: the program on a free port, and the verbs of its users.

use std::path::PathBuf;
use std::time::Duration;

use api::usage::UsageRow;
use bytes::Bytes;
use futures::Stream;
use gateway::Gateway;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use server::config::Config;
use server::routes::Route;
use server::run::Program;
use store::Store;
use store::usage::UsageScope;
use tempfile::TempDir;
use testkit::{Reply, Upstream};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const ACCOUNT_KEY: &str = "sk-upstream-account";

pub(crate) struct TestApp {
    pub(crate) base: String,
    pub(crate) routes: Vec<Route>,
    pub(crate) store: Store,
    pub(crate) gateway: Gateway,
    pub(crate) setup_token: Option<String>,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
    dir: TempDir,
}

/// A signed-in user.
pub(crate) struct User<'a> {
    app: &'a TestApp,
    cookie: String,
}

impl TestApp {
    /// With an administrator whose password is [`PASSWORD`].
    pub(crate) async fn new() -> Self {
        Self::with(&[("INITIAL_PASSWORD", PASSWORD)]).await
    }

    /// With these variables, and no others.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        Self::in_dir(TempDir::new().expect("a directory"), variables).await
    }

    pub(crate) async fn in_dir(dir: TempDir, variables: &[(&str, &str)]) -> Self {
        // Whoever was first in this process has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data_dir = dir.path().display().to_string();
        let variables: Vec<(String, String)> = variables
            .iter()
            .chain(&[("DATA_DIR", data_dir.as_str())])
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let lookup = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let config = Config::read(lookup, None).expect("a configuration");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let program = Program::build(&config).await.expect("a program");
        let (routes, store, gateway) = (
            program.routes.clone(),
            program.store.clone(),
            program.gateway.clone(),
        );
        let setup_token = program.admin.setup_token().map(|token| {
            use secrecy::ExposeSecret as _;
            token.expose_secret().to_owned()
        });
        let (stop, stopped) = oneshot::channel::<()>();
        #[expect(clippy::disallowed_methods, reason = "`stop` waits for it")]
        let task = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            program
                .serve(listener, stopped)
                .await
                .expect("an orderly end");
        });
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        Self {
            base,
            routes,
            store,
            gateway,
            setup_token,
            client,
            stop: Some(stop),
            task: Some(task),
            dir,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path)
            .send()
            .await
            .expect("an answer")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        send_json(self.request(Method::POST, path), body).await
    }

    /// Signs the administrator in.
    pub(crate) async fn signed_in(&self) -> User<'_> {
        let response = self
            .post("/api/auth/login", &json!({ "password": PASSWORD }))
            .await;
        assert_eq!(response.status(), 200);
        User {
            app: self,
            cookie: cookie(&response),
        }
    }

    pub(crate) fn user(&self, response: &Response) -> User<'_> {
        User {
            app: self,
            cookie: cookie(response),
        }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// The rows, oldest first, once there are `count` of them.
    pub(crate) async fn rows(&self, count: usize) -> Vec<UsageRow> {
        for _ in 0..200 {
            let mut rows = self
                .store
                .usage()
                .recent(&UsageScope::Everyone, 500, None)
                .await
                .expect("rows");
            if rows.len() >= count {
                // Whatever else is owed would come within the recorder's interval.
                tokio::time::sleep(gateway::recorder::INTERVAL * 2).await;
                rows = self
                    .store
                    .usage()
                    .recent(&UsageScope::Everyone, 500, None)
                    .await
                    .expect("rows");
                assert_eq!(rows.len(), count, "{rows:#?}");
                rows.reverse();
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("expected {count} rows");
    }

    /// Asks the program to stop, and waits until it has.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.begin_stop();
        self.finish().await
    }

    pub(crate) fn begin_stop(&mut self) {
        self.stop
            .take()
            .expect("stopped once")
            .send(())
            .expect("it runs");
    }

    /// Waits for the end that was begun.
    pub(crate) async fn finish(mut self) -> TempDir {
        self.task
            .take()
            .expect("stopped once")
            .await
            .expect("no panic");
        self.dir
    }
}

impl User<'_> {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.app
            .request(method, path)
            .header("cookie", &self.cookie)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path)
            .send()
            .await
            .expect("an answer")
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        send_json(self.request(method, path), body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        self.request(Method::DELETE, path)
            .send()
            .await
            .expect("an answer")
    }

    /// The JSON of a request that must succeed.
    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> Value {
        let response = self.send(method, path, body).await;
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// A new key of the router.
    pub(crate) async fn key(&self) -> String {
        let created = self
            .json(Method::POST, "/api/keys", &json!({ "name": "a tool" }))
            .await;
        created["key"].as_str().expect("a key").to_owned()
    }

    /// A provider of `kind` at `base_url` with one account; clients call it `prefix`.
    pub(crate) async fn node(
        &self,
        kind: &str,
        api_type: &str,
        prefix: &str,
        base_url: &str,
    ) -> String {
        let node = json!({ "type": kind, "apiType": api_type, "name": prefix, "prefix": prefix, "baseUrl": base_url, "allowsPrivate": true });
        let created = self.json(Method::POST, "/api/provider-nodes", &node).await;
        let id = created["node"]["id"].as_str().expect("an id").to_owned();
        let account = json!({ "provider": id, "apiKey": ACCOUNT_KEY, "name": "main" });
        let created = self.json(Method::POST, "/api/providers", &account).await;
        created["connection"]["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }
}

/// A program with a key, and an upstream that speaks all formats under the prefixes
/// `chat`, `responses`, `anthropic`, `gemini` and `ollama`.
pub(crate) struct Routed {
    pub(crate) app: TestApp,
    pub(crate) upstream: Upstream,
    pub(crate) key: String,
}

impl Routed {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With these variables beside the password.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        let mut variables = variables.to_vec();
        variables.push(("INITIAL_PASSWORD", PASSWORD));
        let (app, upstream) = (TestApp::with(&variables).await, Upstream::start().await);
        let base = format!("{}/v1", upstream.url());
        let admin = app.signed_in().await;
        admin.node("openai-compatible", "chat", "chat", &base).await;
        admin
            .node("openai-compatible", "responses", "responses", &base)
            .await;
        admin
            .node("anthropic-compatible", "", "anthropic", &base)
            .await;
        admin.node("gemini-compatible", "", "gemini", &base).await;
        admin
            .node("ollama-compatible", "", "ollama", &upstream.url())
            .await;
        let key = admin.key().await;
        Self { upstream, key, app }
    }

    /// A chat that streams: what comes back, as it comes.
    pub(crate) async fn stream(
        &self,
    ) -> impl Stream<Item = reqwest::Result<Bytes>> + Unpin + use<> {
        let body = r#"{"model":"chat/m","stream":true}"#;
        let response = self
            .call("/v1/chat/completions", body)
            .send()
            .await
            .expect("an answer");
        response.bytes_stream()
    }

    /// A chat that is answered `reply`, read to its end.
    pub(crate) async fn chat(&self, model: &str, reply: Reply) {
        self.upstream.reply(reply);
        let body = json!({ "model": model }).to_string();
        let response = self
            .call("/v1/chat/completions", body)
            .send()
            .await
            .expect("an answer");
        response.bytes().await.expect("a body");
    }

    /// A client's request with the key, and a body exactly as given.
    pub(crate) fn call(&self, path: &str, body: impl Into<String>) -> RequestBuilder {
        self.app
            .request(Method::POST, path)
            .bearer_auth(&self.key)
            .header("content-type", "application/json")
            .body(body.into())
    }
}

async fn send_json(request: RequestBuilder, body: &Value) -> Response {
    request
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .expect("an answer")
}

fn cookie(response: &Response) -> String {
    let header = response
        .headers()
        .get("set-cookie")
        .expect("a cookie")
        .to_str()
        .expect("text");
    header.split(';').next().expect("a pair").to_owned()
}

/// The JSON of an answer, and its status.
pub(crate) async fn answer(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}
