//! `/api/oauth/*`: logins with vendors, in the original's shapes.
//!
//! What the original hands to the browser stays here: `codeVerifier` is gone, and `deviceCode` is this program's own
//! name for the login. `redirect_uri` is ignored: where browsers come back is not for a caller to say.

use admin::logins::{Answer, Desktop};
use admin::{Actor, Admin, Visitor};
use api::connection::ConnectionView;
use api::ids::{ConnectionId, LoginId, ProviderId};
use api::login::{LoginBegin, LoginFlow, LoginImport, LoginStep, LoginView};
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use chrono::Utc;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_sessions::Session;
use url::Url;

use crate::openapi::operations::Operations;
use crate::openapi::shape::{any, object, of, or_null};
use crate::rest::body::Body;
use crate::rest::error::RestError;

/// What vendors ask a device to wait; the program itself waits as long as it is told to.
const POLL_SECONDS: u32 = 3;

/// The names of Kiro's logins with another vendor's account.
const SOCIAL: [&str; 2] = ["google", "github"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Begin {
    method: Option<String>,
    connection_id: Option<ConnectionId>,
    region: Option<String>,
    start_url: Option<String>,
    /// Of Kiro's social logins: `google` or `github`.
    provider: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exchange {
    /// The bare code, `code#state`, or the whole address.
    code: Option<String>,
    state: Option<String>,
    login_id: Option<LoginId>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Poll {
    device_code: Option<LoginId>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Import {
    /// Without one the login of Kiro's own program on this machine is taken.
    refresh_token: Option<String>,
    connection_id: Option<ConnectionId>,
    /// What the token is tried through, and the account goes through from then on.
    proxy: Option<String>,
}

pub(crate) fn describe(api: Operations) -> Operations {
    let device = object([
        ("device_code", of::<String>()),
        ("user_code", of::<String>()),
        ("verification_uri", of::<String>()),
        ("verification_uri_complete", or_null(of::<String>())),
        ("expires_in", of::<i64>()),
        ("interval", of::<u32>()),
    ]);
    let login = "the way, by its id; the provider's usual one where it is left out";
    let account = "the account to be connected again";
    let done = || object([("success", of::<bool>()), ("connection", any())]);
    api.about("Logins")
        .get(
            "/api/oauth/{provider}/authorize",
            "Begin a login in the browser; `flowType` says where it is one with a device",
        )
        .query("method", login, of::<String>())
        .query("connectionId", account, of::<ConnectionId>())
        .post(
            "/api/oauth/{provider}/exchange",
            "Finish a login with the code that came back",
        )
        .takes::<Exchange>()
        .gives(done())
        .get("/api/oauth/{provider}/device-code", "Begin a login with a device")
        .query("method", login, of::<String>())
        .query("connectionId", account, of::<ConnectionId>())
        .query("region", "of an organisation in AWS", of::<String>())
        .query("startUrl", "where an organisation's people sign in", of::<String>())
        .gives(device)
        .post(
            "/api/oauth/{provider}/poll",
            "How far a login with a device is: `pending`, failed with `error`, or with its account",
        )
        .takes::<Poll>()
        .get(
            "/api/oauth/{provider}/start-proxy",
            "Listen on the port that the provider sends browsers to",
        )
        .gives(object([("success", of::<bool>())]))
        .get("/api/oauth/{provider}/stop-proxy", "Listen there no more")
        .gives(object([("success", of::<bool>())]))
        .get(
            "/api/oauth/kiro/social-authorize",
            "Begin a login of Kiro with an account of Google or GitHub",
        )
        .query("provider", "`google` or `github`", of::<String>())
        .post(
            "/api/oauth/kiro/social-exchange",
            "Finish it with the address that the browser could not open",
        )
        .takes::<Exchange>()
        .gives(done())
        .post(
            "/api/oauth/kiro/import",
            "Connect with a refresh token; without one with that of Kiro's own program on this machine",
        )
        .takes::<Import>()
        .gives(done())
        .post(
            "/api/oauth/{provider}/import",
            "Why a provider's token cannot be imported; only Kiro's can",
        )
        .gives(done())
        .get(
            "/api/oauth/kiro/auto-import",
            "Whether Kiro's own program keeps a login on this machine",
        )
        .gives(object([
            ("found", of::<bool>()),
            ("error", of::<Option<String>>()),
        ]))
}

fn desktop(session: &Session, headers: &HeaderMap) -> Desktop {
    app::session::desktop_of(session, app::session::origin_of(headers))
}

pub(crate) async fn authorize(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    session: Session,
    headers: HeaderMap,
    Path(provider): Path<ProviderId>,
    Query(query): Query<Begin>,
) -> Result<Json<Value>, RestError> {
    let method = query.method.as_deref();
    if admin.login_flow(&actor, &provider, method)? == LoginFlow::Device {
        return Ok(Json(
            json!({ "flowType": "device_code", "provider": provider }),
        ));
    }
    let place = desktop(&session, &headers);
    let view = begin(&admin, &actor, &place, provider, query).await?;
    authorization(&view)
}

pub(crate) async fn social_authorize(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    session: Session,
    headers: HeaderMap,
    Query(query): Query<Begin>,
) -> Result<Json<Value>, RestError> {
    let social = query.provider.clone();
    let method = social.filter(|name| SOCIAL.contains(&name.as_str()));
    let Some(method) = method else {
        let message = "expected the provider `google` or `github`";
        return Err(RestError::new(StatusCode::BAD_REQUEST, message));
    };
    let query = Begin {
        method: Some(method),
        ..query
    };
    let place = desktop(&session, &headers);
    let view = begin(&admin, &actor, &place, ProviderId::from("kiro"), query).await?;
    authorization(&view)
}

pub(crate) async fn device_code(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    session: Session,
    headers: HeaderMap,
    Path(provider): Path<ProviderId>,
    Query(query): Query<Begin>,
) -> Result<Json<Value>, RestError> {
    if admin.login_flow(&actor, &provider, query.method.as_deref())? != LoginFlow::Device {
        return Err(RestError::new(
            StatusCode::BAD_REQUEST,
            "this login has no device code: ask for authorize",
        ));
    }
    let place = desktop(&session, &headers);
    let view = begin(&admin, &actor, &place, provider, query).await?;
    let LoginStep::Device {
        user_code,
        url,
        complete_url,
    } = view.step
    else {
        return Err(not_pending());
    };
    let seconds = (view.expires_at - Utc::now()).num_seconds().max(0);
    Ok(Json(json!({
        "device_code": view.id,
        "user_code": user_code,
        "verification_uri": url,
        "verification_uri_complete": complete_url,
        "expires_in": seconds,
        "interval": POLL_SECONDS,
    })))
}

async fn begin(
    admin: &Admin,
    actor: &Actor,
    place: &Desktop,
    provider: ProviderId,
    query: Begin,
) -> Result<LoginView, RestError> {
    let params = LoginBegin {
        provider,
        method: query.method,
        connection: query.connection_id,
        region: query.region,
        start_url: query.start_url,
        // It may hold a password, which has no place in an address.
        proxy: None,
    };
    Ok(admin.begin_login(actor, place, params).await?)
}

fn authorization(view: &LoginView) -> Result<Json<Value>, RestError> {
    let LoginStep::Browser {
        url,
        redirect,
        is_awaited,
    } = &view.step
    else {
        return Err(not_pending());
    };
    let query_of = |url: &str, name: &str| {
        let url = Url::parse(url).ok()?;
        let mut pairs = url.query_pairs();
        let (_, value) = pairs.find(|(known, _)| known == name)?;
        Some(value.into_owned())
    };
    let back = Url::parse(redirect).ok();
    let port = back.as_ref().and_then(Url::port);
    Ok(Json(json!({
        "authUrl": url,
        "state": query_of(url, "state"),
        "redirectUri": redirect,
        "flowType": "authorization_code",
        "fixedPort": port,
        "callbackPath": back.as_ref().map(Url::path),
        "isAwaited": is_awaited,
        "loginId": view.id,
        "expiresAt": view.expires_at,
    })))
}

pub(crate) async fn exchange(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    session: Session,
    headers: HeaderMap,
    Path(provider): Path<ProviderId>,
    Body(body): Body<Exchange>,
) -> Result<Json<Value>, RestError> {
    finish(&admin, &actor, &desktop(&session, &headers), provider, body).await
}

pub(crate) async fn social_exchange(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    session: Session,
    headers: HeaderMap,
    Body(body): Body<Exchange>,
) -> Result<Json<Value>, RestError> {
    let place = desktop(&session, &headers);
    finish(&admin, &actor, &place, ProviderId::from("kiro"), body).await
}

async fn finish(
    admin: &Admin,
    actor: &Actor,
    place: &Desktop,
    provider: ProviderId,
    body: Exchange,
) -> Result<Json<Value>, RestError> {
    let code = body.code.filter(|code| !code.trim().is_empty());
    let (Some(code), true) = (code, body.state.is_some() || body.login_id.is_some()) else {
        return Err(RestError::new(
            StatusCode::BAD_REQUEST,
            "Missing required fields",
        ));
    };
    let text = match &body.state {
        Some(state) if !code.contains('?') => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("code", &code)
                .append_pair("state", state)
                .finish();
            format!("?{query}")
        }
        _ => code,
    };
    let answer = Answer {
        id: body.login_id.as_ref(),
        provider: Some(&provider),
        text: &text,
    };
    let view = admin.finish_login(actor, place, answer).await?;
    connected(admin, actor, view.step).await
}

pub(crate) async fn poll(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    session: Session,
    headers: HeaderMap,
    Path(provider): Path<ProviderId>,
    Body(body): Body<Poll>,
) -> Result<Json<Value>, RestError> {
    let Some(id) = body.device_code else {
        return Err(RestError::new(
            StatusCode::BAD_REQUEST,
            "Missing device code",
        ));
    };
    let view = admin.login(&actor, &desktop(&session, &headers), &id)?;
    if view.provider != provider {
        return Err(not_pending());
    }
    match view.step {
        LoginStep::Device { .. } | LoginStep::Browser { .. } | LoginStep::Finishing => Ok(Json(
            json!({ "success": false, "pending": true, "error": "authorization_pending", "errorDescription": "nobody has agreed yet" }),
        )),
        LoginStep::Failed { message } => Ok(Json(
            json!({ "success": false, "pending": false, "error": "login_failed", "errorDescription": message }),
        )),
        step @ LoginStep::Connected { .. } => connected(&admin, &actor, step).await,
    }
}

/// The account that came of it.
async fn connected(
    admin: &Admin,
    actor: &Actor,
    step: LoginStep,
) -> Result<Json<Value>, RestError> {
    match step {
        LoginStep::Connected {
            connection, is_new, ..
        } => {
            let view = admin.connection(actor, &connection).await?;
            Ok(Json(
                json!({ "success": true, "isNew": is_new, "connection": account(view) }),
            ))
        }
        LoginStep::Failed { message } => Err(RestError::new(StatusCode::BAD_GATEWAY, message)),
        LoginStep::Browser { .. } | LoginStep::Device { .. } | LoginStep::Finishing => {
            Err(not_pending())
        }
    }
}

fn account(view: ConnectionView) -> Value {
    json!({
        "id": view.id,
        "provider": view.provider,
        "email": view.login.and_then(|login| login.label),
        "displayName": view.name,
    })
}

pub(crate) async fn start_proxy(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(provider): Path<ProviderId>,
) -> Result<Json<Value>, RestError> {
    let is_open = admin.open_port(&actor, &provider).await?;
    let error = (!is_open).then_some("nobody can listen there: paste the address instead");
    Ok(Json(json!({ "success": is_open, "error": error })))
}

pub(crate) async fn stop_proxy(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(provider): Path<ProviderId>,
) -> Result<Json<Value>, RestError> {
    admin.close_port(&actor, &provider)?;
    Ok(Json(json!({ "success": true })))
}

/// Of every provider but Kiro, to say why there is none.
pub(crate) async fn import(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(provider): Path<String>,
) -> Result<Json<Value>, RestError> {
    admin.login_flow(&actor, &ProviderId(provider), Some("imported"))?;
    Err(RestError::new(
        StatusCode::BAD_REQUEST,
        "this provider's tokens are imported at an address of its own".to_owned(),
    ))
}

pub(crate) async fn kiro_import(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Extension(visitor): Extension<Visitor>,
    Body(body): Body<Import>,
) -> Result<Json<Value>, RestError> {
    let step = match body.refresh_token {
        Some(token) => {
            let params = LoginImport {
                provider: ProviderId::from("kiro"),
                method: "imported".to_owned(),
                connection: body.connection_id,
                token,
                proxy: body.proxy,
            };
            admin.import_login(&actor, params).await?
        }
        None => {
            let import =
                admin.import_cached_login(&actor, &visitor, body.connection_id, body.proxy);
            import.await?
        }
    };
    connected(&admin, &actor, step).await
}

/// Whether there is a login to take over; the original shows it, this says so.
pub(crate) async fn kiro_auto_import(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Json<Value>, RestError> {
    Ok(Json(
        match admin.find_cached_login(&actor, &visitor).await {
            Ok(()) => json!({ "found": true, "error": null }),
            Err(error) => {
                json!({ "found": false, "error": api::error::ApiError::from(error).message })
            }
        },
    ))
}

fn not_pending() -> RestError {
    RestError::new(StatusCode::NOT_FOUND, "no such login waits in this session")
}
