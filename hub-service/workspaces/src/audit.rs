//! The audit log: who did what, by number.

use hub_api::{AuditEntry, AuditPage, FilePath, PrincipalSource, WorkspaceName};
use sqlx::Row;

use crate::{
    Action, Actor, Result, WorkspaceError, Workspaces, clock::time_text, cursor, database::Write,
    quota::Ledger,
};

/// What a line says.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) action: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) details: Option<&'a str>,
}

/// Writes a line in the transaction that does what it tells of.
pub(crate) async fn write_line(
    write: &mut Write,
    ledger: &mut Ledger,
    actor: &Actor,
    now: i64,
    line: Line<'_>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (workspace, number, time, who, source, action, subject, details) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(ledger.id)
    .bind(ledger.next_number())
    .bind(now)
    .bind(&actor.name)
    .bind(source_word(actor.source))
    .bind(line.action)
    .bind(line.subject)
    .bind(line.details)
    .execute(&mut **write)
    .await?;
    Ok(())
}

impl Workspaces {
    /// Lines of the audit log, newest first, at most 1000 of them, older than the cursor.
    ///
    /// # Errors
    /// Actors that do not administer the workspace; a cursor that is none.
    pub async fn audit(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<AuditPage> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        let limit = cursor::page(limit);
        let rows = sqlx::query(
            "SELECT number, time, who, source, action, subject, details FROM audit \
             WHERE workspace = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        )
        .bind(seen.id)
        .bind(cursor::number(cursor)?)
        .bind(limit + 1)
        .fetch_all(self.database().read())
        .await?;
        let entries = rows.iter().take(limit as usize).map(entry).collect::<Result<Vec<_>>>()?;
        let next_cursor = cursor::next(rows.len(), &entries, |last| Ok(last.number.to_string()))?;
        Ok(AuditPage { entries, next_cursor })
    }
}

fn entry(row: &sqlx::any::AnyRow) -> Result<AuditEntry> {
    Ok(AuditEntry {
        number: row.try_get("number")?,
        time: time_text(row.try_get("time")?),
        who: row.try_get("who")?,
        source: source_of(row.try_get("source")?)?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        details: row.try_get("details")?,
    })
}

const SOURCES: [(&str, PrincipalSource); 6] = [
    ("hub", PrincipalSource::Hub),
    ("iam", PrincipalSource::Iam),
    ("app_password", PrincipalSource::AppPassword),
    ("proxy", PrincipalSource::Proxy),
    ("dev", PrincipalSource::Dev),
    ("link", PrincipalSource::Link),
];

fn source_word(source: PrincipalSource) -> &'static str {
    SOURCES.iter().find(|(_, of)| *of == source).map_or("hub", |(word, _)| word)
}

fn source_of(word: String) -> Result<PrincipalSource> {
    let found = SOURCES.iter().find(|(of, _)| *of == word).map(|(_, source)| *source);
    found.ok_or(WorkspaceError::Corrupt { what: format!("the source {word:?}") })
}
