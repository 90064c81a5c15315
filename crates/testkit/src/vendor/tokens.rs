//! Token endpoints: codes, device codes and refresh tokens against access tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::vendor::{Answer, CLIENT_SECRET, Issuer, State, Vendor, fields, service_account};
use crate::{Received, Reply};

pub(super) fn serve(vendor: &Vendor) {
    for (path, issuer) in [
        ("/api.anthropic.com/v1/oauth/token", Issuer::Claude),
        ("/auth.openai.com/oauth/token", Issuer::Codex),
        ("/oauth2.googleapis.com/token", Issuer::Google),
        ("/github.com/login/oauth/access_token", Issuer::GitHub),
        ("/chat.qwen.ai/api/v1/oauth2/token", Issuer::Qwen),
        ("/iflow.cn/oauth/token", Issuer::Iflow),
        ("/oidc.us-east-1.amazonaws.com/token", Issuer::KiroDevice),
        ("/oidc.eu-west-1.amazonaws.com/token", Issuer::KiroDevice),
        (
            "/prod.us-east-1.auth.desktop.kiro.dev/oauth/token",
            Issuer::KiroSocial,
        ),
        (
            "/prod.us-east-1.auth.desktop.kiro.dev/refreshToken",
            Issuer::KiroSocial,
        ),
        ("/auth.kimi.com/api/oauth/token", Issuer::Kimi),
    ] {
        vendor.on(path, move |request, state| {
            let reply = match state.failures.pop() {
                Some(failure) => failure,
                None => exchange(request, state, issuer).unwrap_or_else(|refused| *refused),
            };
            reply.delay(state.delay)
        });
    }
}

fn exchange(request: &Received, state: &mut State, issuer: Issuer) -> Result<Reply, Box<Reply>> {
    let fields = fields(request);
    let field = |name: &str| fields.get(name).map(String::as_str);
    if field("grant_type") == Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
        return by_signature(state, field("assertion").unwrap_or_default());
    }
    if !shows_secret(request, field("client_secret"), issuer) {
        return Err(refusal(
            issuer,
            401,
            "invalid_client",
            "the client secret is wrong",
        ));
    }
    if let Some(code) = field("code") {
        // Used up by any try.
        let known = state
            .codes
            .remove(code)
            .filter(|known| known.issuer == issuer)
            .ok_or_else(|| refusal(issuer, 400, "invalid_grant", "the code is used up"))?;
        let same_place = field("redirect_uri").is_none_or(|redirect| redirect == known.redirect);
        let same_state = issuer != Issuer::Claude || field("state") == Some(known.state.as_str());
        if !same_place
            || !same_state
            || !is_answer(known.challenge.as_deref(), field("code_verifier"))
        {
            return Err(refusal(
                issuer,
                400,
                "invalid_grant",
                "the code is somebody else's",
            ));
        }
        return Ok(granted(state, issuer));
    }
    if let Some(code) = field("device_code") {
        let device = state
            .devices
            .get_mut(code)
            .ok_or_else(|| refusal(issuer, 400, "expired_token", "no such device"))?;
        device.polls += 1;
        if device.slow_downs > 0 {
            device.slow_downs -= 1;
            return Err(refusal(issuer, 400, "slow_down", "too fast"));
        }
        if !is_answer(device.challenge.as_deref(), field("code_verifier")) {
            return Err(refusal(
                issuer,
                400,
                "invalid_grant",
                "the verifier is wrong",
            ));
        }
        return match device.answer {
            Answer::Waiting => Err(refusal(issuer, 400, "authorization_pending", "not yet")),
            Answer::Denied => Err(refusal(issuer, 400, "access_denied", "the person said no")),
            Answer::Expired => Err(refusal(issuer, 400, "expired_token", "too late")),
            Answer::Allowed => {
                state.devices.remove(code);
                Ok(granted(state, issuer))
            }
        };
    }
    let token = field("refresh_token").unwrap_or_default();
    let is_imported = token.starts_with("aorAAAAAG") && issuer == Issuer::KiroSocial;
    if state.refresh.get(token) != Some(&issuer) && !is_imported {
        return Err(refusal(
            issuer,
            400,
            "invalid_grant",
            "the refresh token is used up",
        ));
    }
    if state.rotates {
        state.refresh.remove(token);
    }
    *state.refreshes.entry(issuer).or_default() += 1;
    Ok(granted(state, issuer))
}

/// A service account gives no secret but its signature, and gets no refresh token.
fn by_signature(state: &mut State, assertion: &str) -> Result<Reply, Box<Reply>> {
    if !service_account::is_good(assertion) {
        let words = "Invalid JWT Signature.";
        return Err(refusal(Issuer::Google, 400, "invalid_grant", words));
    }
    *state.refreshes.entry(Issuer::Google).or_default() += 1;
    let access = state.fresh("access");
    state.access.insert(access.clone());
    let body =
        json!({ "access_token": access, "expires_in": state.lifetime, "token_type": "Bearer" });
    Ok(Reply::json(200, body))
}

fn shows_secret(request: &Received, in_body: Option<&str>, issuer: Issuer) -> bool {
    match issuer {
        Issuer::Google => in_body == Some(CLIENT_SECRET),
        Issuer::Iflow => request
            .header("authorization")
            .and_then(|value| value.strip_prefix("Basic "))
            .and_then(|value| STANDARD.decode(value).ok())
            .is_some_and(|bytes| bytes.ends_with(format!(":{CLIENT_SECRET}").as_bytes())),
        Issuer::KiroDevice => in_body.is_some_and(|secret| secret.starts_with("registered-secret")),
        Issuer::Claude
        | Issuer::Codex
        | Issuer::GitHub
        | Issuer::Qwen
        | Issuer::KiroSocial
        | Issuer::Kimi => true,
    }
}

fn is_answer(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, _) => true,
        (Some(challenge), Some(verifier)) => {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
        }
        (Some(_), None) => false,
    }
}

fn granted(state: &mut State, issuer: Issuer) -> Reply {
    let access = match issuer {
        Issuer::KiroDevice | Issuer::KiroSocial => {
            token_of(&state.email, &state.counter.to_string())
        }
        _ => state.fresh("access"),
    };
    state.counter += 1;
    let refresh = state.fresh("aorAAAAAG-refresh");
    state.access.insert(access.clone());
    state.refresh.insert(refresh.clone(), issuer);
    let lifetime = state.lifetime;
    let mut body = match issuer {
        Issuer::KiroDevice | Issuer::KiroSocial => {
            json!({ "accessToken": access, "refreshToken": refresh, "expiresIn": lifetime, "tokenType": "Bearer" })
        }
        _ => {
            json!({ "access_token": access, "refresh_token": refresh, "expires_in": lifetime, "token_type": "Bearer" })
        }
    };
    match issuer {
        Issuer::Claude => {
            body["account"] =
                json!({ "uuid": format!("uuid-of-{}", state.email), "email_address": state.email });
            body["organization"] = json!({ "uuid": "an-organisation", "name": "Example" });
            body["scope"] = "user:inference user:profile".into();
        }
        Issuer::Codex => body["id_token"] = token_of(&state.email, "id").into(),
        Issuer::Qwen => body["resource_url"] = "portal.qwen.ai".into(),
        Issuer::KiroSocial => {
            body["profileArn"] = "arn:aws:codewhisperer:us-east-1:1:profile/P".into();
        }
        Issuer::Google => {
            // Google gives the refresh token with the first answer alone.
            if state.refreshes.contains_key(&Issuer::Google) {
                body.as_object_mut()
                    .expect("an object")
                    .remove("refresh_token");
            }
        }
        Issuer::GitHub | Issuer::Iflow | Issuer::KiroDevice | Issuer::Kimi => {}
    }
    Reply::json(200, body)
}

/// A token with claims, signed by nobody.
fn token_of(email: &str, serial: &str) -> String {
    let claims = json!({
        "email": email, "sub": format!("subject-of-{email}"), "jti": serial,
        "https://api.openai.com/auth": { "chatgpt_account_id": format!("account-of-{email}"), "chatgpt_plan_type": "plus" },
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.unsigned",
        part(&json!({ "alg": "none" })),
        part(&claims)
    )
}

fn refusal(issuer: Issuer, status: u16, name: &str, words: &str) -> Box<Reply> {
    let reply = match issuer {
        // GitHub says so under 200.
        Issuer::GitHub => Reply::json(200, json!({ "error": name, "error_description": words })),
        _ => Reply::json(status, json!({ "error": name, "error_description": words })),
    };
    Box::new(reply)
}
