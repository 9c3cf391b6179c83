//! The check: nothing lost, nothing leaked, what is used equals the sum.

use futures_util::TryStreamExt;
use sqlx::Row;

use crate::{Result, Workspaces, checksum::Checksums, database::Write};

/// Problems that are told one by one; more are only counted.
const MOST_TOLD: usize = 1000;
/// Files of one blob that are named.
const MOST_FILES_TOLD: usize = 5;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Files and folders, with those in the trash.
    pub n_entries: u64,
    /// Versions of files.
    pub n_versions: u64,
    /// Blobs.
    pub n_blobs: u64,
    /// Uploads that go on.
    pub n_uploads: u64,
    /// Blobs that no version needs, and files that the database does not know: the sweep takes them.
    pub n_garbage: u64,
    /// How many problems.
    pub n_problems: u64,
    /// The first of them, each in a sentence.
    pub problems: Vec<String>,
}

impl CheckReport {
    /// Whether nothing is lost or miscounted.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.n_problems == 0
    }

    fn tell(&mut self, problem: String) {
        self.n_problems += 1;
        if self.problems.len() < MOST_TOLD {
            self.problems.push(problem);
        }
    }
}

/// Statements that find what must not be: each gives one text per problem.
const RULES: [(&str, &str); 9] = [
    (
        "bytes used are not the sum",
        "SELECT w.name AS what FROM workspaces w WHERE w.used_bytes <> COALESCE((SELECT SUM(v.size_bytes) \
         FROM versions v JOIN entries e ON e.id = v.entry WHERE e.workspace = w.id), 0) \
         + COALESCE((SELECT SUM(OCTET_LENGTH(e.properties)) FROM entries e WHERE e.workspace = w.id), 0)",
    ),
    (
        "files and folders used are not the sum",
        "SELECT w.name AS what FROM workspaces w WHERE w.used_entries <> (SELECT COUNT(*) FROM entries e \
         WHERE e.workspace = w.id)",
    ),
    (
        "bytes promised are not the sum",
        "SELECT w.name AS what FROM workspaces w WHERE w.reserved_bytes <> COALESCE((SELECT SUM(u.reserved_bytes) \
         FROM uploads u WHERE u.workspace = w.id), 0)",
    ),
    (
        "lies in no folder",
        "SELECT e.path AS what FROM entries e WHERE e.parent <> '' AND e.trash = '' AND NOT EXISTS (SELECT 1 \
         FROM entries p WHERE p.workspace = e.workspace AND p.trash = e.trash AND p.path = e.parent AND p.kind = 0)",
    ),
    (
        "has no newest version",
        "SELECT e.path AS what FROM entries e WHERE e.kind = 1 AND NOT EXISTS (SELECT 1 FROM versions v \
         WHERE v.entry = e.id AND v.number = e.version)",
    ),
    (
        "has a version newer than the newest",
        "SELECT e.path AS what FROM entries e JOIN versions v ON v.entry = e.id WHERE v.number > e.version",
    ),
    (
        "differs from its bytes in size or digest",
        "SELECT e.path AS what FROM entries e JOIN versions v ON v.entry = e.id JOIN blobs b ON b.id = v.blob \
         WHERE v.size_bytes <> b.size_bytes OR v.sha256 <> b.sha256",
    ),
    (
        "is in the trash, but its deletion is not",
        "SELECT e.path AS what FROM entries e WHERE e.trash <> '' AND NOT EXISTS (SELECT 1 FROM trash t \
         WHERE t.id = e.trash AND t.workspace = e.workspace)",
    ),
    (
        "was deleted, but is not in the trash",
        "SELECT t.path AS what FROM trash t WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.trash = t.id \
         AND e.path = t.path AND e.workspace = t.workspace)",
    ),
];

impl Workspaces {
    /// Checks everything; `is_deep` reads all bytes and compares their digests. Others may read and write meanwhile.
    ///
    /// # Errors
    /// The database or the store, where they do not answer at all.
    pub async fn check(&self, is_deep: bool) -> Result<CheckReport> {
        // No sweep while blobs are looked at.
        let _alone = self.upkeep().lock().await;
        let mut report = CheckReport::default();
        let mut read = self.database().snapshot().await?;
        for (problem, sql) in RULES {
            let mut rows = sqlx::query(sql).fetch(&mut *read);
            while let Some(row) = rows.try_next().await? {
                report.tell(format!("{}: {problem}", row.try_get::<String, _>("what")?));
            }
        }
        count(&mut read, &mut report).await?;
        let blobs = sqlx::query("SELECT id, size_bytes, sha256 FROM blobs").fetch_all(&mut *read).await?;
        drop(read);
        for row in blobs {
            let (id, size, sha256): (String, i64, String) =
                (row.try_get("id")?, row.try_get("size_bytes")?, row.try_get("sha256")?);
            let problem = match self.blobs().blob_length(&id).await? {
                // The sweep of a service that runs beside may just have taken it.
                None if self.needs_blob(&id).await? => "is not in the store".to_owned(),
                Some(found) if found != size as u64 => format!("has {found} bytes instead of {size}"),
                Some(_) if is_deep && self.digest(&id, size as u64).await? != sha256 => {
                    "has another digest".to_owned()
                }
                _ => continue,
            };
            report.tell(format!("blob {id}: {problem}; {}", self.files_of_blob(&id).await?));
        }
        let (blobs, parts) = self.orphans().await?;
        report.n_garbage += (blobs.len() + parts.len()) as u64;
        Ok(report)
    }

    /// The files that have these bytes, the first of them by name.
    async fn files_of_blob(&self, id: &str) -> Result<String> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT w.name, e.path, v.number FROM versions v JOIN entries e ON e.id = v.entry \
             JOIN workspaces w ON w.id = e.workspace WHERE v.blob = $1 ORDER BY 1, 2, 3",
        )
        .bind(id)
        .fetch_all(self.database().read())
        .await?;
        let one = |(workspace, path, version): &(String, String, i64)| {
            format!("version {version} of {path} in {workspace}")
        };
        let told: Vec<String> = rows.iter().take(MOST_FILES_TOLD).map(one).collect();
        let more = rows.len().saturating_sub(MOST_FILES_TOLD);
        Ok(match (told.is_empty(), more) {
            (true, _) => "no file has it any more".to_owned(),
            (false, 0) => told.join(", "),
            (false, more) => format!("{} and {more} others", told.join(", ")),
        })
    }

    async fn needs_blob(&self, id: &str) -> Result<bool> {
        let found = sqlx::query("SELECT 1 FROM blobs WHERE id = $1").bind(id);
        Ok(found.fetch_optional(self.database().read()).await?.is_some())
    }

    async fn digest(&self, id: &str, size: u64) -> Result<String> {
        let mut sums = Checksums::new();
        let mut bytes = self.blobs().open_blob(id).await?.stream(0..size);
        while let Some(block) = bytes.try_next().await? {
            sums.add(&block);
        }
        Ok(sums.finish().sha256)
    }
}

async fn count(read: &mut Write, report: &mut CheckReport) -> Result<()> {
    for (number, sql) in [
        (&mut report.n_entries, "SELECT COUNT(*) FROM entries"),
        (&mut report.n_versions, "SELECT COUNT(*) FROM versions"),
        (&mut report.n_blobs, "SELECT COUNT(*) FROM blobs"),
        (&mut report.n_uploads, "SELECT COUNT(*) FROM uploads"),
        (
            &mut report.n_garbage,
            "SELECT COUNT(*) FROM blobs b WHERE NOT EXISTS (SELECT 1 FROM versions v WHERE v.blob = b.id)",
        ),
    ] {
        *number = sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut **read).await? as u64;
    }
    Ok(())
}
