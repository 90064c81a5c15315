//! The pages. A page owns its signals and composes; what it shows comes from `functions`.

pub(crate) mod combos;
pub(crate) mod connected;
pub(crate) mod endpoint;
pub(crate) mod login;
pub(crate) mod logs;
pub(crate) mod not_found;
pub(crate) mod pricing;
pub(crate) mod providers;
pub(crate) mod quota;
pub(crate) mod request;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod translator;
pub(crate) mod usage;

mod entrance;
