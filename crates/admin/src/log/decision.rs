//! A request's candidates in the order in which they came up, with their names of today.

use api::ids::ProviderId;
use api::log::{Candidate, Fate, SkipReason};
use gateway::snapshot::Snapshot;
use store::records::{AttemptRecord, SkipRecord};
use store::usage::DetailRow;

/// A provider's name, or its id once it is gone.
pub(crate) fn provider_name(snapshot: &Snapshot, id: &ProviderId) -> String {
    let spec = snapshot.registry.get(id);
    spec.map_or_else(|| id.to_string(), |spec| spec.name.clone())
}

/// Accounts of others are for an administrator's eyes alone.
pub(super) fn candidates(snapshot: &Snapshot, found: &DetailRow, is_admin: bool) -> Vec<Candidate> {
    let mut skips = found
        .skipped
        .iter()
        .filter(|skip| is_admin || skip.reason != SkipReason::NotPermitted)
        .peekable();
    let mut candidates = Vec::with_capacity(found.attempts.len() + found.skipped.len());
    for (place, attempt) in (0_u32..).zip(&found.attempts) {
        while let Some(skip) = skips.next_if(|skip| skip.after <= place) {
            candidates.push(skipped(snapshot, skip));
        }
        let is_last = place as usize + 1 == found.attempts.len();
        candidates.push(asked(snapshot, attempt, is_last));
    }
    candidates.extend(skips.map(|skip| skipped(snapshot, skip)));
    candidates
}

fn skipped(snapshot: &Snapshot, skip: &SkipRecord) -> Candidate {
    Candidate {
        provider_name: provider_name(snapshot, &skip.provider),
        provider: skip.provider.clone(),
        connection_name: snapshot.account_name(skip.connection_id.as_ref()),
        connection_id: skip.connection_id.clone(),
        model: skip.model.clone(),
        started_ms: skip.at_ms,
        fate: Fate::Skipped {
            reason: skip.reason,
            failure: skip.failure.clone(),
            until: skip.until,
            words: skip.words.clone(),
        },
    }
}

fn asked(snapshot: &Snapshot, attempt: &AttemptRecord, is_last: bool) -> Candidate {
    Candidate {
        provider_name: provider_name(snapshot, &attempt.provider),
        provider: attempt.provider.clone(),
        connection_name: snapshot.account_name(Some(&attempt.connection_id)),
        connection_id: Some(attempt.connection_id.clone()),
        model: attempt.model.clone(),
        started_ms: attempt.started_ms,
        fate: Fate::Asked {
            duration_ms: attempt.duration_ms,
            headers_ms: attempt.headers_ms,
            ttft_ms: attempt.ttft_ms,
            status: attempt.status,
            outcome: attempt.outcome,
            failure: attempt.failure.clone(),
            rest_until: attempt.rest_until,
            error: attempt.error.clone(),
            has_served: is_last
                && attempt.failure.is_none()
                && attempt.status.is_some_and(|status| status < 300),
        },
    }
}
