//! What stands beside the bars, and instead of them for those who cannot see them.

use api::log::{Candidate, Fate};

use crate::format;

/// Tokens of output per second, once the first byte had come.
pub(super) fn speed(output: u64, ttft_ms: Option<u32>, duration_ms: u32) -> Option<String> {
    let ms = duration_ms.checked_sub(ttft_ms?).filter(|ms| *ms > 0)?;
    if output == 0 {
        return None;
    }
    let tenths = output.saturating_mul(10_000) / u64::from(ms);
    Some(format!("{}.{} tokens per second", tenths / 10, tenths % 10))
}

/// Who it was.
pub(super) fn who(candidate: &Candidate) -> String {
    let account = candidate.connection_name.clone();
    let account = account.or_else(|| {
        let gone = candidate.connection_id.as_ref();
        gone.map(|_| "an account that is gone".to_owned())
    });
    match account {
        Some(account) => format!("{} · {account}", candidate.provider_name),
        None => candidate.provider_name.clone(),
    }
}

/// When what happened.
pub(super) fn timing(candidate: &Candidate) -> String {
    let started = format::duration(candidate.started_ms.into());
    let Fate::Asked {
        duration_ms,
        headers_ms,
        ttft_ms,
        ..
    } = &candidate.fate
    else {
        return format!("passed over after {started}");
    };
    let mut parts = vec![format!("asked after {started}")];
    for (what, ms) in [("headers", headers_ms), ("first byte", ttft_ms)] {
        if let Some(ms) = ms {
            parts.push(format!("{what} {} later", format::duration((*ms).into())));
        }
    }
    parts.push(format!("took {}", format::duration((*duration_ms).into())));
    parts.join(", ")
}

/// The kind of failure in words.
pub(super) fn failure(kind: &str) -> String {
    let words = match kind {
        "client" => "the request was refused",
        "credential" => "its credential was refused",
        "quota" => "its quota is used up",
        "rate_limit" => "rate limited",
        "overload" => "overloaded",
        "down" => "it failed",
        "network" => "it could not be reached",
        "context" => "the prompt is too long for it",
        "refused" => "it refused the content",
        "unknown_model" => "it does not know the model",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::speed;

    #[test]
    fn a_speed_counts_from_the_first_byte() {
        assert_eq!(
            speed(100, Some(500), 2_500).as_deref(),
            Some("50.0 tokens per second")
        );
        assert_eq!(speed(100, Some(500), 500), None);
        assert_eq!(speed(100, None, 500), None);
        assert_eq!(speed(0, Some(1), 500), None);
    }
}
