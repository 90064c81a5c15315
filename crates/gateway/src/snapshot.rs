//! Everything a request needs to know, immutable, in one place.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use accounts::proxy::OutboundProxy;
use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use api::log::CaptureSettings;
use api::price::AppliedPrice;
use api::provider::{ApiType, ModelOrigin, NodeKind};
use api::routing::Strategy;
use chrono::{DateTime, Utc};
use providers::address::Reach;
use providers::registry::Registry;
use providers::spec::{ModelSpec, ProviderSpec};
use secrecy::ExposeSecret as _;
use store::Store;
use store::error::StoreError;
use store::records::{ConnectionRecord, Credential, KeyRecord, ModelRecord, NodeRecord};
use tracing::warn;
use wire::dialect::Dialect;

use crate::budget::Budgets;
use crate::prices::Prices;
use crate::settings::{self, Settings};

/// Whether and how whole requests are kept, as [`CaptureSettings`] in JSON.
pub const CAPTURE: &str = "capture";

/// What the environment decides about who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Refuse data-plane requests that show no key.
    pub key_required: bool,
}

/// One of our keys, as admission needs it.
#[derive(Debug, Clone)]
pub struct SnapshotKey {
    pub id: KeyId,
    pub owner_id: UserId,
    pub name: String,
    pub is_active: bool,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A connection, as the data plane holds it.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: ConnectionId,
    pub owner_id: UserId,
    pub is_shared: bool,
    pub name: String,
    pub is_active: bool,
    pub default_model: Option<String>,
    /// Its own way out, instead of the environment's.
    pub proxy: Option<OutboundProxy>,
    pub credential: Arc<Credential>,
    /// Of the row it was read from: a login's tokens may be newer than the snapshot.
    pub version: i64,
    /// The vendor takes its tokens no more.
    pub is_revoked: bool,
    /// Its provider with the address it has for this account, where that has parts of the account's.
    pub spec: Option<Arc<ProviderSpec>>,
    /// The only models it is asked for; with none, for all.
    pub enabled_models: Vec<String>,
}

impl Account {
    /// Whether its owner lets it be asked for `model`.
    #[must_use]
    pub fn serves(&self, model: &str) -> bool {
        let models = &self.enabled_models;
        models.is_empty() || models.iter().any(|enabled| enabled == model)
    }

    /// The same with what it shows now, where that is newer.
    pub(crate) fn showing(self: Arc<Self>, credential: Arc<Credential>) -> Arc<Self> {
        if Arc::ptr_eq(&self.credential, &credential) {
            return self;
        }
        Arc::new(Self {
            credential,
            ..Self::clone(&self)
        })
    }
}

/// Several models under one name. They may be aliases and combos again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combo {
    pub name: String,
    pub models: Vec<String>,
    pub strategy: Strategy,
}

#[derive(Debug)]
pub struct Snapshot {
    pub policy: Policy,
    pub registry: Registry,
    pub settings: Settings,
    pub budgets: Budgets,
    pub capture: CaptureSettings,
    /// Set here; the catalogue's are in the registry.
    pub prices: Prices,
    /// By name.
    pub combos: HashMap<String, Combo>,
    /// What each leads to.
    pub aliases: HashMap<String, String>,
    /// Models that are switched off.
    disabled: HashMap<ProviderId, HashSet<String>>,
    keys: HashMap<[u8; 32], SnapshotKey>,
    accounts: HashMap<ProviderId, Vec<Arc<Account>>>,
}

impl Snapshot {
    pub async fn load(store: &Store, policy: Policy) -> Result<Self, StoreError> {
        let mut snapshot = Self::new(
            policy,
            store.keys().list().await?,
            &store.nodes().list().await?,
            store.connections().list().await?,
        );
        let values = store.settings().all().await?;
        snapshot.settings = Settings::read(&values);
        snapshot.capture = settings::one(&values, CAPTURE);
        snapshot.prices = Prices::new(store.prices().list().await?);
        let mut names = HashMap::new();
        for record in store.routing().combos().await? {
            names.insert(record.id.clone(), record.name.clone());
            let combo = Combo {
                name: record.name.clone(),
                models: record.models,
                strategy: record.strategy,
            };
            snapshot.combos.insert(record.name, combo);
        }
        for record in store.routing().aliases().await? {
            snapshot.aliases.insert(record.alias, record.model);
        }
        snapshot.add_models(store.models().list().await?);
        // Last, since their steps lead where all the names above say.
        snapshot.budgets = Budgets::new(&store.budgets().list().await?, &names, &snapshot);
        Ok(snapshot)
    }

    /// What is known of models beside the catalogue. The catalogue's word counts where it has one.
    fn add_models(&mut self, records: Vec<ModelRecord>) {
        for record in records {
            if !record.is_enabled {
                self.disabled
                    .entry(record.provider.clone())
                    .or_default()
                    .insert(record.model.clone());
            }
            self.registry.add_model(
                &record.provider,
                ModelSpec {
                    id: record.model,
                    name: record.name,
                    context: record.context,
                    price: None,
                    formats: Vec::new(),
                    is_discovered: record.origin == ModelOrigin::Discovered,
                },
            );
        }
    }

    /// `connections` come in the order in which they are tried.
    fn new(
        policy: Policy,
        keys: Vec<KeyRecord>,
        nodes: &[NodeRecord],
        connections: Vec<ConnectionRecord>,
    ) -> Self {
        let keys = keys
            .into_iter()
            .filter_map(|record| {
                let mut hash = [0; 32];
                hex::decode_to_slice(&record.hash, &mut hash).ok()?;
                let key = SnapshotKey {
                    id: record.id,
                    owner_id: record.owner_id,
                    name: record.name,
                    is_active: record.is_active,
                    expires_at: record.expires_at,
                };
                Some((hash, key))
            })
            .collect();
        let registry = Registry::new(nodes.iter().filter_map(node_spec));
        let mut accounts: HashMap<ProviderId, Vec<Arc<Account>>> = HashMap::new();
        for record in connections {
            let proxy = match record
                .proxy
                .map(|url| OutboundProxy::parse(url.expose_secret()))
            {
                None => None,
                Some(Ok(proxy)) => Some(proxy),
                // Never without it: somebody wants this account to be seen from elsewhere.
                Some(Err(error)) => {
                    warn!(connection.id = %record.id, %error, "left out an account whose proxy cannot be read");
                    continue;
                }
            };
            let spec = registry.get(&record.provider);
            let spec = match spec.filter(|spec| !spec.parts.is_empty()).map(|spec| {
                match &record.credential {
                    Credential::ServiceAccount(own) => {
                        spec.for_service_account(&record.parts, &own.project)
                    }
                    Credential::ApiKey(_) | Credential::Login(_) => spec.for_account(&record.parts),
                }
            }) {
                None => None,
                Some(Ok(spec)) => Some(Arc::new(spec)),
                Some(Err(error)) => {
                    warn!(connection.id = %record.id, %error, "left out an account whose address is not whole");
                    continue;
                }
            };
            accounts
                .entry(record.provider)
                .or_default()
                .push(Arc::new(Account {
                    id: record.id,
                    owner_id: record.owner_id,
                    is_shared: record.is_shared,
                    name: record.name,
                    is_active: record.is_active,
                    default_model: record.default_model,
                    proxy,
                    credential: Arc::new(record.credential),
                    version: record.version,
                    is_revoked: record.revoked_at.is_some(),
                    spec,
                    enabled_models: record.enabled_models,
                }));
        }
        Self {
            policy,
            registry,
            settings: Settings::default(),
            budgets: Budgets::default(),
            capture: CaptureSettings::default(),
            prices: Prices::default(),
            combos: HashMap::new(),
            aliases: HashMap::new(),
            disabled: HashMap::new(),
            keys,
            accounts,
        }
    }

    #[must_use]
    pub fn key(&self, digest: &[u8; 32]) -> Option<&SnapshotKey> {
        self.keys.get(digest)
    }

    /// What the key is called now; nothing once it is gone.
    #[must_use]
    pub fn key_name(&self, id: Option<&KeyId>) -> Option<String> {
        let key = self.keys.values().find(|key| Some(&key.id) == id)?;
        Some(key.name.clone())
    }

    /// What the account is called now; nothing once it is gone.
    #[must_use]
    pub fn account_name(&self, id: Option<&ConnectionId>) -> Option<String> {
        let mut accounts = self.accounts.values().flatten();
        let account = accounts.find(|account| Some(&account.id) == id)?;
        Some(account.name.clone())
    }

    /// What a target costs at `at`. `None` where no price is known.
    #[must_use]
    pub fn price(
        &self,
        provider: &ProviderId,
        model: &str,
        at: DateTime<Utc>,
    ) -> Option<AppliedPrice> {
        self.prices.at(&self.registry, provider, model, at)
    }

    /// What every key is called.
    pub fn key_names(&self) -> impl Iterator<Item = (&KeyId, &str)> {
        self.keys.values().map(|key| (&key.id, key.name.as_str()))
    }

    /// What every account is called.
    pub fn account_names(&self) -> impl Iterator<Item = (&ConnectionId, &str)> {
        let accounts = self.accounts.values().flatten();
        accounts.map(|account| (&account.id, account.name.as_str()))
    }

    /// Everybody's, of every provider, paused ones too.
    pub fn all_accounts(&self) -> impl Iterator<Item = (&ProviderId, &Arc<Account>)> {
        self.accounts.iter().flat_map(|(provider, accounts)| {
            accounts.iter().map(move |account| (provider, account))
        })
    }

    #[must_use]
    pub fn is_disabled(&self, provider: &ProviderId, model: &str) -> bool {
        let disabled = self.disabled.get(provider);
        disabled.is_some_and(|models| models.contains(model))
    }

    /// Every proxy of an account's own.
    pub(crate) fn proxies(&self) -> impl Iterator<Item = &OutboundProxy> {
        let accounts = self.accounts.values().flatten();
        accounts.filter_map(|account| account.proxy.as_ref())
    }

    /// Every account that has logged in, active or not, with its provider.
    pub(crate) fn logins(&self) -> impl Iterator<Item = (&Arc<ProviderSpec>, &Arc<Account>)> {
        let is_login = |account: &&Arc<Account>| account.credential.as_login().is_some();
        self.accounts.iter().flat_map(move |(id, accounts)| {
            let spec = self.registry.get(id);
            let logins = accounts.iter().filter(is_login);
            logins.filter_map(move |account| Some((spec?, account)))
        })
    }

    /// An account by its id.
    #[must_use]
    pub fn account(&self, id: &ConnectionId) -> Option<&Arc<Account>> {
        let mut accounts = self.accounts.values().flatten();
        accounts.find(|account| account.id == *id)
    }

    #[must_use]
    pub fn has_account(&self, id: &ConnectionId) -> bool {
        self.account(id).is_some()
    }

    /// Every account whose quota somebody can tell, active or not, with its provider.
    pub(crate) fn with_quota(&self) -> impl Iterator<Item = (&Arc<ProviderSpec>, &Arc<Account>)> {
        self.accounts.iter().flat_map(move |(id, accounts)| {
            let spec = self.registry.get(id);
            accounts.iter().filter_map(move |account| {
                let spec = spec?;
                let quota = spec.quota.as_ref()?;
                let is_login = account.credential.as_login().is_some();
                let can_ask = quota.api.is_some_and(|api| is_login || api.takes_key());
                (can_ask || !quota.allowances.is_empty()).then_some((spec, account))
            })
        })
    }

    /// A provider's accounts in the order in which they are tried.
    #[must_use]
    pub fn accounts(&self, provider: &ProviderId) -> &[Arc<Account>] {
        self.accounts.get(provider).map_or(&[], Vec::as_slice)
    }
}

/// What a node speaks.
#[must_use]
pub fn node_dialect(kind: NodeKind, api_type: Option<ApiType>) -> Dialect {
    match (kind, api_type) {
        (NodeKind::OpenaiCompatible, Some(ApiType::Responses)) => Dialect::OpenaiResponses,
        (NodeKind::OpenaiCompatible, Some(ApiType::Chat) | None) => Dialect::OpenaiChat,
        (NodeKind::AnthropicCompatible, _) => Dialect::Anthropic,
        (NodeKind::GeminiCompatible, _) => Dialect::Gemini,
        (NodeKind::OllamaCompatible, _) => Dialect::Ollama,
        (NodeKind::CodexCompatible, _) => Dialect::Codex,
        (NodeKind::GeminiCliCompatible, _) => Dialect::GeminiCli,
        (NodeKind::AntigravityCompatible, _) => Dialect::Antigravity,
        (NodeKind::KiroCompatible, _) => Dialect::Kiro,
    }
}

/// How far a node may lead.
#[must_use]
pub fn node_reach(allows_private: bool) -> Reach {
    if allows_private {
        Reach::Private
    } else {
        Reach::Public
    }
}

fn node_spec(node: &NodeRecord) -> Option<ProviderSpec> {
    let spec = ProviderSpec::node(
        ProviderId(node.id.0.clone()),
        node.name.clone(),
        node.prefix.clone(),
        &node.base_url,
        node_dialect(node.kind, node.api_type),
        node_reach(node.allows_private),
    );
    spec.inspect_err(
        |error| warn!(node.id = %node.id, %error, "left out a provider node that cannot be read"),
    )
    .ok()
}
