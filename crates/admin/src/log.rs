//! The request log: searched, exported, and one request in full.

mod curl;
pub(crate) mod decision;

use std::collections::BTreeMap;

use api::ids::{KeyId, ProviderId, RequestId};
use api::log::{
    CaptureSettings, CaptureStatus, CaptureView, LogChoices, LogCursor, LogFilter, LogPage,
    RequestDetail,
};
use api::usage::UsageRow;
use chrono::{DateTime, Utc};
use gateway::snapshot::CAPTURE;
use store::usage::LogWords;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::usage::scope;

/// Rows of a page.
const PAGE: u32 = 50;
/// Characters that may be searched for.
const LONGEST_SEARCH: usize = 200;

impl Admin {
    pub async fn log_page(
        &self,
        actor: &Actor,
        filter: LogFilter,
        cursor: LogCursor,
    ) -> Result<LogPage, AdminError> {
        let now = Utc::now();
        let mut rows = self
            .log_rows(actor, &filter, now, &cursor, PAGE + 1)
            .await?;
        let is_more = rows.len() > PAGE as usize;
        let (has_older, has_newer) = match cursor {
            LogCursor::Newest => (is_more, false),
            LogCursor::Before(_) => (is_more, true),
            LogCursor::After(_) => (true, is_more),
        };
        if is_more {
            // The one too many is the one farthest from the cursor.
            match cursor {
                LogCursor::Newest | LogCursor::Before(_) => rows.truncate(PAGE as usize),
                LogCursor::After(_) => drop(rows.remove(0)),
            }
        }
        let words = self.inner.store.usage().words(&scope(actor)).await?;
        Ok(LogPage {
            rows,
            has_older,
            has_newer,
            choices: self.choices(actor, words).await?,
        })
    }

    /// Rows without a page around them, for whoever goes on until there are none.
    pub async fn log_rows(
        &self,
        actor: &Actor,
        filter: &LogFilter,
        now: DateTime<Utc>,
        cursor: &LogCursor,
        limit: u32,
    ) -> Result<Vec<UsageRow>, AdminError> {
        check(filter)?;
        let usage = self.inner.store.usage();
        Ok(usage
            .search(&scope(actor), filter, now, cursor, limit)
            .await?)
    }

    /// A page by its number, and how many requests there are on all of them.
    pub async fn log_numbered(
        &self,
        actor: &Actor,
        filter: &LogFilter,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<UsageRow>, u64), AdminError> {
        check(filter)?;
        let usage = self.inner.store.usage();
        Ok(usage
            .numbered(&scope(actor), filter, Utc::now(), offset, limit)
            .await?)
    }

    /// One request in full. `origin` is the scheme and host under which the dashboard is seen.
    pub async fn request_detail(
        &self,
        actor: &Actor,
        id: &RequestId,
        origin: &str,
    ) -> Result<RequestDetail, AdminError> {
        let usage = self.inner.store.usage();
        let found = usage.detail(&scope(actor), id).await?;
        let found = found.ok_or(AdminError::NotFound("request"))?;
        let capture = self.inner.store.captures().get(id).await?;
        let snapshot = self.inner.gateway.snapshot();
        let base = self.inner.config.public_url.as_deref().unwrap_or(origin);
        Ok(RequestDetail {
            provider_name: found
                .row
                .provider
                .as_ref()
                .map(|id| decision::provider_name(&snapshot, id)),
            candidates: decision::candidates(&snapshot, &found, actor.is_admin()),
            curl: curl::command(base, &found, capture.as_ref()),
            upstream_format: found.upstream_format,
            is_stream: found.is_stream,
            user_agent: found.user_agent,
            price: found.price,
            row: found.row,
            capture,
        })
    }

    /// What was kept of the bytes of a request that the actor may see.
    pub async fn capture(
        &self,
        actor: &Actor,
        id: &RequestId,
    ) -> Result<Option<CaptureView>, AdminError> {
        let usage = self.inner.store.usage();
        if usage.detail(&scope(actor), id).await?.is_none() {
            return Err(AdminError::NotFound("request"));
        }
        Ok(self.inner.store.captures().get(id).await?)
    }

    /// Forgets what was kept of one request.
    pub async fn delete_capture(&self, actor: &Actor, id: &RequestId) -> Result<(), AdminError> {
        let captures = self.inner.store.captures();
        if captures.delete(&scope(actor), id).await? {
            return Ok(());
        }
        Err(AdminError::NotFound("kept payload"))
    }

    /// Forgets everything that was kept; says of how many requests.
    pub async fn clear_captures(&self, actor: &Actor) -> Result<u64, AdminError> {
        actor.must_be_admin()?;
        Ok(self.inner.store.captures().clear().await?)
    }

    pub async fn capture_status(&self, actor: &Actor) -> Result<CaptureStatus, AdminError> {
        let gateway = &self.inner.gateway;
        let size = if actor.is_admin() {
            self.inner.store.captures().size().await?
        } else {
            // What others keep is none of a member's business.
            store::captures::CaptureSize::default()
        };
        Ok(CaptureStatus {
            settings: gateway.snapshot().capture,
            is_forced: gateway.is_capture_forced(),
            requests: size.requests,
            bytes: size.bytes,
            may_change: actor.is_admin(),
        })
    }

    pub async fn set_capture(
        &self,
        actor: &Actor,
        settings: CaptureSettings,
    ) -> Result<CaptureStatus, AdminError> {
        actor.must_be_admin()?;
        check_capture(settings)?;
        let value = serde_json::to_value(settings).unwrap_or_default();
        self.inner
            .store
            .settings()
            .set(CAPTURE, &value, Utc::now())
            .await?;
        self.apply().await?;
        self.capture_status(actor).await
    }

    async fn choices(&self, actor: &Actor, words: LogWords) -> Result<LogChoices, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        let names: BTreeMap<KeyId, String> = self
            .keys(actor)
            .await?
            .into_iter()
            .map(|key| (key.id, key.name))
            .collect();
        let key = |id: KeyId| {
            let name = names
                .get(&id)
                .cloned()
                .unwrap_or_else(|| format!("deleted key {id}"));
            (id, name)
        };
        let provider = |id: ProviderId| {
            let name = decision::provider_name(&snapshot, &id);
            (id, name)
        };
        Ok(LogChoices {
            providers: words.providers.into_iter().map(provider).collect(),
            models: words.models,
            endpoints: words.endpoints,
            keys: words.keys.into_iter().map(key).collect(),
            combos: words.combos,
        })
    }
}

fn check(filter: &LogFilter) -> Result<(), AdminError> {
    let is_long = filter
        .search
        .as_ref()
        .is_some_and(|text| text.chars().count() > LONGEST_SEARCH);
    if is_long {
        return Err(AdminError::invalid(
            "search",
            format!("expected at most {LONGEST_SEARCH} characters to search for"),
        ));
    }
    Ok(())
}

/// Whether so much may be kept.
pub(crate) fn check_capture(settings: CaptureSettings) -> Result<(), AdminError> {
    for (field, value, most, unit) in [
        (
            "stage_kib",
            settings.stage_kib,
            CaptureSettings::MOST_STAGE_KIB,
            "KiB",
        ),
        (
            "total_mib",
            settings.total_mib,
            CaptureSettings::MOST_TOTAL_MIB,
            "MiB",
        ),
        (
            "hours",
            settings.hours,
            CaptureSettings::MOST_HOURS,
            "hours",
        ),
    ] {
        if !(1..=most).contains(&value) {
            let message = format!("expected a number of {unit} from 1 to {most}");
            return Err(AdminError::invalid(field, message));
        }
    }
    Ok(())
}
