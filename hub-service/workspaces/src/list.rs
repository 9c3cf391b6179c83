//! Pages of a folder. Each page starts at a key of an index, so that the millionth name costs what the first does.

use hub_api::{Entry, FilePath, Listing, WorkspaceName};

use crate::{
    Action, Actor, Result, Workspaces, cursor,
    entries::{EntryRow, below, select_entries},
};

/// What of a folder is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// All that is below, not only what lies in the folder itself.
    pub recursive: bool,
    /// Most entries of the page, up to 1000; 0: 1000.
    pub limit: u32,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Workspaces {
    /// A page of a folder, in the order of paths (bytes). Of a file: the file itself.
    ///
    /// # Errors
    /// `NotFound`; a cursor that no page gave.
    pub async fn list(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        folder: &FilePath,
        options: &ListOptions,
    ) -> Result<Listing> {
        let seen = self.require(actor, workspace, folder, Action::List).await?;
        let after = match &options.cursor {
            Some(text) => FilePath::new(text).map_err(|_| cursor::invalid(text))?,
            None => FilePath::root(),
        };
        if !folder.is_root() {
            let row = self.find_entry(seen.id, workspace, folder).await?;
            if !row.is_folder() {
                self.require(actor, workspace, folder, Action::Read).await?;
                return Ok(Listing { entries: vec![row.entry], next_cursor: None });
            }
        }
        let limit = cursor::page(options.limit);
        let rows = if options.recursive {
            self.rows_below(seen.id, folder, &after, limit + 1).await?
        } else {
            self.rows_in(seen.id, folder, &after, limit + 1).await?
        };
        let entries: Vec<_> = rows
            .iter()
            .take(limit as usize)
            .map(|row| EntryRow::from_row(row).map(|row| row.entry))
            .collect::<Result<_>>()?;
        let next_cursor = cursor::next(rows.len(), &entries, |last: &Entry| Ok(last.path.to_string()))?;
        Ok(Listing { entries, next_cursor })
    }

    async fn rows_in(
        &self,
        workspace: i64,
        folder: &FilePath,
        after: &FilePath,
        limit: i64,
    ) -> Result<Vec<sqlx::any::AnyRow>> {
        let sql = select_entries!(
            "WHERE e.workspace = $1 AND e.trash = '' AND e.parent = $2 AND e.path > $3 ORDER BY e.path LIMIT $4"
        );
        let query = sqlx::query(sql).bind(workspace).bind(folder.as_str()).bind(after.as_str()).bind(limit);
        Ok(query.fetch_all(self.database().read()).await?)
    }

    async fn rows_below(
        &self,
        workspace: i64,
        folder: &FilePath,
        after: &FilePath,
        limit: i64,
    ) -> Result<Vec<sqlx::any::AnyRow>> {
        if folder.is_root() {
            let sql = select_entries!(
                "WHERE e.workspace = $1 AND e.trash = '' AND e.path > $2 ORDER BY e.path LIMIT $3"
            );
            let query = sqlx::query(sql).bind(workspace).bind(after.as_str()).bind(limit);
            return Ok(query.fetch_all(self.database().read()).await?);
        }
        let (from, before) = below(folder);
        let from = if after.as_str() > from.as_str() { after.to_string() } else { from };
        let sql = select_entries!(
            "WHERE e.workspace = $1 AND e.trash = '' AND e.path > $2 AND e.path < $3 ORDER BY e.path LIMIT $4"
        );
        let query = sqlx::query(sql).bind(workspace).bind(from).bind(before).bind(limit);
        Ok(query.fetch_all(self.database().read()).await?)
    }
}
