//! The vendors, for tests in other languages: says where it listens, takes orders at `POST /control`, and goes on
//! until it is stopped.
#![expect(
    clippy::print_stdout,
    reason = "whoever started it reads where it listens"
)]

use std::time::Duration;

use serde_json::{Value, json};
use testkit::vendor::Vendor;
use testkit::{Received, Reply};

#[tokio::main]
async fn main() {
    let vendor: &'static Vendor = Box::leak(Box::new(Vendor::start().await));
    vendor
        .upstream()
        .on("/control", move |request| obey(vendor, request));
    println!("vendor: {}", vendor.url());
    std::future::pending::<()>().await;
}

/// What a person or a vendor does next: `{"person": …}`, `{"deny": code}`, `{"fail": {"status": …, "body": …}}`, …
fn obey(vendor: &Vendor, request: &Received) -> Reply {
    let orders = request.json();
    for (order, value) in orders.as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        let number = value.as_u64().unwrap_or_default();
        match order.as_str() {
            "person" => vendor.set_person(text),
            "lifetime" => vendor.set_lifetime(number),
            "delayMs" => vendor.set_delay(Duration::from_millis(number)),
            "allow" => vendor.allow(text),
            "deny" => vendor.deny(text),
            "expire" => vendor.expire(text),
            "revoke" => vendor.revoke_all(),
            "quota" => set_quotas(vendor, value),
            "fail" => vendor.fail_once(failure(value)),
            unknown => {
                return Reply::json(
                    400,
                    json!({ "error": format!("unknown order `{unknown}`") }),
                );
            }
        }
    }
    Reply::json(200, json!({}))
}

/// `{"claude": {…}}`: what each answers from now on.
fn set_quotas(vendor: &Vendor, answers: &Value) {
    for name in [
        "claude",
        "codex",
        "copilot",
        "gemini-cli",
        "antigravity",
        "kiro",
        "kimi",
        "glm",
        "minimax",
        "openrouter",
    ] {
        if let Some(answer) = answers.get(name) {
            vendor.set_quota(name, answer.clone());
        }
    }
}

fn failure(order: &Value) -> Reply {
    let status = order["status"]
        .as_u64()
        .and_then(|status| status.try_into().ok());
    Reply::json(status.unwrap_or(500), order["body"].clone())
}
