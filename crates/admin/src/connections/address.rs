//! What an account gives to its provider's address: see `providers::parts`.

use providers::address::Blocked;
use providers::parts::{Given, PartError, PartKind};
use providers::spec::ProviderSpec;
use store::records::Credential;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;

impl Admin {
    /// The parts as they are stored. An address of the account's own is looked at now rather than at the first request.
    ///
    /// It may stand in this program's own network, so that only an administrator may say that it does.
    pub(crate) async fn parts(
        &self,
        actor: &Actor,
        spec: &ProviderSpec,
        given: &Given,
    ) -> Result<Given, AdminError> {
        let parts = spec.parts_of(given).map_err(invalid)?;
        let Some(address) = spec.own_address(&parts) else {
            return Ok(parts);
        };
        if spec.consent(&parts) {
            actor.must_be_admin()?;
        }
        let reach = spec.for_account(&parts).map_err(invalid)?.reach;
        let checked = self.inner.gateway.check_address(&address, reach).await;
        checked.map_err(|why| {
            let (kind, message) = match why {
                Blocked::Private(address) => (
                    PartKind::Consent,
                    format!(
                        "`{address}` is on this machine or in a private network: say so, if that is where you mean to go"
                    ),
                ),
                Blocked::Metadata(_) => (PartKind::BaseUrl, why.to_string()),
            };
            let part = spec.parts.iter().find(|part| part.kind == kind);
            AdminError::invalid(
                part.map_or_else(String::new, |part| part.name.clone()),
                message,
            )
        })?;
        Ok(parts)
    }
}

/// The provider as an account with these parts and this credential sees it.
pub(crate) fn own_spec(
    spec: &ProviderSpec,
    parts: &Given,
    credential: &Credential,
) -> Result<ProviderSpec, AdminError> {
    let own = match credential {
        Credential::ServiceAccount(own) => spec.for_service_account(parts, &own.project),
        Credential::ApiKey(_) | Credential::Login(_) => spec.for_account(parts),
    };
    own.map_err(invalid)
}

fn invalid(error: PartError) -> AdminError {
    AdminError::invalid(error.part, error.why)
}
