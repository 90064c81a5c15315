//! The pages where a person agrees. They ask for one click, so that a browser can be tested too.

use std::collections::HashMap;

use crate::vendor::{Code, Issuer, State, Vendor};
use crate::{Received, Reply};

pub(super) fn serve(vendor: &Vendor) {
    for (path, issuer, redirect) in [
        ("/claude.ai/oauth/authorize", Issuer::Claude, "redirect_uri"),
        (
            "/auth.openai.com/oauth/authorize",
            Issuer::Codex,
            "redirect_uri",
        ),
        (
            "/accounts.google.com/o/oauth2/v2/auth",
            Issuer::Google,
            "redirect_uri",
        ),
        ("/iflow.cn/oauth", Issuer::Iflow, "redirect"),
        (
            "/prod.us-east-1.auth.desktop.kiro.dev/login",
            Issuer::KiroSocial,
            "redirect_uri",
        ),
    ] {
        vendor.on(path, move |request, state| {
            page(request, state, issuer, redirect)
        });
    }
}

fn page(request: &Received, state: &mut State, issuer: Issuer, redirect: &str) -> Reply {
    let query: HashMap<String, String> = url::form_urlencoded::parse(request.query().as_bytes())
        .into_owned()
        .collect();
    let field = |name: &str| query.get(name).cloned();
    let (Some(redirect), Some(given)) = (field(redirect), field("state")) else {
        return Reply::text(400, "text/plain", "a redirect and a state are needed");
    };
    let wants_pkce = matches!(issuer, Issuer::Claude | Issuer::Codex | Issuer::KiroSocial);
    if wants_pkce && field("code_challenge_method").as_deref() != Some("S256") {
        return Reply::text(400, "text/plain", "a challenge by S256 is needed");
    }
    let code = state.fresh("code");
    state.codes.insert(
        code.clone(),
        Code {
            issuer,
            redirect: redirect.clone(),
            challenge: field("code_challenge"),
            state: given.clone(),
        },
    );
    let back = |pairs: &[(&str, &str)]| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        format!("{redirect}?{query}").replace('&', "&amp;")
    };
    let allow = back(&[("code", &code), ("state", &given)]);
    let deny = back(&[
        ("error", "access_denied"),
        ("error_description", "You said no"),
        ("state", &given),
    ]);
    Reply::text(
        200,
        "text/html; charset=utf-8",
        format!(
            "<!doctype html><html lang=en><title>Vendor</title><p><a id=allow href=\"{allow}\">Allow</a></p>\
             <p><a id=deny href=\"{deny}\">Deny</a></p>"
        ),
    )
}
