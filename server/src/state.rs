//! What handlers may ask for.

use admin::Admin;
use app::Assets;
use axum::extract::FromRef;
use gateway::Gateway;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::peer::Locality;

#[derive(Clone, FromRef)]
pub struct AppState {
    pub admin: Admin,
    pub gateway: Gateway,
    pub leptos: LeptosOptions,
    pub assets: Assets,
    pub locality: Locality,
    /// Cancelled when the program begins to stop: streams that never end by themselves end then.
    pub stopping: CancellationToken,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").finish_non_exhaustive()
    }
}
