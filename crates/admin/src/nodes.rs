//! Providers: the catalogue as people see it, and the nodes they define.

use api::connection::{CheckResult, NodeCheck};
use api::ids::{NodeId, ProviderId};
use api::login::LoginOffer;
use api::provider::{
    Dialect, KeyFile, NodeCreate, NodeKind, NodePatch, NodeView, PartEntry, PartView, ProviderView,
    Tier,
};
use chrono::Utc;
use gateway::check::Trial;
use gateway::snapshot::{node_dialect, node_reach};
use providers::address::Blocked;
use providers::base_url;
use providers::parts::{Part, PartKind};
use providers::spec::{KeyNeed, Login, ProviderSpec, is_prefix};
use secrecy::SecretString;
use store::records::{Credential, NodeRecord};
use uuid::Uuid;

use crate::Admin;
use crate::actor::Actor;
use crate::auth::name;
use crate::error::{AdminError, about};

const PREFIX_TAKEN: &str = "another provider node has this prefix already";

impl Admin {
    /// The user's nodes first, then the catalogue's providers that take an API key or a login we know.
    pub async fn providers(&self, actor: &Actor) -> Result<Vec<ProviderView>, AdminError> {
        let nodes = self.inner.store.nodes().list().await?;
        let snapshot = self.inner.gateway.snapshot();
        Ok(snapshot
            .registry
            .iter()
            .filter(|spec| spec.login == Login::ApiKey || spec.oauth.is_some())
            .map(|spec| {
                provider_view(
                    actor,
                    spec,
                    self.login_offer(spec),
                    nodes
                        .iter()
                        .find(|node| node.id.as_str() == spec.id.as_str()),
                )
            })
            .collect())
    }

    pub async fn nodes(&self, _actor: &Actor) -> Result<Vec<NodeView>, AdminError> {
        Ok(self
            .inner
            .store
            .nodes()
            .list()
            .await?
            .iter()
            .map(view)
            .collect())
    }

    pub async fn create_node(
        &self,
        actor: &Actor,
        params: NodeCreate,
    ) -> Result<NodeView, AdminError> {
        actor.must_be_admin()?;
        let now = Utc::now();
        let base_url = base(&params.base_url)?;
        self.may_lead_there(&base_url, params.allows_private)
            .await?;
        let record = NodeRecord {
            id: NodeId(Uuid::now_v7().to_string()),
            owner_id: actor.id().clone(),
            kind: params.kind,
            name: name("name", &params.name)?,
            prefix: prefix(&params.prefix)?,
            api_type: params
                .api_type
                .filter(|_| params.kind == NodeKind::OpenaiCompatible),
            base_url,
            allows_private: params.allows_private,
            created_at: now,
            updated_at: now,
        };
        self.inner
            .store
            .nodes()
            .insert(&record)
            .await
            .map_err(about("provider node", "prefix", PREFIX_TAKEN))?;
        self.apply().await?;
        Ok(view(&record))
    }

    pub async fn patch_node(
        &self,
        actor: &Actor,
        id: &NodeId,
        patch: NodePatch,
    ) -> Result<NodeView, AdminError> {
        actor.must_be_admin()?;
        let nodes = self.inner.store.nodes().list().await?;
        let mut record = nodes
            .into_iter()
            .find(|node| node.id == *id)
            .ok_or(AdminError::NotFound("provider node"))?;
        if let Some(text) = patch.name {
            record.name = name("name", &text)?;
        }
        if let Some(text) = patch.prefix {
            record.prefix = prefix(&text)?;
        }
        let moves = patch.base_url.is_some() || patch.allows_private.is_some();
        if let Some(text) = patch.base_url {
            record.base_url = base(&text)?;
        }
        record.allows_private = patch.allows_private.unwrap_or(record.allows_private);
        if moves {
            self.may_lead_there(&record.base_url, record.allows_private)
                .await?;
        }
        if let Some(api_type) = patch.api_type
            && record.kind == NodeKind::OpenaiCompatible
        {
            record.api_type = Some(api_type);
        }
        record.updated_at = Utc::now();
        self.inner
            .store
            .nodes()
            .update(&record)
            .await
            .map_err(about("provider node", "prefix", PREFIX_TAKEN))?;
        self.apply().await?;
        Ok(view(&record))
    }

    /// Its accounts go with it.
    pub async fn delete_node(&self, actor: &Actor, id: &NodeId) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        self.inner.store.nodes().delete(id).await.map_err(about(
            "provider node",
            "prefix",
            "the node is in use",
        ))?;
        self.apply().await
    }

    /// Tries a base URL and a key before anything is stored.
    pub async fn check_node(
        &self,
        actor: &Actor,
        check: NodeCheck,
    ) -> Result<CheckResult, AdminError> {
        actor.must_be_admin()?;
        let spec = ProviderSpec::node(
            ProviderId::from("check"),
            "the address".to_owned(),
            "check".to_owned(),
            &check.base_url,
            node_dialect(check.kind, None),
            node_reach(check.allows_private),
        )
        .map_err(|error| AdminError::invalid("base_url", error.to_string()))?;
        let trial = Trial {
            spec: &spec,
            credential: &Credential::ApiKey(SecretString::from(check.api_key)),
            proxy: None,
        };
        Ok(self.inner.gateway.check(trial).await.result)
    }

    /// Said at once rather than at the first request. Each connection is checked again.
    async fn may_lead_there(&self, base_url: &str, allows_private: bool) -> Result<(), AdminError> {
        let reach = node_reach(allows_private);
        let checked = self.inner.gateway.check_address(base_url, reach).await;
        checked.map_err(|why| match why {
            Blocked::Private(address) => AdminError::invalid(
                "allows_private",
                format!(
                    "`{address}` is on this machine or in a private network: allow it, if that is where you mean to go"
                ),
            ),
            Blocked::Metadata(_) => AdminError::invalid("base_url", why.to_string()),
        })
    }
}

fn prefix(text: &str) -> Result<String, AdminError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AdminError::invalid("prefix", "Prefix is required"));
    }
    if !is_prefix(text) {
        return Err(AdminError::invalid(
            "prefix",
            "expected a prefix of at most 64 letters, digits, `-`, `_` and `.`",
        ));
    }
    Ok(text.to_owned())
}

fn base(text: &str) -> Result<String, AdminError> {
    base_url::normalise(text).map_err(|error| AdminError::invalid("base_url", error.to_string()))
}

fn view(record: &NodeRecord) -> NodeView {
    NodeView {
        id: record.id.clone(),
        kind: record.kind,
        name: record.name.clone(),
        prefix: record.prefix.clone(),
        api_type: record.api_type,
        base_url: record.base_url.clone(),
        allows_private: record.allows_private,
        created_at: record.created_at,
        updated_at: record.updated_at,
    }
}

fn provider_view(
    actor: &Actor,
    spec: &ProviderSpec,
    login: Option<LoginOffer>,
    node: Option<&NodeRecord>,
) -> ProviderView {
    ProviderView {
        id: spec.id.clone(),
        name: spec.name.clone(),
        prefix: spec.prefix.clone(),
        docs: spec.docs.clone(),
        tier: spec.tier.map(tier),
        base_url: spec.endpoint.base_url.clone(),
        dialects: spec.endpoint.formats.iter().copied().map(dialect).collect(),
        model_count: spec.models.len(),
        login,
        node: node.map(view),
        parts: spec.parts.iter().map(part).collect(),
        is_key_optional: spec.key == KeyNeed::Optional,
        key_file: match &spec.service_account {
            None => KeyFile::No,
            Some(own) if own.required => KeyFile::Only,
            Some(_) => KeyFile::Also,
        },
        may_change: actor.is_admin(),
    }
}

fn part(part: &Part) -> PartView {
    PartView {
        name: part.name.clone(),
        label: part.label.clone(),
        hint: part.hint.clone(),
        example: part.example.clone(),
        is_required: part.required,
        entry: match part.kind {
            PartKind::Origin | PartKind::BaseUrl => PartEntry::Url,
            PartKind::Segment | PartKind::Label => PartEntry::Text,
            PartKind::Consent => PartEntry::Tick,
        },
    }
}

fn tier(tier: providers::spec::Tier) -> Tier {
    use providers::spec::Tier as Known;
    match tier {
        Known::Subscription => Tier::Subscription,
        Known::Cheap => Tier::Cheap,
        Known::Free => Tier::Free,
    }
}

fn dialect(spoken: wire::dialect::Dialect) -> Dialect {
    use wire::dialect::Dialect as Spoken;
    match spoken {
        Spoken::OpenaiChat => Dialect::OpenaiChat,
        Spoken::OpenaiResponses => Dialect::OpenaiResponses,
        Spoken::Anthropic => Dialect::Anthropic,
        Spoken::Gemini => Dialect::Gemini,
        Spoken::Ollama => Dialect::Ollama,
        Spoken::Codex => Dialect::Codex,
        Spoken::GeminiCli => Dialect::GeminiCli,
        Spoken::Antigravity => Dialect::Antigravity,
        Spoken::Kiro => Dialect::Kiro,
    }
}
