//! Names: listing, looking, moving, deleting.

use hub_api::{Entry, EntryKind, FilePath, Listing, MoveOrCopy, Quota, SharedUri, WorkspaceName, routes};
use reqwest::Method;
use reqwest::header::IF_MATCH;

use crate::request::{Call, whole};
use crate::{HubClient, HubError};

/// Names of one page.
const PAGE: &str = "1000";
/// Longest answer that is read to explain an error.
const MOST_PLAIN_BYTES: usize = 8 << 20;

impl HubClient {
    /// All names of a folder, in the order of their paths; with `is_recursive` all that is below. Of a file: the file.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn list(&self, folder: &SharedUri, is_recursive: bool) -> Result<Vec<Entry>, HubError> {
        let mut entries = Vec::new();
        let mut cursor = None;
        loop {
            let page: Listing =
                self.json(page_call(folder, is_recursive, cursor.clone()).about(folder)).await?;
            let is_empty = page.entries.is_empty();
            entries.extend(page.entries);
            let last = std::mem::replace(&mut cursor, page.next_cursor);
            // A page without names that promises more, or one that leads to itself, would go on for ever.
            if cursor.is_none() || is_empty || cursor == last {
                return Ok(entries);
            }
        }
    }

    /// A file or folder.
    ///
    /// # Errors
    /// [`HubError::NotFound`] with the nearest names of its folder.
    pub async fn stat(&self, uri: &SharedUri) -> Result<Entry, HubError> {
        let page: Listing = self.json(page_call(uri, false, None).about(uri)).await?;
        let own = page.entries.into_iter().find(|entry| entry.path == uri.path);
        Ok(own.unwrap_or_else(|| folder_entry(&uri.path)))
    }

    /// The first page of a folder, for the words of an error.
    pub(crate) async fn plain_page(&self, folder: &SharedUri) -> Option<Listing> {
        self.plain(page_call(folder, false, None)).await.ok()
    }

    /// Names of workspaces, for suggestions.
    pub(crate) async fn plain_workspaces(&self) -> Option<Vec<WorkspaceName>> {
        let call = Call::get("list the workspaces", "api/v1/workspaces");
        let all: Vec<hub_api::WorkspaceInfo> = self.plain(call).await.ok()?;
        Some(all.into_iter().map(|workspace| workspace.name).collect())
    }

    /// What is used and allowed, for the words of an error.
    pub(crate) async fn plain_quota(&self, name: &WorkspaceName) -> Option<Quota> {
        let route = format!("api/v1/workspaces/{}", name.segment());
        let found: hub_api::WorkspaceInfo = self.plain(Call::get("ask for the quota", route)).await.ok()?;
        Some(found.quota)
    }

    /// As `json`, for questions that are asked to explain an error: an error of theirs is not explained again.
    async fn plain<T: serde::de::DeserializeOwned>(&self, call: Call) -> Result<T, HubError> {
        let problem = |problem: String| HubError::Answer { action: call.action.clone(), problem };
        let answer = self.answer(&call, None).await?;
        if !answer.status().is_success() {
            return Err(problem(answer.status().to_string()));
        }
        let bytes = whole(answer, MOST_PLAIN_BYTES).await;
        let bytes = bytes.map_err(|_| problem("it did not come whole".to_owned()))?;
        serde_json::from_slice(&bytes).map_err(|error| problem(error.to_string()))
    }

    /// Makes a folder and those above it.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn make_folder(&self, folder: &SharedUri) -> Result<(), HubError> {
        let route = routes::of_workspace(&folder.workspace, "folders", &folder.path);
        self.done(Call::new(Method::PUT, format!("make the folder {folder}"), route).about(folder)).await
    }

    /// Moves a file or folder, also into another workspace; with `is_copy` the old name stays.
    ///
    /// # Errors
    /// [`HubError::Conflict`] where something is at the new name and `overwrite` is not set.
    pub async fn move_or_copy(
        &self,
        from: &SharedUri,
        to: &SharedUri,
        is_copy: bool,
        overwrite: bool,
    ) -> Result<(), HubError> {
        let word = if is_copy { "copy" } else { "move" };
        let body = MoveOrCopy {
            copy: is_copy,
            to_workspace: Some(to.workspace.clone()),
            to_path: to.path.clone(),
            overwrite,
        };
        let route = routes::of_workspace(&from.workspace, "move", &from.path);
        let call =
            Call::new(Method::POST, format!("{word} {from} to {to}"), route).about(from).json(&body)?;
        self.done(call).await
    }

    /// Deletes a file or folder with all that is in it: it lies in the trash then. With `etag`, only while the file is that.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn delete(&self, uri: &SharedUri, etag: Option<&str>) -> Result<(), HubError> {
        let mut call = Call::of_file(Method::DELETE, "delete", uri);
        call.is_data = false;
        if let Some(etag) = etag {
            call = call.header(IF_MATCH, etag);
        }
        self.done(call).await
    }
}

fn page_call(folder: &SharedUri, is_recursive: bool, cursor: Option<String>) -> Call {
    let route = routes::of_workspace(&folder.workspace, "list", &folder.path);
    let mut call = Call::get(format!("look at {folder}"), route).query("limit", PAGE);
    if is_recursive {
        call = call.query("recursive", "true");
    }
    match cursor {
        Some(cursor) => call.query("cursor", cursor),
        None => call,
    }
}

/// A folder as the service would describe it; nothing else is known of it.
fn folder_entry(path: &FilePath) -> Entry {
    Entry {
        path: path.clone(),
        kind: EntryKind::Folder,
        size_bytes: 0,
        etag: None,
        sha256: None,
        version: 1,
        modified: String::new(),
        modified_by: String::new(),
        made_by: None,
        media_type: None,
    }
}
