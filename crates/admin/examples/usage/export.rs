//! The whole request log in pages, as an export reads it: how fast, and how much memory that takes.

use std::error::Error;
use std::fs;
use std::time::Instant;

use admin::{Actor, Admin};
use api::log::{LogCursor, LogFilter, LogPlace};
use api::usage::Period;
use chrono::Utc;

/// Rows of a page of an export.
const PAGE: u32 = 500;

pub(crate) async fn read(admin: &Admin, actor: &Actor) -> Result<(), Box<dyn Error>> {
    let everything = LogFilter {
        period: Period::All,
        ..LogFilter::default()
    };
    let (before, start, now) = (resident(), Instant::now(), Utc::now());
    let mut most = before;
    let (mut rows, mut bytes) = (0, 0);
    let mut cursor = LogCursor::Newest;
    loop {
        let page = admin
            .log_rows(actor, &everything, now, &cursor, PAGE)
            .await?;
        let Some(last) = page.last() else { break };
        cursor = LogCursor::Before(LogPlace {
            at: last.at,
            id: last.id.clone(),
        });
        rows += page.len();
        for row in &page {
            bytes += serde_json::to_string(row)?.len();
        }
        most = most.max(resident());
    }
    println!(
        "export: {rows} rows, {bytes} bytes of JSON in {:?}; resident memory {before} KiB before, {most} KiB at most, {} KiB after",
        start.elapsed(),
        resident()
    );
    Ok(())
}

/// In KiB; nothing where the system does not say.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}
