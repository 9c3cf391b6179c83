//! Rename, move, copy.

use hub_api::{Entry, EntryKind, Role, WorkspaceInfo};
use maud::{Markup, html};

use super::folder::breadcrumbs;
use crate::{Frame, frame::Tab, text};

/// What is moved, and where it can go.
#[derive(Clone, Debug)]
pub struct MovePage<'a> {
    /// Where it lies.
    pub workspace: &'a WorkspaceInfo,
    /// What it is.
    pub entry: &'a Entry,
    /// All workspaces of the visitor; those that can be written to are offered.
    pub workspaces: &'a [WorkspaceInfo],
}

/// The page with the form.
#[must_use]
pub fn move_page(frame: &Frame<'_>, page: &MovePage<'_>) -> Markup {
    let (workspace, entry) = (&page.workspace.name, page.entry);
    let addresses = frame.addresses();
    let above = entry.path.parent().unwrap_or_default();
    let what = if entry.kind == EntryKind::Folder { "folder" } else { "file" };
    let targets: Vec<_> = page.workspaces.iter().filter(|target| target.role >= Role::Writer).collect();
    let content = html! {
        (breadcrumbs(frame, workspace, &entry.path))
        h1 { "Rename, move or copy this " (what) }
        form.card.fields method="post" action=(addresses.of_path(workspace, "move", &entry.path)) {
            (frame.xsrf_field())
            label for="to-path" { "New name, with its folders" }
            input #to-path name="to_path" value=(entry.path) required maxlength="4096" autocomplete="off" spellcheck="false";
            p.faint { "Folders that are not there are made. Slashes part them: " code { "2026/data/" (text::name(entry.path.name().unwrap_or_default())) } }
            label for="to-workspace" { "Workspace" }
            select #to-workspace name="to_workspace" {
                @for target in targets {
                    option value=(target.name) selected[target.name == *workspace] { (text::plain_name(target.name.as_str())) }
                }
            }
            label.check { input type="checkbox" name="overwrite" value="true"; "Replace what has that name (it goes to the trash)" }
            div.row {
                button.strong type="submit" name="copy" value="false" { "Move" }
                button type="submit" name="copy" value="true" { "Copy" }
                a.button.quiet href=(addresses.folder(workspace, &above)) { "Cancel" }
            }
        }
    };
    frame.workspace_page(page.workspace, Tab::Files, "Rename or move", content)
}
