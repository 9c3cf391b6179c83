//! The database: `SQLite` with one writer, or `PostgreSQL`. The statements are the same for both.

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::atomic::Ordering,
    time::Duration,
};

use sqlx::{
    Any, AnyConnection, AnyPool, Connection, Executor, Transaction,
    any::{AnyPoolOptions, install_default_drivers},
    migrate::Migrator,
    pool::PoolConnection,
};

use crate::{Result, StoreError, WorkspaceError, remembered::Count};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections that read, of either database.
const READERS: u32 = 8;
/// How long `PostgreSQL` may take to be there at the start.
const CONNECT: Duration = Duration::from_secs(15);

/// A transaction. One that writes is counted when it has ended, so that nobody remembers what was read before.
pub(crate) struct Write {
    // In the order in which they end.
    transaction: Transaction<'static, Any>,
    counted: Option<Counted>,
}

struct Counted(Count);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Write {
    pub(crate) async fn commit(self) -> sqlx::Result<()> {
        let Self { transaction, counted } = self;
        let done = transaction.commit().await;
        drop(counted);
        done
    }
}

impl Deref for Write {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// Pools of connections.
pub(crate) struct Database {
    readers: AnyPool,
    /// Of `SQLite` one connection: writers wait for each other here, not in the database, where they would time out.
    writers: AnyPool,
    is_sqlite: bool,
    writes: Count,
}

impl Database {
    /// Opens or makes the `SQLite` database in a file, and brings its tables up to date.
    pub(crate) async fn open_sqlite(file: &Path) -> Result<Self> {
        let url = format!("sqlite://{}?mode=rwc", url_of_path(file));
        // Each connection has a cache of its own, of 2 MB; the pages behind it are in that of the system.
        let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                       PRAGMA busy_timeout = 10000; PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY;";
        let writers = pool(&url, 1, pragmas).await?;
        SQLITE_MIGRATIONS.run(&writers).await.map_err(sqlx::Error::from)?;
        let readers = pool(&url, READERS, pragmas).await?;
        Ok(Self { readers, writers, is_sqlite: true, writes: Count::default() })
    }

    /// Connects to `PostgreSQL`, and brings the tables up to date.
    pub(crate) async fn open_postgres(url: &str) -> Result<Self> {
        // A pool would try again for a minute, without a word, where nobody answers.
        Self::reach_postgres(url).await?;
        let writers = pool(url, READERS, "SET lock_timeout = '30s'").await?;
        POSTGRES_MIGRATIONS.run(&writers).await.map_err(sqlx::Error::from)?;
        Ok(Self { readers: writers.clone(), writers, is_sqlite: false, writes: Count::default() })
    }

    /// Whether `PostgreSQL` lets us in; nothing is changed there.
    pub(crate) async fn reach_postgres(url: &str) -> Result<()> {
        install_default_drivers();
        let first = tokio::time::timeout(CONNECT, AnyConnection::connect(url)).await;
        let silent = |_| {
            let what = format!("PostgreSQL takes no connection within {} s", CONNECT.as_secs());
            sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, what))
        };
        Ok(first.map_err(silent)??.close().await?)
    }

    /// For statements that only read.
    pub(crate) fn read(&self) -> &AnyPool {
        &self.readers
    }

    /// Several statements that read one state of the database.
    pub(crate) async fn snapshot(&self) -> Result<Write> {
        let begin = if self.is_sqlite { "BEGIN" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" };
        Ok(Write { transaction: self.readers.begin_with(begin).await?, counted: None })
    }

    /// A transaction that writes. On `SQLite` it is the only one; on `PostgreSQL` those of one workspace wait for each other in
    /// [`crate::quota::Ledger::lock`].
    pub(crate) async fn write(&self) -> Result<Write> {
        let begin = if self.is_sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
        let transaction = self.writers.begin_with(begin).await?;
        Ok(Write { transaction, counted: Some(Counted(self.writes.clone())) })
    }

    /// For one statement that writes.
    pub(crate) async fn write_one(&self) -> Result<PoolConnection<Any>> {
        Ok(self.writers.acquire().await?)
    }

    /// A consistent copy of the `SQLite` database, made while it is used.
    pub(crate) async fn copy_to(&self, file: &Path) -> Result<()> {
        let text = file.to_str().unwrap_or_default();
        if !self.is_sqlite || text.is_empty() {
            return Err(WorkspaceError::Invalid {
                what: "the backup",
                given: file.display().to_string(),
                allowed: "only SQLite is copied here, into a file whose name is UTF-8; for PostgreSQL use pg_dump",
            });
        }
        let beside = format!("{text}.new");
        let failed = |error| StoreError::io(format!("writing {}", file.display()), error);
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error).into()),
            _ => {}
        }
        sqlx::query("VACUUM INTO $1").bind(&beside).execute(&self.readers).await?;
        // One that an earlier backup made is there until this one is whole.
        Ok(std::fs::rename(&beside, file).map_err(failed)?)
    }

    /// How many transactions that wrote have ended.
    pub(crate) fn writes(&self) -> Count {
        self.writes.clone()
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.is_sqlite
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

async fn pool(url: &str, n_connections: u32, at_start: &'static str) -> Result<AnyPool> {
    install_default_drivers();
    let options = AnyPoolOptions::new()
        .max_connections(n_connections)
        .acquire_timeout(Duration::from_mins(1))
        // A file is not lost between two requests; asking it costs as much as a small statement.
        .test_before_acquire(!url.starts_with("sqlite:"))
        // SQLite ends a transaction by itself when the disk is full; such a connection counts wrong from then on.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .after_connect(move |connection: &mut AnyConnection, _| {
            Box::pin(async move { connection.execute(at_start).await.map(drop) })
        });
    Ok(options.connect(url).await?)
}

/// The characters that would end a path in an address are escaped.
fn url_of_path(file: &Path) -> String {
    let text = file.to_string_lossy();
    text.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

/// The pattern of `LIKE ... ESCAPE '\'` for what holds a text.
pub(crate) fn holding(text: &str) -> String {
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{literal}%")
}
