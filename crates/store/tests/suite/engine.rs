//! A fresh, migrated database on each engine.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use store::Store;
use store::vault::Vault;

use crate::harness::Body;

pub(crate) const VAULT_KEY: [u8; 32] = [7; 32];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    SqliteFile,
    SqliteMemory,
    Postgres,
}

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::SqliteFile, Self::SqliteMemory, Self::Postgres];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SqliteFile => "sqlite_file",
            Self::SqliteMemory => "sqlite_memory",
            Self::Postgres => "postgres",
        }
    }

    pub(crate) fn is_there(self) -> bool {
        match self {
            Self::SqliteFile | Self::SqliteMemory => true,
            Self::Postgres => postgres_url().is_some(),
        }
    }

    pub(crate) fn with_fresh_store(self, body: Body) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            match self {
                Self::SqliteMemory => body(open("sqlite::memory:").await).await,
                Self::SqliteFile => {
                    let directory = tempfile::tempdir().expect("a directory");
                    let path = directory.path().join("test.db");
                    body(open(&format!("sqlite://{}?mode=rwc", path.display())).await).await;
                }
                Self::Postgres => on_postgres(body).await,
            }
        });
    }
}

/// Migrated twice at once, as when replicas start together.
async fn open(url: &str) -> Store {
    let store = Store::connect(url, Vault::new(&VAULT_KEY))
        .await
        .expect("a connection");
    let db = store.database();
    let (one, other) = tokio::join!(migration::run(db), migration::run(db));
    one.expect("a migration");
    other.expect("a migration");
    store
}

/// A database that a failed test leaves behind is there to be looked at.
async fn on_postgres(body: Body) {
    let url = postgres_url().expect("TEST_POSTGRES_URL");
    let name = format!("ninerouter_test_{}", uuid::Uuid::now_v7().simple());
    let server = server(&url).await;
    server
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .expect("a database");
    let store = open(&with_database(&url, &name)).await;
    body(store.clone()).await;
    store.close().await.expect("a closed store");
    server
        .execute_unprepared(&format!("DROP DATABASE {name}"))
        .await
        .expect("no database");
}

async fn server(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options)
        .await
        .expect("a server at TEST_POSTGRES_URL")
}

fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url
        .split_once('?')
        .map_or((url, None), |(base, query)| (base, Some(query)));
    let authority_at = base.find("://").expect("a url") + "://".len();
    let end = base[authority_at..]
        .find('/')
        .map_or(base.len(), |slash| authority_at + slash);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &base[..end])
}

#[expect(clippy::disallowed_methods, reason = "how a test learns of its server")]
fn postgres_url() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL")
        .ok()
        .filter(|url| !url.is_empty())
}
