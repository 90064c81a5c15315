//! The names and words that many vendors share, and that say more than a status does.

use crate::failure::FailureKind;
use crate::failure::said::Said;

struct Clue {
    kind: FailureKind,
    /// Under any status.
    names: &'static [&'static str],
    /// Parts of a sentence, in lower case, under these statuses: a client's mistake may quote the client.
    words: &'static [&'static str],
    under: &'static [u16],
}

/// The first that fits decides: what is said of the request comes before what is said of the account.
const CLUES: [Clue; 7] = [
    Clue {
        kind: FailureKind::Context,
        names: &[
            "context_length_exceeded",
            "context_window_exceeded",
            "model_max_prompt_tokens_exceeded",
            "content_length_exceeds_threshold",
            "contentlengthexceededexception",
        ],
        words: &[
            "prompt is too long",
            "input is too long",
            "maximum context length",
            "exceeds the context window",
            "exceed context limit",
            "exceeds the maximum number of tokens allowed",
            "reduce the length of the messages",
            "too many tokens",
        ],
        under: &[400, 413, 422, 500],
    },
    Clue {
        kind: FailureKind::Refused,
        names: &[
            "content_policy_violation",
            "content_filter",
            "invalid_prompt",
            "data_inspection_failed",
            "datainspectionfailed",
            "responsibleaipolicyviolation",
        ],
        words: &[
            "content management policy",
            "content exists risk",
            "flagged as potentially violating",
        ],
        under: &[400, 403, 422],
    },
    Clue {
        kind: FailureKind::Quota,
        names: &[
            "insufficient_quota",
            "quota_exceeded",
            "quota_exhausted",
            "billing_error",
            "billing_hard_limit_reached",
            "usage_limit_reached",
            "usage_not_included",
            "insufficient_balance",
            "exceeded_current_quota_error",
            "servicequotaexceededexception",
            "monthly_request_count",
        ],
        words: &[
            "insufficient_quota",
            "free allocated quota exceeded",
            "credit balance is too low",
            "insufficient balance",
            "insufficient credits",
            "used all available credits",
            "doesn't have any credits",
            "usage limit",
            "quota will reset after",
        ],
        under: &[400, 403, 429],
    },
    Clue {
        kind: FailureKind::Overload,
        names: &[
            "overloaded_error",
            "engine_overloaded_error",
            "model_capacity_exhausted",
            "insufficient_model_capacity",
        ],
        words: &["overloaded", "no capacity", "at capacity", "server is busy"],
        under: &[429, 500, 502, 503],
    },
    Clue {
        kind: FailureKind::RateLimit,
        names: &[
            "rate_limit_error",
            "rate_limit_exceeded",
            "rate_limit_reached_error",
            "too_many_requests",
            "throttlingexception",
        ],
        words: &["rate limit", "too many requests", "quota exceeded"],
        under: &[403, 500, 502, 503],
    },
    Clue {
        kind: FailureKind::UnknownModel,
        names: &[
            "model_not_found",
            "model_not_supported",
            "model_not_available",
            "unsupported_api_for_model",
            "invalid_model",
        ],
        words: &[
            "model is not supported",
            "not accessible via the /chat/completions endpoint",
            "is not a valid model",
            "model not exist",
            "does not have access to model",
            "unknown model",
        ],
        under: &[400, 403, 422],
    },
    Clue {
        kind: FailureKind::Credential,
        names: &[
            "authentication_error",
            "invalid_api_key",
            "api_key_invalid",
            "invalid_authentication_error",
            "accessdeniedexception",
        ],
        // Gemini and xAI say it with a 400.
        words: &[
            "api key not valid",
            "api key expired",
            "incorrect api key",
            "invalid api key",
        ],
        under: &[400],
    },
];

pub(super) fn find(status: u16, said: &Said) -> Option<FailureKind> {
    let clue = CLUES.iter().find(|clue| {
        clue.names.iter().any(|name| said.is_named(name))
            || (clue.under.contains(&status)
                && clue.words.iter().any(|words| said.message.contains(words)))
    });
    let is_daily = || {
        // Google's daily limits differ from those per minute in their names alone.
        status == 429 && said.names.iter().any(|name| name.contains("perday"))
    };
    match clue {
        Some(clue) if clue.kind != FailureKind::RateLimit || !is_daily() => Some(clue.kind),
        _ => is_daily().then_some(FailureKind::Quota),
    }
}
