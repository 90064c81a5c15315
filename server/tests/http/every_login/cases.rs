//! The vendors with a login, in a table: how their tokens are renewed, where requests arrive, and what is left.

use std::fmt;

use serde_json::{Value, json};
use store::records::AccountFacts;
use testkit::vendor::Issuer;

#[derive(Clone, Copy)]
pub(super) struct Case {
    pub(super) provider: &'static str,
    /// As the account has logged in, where there are several ways.
    pub(super) method: Option<&'static str>,
    pub(super) issuer: Issuer,
    /// As clients call it.
    pub(super) model: &'static str,
    /// Where requests of an Anthropic and of an OpenAI client arrive.
    pub(super) arrives: [&'static str; 2],
    /// What each request must say of its account.
    pub(super) says: &'static [(&'static str, &'static str)],
    pub(super) quota: Option<Quota>,
}

/// A vendor's answer, and how `/api/usage/{connectionId}` shows it: name, used, total.
#[derive(Clone, Copy)]
pub(super) struct Quota {
    pub(super) vendor: &'static str,
    pub(super) answer: fn() -> Value,
    pub(super) plan: Option<&'static str>,
    pub(super) windows: &'static [(&'static str, f64, f64)],
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.method {
            Some(method) => write!(f, "{} by {method}", self.provider),
            None => f.write_str(self.provider),
        }
    }
}

impl Case {
    pub(super) fn facts(&self) -> AccountFacts {
        let text = |text: &str| Some(text.to_owned());
        let mut facts = AccountFacts {
            method: self.method.map(str::to_owned),
            ..AccountFacts::default()
        };
        match self.provider {
            "codex" => facts.account_id = text("account-1"),
            "gemini-cli" | "antigravity" => facts.project_id = text("project-1"),
            "qwen" => facts.resource_host = text("portal.qwen.ai"),
            "kiro" => facts.profile_arn = text("arn:aws:codewhisperer:us-east-1:1:profile/P"),
            _ => {}
        }
        facts
    }

    /// Requests carry a second token that the first is exchanged for.
    pub(super) fn has_session(&self) -> bool {
        matches!(self.issuer, Issuer::GitHub | Issuer::Iflow)
    }
}

const ANTHROPIC: &str = "/api.anthropic.com/v1/messages";
const CODEX: &str = "/chatgpt.com/backend-api/codex/responses";
const CODE_ASSIST: &str = "/cloudcode-pa.googleapis.com/v1internal:streamGenerateContent";
const ANTIGRAVITY: &str = "/daily-cloudcode-pa.googleapis.com/v1internal:streamGenerateContent";
const COPILOT: &str = "/api.githubcopilot.com/chat/completions";
const QWEN: &str = "/portal.qwen.ai/v1/chat/completions";
const IFLOW: &str = "/apis.iflow.cn/v1/chat/completions";
const KIRO: &str = "/codewhisperer.us-east-1.amazonaws.com/generateAssistantResponse";

const KIRO_CREDITS: Quota = Quota {
    vendor: "kiro",
    answer: || {
        json!({ "nextDateReset": 4_000_000_000.0, "subscriptionInfo": { "subscriptionTitle": "KIRO FREE" },
            "usageBreakdownList": [{ "resourceType": "CREDIT", "displayNamePlural": "Credits", "currentUsage": 12,
                "currentUsageWithPrecision": 12.5, "usageLimit": 50, "usageLimitWithPrecision": 50.0 }] })
    },
    plan: Some("KIRO FREE"),
    windows: &[("Credits", 12.5, 50.0)],
};

pub(super) const CASES: [Case; 10] = [
    Case {
        provider: "claude",
        method: None,
        issuer: Issuer::Claude,
        model: "cc/claude-sonnet-4-6",
        arrives: [ANTHROPIC, ANTHROPIC],
        says: &[
            ("anthropic-beta", "oauth-2025-04-20"),
            ("anthropic-version", "2023-06-01"),
        ],
        quota: Some(Quota {
            vendor: "claude",
            answer: || {
                json!({ "five_hour": { "utilization": 12.5, "resets_at": "2096-01-01T00:00:00Z" },
                    "seven_day": { "utilization": 40, "resets_at": "2096-01-01T00:00:00Z" },
                    "seven_day_opus": { "utilization": 3, "resets_at": null } })
            },
            plan: None,
            windows: &[
                ("5 hours", 12.5, 100.0),
                ("Weekly", 40.0, 100.0),
                ("Weekly, Opus", 3.0, 100.0),
            ],
        }),
    },
    Case {
        provider: "codex",
        method: None,
        issuer: Issuer::Codex,
        model: "cx/gpt-5.4",
        arrives: [CODEX, CODEX],
        says: &[("chatgpt-account-id", "account-1")],
        quota: Some(Quota {
            vendor: "codex",
            answer: || {
                json!({ "plan_type": "plus", "rate_limit": { "allowed": true, "limit_reached": false,
                    "primary_window": { "used_percent": 40, "limit_window_seconds": 18_000, "reset_at": 4_000_000_000_u64 },
                    "secondary_window": { "used_percent": 7.5, "limit_window_seconds": 604_800, "reset_at": 4_000_000_000_u64 } } })
            },
            plan: Some("Plus"),
            windows: &[("5 hours", 40.0, 100.0), ("Weekly", 7.5, 100.0)],
        }),
    },
    Case {
        provider: "gemini-cli",
        method: None,
        issuer: Issuer::Google,
        model: "gc/gemini-2.5-pro",
        arrives: [CODE_ASSIST, CODE_ASSIST],
        says: &[],
        quota: Some(Quota {
            vendor: "gemini-cli",
            answer: || {
                json!({ "buckets": [{ "modelId": "gemini-2.5-pro", "tokenType": "REQUESTS", "remainingFraction": 0.75,
                    "remainingAmount": "750", "resetTime": "2096-01-01T00:00:00Z" }] })
            },
            plan: None,
            windows: &[("gemini-2.5-pro", 250.0, 1000.0)],
        }),
    },
    Case {
        provider: "antigravity",
        method: None,
        issuer: Issuer::Google,
        model: "ag/gemini-3-flash",
        arrives: [ANTIGRAVITY, ANTIGRAVITY],
        says: &[],
        quota: Some(Quota {
            vendor: "antigravity",
            answer: || {
                json!({ "models": { "gemini-3-flash": { "displayName": "Gemini 3 Flash",
                    "quotaInfo": { "remainingFraction": 0.25, "resetTime": "2096-01-01T00:00:00Z" } } } })
            },
            plan: None,
            windows: &[("Gemini 3 Flash", 75.0, 100.0)],
        }),
    },
    Case {
        provider: "github",
        method: None,
        issuer: Issuer::GitHub,
        model: "gh/gpt-4o",
        arrives: [COPILOT, COPILOT],
        says: &[("x-github-api-version", "2025-04-01")],
        quota: Some(Quota {
            vendor: "copilot",
            answer: || {
                json!({ "copilot_plan": "individual_pro", "quota_reset_date": "2096-01-01",
                    "quota_snapshots": { "premium_interactions": { "unlimited": false, "entitlement": 300, "remaining": 210 } } })
            },
            plan: Some("Individual pro"),
            windows: &[("Premium interactions", 90.0, 300.0)],
        }),
    },
    Case {
        provider: "qwen",
        method: None,
        issuer: Issuer::Qwen,
        model: "qw/coder-model",
        arrives: [QWEN, QWEN],
        says: &[("x-dashscope-authtype", "qwen-oauth")],
        quota: None,
    },
    Case {
        provider: "iflow",
        method: None,
        issuer: Issuer::Iflow,
        model: "if/qwen3-coder-plus",
        arrives: [IFLOW, IFLOW],
        says: &[],
        quota: None,
    },
    Case {
        provider: "kiro",
        method: Some("builder-id"),
        issuer: Issuer::KiroDevice,
        model: "kr/claude-sonnet-4.5",
        arrives: [KIRO, KIRO],
        says: &[(
            "x-amz-target",
            "AmazonCodeWhispererStreamingService.GenerateAssistantResponse",
        )],
        quota: Some(KIRO_CREDITS),
    },
    Case {
        provider: "kiro",
        method: Some("imported"),
        issuer: Issuer::KiroSocial,
        model: "kr/claude-sonnet-4.5",
        arrives: [KIRO, KIRO],
        says: &[("accept", "application/vnd.amazon.eventstream")],
        quota: Some(KIRO_CREDITS),
    },
    Case {
        provider: "kimi-coding",
        method: None,
        issuer: Issuer::Kimi,
        model: "kmc/kimi-latest",
        arrives: [
            "/api.kimi.com/coding/v1/messages",
            "/api.kimi.com/coding/v1/chat/completions",
        ],
        says: &[],
        quota: Some(Quota {
            vendor: "kimi",
            answer: || {
                json!({ "usage": { "limit": "2048", "used": "512", "remaining": "1536", "resetTime": "2096-01-01T00:00:00Z" },
                    "limits": [{ "window": { "duration": 300, "timeUnit": "TIME_UNIT_MINUTE" },
                        "detail": { "limit": "200", "remaining": "150", "resetTime": "2096-01-01T00:00:00Z" } }] })
            },
            plan: None,
            windows: &[("Weekly", 512.0, 2048.0), ("5 hours", 50.0, 200.0)],
        }),
    },
];
