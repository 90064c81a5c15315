//! The program as its clients meet it: a real listener, a real database, a scripted upstream.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test that uses it"
)]

mod accounting;
mod analytics;
mod auth;
mod budgets;
mod caller_budgets;
mod capture;
mod census;
mod every_login;
mod explain;
mod exports;
mod fallback;
mod faults;
mod keys;
mod lifecycle;
mod logins;
mod logs;
mod models;
mod observe;
mod openapi;
mod orders;
mod originals;
mod parts;
mod pricing;
mod providers;
mod quota;
mod reach;
mod reconcile;
mod relay;
mod replicas;
mod routing;
mod secrets;
mod service_accounts;
mod speak;
mod support;
mod timeouts;
mod translate;
mod translator;
mod vendors;
mod ways;
mod zones;
