//! What a request says of its account, by the provider's catalogue entry: see `providers::speak`.

use chrono::Utc;
use http::HeaderMap;
use providers::speak::{Facts, Unspeakable};
use providers::spec::ProviderSpec;
use secrecy::{ExposeSecret as _, SecretString};
use store::records::AccountFacts;

use crate::resolve::Target;
use crate::serve::Job;
use crate::snapshot::Account;
use crate::translate::Written;
use crate::upstream::USER_AGENT;

/// How chat formats hold an image. Anywhere in the body: a false alarm costs nothing.
const IMAGES: [&[u8]; 2] = [b"\"image_url\"", b"\"input_image\""];

/// Completes the headers of a request whose account is a login.
pub(crate) fn complete(
    headers: &mut HeaderMap,
    job: &Job<'_>,
    target: &Target,
    account: &Account,
    written: &Written,
) -> Result<(), Unspeakable> {
    let spec = &target.spec.speak;
    let Some(known) = account.credential.facts() else {
        return Ok(());
    };
    let conversation = if spec.names_conversation() {
        job.conversation_id()
    } else {
        String::new()
    };
    spec.complete(
        headers,
        &Facts {
            account_id: known.account_id.as_deref(),
            project_id: known.project_id.as_deref(),
            resource_host: known.resource_host.as_deref(),
            conversation: &conversation,
            secret: account.credential.bearer().expose_secret(),
            user_agent: USER_AGENT,
            has_images: spec.asks_for_images() && has_images(written),
            now_ms: Utc::now().timestamp_millis(),
        },
    )
}

/// The same of a question that belongs to no conversation.
pub(crate) fn complete_check(
    headers: &mut HeaderMap,
    spec: &ProviderSpec,
    known: &AccountFacts,
    key: &SecretString,
) -> Result<(), Unspeakable> {
    let conversation = uuid::Uuid::now_v7().to_string();
    spec.speak.complete(
        headers,
        &Facts {
            account_id: known.account_id.as_deref(),
            project_id: known.project_id.as_deref(),
            resource_host: known.resource_host.as_deref(),
            conversation: &conversation,
            secret: key.expose_secret(),
            user_agent: USER_AGENT,
            has_images: false,
            now_ms: Utc::now().timestamp_millis(),
        },
    )
}

fn has_images(written: &Written) -> bool {
    let body = &written.body;
    [&body.before, &body.after].into_iter().any(|part| {
        IMAGES
            .iter()
            .any(|name| part.windows(name.len()).any(|window| window == *name))
    })
}
