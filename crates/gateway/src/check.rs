//! Whether a credential works, and which models it leads to: asked of the provider itself without spending tokens.

pub(crate) mod login;

use std::borrow::Cow;
use std::time::{Duration, Instant};

use accounts::error::AccountError;
use accounts::http::Http;
use accounts::proxy::OutboundProxy;
use api::connection::{CheckResult, Trouble};
use bytes::Bytes;
use chrono::Utc;
use http::{HeaderValue, Method, StatusCode, header};
use providers::address::{Blocked, Reach};
use providers::endpoint::Endpoint;
use providers::failure::{self, FailureKind};
use providers::listing::{self, Listed};
use providers::spec::ProviderSpec;
use reqwest::Response;
use secrecy::ExposeSecret as _;
use store::records::Credential;

use crate::Gateway;
use crate::credentials::service_account;
use crate::speak;
use crate::upstream::{SendError, Way, because};

/// Bytes of an error body that are read.
const ENOUGH: usize = 1024 * 1024;
/// Bytes of a list of models that are read; the longest we know has a tenth of it.
const LONGEST_LIST: usize = 8 * 1024 * 1024;
/// For the whole of a check.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whom to ask, with what to show, and how to get there.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    pub spec: &'a ProviderSpec,
    pub credential: &'a Credential,
    pub proxy: Option<&'a OutboundProxy>,
}

/// What became of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub result: CheckResult,
    /// The models it has listed on the way.
    pub models: Option<Vec<Listed>>,
}

/// Why a check failed.
#[derive(Debug)]
struct Failed {
    trouble: Trouble,
    status: Option<u16>,
    message: String,
}

impl<'a> Trial<'a> {
    fn showing<'b>(self, credential: &'b Credential) -> Trial<'b>
    where
        'a: 'b,
    {
        Trial { credential, ..self }
    }

    /// Where the account's own host is, if the vendor has named one.
    fn endpoint(&self) -> Cow<'_, Endpoint> {
        let endpoint = &self.spec.endpoint;
        let facts = self.credential.facts();
        match facts.and_then(|facts| facts.resource_host.as_deref()) {
            Some(host) => Cow::Owned(endpoint.at_host(host)),
            None => Cow::Borrowed(endpoint),
        }
    }
}

impl Gateway {
    /// Lists the provider's models with the key. A provider that has no such list is sent an empty request instead: it can
    /// refuse the key before it refuses the request.
    pub async fn check(&self, trial: Trial<'_>) -> Report {
        self.timed(async {
            let signed = self.signed(trial).await?;
            self.ask(trial.showing(&signed)).await
        })
        .await
    }

    /// A service account's credential with a token: that it gets one is half of the check.
    async fn signed<'a>(&self, trial: Trial<'a>) -> Result<Cow<'a, Credential>, Failed> {
        let Credential::ServiceAccount(own) = trial.credential else {
            return Ok(Cow::Borrowed(trial.credential));
        };
        let signed = async {
            let http = self.way_out(trial.spec, trial.proxy)?;
            service_account::signed(&http, own, Utc::now()).await
        };
        match signed.await {
            Ok(own) => Ok(Cow::Owned(Credential::ServiceAccount(Box::new(own)))),
            Err(error) => Err(login::refusal(trial.spec, &error)),
        }
    }

    /// Lists the provider's models, and is content with nothing less.
    pub async fn list_models(&self, trial: Trial<'_>) -> Report {
        let listed = async {
            let signed = self.signed(trial).await?;
            let trial = trial.showing(&signed);
            if trial.spec.endpoint.check_url.is_some() {
                return Err(Failed {
                    trouble: Trouble::Other,
                    status: None,
                    message: format!(
                        "`{}` does not tell which models an account has: add them by name",
                        trial.spec.name
                    ),
                });
            }
            let response = self.list(trial).await?;
            if !response.status().is_success() {
                return Err(said_no(trial, response).await);
            }
            let models = read_list(response).await;
            models.map(Some).ok_or_else(|| Failed {
                trouble: Trouble::Other,
                status: None,
                message: format!(
                    "`{}` answered something else than a list of models",
                    trial.spec.name
                ),
            })
        };
        self.timed(listed).await
    }

    /// The way out to a provider's vendor, for questions about an account that goes through `proxy`.
    pub fn way_out(
        &self,
        spec: &ProviderSpec,
        proxy: Option<&OutboundProxy>,
    ) -> Result<Http, AccountError> {
        self.inner.upstream.http(Way::new(spec, proxy))
    }

    /// Whether a base URL leads where it may, as far as can be said now.
    pub async fn check_address(&self, base_url: &str, reach: Reach) -> Result<(), Blocked> {
        self.inner.upstream.check_address(base_url, reach).await
    }

    async fn timed(
        &self,
        asked: impl Future<Output = Result<Option<Vec<Listed>>, Failed>>,
    ) -> Report {
        let started = Instant::now();
        let found = tokio::time::timeout(PATIENCE, asked).await;
        let found = found.unwrap_or_else(|_| {
            Err(Failed {
                trouble: Trouble::Network,
                status: None,
                message: format!("no answer within {} s", PATIENCE.as_secs()),
            })
        });
        let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match found {
            Ok(models) => Report {
                result: CheckResult {
                    valid: true,
                    error: None,
                    status: None,
                    trouble: None,
                    latency_ms,
                    was_renewed: false,
                },
                models,
            },
            Err(failed) => Report {
                result: CheckResult {
                    valid: false,
                    error: Some(failed.message),
                    status: failed.status,
                    trouble: Some(failed.trouble),
                    latency_ms,
                    was_renewed: false,
                },
                models: None,
            },
        }
    }

    async fn ask(&self, trial: Trial<'_>) -> Result<Option<Vec<Listed>>, Failed> {
        let listed = self.list(trial).await?;
        if listed.status().is_success() {
            return Ok(match trial.spec.endpoint.check_url {
                // What is listed there is not what this account may ask for.
                Some(_) => None,
                None => read_list(listed).await,
            });
        }
        if !matches!(listed.status().as_u16(), 404 | 405) {
            return Err(said_no(trial, listed).await);
        }
        let spec = trial.spec;
        let Some(dialect) = spec.endpoint.formats.first() else {
            return Err(Failed {
                trouble: Trouble::Other,
                status: None,
                message: "the provider speaks no format".to_owned(),
            });
        };
        // The key is looked at before the model is. Where the model stands in the path nobody gets further than to a
        // model that is there, and an empty request asks nothing of it; elsewhere no model has this name.
        let known = match spec.service_account {
            Some(_) => spec.models.first(),
            None => None,
        };
        let model = known.map_or("none", |model| model.id.as_str());
        let url = trial.endpoint().url(*dialect, model, false);
        let answered = self
            .send_check(trial, Method::POST, &url, Bytes::from_static(b"{}"))
            .await?;
        // It read the key and then disliked the request: the key is good.
        match answered.status().as_u16() {
            200..=299 | 400 | 422 => Ok(None),
            _ => Err(said_no(trial, answered).await),
        }
    }

    async fn list(&self, trial: Trial<'_>) -> Result<Response, Failed> {
        let url = trial.endpoint().check_url();
        self.send_check(trial, Method::GET, &url, Bytes::new())
            .await
    }

    async fn send_check(
        &self,
        trial: Trial<'_>,
        method: Method,
        url: &str,
        body: Bytes,
    ) -> Result<Response, Failed> {
        let spec = trial.spec;
        let mut headers = spec.default_headers.clone();
        let snapshot = self.snapshot();
        let named = snapshot.settings.identification.get(&spec.id);
        for (name, value) in named.into_iter().flatten() {
            headers.insert(name, value.clone());
        }
        let first = spec.endpoint.formats.first();
        let secret = trial.credential.bearer().expose_secret();
        if !secret.is_empty() {
            let auth = first.map_or(spec.auth, |dialect| spec.auth_for(*dialect));
            let (name, value) = auth.header(secret).ok_or_else(|| Failed {
                trouble: Trouble::Credential,
                status: None,
                message: "the key has characters that no header can carry".to_owned(),
            })?;
            headers.insert(name, value);
        }
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Some(facts) = trial.credential.facts() {
            let key = trial.credential.bearer();
            let completed = speak::complete_check(&mut headers, spec, facts, key);
            completed.map_err(|why| Failed {
                trouble: Trouble::Credential,
                status: None,
                message: why.to_string(),
            })?;
        }
        let way = Way::new(spec, trial.proxy);
        let response = self
            .inner
            .upstream
            .send(way, method, url, headers, body.into())
            .await
            .map_err(|error| Failed {
                trouble: match error {
                    SendError::Blocked(_) => Trouble::Blocked,
                    SendError::Lost { .. } => Trouble::Network,
                },
                status: None,
                message: format!("`{}` could not be reached{}", spec.name, because(&error)),
            })?;
        match trial.proxy {
            Some(proxy) if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Err(Failed {
                    trouble: Trouble::Network,
                    status: None,
                    message: format!(
                        "the proxy `{}` wants another user name and password",
                        proxy.host()
                    ),
                })
            }
            _ => Ok(response),
        }
    }
}

async fn said_no(trial: Trial<'_>, response: Response) -> Failed {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = first_bytes(response).await;
    let rules = &trial.spec.failures;
    let kind = failure::classify(rules, status, &headers, &body, Utc::now()).kind;
    Failed {
        trouble: trouble(kind),
        status: Some(status),
        message: format!(
            "{status}: {}",
            wire::error::decode_error(status, &body).message
        ),
    }
}

/// What a failure of an account means to people.
pub(crate) fn trouble(kind: FailureKind) -> Trouble {
    match kind {
        FailureKind::Credential => Trouble::Credential,
        FailureKind::Quota => Trouble::Quota,
        FailureKind::RateLimit => Trouble::RateLimit,
        FailureKind::Overload => Trouble::Overload,
        FailureKind::Down => Trouble::Down,
        FailureKind::Network => Trouble::Network,
        FailureKind::UnknownModel => Trouble::UnknownModel,
        FailureKind::Client | FailureKind::Context | FailureKind::Refused => Trouble::Other,
    }
}

async fn read_list(response: Response) -> Option<Vec<Listed>> {
    listing::read(&bytes(response, LONGEST_LIST).await)
}

/// The start of an error's body.
pub(crate) async fn first_bytes(response: Response) -> Vec<u8> {
    bytes(response, ENOUGH).await
}

/// The start of a body; an endless one is not read to its end.
async fn bytes(mut response: Response, most: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < most {
        let Ok(Some(chunk)) = response.chunk().await else {
            break;
        };
        body.extend_from_slice(&chunk);
    }
    body.truncate(most);
    body
}
