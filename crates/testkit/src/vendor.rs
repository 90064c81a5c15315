//! The vendors of accounts that log in, all of them on one port: `https://host/path` is `<url>/host/path`.
//!
//! It plays what each endpoint documents: real paths and field names, codes that are used once, PKCE, client secrets,
//! rotated refresh tokens, `authorization_pending` and `slow_down`; quotas, and models that use tools.
//! What it hands out is random, and what it did is counted.

mod authorize;
mod describe;
mod devices;
mod models;
mod quota;
mod service_account;
mod tokens;

pub use describe::IFLOW_KEY;
pub use models::FINAL_WORDS;
pub use service_account::{PRIVATE_KEY, PROJECT, key_file};

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::{Received, Reply, Upstream};

/// What the vendors that want a client secret take for theirs.
pub const CLIENT_SECRET: &str = "the-vendors-client-secret";
/// What everybody's account is called.
pub const EMAIL: &str = "someone@example.com";

/// All vendors with a login.
#[derive(Debug)]
pub struct Vendor {
    upstream: Upstream,
    state: Arc<Mutex<State>>,
}

/// One vendor's token endpoint, by the host it is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Issuer {
    Claude,
    Codex,
    Google,
    GitHub,
    Qwen,
    Iflow,
    KiroDevice,
    KiroSocial,
    Kimi,
}

#[derive(Debug)]
struct State {
    /// Of access tokens, in seconds.
    lifetime: u64,
    /// Refresh tokens are used up by their use.
    rotates: bool,
    /// Token endpoints wait so long before they answer.
    delay: Duration,
    /// Token endpoints answer so, once for each.
    failures: Vec<Reply>,
    /// Who is at the vendor's page.
    email: String,
    counter: u64,
    codes: HashMap<String, Code>,
    devices: HashMap<String, Device>,
    access: HashSet<String>,
    refresh: HashMap<String, Issuer>,
    refreshes: HashMap<Issuer, usize>,
    quota: HashMap<&'static str, serde_json::Value>,
}

/// A code that nobody has exchanged yet.
#[derive(Debug, Clone)]
struct Code {
    issuer: Issuer,
    redirect: String,
    challenge: Option<String>,
    state: String,
}

#[derive(Debug, Clone)]
struct Device {
    user_code: String,
    challenge: Option<String>,
    answer: Answer,
    /// How many polls are told to slow down first.
    slow_downs: usize,
    polls: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Waiting,
    Allowed,
    Denied,
    Expired,
}

impl Vendor {
    pub async fn start() -> Self {
        let upstream = Upstream::start().await;
        let state = Arc::new(Mutex::new(State {
            lifetime: 3600,
            rotates: true,
            delay: Duration::ZERO,
            failures: Vec::new(),
            email: EMAIL.to_owned(),
            counter: 0,
            codes: HashMap::new(),
            devices: HashMap::new(),
            access: HashSet::new(),
            refresh: HashMap::new(),
            refreshes: HashMap::new(),
            quota: HashMap::new(),
        }));
        let vendor = Self { upstream, state };
        authorize::serve(&vendor);
        tokens::serve(&vendor);
        devices::serve(&vendor);
        describe::serve(&vendor);
        quota::serve(&vendor);
        models::serve(&vendor);
        vendor
    }

    /// What every vendor's `https://` is replaced by.
    pub fn url(&self) -> String {
        self.upstream.url()
    }

    /// The server behind it: for endpoints of inference, and for what was asked.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// How long access tokens live from now on.
    pub fn set_lifetime(&self, seconds: u64) {
        self.state().lifetime = seconds;
    }

    /// Whether a refresh token is used up by its use; it is, unless told otherwise.
    pub fn set_rotation(&self, rotates: bool) {
        self.state().rotates = rotates;
    }

    /// How long token endpoints think.
    pub fn set_delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Who logs in from now on.
    pub fn set_person(&self, email: &str) {
        email.clone_into(&mut self.state().email);
    }

    /// The next answer of a token endpoint.
    pub fn fail_once(&self, reply: Reply) {
        self.state().failures.push(reply);
    }

    /// Takes a token for its own, and a refresh token with it.
    pub fn issue(&self, issuer: Issuer, access_token: &str, refresh_token: &str) {
        let mut state = self.state();
        state.access.insert(access_token.to_owned());
        state.refresh.insert(refresh_token.to_owned(), issuer);
    }

    /// Takes a key for its own.
    pub fn accept(&self, key: &str) {
        self.state().access.insert(key.to_owned());
    }

    /// What a vendor says of its quota: `claude`, `codex`, `copilot`, `gemini-cli`, `antigravity`, `kiro`, `kimi`,
    /// `glm`, `minimax` or `openrouter`.
    pub fn set_quota(&self, vendor: &'static str, answer: serde_json::Value) {
        self.state().quota.insert(vendor, answer);
    }

    /// The person types the code and agrees.
    pub fn allow(&self, user_code: &str) {
        self.answer(user_code, Answer::Allowed);
    }

    /// The person refuses.
    pub fn deny(&self, user_code: &str) {
        self.answer(user_code, Answer::Denied);
    }

    /// Nobody came in time.
    pub fn expire(&self, user_code: &str) {
        self.answer(user_code, Answer::Expired);
    }

    /// The next polls are told to slow down.
    pub fn slow_down(&self, user_code: &str, times: usize) {
        for device in self.state().devices.values_mut() {
            if device.user_code == user_code {
                device.slow_downs = times;
            }
        }
    }

    /// Every token is taken back; refreshing fails from now on.
    pub fn revoke_all(&self) {
        let mut state = self.state();
        state.access.clear();
        state.refresh.clear();
    }

    /// Access tokens end, refresh tokens stay.
    pub fn expire_access(&self) {
        self.state().access.clear();
    }

    /// How often a vendor has refreshed a token.
    pub fn refreshes(&self, issuer: Issuer) -> usize {
        self.state().refreshes.get(&issuer).copied().unwrap_or(0)
    }

    /// Whether a token was handed out and not taken back.
    pub fn is_valid(&self, access_token: &str) -> bool {
        self.state().access.contains(access_token)
    }

    /// Whether `request` shows a token that was handed out.
    pub fn is_authorized(&self, request: &Received) -> bool {
        bearer(request).is_some_and(|token| self.is_valid(&token))
    }

    fn answer(&self, user_code: &str, answer: Answer) {
        let mut state = self.state();
        let device = state
            .devices
            .values_mut()
            .find(|device| device.user_code == user_code);
        device.expect("a code that was given out").answer = answer;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Answers a path by `work`, which sees the state.
    fn on(
        &self,
        path: &str,
        work: impl Fn(&Received, &mut State) -> Reply + Send + Sync + 'static,
    ) {
        let state = Arc::clone(&self.state);
        self.upstream
            .on(path, move |request| work(request, &mut lock(&state)));
    }
}

fn lock(state: &Arc<Mutex<State>>) -> MutexGuard<'_, State> {
    state
        .lock()
        .expect("no handler panics while the state is locked")
}

impl State {
    /// A text that nobody has seen before.
    fn fresh(&mut self, what: &str) -> String {
        self.counter += 1;
        format!("{what}-{}", self.counter)
    }
}

/// What a request shows, by either scheme.
fn bearer(request: &Received) -> Option<String> {
    let value = request.header("authorization")?;
    let token = value
        .strip_prefix("Bearer ")
        .or_else(|| value.strip_prefix("token "))?;
    Some(token.to_owned())
}

/// A form or a JSON object with `camelCase` or `snake_case` names, as one map with the latter.
fn fields(request: &Received) -> HashMap<String, String> {
    let is_json = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    if !is_json {
        return url::form_urlencoded::parse(&request.body)
            .into_owned()
            .collect();
    }
    let json = request.json();
    json.as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((snake(name), value.as_str()?.to_owned())))
        .collect()
}

fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}
