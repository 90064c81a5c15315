//! Connecting accounts that log in: who has begun a login, what came back, and which account it becomes.
//!
//! State and verifier stay here, bound to the session that began; a login is used once and lives for minutes.

mod cached;
mod desk;
mod keep;
pub mod listen;

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use accounts::code::Returned;
use accounts::error::AccountError;
use accounts::http::Http;
use accounts::login::{Login, Place};
use api::ids::{LoginId, ProviderId};
use api::login::{
    LoginBegin, LoginFlow, LoginImport, LoginMethod, LoginOffer, LoginStep, LoginView,
};
use api::provider::not_offered;
use chrono::Utc;
use providers::oauth::{FixedRedirect, Flow, Method, OauthSpec};
use providers::spec::{Login as Takes, ProviderSpec};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::info;
use url::Url;
use uuid::Uuid;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::logins::desk::{Aim, Begun, Bound, Desk, LIFETIME, Missing, Step, Taken};
use crate::logins::listen::{Ears, Listen};
use crate::trials::proxy;

/// Where the browser comes back, when the dashboard is seen from another machine: vendors send it to loopback alone.
const USUAL_PORT: u16 = 20128;

/// The logins of this process.
#[derive(Default)]
pub(crate) struct Logins {
    desk: Desk,
    ears: Ears,
    /// Who asks about devices.
    asking: Mutex<JoinSet<()>>,
}

/// The session that asks, and where its person sees the dashboard.
#[derive(Debug, Clone)]
pub struct Desktop {
    /// The session's id.
    pub session: String,
    /// Scheme, host and port, which the server has checked to be its own.
    pub home: String,
}

/// What came back from a vendor's page.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Without one the state says which login of this session it is for.
    pub id: Option<&'a LoginId>,
    /// Where it was sent, if that says for which provider.
    pub provider: Option<&'a ProviderId>,
    /// The whole address, `code#state`, or the bare code.
    pub text: &'a str,
}

/// A spec, and the method of it that was chosen.
struct Chosen {
    provider: Arc<ProviderSpec>,
    method: String,
}

/// Boxed, because the compiler does not see through what is inside that it may move between threads.
type Asking<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Chosen {
    fn parts(&self) -> Result<(&OauthSpec, &Method), AdminError> {
        let oauth = self.provider.oauth.as_ref().ok_or_else(no_login)?;
        let method = oauth.method(&self.method).ok_or_else(no_method)?;
        Ok((oauth, method))
    }
}

impl Admin {
    pub(crate) fn login_offer(&self, spec: &ProviderSpec) -> Option<LoginOffer> {
        let oauth = spec.oauth.as_ref()?;
        let methods = oauth.methods.iter().map(|method| LoginMethod {
            id: method.id.clone(),
            name: method.name.clone(),
            flow: flow(method.flow),
            asks_region: method.asks_region,
            missing: method
                .client_secret
                .clone()
                .filter(|variable| !self.inner.accounts.has_secret(variable)),
        });
        Some(LoginOffer {
            terms: oauth.terms.clone(),
            methods: methods.collect(),
        })
    }

    /// How the login that is meant goes.
    pub fn login_flow(
        &self,
        _actor: &Actor,
        provider: &ProviderId,
        method: Option<&str>,
    ) -> Result<LoginFlow, AdminError> {
        let chosen = self.chosen(provider, method)?;
        Ok(flow(chosen.parts()?.1.flow))
    }

    /// Begins a login in the browser or with a device's code.
    pub async fn begin_login(
        &self,
        actor: &Actor,
        desktop: &Desktop,
        params: LoginBegin,
    ) -> Result<LoginView, AdminError> {
        let chosen = self.chosen(&params.provider, params.method.as_deref())?;
        let aim = Aim {
            provider: params.provider,
            method: chosen.method.clone(),
            connection: params.connection,
            proxy: proxy(self.proxy(actor, params.proxy.as_deref()).await?.as_ref())?,
        };
        let http = self.way_out(actor, &chosen, &aim).await?;
        let place = Place {
            region: region(params.region.as_deref())?,
            start_url: start_url(params.start_url.as_deref())?,
        };
        let begun = Beginning {
            id: LoginId(Uuid::now_v7().to_string()),
            bound: bound(actor, desktop),
            aim,
            home: desktop.home.clone(),
        };
        match chosen.parts()?.1.flow {
            Flow::Code => self.begin_in_browser(&http, begun, &chosen).await,
            Flow::Device => {
                self.begin_with_device(actor, http, begun, chosen, place)
                    .await
            }
            Flow::Import => Err(AdminError::invalid(
                "method",
                "this way takes a token and no login",
            )),
        }
    }

    async fn begin_in_browser(
        &self,
        http: &Http,
        beginning: Beginning,
        chosen: &Chosen,
    ) -> Result<LoginView, AdminError> {
        let (_, method) = chosen.parts()?;
        let (own, is_here) = own_redirect(&beginning.home);
        let (url, pending) = self.inner.accounts.begin_code(http, method, &own)?;
        let is_awaited = match method.fixed_redirect() {
            None => is_here,
            Some(FixedRedirect::Elsewhere) => false,
            Some(FixedRedirect::Port(port)) => {
                let lifetime = LIFETIME.to_std().unwrap_or_default();
                self.inner.logins.ears.open(port, lifetime).await && is_here
            }
        };
        let step = Step::Browser {
            url,
            is_awaited,
            pending: Box::new(pending),
        };
        Ok(self.put(beginning, Utc::now() + LIFETIME, step))
    }

    async fn begin_with_device(
        &self,
        actor: &Actor,
        http: Http,
        beginning: Beginning,
        chosen: Chosen,
        place: Place,
    ) -> Result<LoginView, AdminError> {
        let (_, method) = chosen.parts()?;
        let accounts = &self.inner.accounts;
        let pending = accounts.begin_device(&http, method, place).await?;
        let step = Step::Device {
            user_code: pending.user_code().to_owned(),
            url: pending.address().to_owned(),
            complete_url: pending.complete_address().map(str::to_owned),
            asking: None,
        };
        let (id, aim) = (beginning.id.clone(), beginning.aim.clone());
        let view = self.put(beginning, pending.expires_at(), step);
        let (admin, actor, login) = (self.clone(), actor.clone(), id.clone());
        let ask = async move {
            let done = match chosen.parts() {
                Ok((oauth, method)) => {
                    let accounts = &admin.inner.accounts;
                    let done: Asking<'_, Result<Login, AccountError>> =
                        Box::pin(accounts.finish_device(&http, oauth, method, pending));
                    done.await.map_err(AdminError::from)
                }
                Err(error) => Err(error),
            };
            let settled: Asking<'_, ()> = Box::pin(admin.settle(&actor, &login, &aim, done));
            settled.await;
        };
        let mut asking = self.asking();
        while asking.try_join_next().is_some() {}
        let handle = asking.spawn(ask);
        drop(asking);
        self.inner.logins.desk.asked_by(&id, handle);
        Ok(view)
    }

    /// How far a login of this session is.
    pub fn login(
        &self,
        actor: &Actor,
        desktop: &Desktop,
        id: &LoginId,
    ) -> Result<LoginView, AdminError> {
        let desk = &self.inner.logins.desk;
        desk.view(id, &bound(actor, desktop), Utc::now())
            .ok_or_else(unknown)
    }

    /// Finishes a login with what the vendor's page sent back.
    pub async fn finish_login(
        &self,
        actor: &Actor,
        desktop: &Desktop,
        answer: Answer<'_>,
    ) -> Result<LoginView, AdminError> {
        let (bound, desk) = (bound(actor, desktop), &self.inner.logins.desk);
        let text = answer.text;
        let state = state_in(text);
        let id = match (answer.id, &state) {
            (Some(id), _) => id.clone(),
            (None, Some(state)) => desk.by_state(state, &bound).ok_or_else(unknown)?,
            (None, None) => return Err(unknown()),
        };
        let now = Utc::now();
        let view = desk.view(&id, &bound, now).ok_or_else(unknown)?;
        if answer
            .provider
            .is_some_and(|provider| *provider != view.provider)
        {
            return Err(unknown());
        }
        let returned = Returned::parse(text);
        let state = match &returned {
            Ok(returned) => returned.state.as_deref(),
            Err(AccountError::Denied(_)) => state.as_deref(),
            // A slip of whoever pasted it: the login goes on.
            Err(error) => return Err(AdminError::invalid("text", pasted_wrong(error))),
        };
        let taken = desk
            .take(&id, &bound, state, now)
            .map_err(|missing| match missing {
                Missing::Unknown => unknown(),
                Missing::OtherState => AdminError::invalid(
                    "text",
                    "this belongs to another login: take the address of the page that this login has opened",
                ),
            })?;
        self.exchange(actor, taken, returned).await;
        desk.view(&id, &bound, now).ok_or_else(unknown)
    }

    async fn exchange(
        &self,
        actor: &Actor,
        taken: Taken,
        returned: Result<Returned, AccountError>,
    ) {
        let done = async {
            let returned = returned?;
            let chosen = self.chosen(&taken.aim.provider, Some(&taken.aim.method))?;
            let (oauth, method) = chosen.parts()?;
            if let Some(FixedRedirect::Port(port)) = method.fixed_redirect() {
                self.inner.logins.ears.close(port);
            }
            let http = self.way_out(actor, &chosen, &taken.aim).await?;
            let accounts = &self.inner.accounts;
            let done = accounts.finish_code(&http, oauth, method, *taken.pending, returned.code);
            Ok(done.await?)
        };
        let done: Result<Login, AdminError> = done.await;
        self.settle(actor, &taken.id, &taken.aim, done).await;
    }

    /// Takes a token of another program's, if it works.
    pub async fn import_login(
        &self,
        actor: &Actor,
        params: LoginImport,
    ) -> Result<LoginStep, AdminError> {
        let chosen = self.chosen(&params.provider, Some(&params.method))?;
        let (oauth, method) = chosen.parts()?;
        if method.flow != Flow::Import {
            return Err(AdminError::invalid("method", "this way takes no token"));
        }
        let aim = Aim {
            provider: params.provider,
            method: params.method,
            connection: params.connection,
            proxy: proxy(self.proxy(actor, params.proxy.as_deref()).await?.as_ref())?,
        };
        let http = self.way_out(actor, &chosen, &aim).await?;
        let accounts = &self.inner.accounts;
        let imported = accounts.import(&http, oauth, method, &params.token);
        let login = imported.await.map_err(|error| match error {
            AccountError::Malformed(what) => AdminError::invalid("token", what),
            error => error.into(),
        })?;
        self.keep_login(actor, &aim, login).await
    }

    /// Forgets a login, which nobody can finish then.
    pub fn cancel_login(&self, actor: &Actor, desktop: &Desktop, id: &LoginId) {
        let desk = &self.inner.logins.desk;
        desk.forget(id, &bound(actor, desktop));
    }

    /// Where the person sees the dashboard who began the login with this state. Nothing else is told to whoever asks.
    #[must_use]
    pub fn login_home(&self, state: &str) -> Option<String> {
        self.inner.logins.desk.home(state, Utc::now())
    }

    /// Asks for somebody who listens on the port that a provider's page sends browsers to; says whether they do.
    pub async fn open_port(
        &self,
        _actor: &Actor,
        provider: &ProviderId,
    ) -> Result<bool, AdminError> {
        let lifetime = LIFETIME.to_std().unwrap_or_default();
        match self.fixed_port(provider)? {
            Some(port) => Ok(self.inner.logins.ears.open(port, lifetime).await),
            None => Ok(false),
        }
    }

    pub fn close_port(&self, _actor: &Actor, provider: &ProviderId) -> Result<(), AdminError> {
        if let Some(port) = self.fixed_port(provider)? {
            self.inner.logins.ears.close(port);
        }
        Ok(())
    }

    /// What is asked of whoever runs this program. There is one answerer: the second is given nothing.
    #[must_use]
    pub fn asks_to_listen(&self) -> Option<mpsc::Receiver<Listen>> {
        let ears = &self.inner.logins.ears;
        ears.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Stops asking vendors about devices.
    pub async fn close(&self) {
        let mut asking = std::mem::take(&mut *self.asking());
        asking.shutdown().await;
    }

    fn fixed_port(&self, provider: &ProviderId) -> Result<Option<u16>, AdminError> {
        let chosen = self.chosen(provider, None)?;
        Ok(match chosen.parts()?.1.fixed_redirect() {
            Some(FixedRedirect::Port(port)) => Some(port),
            Some(FixedRedirect::Elsewhere) | None => None,
        })
    }

    fn asking(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        let asking = &self.inner.logins.asking;
        asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(
        &self,
        beginning: Beginning,
        expires_at: chrono::DateTime<Utc>,
        step: Step,
    ) -> LoginView {
        let begun = Begun {
            bound: beginning.bound,
            aim: beginning.aim,
            home: beginning.home,
            expires_at,
            step,
        };
        self.inner.logins.desk.put(beginning.id, begun, Utc::now())
    }

    /// Stores what a login gave, if its person may still act, and says how it ended.
    async fn settle(
        &self,
        actor: &Actor,
        id: &LoginId,
        aim: &Aim,
        done: Result<Login, AdminError>,
    ) {
        let kept = async {
            let login = done?;
            let actor = self
                .resume(&actor.claims())
                .await?
                .ok_or(AdminError::Unauthenticated("you have been signed out"))?;
            self.keep_login(&actor, aim, login).await
        };
        let step = match kept.await {
            Ok(step) => {
                info!(provider = %aim.provider, "an account has logged in");
                step
            }
            Err(error) => {
                info!(provider = %aim.provider, %error, "a login failed");
                let told = api::error::ApiError::from(error);
                LoginStep::Failed {
                    message: told.message,
                }
            }
        };
        self.inner.logins.desk.settle(id, step);
    }

    /// The way a login goes: by the proxy that somebody has named for it, or by that of the account it repairs, which
    /// is the actor's own.
    async fn way_out(&self, actor: &Actor, chosen: &Chosen, aim: &Aim) -> Result<Http, AdminError> {
        let known = match &aim.connection {
            Some(id) => proxy(self.own_connection(actor, id).await?.proxy.as_ref())?,
            None => None,
        };
        let proxy = aim.proxy.as_ref().or(known.as_ref());
        Ok(self.inner.gateway.way_out(&chosen.provider, proxy)?)
    }

    fn chosen(&self, provider: &ProviderId, method: Option<&str>) -> Result<Chosen, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        let spec = snapshot
            .registry
            .get(provider)
            .ok_or_else(|| unoffered(provider))?;
        let oauth = spec.oauth.as_ref().ok_or_else(|| match spec.login {
            Takes::Oauth => unoffered(provider),
            Takes::ApiKey => no_login(),
        })?;
        let method = oauth.method_of(method).ok_or_else(no_method)?;
        Ok(Chosen {
            method: method.id.clone(),
            provider: Arc::clone(spec),
        })
    }
}

struct Beginning {
    id: LoginId,
    bound: Bound,
    aim: Aim,
    home: String,
}

fn bound(actor: &Actor, desktop: &Desktop) -> Bound {
    Bound {
        owner: actor.id().clone(),
        session: desktop.session.clone(),
    }
}

fn flow(flow: Flow) -> LoginFlow {
    match flow {
        Flow::Code => LoginFlow::Code,
        Flow::Device => LoginFlow::Device,
        Flow::Import => LoginFlow::Import,
    }
}

fn unoffered(provider: &ProviderId) -> AdminError {
    let words = not_offered(provider.as_str()).unwrap_or("Invalid provider");
    AdminError::invalid("provider", words)
}

fn no_login() -> AdminError {
    AdminError::invalid("provider", "this provider takes an API key and no login")
}

fn no_method() -> AdminError {
    AdminError::invalid("method", "this provider has no such login")
}

fn unknown() -> AdminError {
    AdminError::NotFound("a login that waits for this in your session was")
}

fn pasted_wrong(error: &AccountError) -> String {
    match error {
        AccountError::Malformed(what) => what.clone(),
        error => error.to_string(),
    }
}

/// The state in an address, where there is one.
fn state_in(text: &str) -> Option<String> {
    let text = text.trim();
    let Some((_, query)) = text.split_once('?') else {
        return text.split_once('#').map(|(_, state)| state.to_owned());
    };
    let query = query.split('#').next().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "state")
        .map(|(_, state)| state.into_owned())
}

/// This program's own address for vendors, and whether the browser can reach it there.
fn own_redirect(home: &str) -> (String, bool) {
    let home = Url::parse(home).ok();
    let is_here = home.as_ref().is_some_and(|home| {
        home.scheme() == "http"
            && matches!(home.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
    });
    let port = home
        .filter(|_| is_here)
        .and_then(|home| home.port_or_known_default())
        .unwrap_or(USUAL_PORT);
    (format!("http://localhost:{port}/callback"), is_here)
}

/// A region's name goes into a host's: letters, digits and dashes alone.
fn region(text: Option<&str>) -> Result<Option<String>, AdminError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let is_region = text.len() <= 32
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_region {
        Ok(Some(text.to_owned()))
    } else {
        Err(AdminError::invalid(
            "region",
            "expected a region such as us-east-1",
        ))
    }
}

fn start_url(text: Option<&str>) -> Result<Option<String>, AdminError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => Ok(Some(text.to_owned())),
        _ => Err(AdminError::invalid(
            "start_url",
            "expected the https:// address at which your organisation signs in",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_comes_back_to_where_the_program_is() {
        for (home, redirect, is_here) in [
            (
                "http://localhost:20128",
                "http://localhost:20128/callback",
                true,
            ),
            (
                "http://127.0.0.1:4000",
                "http://localhost:4000/callback",
                true,
            ),
            ("http://[::1]:4000", "http://localhost:4000/callback", true),
            (
                "https://router.example.com",
                "http://localhost:20128/callback",
                false,
            ),
            (
                "http://localhost.evil.example",
                "http://localhost:20128/callback",
                false,
            ),
        ] {
            assert_eq!(own_redirect(home), (redirect.to_owned(), is_here), "{home}");
        }
    }

    #[test]
    fn a_region_cannot_lead_to_another_host() {
        assert!(matches!(region(Some("eu-west-1")), Ok(Some(_))));
        assert!(matches!(region(Some("  ")), Ok(None)));
        for text in ["x.evil.example/", "a/b", "evil@", "US", "a#"] {
            assert!(region(Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_state_is_found_in_what_comes_back() {
        for (text, state) in [
            ("http://localhost/callback?code=a&state=x", Some("x")),
            (
                "kiro://k/authenticate-success?state=x%20y&code=a#z",
                Some("x y"),
            ),
            ("code#x", Some("x")),
            ("code", None),
            ("http://localhost/callback?code=a", None),
        ] {
            assert_eq!(state_in(text).as_deref(), state, "{text}");
        }
    }
}
