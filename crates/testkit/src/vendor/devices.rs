//! Where devices ask for a code, and where one of the vendors registers its clients.

use serde_json::json;

use crate::Reply;
use crate::vendor::{Answer, Device, Vendor, fields};

pub(super) fn serve(vendor: &Vendor) {
    for (path, is_camel) in [
        ("/github.com/login/device/code", false),
        ("/chat.qwen.ai/api/v1/oauth2/device/code", false),
        ("/auth.kimi.com/api/oauth/device_authorization", false),
        ("/oidc.us-east-1.amazonaws.com/device_authorization", true),
        ("/oidc.eu-west-1.amazonaws.com/device_authorization", true),
    ] {
        let base = vendor.url();
        vendor.on(path, move |request, state| {
            let fields = fields(request);
            let code = state.fresh("device");
            let user_code = format!("CODE-{}", state.counter);
            state.devices.insert(
                code.clone(),
                Device {
                    user_code: user_code.clone(),
                    challenge: fields.get("code_challenge").cloned(),
                    answer: Answer::Waiting,
                    slow_downs: 0,
                    polls: 0,
                },
            );
            let page = format!("{base}/device");
            let complete = format!("{page}?user_code={user_code}");
            // Intervals are short, so that nobody waits for a test.
            Reply::json(
                200,
                if is_camel {
                    json!({ "deviceCode": code, "userCode": user_code, "verificationUri": page,
                        "verificationUriComplete": complete, "expiresIn": 600, "interval": 1 })
                } else {
                    json!({ "device_code": code, "user_code": user_code, "verification_uri": page,
                        "verification_uri_complete": complete, "expires_in": 600, "interval": 1 })
                },
            )
        });
    }
    // A person's page, for browsers: opening it with the code in the address is agreeing.
    vendor.on("/device", |request, state| {
        let code = request
            .query()
            .strip_prefix("user_code=")
            .unwrap_or_default();
        for device in state.devices.values_mut() {
            if device.user_code == code {
                device.answer = Answer::Allowed;
            }
        }
        Reply::text(
            200,
            "text/html; charset=utf-8",
            "<!doctype html><html lang=en><title>Vendor</title><p>Allowed",
        )
    });
    for region in ["us-east-1", "eu-west-1"] {
        vendor.on(
            &format!("/oidc.{region}.amazonaws.com/client/register"),
            |_, state| {
                let id = state.fresh("registered");
                let secret = state.fresh("registered-secret");
                Reply::json(200, json!({ "clientId": id, "clientSecret": secret, "clientSecretExpiresAt": 4_000_000_000_i64 }))
            },
        );
    }
}
