//! Whether an account that has logged in works: its token is renewed where that is due, and its vendor is asked what
//! costs nothing, its quota or its models.

use std::sync::Arc;
use std::time::Instant;

use accounts::error::AccountError;
use accounts::quota;
use api::connection::{CheckResult, Trouble};
use api::ids::ConnectionId;
use chrono::Utc;
use http::HeaderMap;
use providers::failure::{self, Failure};
use providers::listing::Listed;
use providers::spec::ProviderSpec;
use secrecy::ExposeSecret as _;
use serde_json::json;
use store::records::Credential;

use crate::Gateway;
use crate::check::{Failed, PATIENCE, Report, Trial, trouble};
use crate::credentials::Spoiled;
use crate::snapshot::Account;
use crate::upstream::Way;

/// What one question came to.
enum Answer {
    Good(Option<Vec<Listed>>),
    /// Another token may do.
    Old(Failed),
    Bad(Failed),
}

/// What was shown last, and what came of it.
type Tried = (Option<Arc<Credential>>, Result<Option<Vec<Listed>>, Failed>);

impl Gateway {
    /// Nothing, where there is no such account, or none that has logged in.
    pub async fn check_login(&self, id: &ConnectionId) -> Option<Report> {
        let snapshot = self.snapshot();
        let (spec, account) = snapshot.logins().find(|(_, account)| account.id == *id)?;
        let before = self.inner.credentials.shown(account);
        let started = Instant::now();
        let tried = tokio::time::timeout(PATIENCE, self.try_login(spec, account)).await;
        let (shown, tried) = tried.unwrap_or_else(|_| {
            let failed = Failed {
                trouble: Trouble::Network,
                status: None,
                message: format!("no answer within {} s", PATIENCE.as_secs()),
            };
            (None, Err(failed))
        });
        let is_other =
            |shown: &Credential| shown.bearer().expose_secret() != before.bearer().expose_secret();
        let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (models, failed) = match tried {
            Ok(models) => (models, None),
            Err(failed) => (None, Some(failed)),
        };
        Some(Report {
            result: CheckResult {
                valid: failed.is_none(),
                status: failed.as_ref().and_then(|failed| failed.status),
                trouble: failed.as_ref().map(|failed| failed.trouble),
                error: failed.map(|failed| failed.message),
                latency_ms,
                was_renewed: shown.is_some_and(|shown| is_other(&shown)),
            },
            models,
        })
    }

    async fn try_login(&self, spec: &Arc<ProviderSpec>, account: &Account) -> Tried {
        let credentials = &self.inner.credentials;
        let shown = match credentials.settled(account, spec, Utc::now()).await {
            Ok(shown) => shown,
            Err(spoiled) => return (None, Err(spoilt(spoiled))),
        };
        let failed = match self.ask_login(spec, account, &shown).await {
            Answer::Good(models) => return (Some(shown), Ok(models)),
            Answer::Bad(failed) => return (Some(shown), Err(failed)),
            Answer::Old(failed) => failed,
        };
        match credentials.renew(account, spec, &shown, Utc::now()).await {
            None => (Some(shown), Err(failed)),
            Some(Err(spoiled)) => (Some(shown), Err(spoilt(spoiled))),
            Some(Ok(renewed)) => {
                let asked = match self.ask_login(spec, account, &renewed).await {
                    Answer::Good(models) => Ok(models),
                    Answer::Old(failed) | Answer::Bad(failed) => Err(failed),
                };
                (Some(renewed), asked)
            }
        }
    }

    async fn ask_login(
        &self,
        spec: &Arc<ProviderSpec>,
        account: &Account,
        shown: &Credential,
    ) -> Answer {
        // A token that was exchanged for another is what requests carry, and quotas are asked for by the first.
        let is_exchanged = shown
            .as_login()
            .is_some_and(|login| login.session.is_some());
        let told = spec.quota.as_ref().filter(|_| !is_exchanged);
        if let Some((quota_spec, api)) = told.and_then(|told| Some((told, told.api?))) {
            let way = Way::new(spec, account.proxy.as_ref());
            let asked = async {
                let http = self.inner.upstream.http(way)?;
                quota::ask(&http, quota_spec, api, shown).await
            };
            return match asked.await {
                Ok(_) => Answer::Good(None),
                Err(error) if is_token_old(spec, &error) => Answer::Old(refusal(spec, &error)),
                Err(error) => Answer::Bad(refusal(spec, &error)),
            };
        }
        let trial = Trial {
            spec,
            credential: shown,
            proxy: account.proxy.as_ref(),
        };
        match self.ask(trial).await {
            Ok(models) => Answer::Good(models),
            Err(failed) if failed.status == Some(401) => Answer::Old(failed),
            Err(failed) => Answer::Bad(failed),
        }
    }
}

/// Whether a vendor says that the token is too old.
pub(crate) fn is_token_old(spec: &ProviderSpec, error: &AccountError) -> bool {
    classified(spec, error).is_some_and(|failure| failure.is_token_old)
}

fn classified(spec: &ProviderSpec, error: &AccountError) -> Option<Failure> {
    let AccountError::Refused { status, message } = error else {
        return None;
    };
    let body = json!({ "message": message }).to_string();
    let headers = HeaderMap::new();
    let now = Utc::now();
    Some(failure::classify(
        &spec.failures,
        *status,
        &headers,
        body.as_bytes(),
        now,
    ))
}

pub(super) fn refusal(spec: &ProviderSpec, error: &AccountError) -> Failed {
    let kind = classified(spec, error).map(|failure| failure.kind);
    let (trouble, status) = match error {
        AccountError::Refused { status, .. } => {
            (kind.map_or(Trouble::Other, trouble), Some(*status))
        }
        AccountError::Unreachable(_) => (Trouble::Network, None),
        AccountError::Denied(_)
        | AccountError::Expired
        | AccountError::Revoked(_)
        | AccountError::MissingSecret(_) => (Trouble::Credential, None),
        AccountError::Malformed(_) | AccountError::Unusable(_) => (Trouble::Other, None),
    };
    Failed {
        trouble,
        status,
        message: error.to_string(),
    }
}

fn spoilt(spoiled: Spoiled) -> Failed {
    Failed {
        trouble: if spoiled.is_revoked {
            Trouble::Credential
        } else {
            Trouble::Network
        },
        status: None,
        message: spoiled.words,
    }
}
