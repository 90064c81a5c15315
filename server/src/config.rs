//! Every environment variable: its name, its default, what it means, and what is refused.
//!
//! The environment is read once, here. An empty variable counts as not set.

pub mod check;
mod otel;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use api::settings::Timeouts;
use gateway::resolver::Lookup;
use gateway::translated::DEFAULT_KEEP_ALIVE;
use gateway::upstream::UpstreamConfig;
use observe::traces::TracesConfig;
use secrecy::SecretString;
use url::Url;

use crate::config::check::{boolean, environment, host, origin, port, proxy, secret, sha_key, url};

/// One variable whose value cannot be used, in words for the person who set it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct ConfigError {
    pub name: &'static str,
    pub message: String,
}

const DEFAULT_CONNECT: Duration = Duration::from_secs(10);
const DEFAULT_FIRST_BYTE: Duration = Duration::from_secs(60);
const DEFAULT_IDLE: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Production,
    Development,
    Test,
}

#[derive(Debug, Clone)]
pub struct Config {
    pub host: IpAddr,
    pub port: u16,
    pub data_dir: PathBuf,
    /// Of whoever runs the program.
    pub home: Option<PathBuf>,
    pub database_url: Option<SecretString>,
    pub encryption_key: Option<[u8; 32]>,
    pub initial_password: Option<SecretString>,
    pub cookie_secret: Option<SecretString>,
    pub api_key_secret: Option<SecretString>,
    pub machine_id_salt: String,
    pub environment: Environment,
    /// Scheme, host and port under which clients reach this router.
    pub public_url: Option<Url>,
    pub cookie_secure: bool,
    pub key_required: bool,
    pub upstream: UpstreamConfig,
    /// What vendors gave this program to prove itself with where accounts log in, by the variable's name.
    pub client_secrets: HashMap<String, SecretString>,
    pub keep_alive: Duration,
    pub timeouts: Timeouts,
    /// Metrics are offered.
    pub metrics: Option<MetricsConfig>,
    /// Traces are sent.
    pub traces: Option<TracesConfig>,
    /// Whole requests are kept, whatever the setting says.
    pub capture: bool,
    pub log_filter: Option<String>,
    /// Variables that are set and valid, but whose feature does not exist yet.
    pub not_yet: Vec<&'static str>,
}

/// Who may read the metrics.
#[derive(Debug, Clone)]
pub struct MetricsConfig {
    /// Without one, programs on this machine alone.
    pub token: Option<SecretString>,
}

/// A variable as `--help` and the documentation list it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    pub default: &'static str,
    pub meaning: &'static str,
}

macro_rules! variables {
    ($($name:ident, $default:literal, $meaning:literal;)*) => {
        /// All of them, in the order in which `--help` shows them.
        pub const VARIABLES: &[Variable] =
            &[$(Variable { name: stringify!($name), default: $default, meaning: $meaning },)*];
    };
}

variables! {
    PORT, "20128", "port to listen on; 0 takes a free one";
    HOSTNAME, "127.0.0.1", "address to listen on; used only when it is an IP address or `localhost`, since shells and containers put the machine's name here";
    DATA_DIR, "~/.9router", "where the SQLite database and the installation's key are kept";
    DATABASE_URL, "SQLite in DATA_DIR", "postgres://… or sqlite://… to keep the data elsewhere";
    ENCRYPTION_KEY, "generated in DATA_DIR", "32 bytes in hex or base64 that encrypt stored credentials; needed where several processes share a database";
    INITIAL_PASSWORD, "none", "the first administrator's password, used only while no user exists; at least 8 characters";
    JWT_SECRET, "generated", "signs the session cookie; a new value signs everyone out; at least 16 characters";
    API_KEY_SECRET, "generated", "signs the checksum inside generated API keys; at least 16 characters";
    MACHINE_ID_SALT, "none", "salts the machine id inside generated API keys";
    REQUIRE_API_KEY, "true", "refuse /v1 requests without a key; `false` lets programs on this machine in without one, and nobody else";
    NEXT_PUBLIC_BASE_URL, "none", "the address under which clients reach this router, such as https://router.example.com";
    BASE_URL, "none", "the same, where NEXT_PUBLIC_BASE_URL is not set";
    AUTH_COOKIE_SECURE, "false", "send the session cookie over https only; always so when the public address is https";
    HTTP_PROXY, "none", "proxy for http upstreams (also in lower case): http, https or socks5";
    HTTPS_PROXY, "none", "proxy for https upstreams (also in lower case)";
    ALL_PROXY, "none", "proxy for all upstreams (also in lower case)";
    NO_PROXY, "none", "hosts, domains and networks that are reached without a proxy, separated by commas (also in lower case)";
    STREAM_KEEP_ALIVE_SECONDS, "10", "silence of an upstream after which a streaming client is shown that this router lives, and between two such signs; 1 to 300";
    CONNECT_SECONDS, "10", "how long a connection to an upstream may take to come about, where the settings say nothing; 1 to 300";
    FIRST_BYTE_SECONDS, "60", "how long an account is waited for while another could be asked, where the settings say nothing; 1 to 300";
    IDLE_SECONDS, "300", "how long an upstream may be silent in its answer, and before it where nobody else could be asked, where the settings say nothing; 1 to 3600";
    METRICS, "false", "offer Prometheus metrics at /metrics";
    METRICS_TOKEN, "none", "the bearer token that reading the metrics takes; without one only programs on this machine may, so it is needed where HOSTNAME is no loopback address; at least 16 characters";
    OTEL_EXPORTER_OTLP_ENDPOINT, "none", "send a trace of each request to this OpenTelemetry collector, over HTTP under /v1/traces";
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, "none", "the same by its whole address";
    OTEL_EXPORTER_OTLP_HEADERS, "none", "headers for the collector: name=value,name=value with percent-encoded values";
    OTEL_EXPORTER_OTLP_TIMEOUT, "10000", "milliseconds that the collector has for one answer";
    OTEL_EXPORTER_OTLP_PROTOCOL, "http/protobuf", "the only one there is";
    OTEL_BSP_SCHEDULE_DELAY, "5000", "milliseconds that a span may wait for others to go with it";
    OTEL_SERVICE_NAME, "9router", "what this router is called in traces";
    OTEL_RESOURCE_ATTRIBUTES, "none", "more attributes of it, spelled like the headers";
    OTEL_SDK_DISABLED, "false", "send no traces, whatever else is set";
    GEMINI_CLI_CLIENT_SECRET, "none", "the secret of Gemini CLI's OAuth client, without which its accounts cannot log in";
    ANTIGRAVITY_CLIENT_SECRET, "none", "the secret of Antigravity's OAuth client, without which its accounts cannot log in";
    IFLOW_CLIENT_SECRET, "none", "the secret of iFlow's OAuth client, without which its accounts cannot log in";
    VENDORS_URL, "none", "for tests: where accounts log in instead of at their vendors; https://host/path becomes <this>/host/path";
    NODE_ENV, "development", "production, development or test; production logs one JSON object per line";
    RUST_LOG, "info", "what to log, as in tracing-subscriber's EnvFilter";
    ENABLE_REQUEST_LOGS, "false", "keep whole requests and responses for debugging, with secrets masked, within the size and the time that the log page sets";
    CLOUD_URL, "none", "server to sync with; comes with sync, no effect yet";
    NEXT_PUBLIC_CLOUD_URL, "none", "the same, where CLOUD_URL is not set; no effect yet";
}

/// The variables that the catalogue's logins name.
pub const CLIENT_SECRETS: [&str; 3] = [
    "GEMINI_CLI_CLIENT_SECRET",
    "ANTIGRAVITY_CLIENT_SECRET",
    "IFLOW_CLIENT_SECRET",
];

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, Vec<ConfigError>> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is where the environment is read"
        )]
        Self::read(|name| std::env::var(name).ok(), machine_name().as_deref())
    }

    /// Reads variables from anywhere; `machine_name` is what the operating system calls this machine.
    /// Every wrong variable is reported, not the first alone.
    pub fn read(
        lookup: impl Fn(&str) -> Option<String>,
        machine_name: Option<&str>,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut reader = Reader {
            lookup,
            errors: Vec::new(),
        };
        let host = reader
            .text("HOSTNAME")
            .and_then(|text| host(&text, machine_name))
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let vendors = reader.parsed("VENDORS_URL", origin);
        let config = Self {
            host,
            port: reader.parsed("PORT", port).unwrap_or(20128),
            data_dir: reader.data_dir(),
            home: reader.home().map(PathBuf::from),
            database_url: reader.parsed("DATABASE_URL", check::database_url),
            encryption_key: reader.parsed("ENCRYPTION_KEY", sha_key),
            initial_password: reader.parsed("INITIAL_PASSWORD", check::password),
            cookie_secret: reader.parsed("JWT_SECRET", secret),
            api_key_secret: reader.parsed("API_KEY_SECRET", secret),
            machine_id_salt: reader.text("MACHINE_ID_SALT").unwrap_or_default(),
            environment: reader
                .parsed("NODE_ENV", environment)
                .unwrap_or(Environment::Development),
            public_url: {
                let (public, base) = (
                    reader.parsed("NEXT_PUBLIC_BASE_URL", origin),
                    reader.parsed("BASE_URL", origin),
                );
                public.or(base)
            },
            cookie_secure: reader
                .parsed("AUTH_COOKIE_SECURE", boolean)
                .unwrap_or(false),
            key_required: reader.parsed("REQUIRE_API_KEY", boolean).unwrap_or(true),
            upstream: UpstreamConfig {
                http_proxy: reader.proxy("HTTP_PROXY", "http_proxy"),
                https_proxy: reader.proxy("HTTPS_PROXY", "https_proxy"),
                all_proxy: reader.proxy("ALL_PROXY", "all_proxy"),
                no_proxy: reader.text("NO_PROXY").or_else(|| reader.text("no_proxy")),
                lookup: Lookup::default(),
                vendors,
            },
            client_secrets: reader.client_secrets(),
            timeouts: Timeouts {
                connect_ms: reader.millis("CONNECT_SECONDS", 300, DEFAULT_CONNECT),
                first_byte_ms: reader.millis("FIRST_BYTE_SECONDS", 300, DEFAULT_FIRST_BYTE),
                idle_ms: reader.millis("IDLE_SECONDS", 3_600, DEFAULT_IDLE),
            },
            keep_alive: reader
                .parsed("STREAM_KEEP_ALIVE_SECONDS", check::seconds(300))
                .unwrap_or(DEFAULT_KEEP_ALIVE),
            metrics: reader.metrics(host),
            traces: reader.traces(),
            capture: reader
                .parsed("ENABLE_REQUEST_LOGS", boolean)
                .unwrap_or(false),
            log_filter: reader.parsed("RUST_LOG", check::log_filter),
            not_yet: reader.not_yet(),
        };
        if reader.errors.is_empty() {
            Ok(config)
        } else {
            Err(reader.errors)
        }
    }

    /// The session cookie is for https alone.
    #[must_use]
    pub fn is_cookie_secure(&self) -> bool {
        self.cookie_secure
            || self
                .public_url
                .as_ref()
                .is_some_and(|url| url.scheme() == "https")
    }
}

struct Reader<F> {
    lookup: F,
    errors: Vec<ConfigError>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(name)?;
        self.keep(name, parse(&text))
    }

    fn millis(&mut self, name: &'static str, most: u64, default: Duration) -> u32 {
        let time = self.parsed(name, check::seconds(most)).unwrap_or(default);
        u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
    }

    fn proxy(&mut self, upper: &'static str, lower: &str) -> Option<Url> {
        let text = self.text(upper).or_else(|| self.text(lower))?;
        self.keep(upper, proxy(&text))
    }

    fn keep<T>(&mut self, name: &'static str, parsed: Result<T, String>) -> Option<T> {
        parsed
            .map_err(|message| self.errors.push(ConfigError { name, message }))
            .ok()
    }

    fn client_secrets(&self) -> HashMap<String, SecretString> {
        CLIENT_SECRETS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.text(name)?.into())))
            .collect()
    }

    fn home(&self) -> Option<String> {
        self.text(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
    }

    fn data_dir(&mut self) -> PathBuf {
        if let Some(text) = self.text("DATA_DIR") {
            return PathBuf::from(text);
        }
        let base = if cfg!(windows) {
            self.text("APPDATA").or_else(|| self.home())
        } else {
            self.home()
        };
        match base {
            Some(home) => {
                PathBuf::from(home).join(if cfg!(windows) { "9router" } else { ".9router" })
            }
            None => {
                let message =
                    "expected a directory, as there is no home directory to put it in".to_owned();
                self.errors.push(ConfigError {
                    name: "DATA_DIR",
                    message,
                });
                PathBuf::new()
            }
        }
    }

    fn metrics(&mut self, host: IpAddr) -> Option<MetricsConfig> {
        let is_on = self.parsed("METRICS", boolean).unwrap_or(false);
        let errors = self.errors.len();
        let token = self.parsed("METRICS_TOKEN", secret);
        let is_wrong = self.errors.len() > errors;
        if is_on && token.is_none() && !is_wrong && !host.is_loopback() {
            self.errors.push(ConfigError {
                name: "METRICS_TOKEN",
                message: "expected a token, since METRICS is on and others than this machine can reach the router".to_owned(),
            });
        }
        is_on.then_some(MetricsConfig { token })
    }

    fn not_yet(&mut self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for name in ["CLOUD_URL", "NEXT_PUBLIC_CLOUD_URL"] {
            if self.parsed(name, url).is_some() {
                names.push(name);
            }
        }
        names
    }
}

/// What the operating system calls this machine, where it says so in a file.
fn machine_name() -> Option<String> {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .map(|name| name.trim().to_owned())
}

#[cfg(test)]
mod tests;
