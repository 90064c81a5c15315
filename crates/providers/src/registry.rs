//! All providers of an installation: the embedded catalogue and the user's own nodes.

use std::sync::{Arc, LazyLock};

use api::ids::ProviderId;

use crate::spec::{ModelSpec, ProviderSpec, SpecError};

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// A catalogue file's name, and what came of reading it.
type Embedded = (&'static str, Result<Arc<ProviderSpec>, SpecError>);

/// Each embedded file, parsed once. A test holds that none of them is in error.
static EMBEDDED: LazyLock<Vec<Embedded>> = LazyLock::new(|| {
    CATALOG
        .iter()
        .map(|(name, text)| (*name, ProviderSpec::parse(text).map(Arc::new)))
        .collect()
});

/// Every embedded catalogue file by name, with what came of reading it.
pub fn embedded()
-> impl Iterator<Item = (&'static str, &'static Result<Arc<ProviderSpec>, SpecError>)> {
    EMBEDDED.iter().map(|(name, spec)| (*name, spec))
}

/// The providers a snapshot knows; the user's nodes come first, so that a node may take over a prefix.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    specs: Vec<Arc<ProviderSpec>>,
}

impl Registry {
    #[must_use]
    pub fn new(nodes: impl IntoIterator<Item = ProviderSpec>) -> Self {
        let catalogue = embedded().filter_map(|(_, spec)| spec.as_ref().ok().map(Arc::clone));
        Self {
            specs: nodes.into_iter().map(Arc::new).chain(catalogue).collect(),
        }
    }

    /// Adds a model to a provider, or what is not known yet of one that is there.
    pub fn add_model(&mut self, provider: &ProviderId, model: ModelSpec) {
        let Some(spec) = self.specs.iter_mut().find(|spec| spec.id == *provider) else {
            return;
        };
        let spec = Arc::make_mut(spec);
        match spec.models.iter_mut().find(|known| known.id == model.id) {
            Some(known) => {
                known.name = known.name.take().or(model.name);
                known.context = known.context.or(model.context);
            }
            None => spec.models.push(model),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<ProviderSpec>> {
        self.specs.iter()
    }

    #[must_use]
    pub fn get(&self, id: &ProviderId) -> Option<&Arc<ProviderSpec>> {
        self.specs.iter().find(|spec| spec.id == *id)
    }

    /// By prefix, or by full id.
    #[must_use]
    pub fn by_prefix(&self, prefix: &str) -> Option<&Arc<ProviderSpec>> {
        self.specs
            .iter()
            .find(|spec| spec.prefix == prefix)
            .or_else(|| self.specs.iter().find(|spec| spec.id.as_str() == prefix))
    }
}
