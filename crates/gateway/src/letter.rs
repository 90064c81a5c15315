//! A request as it is written for one target. Accounts of which the vendor says the same get the same.

use api::ids::ConnectionId;
use store::records::Credential;
use wire::dialect::Dialect;

use crate::call::Task;
use crate::error::Refusal;
use crate::images::Images;
use crate::prepare::{says_true, url};
use crate::resolve::Target;
use crate::serve::Job;
use crate::snapshot::Account;
use crate::translate::{self, Written};

/// Asks that nothing be lost: `true` makes every loss a refusal.
const STRICT: &str = "x-9router-strict";

#[derive(Debug, Default)]
pub(crate) struct Letter {
    written: Option<(Facts, Written, String)>,
}

/// What of an account stands in a request, beside its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    project: Option<String>,
    profile: Option<String>,
    host: Option<String>,
    /// Whose address it is, where that has parts of the account's.
    account: Option<ConnectionId>,
}

impl Facts {
    fn of(account: &Account) -> Self {
        let facts = account.credential.facts();
        Self {
            account: account.spec.as_ref().map(|_| account.id.clone()),
            project: facts.and_then(|facts| facts.project_id.clone()),
            profile: facts.and_then(|facts| facts.profile_arn.clone()),
            host: facts.and_then(|facts| facts.resource_host.clone()),
        }
    }
}

impl Letter {
    /// The request for an account, and where it goes.
    pub(crate) async fn to(
        &mut self,
        job: &Job<'_>,
        target: &Target,
        account: &Account,
        images: &Images,
    ) -> Result<(Written, String), Refusal> {
        let facts = Facts::of(account);
        if let Some((known, written, url)) = &self.written
            && *known == facts
        {
            return Ok((written.clone(), url.clone()));
        }
        let (written, url) = write(job, target, &account.credential, images).await?;
        self.written = Some((facts, written.clone(), url.clone()));
        Ok((written, url))
    }
}

async fn write(
    job: &Job<'_>,
    target: &Target,
    shown: &Credential,
    images: &Images,
) -> Result<(Written, String), Refusal> {
    let (surface, asked, facts) = (job.call.surface, &job.asked, shown.facts());
    let written = match surface.task {
        Task::Answer => {
            let seed = &job.reply.seed;
            let (format, body) = (surface.format, &job.body);
            translate::request(format, asked, body, target, facts, seed, images).await?
        }
        Task::CountTokens | Task::Embed => {
            translate::as_it_is(surface.format, asked, &job.body, target)
        }
    };
    let wants_project = matches!(written.dialect, Dialect::GeminiCli | Dialect::Antigravity);
    if wants_project && facts.is_some_and(|facts| facts.project_id.is_none()) {
        return Err(Refusal::NotOffered {
            provider: target.spec.name.clone(),
            what: "requests without a project: connect the account again, so that Google gives it one",
        });
    }
    let is_strict = job.snapshot.settings.is_strict || says_true(&job.call.headers, STRICT);
    if is_strict && !written.notes.is_empty() {
        return Err(Refusal::Lossy(written.notes.into_vec()));
    }
    let url = url(surface, asked, target, facts, &written)?;
    Ok((written, url))
}
