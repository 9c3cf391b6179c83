//! What was deleted and can come back.

use hub_api::{Action, TrashEntry, TrashPage, WorkspaceInfo, WorkspaceName};
use maud::{Markup, html};

use super::folder::kind_icon;
use crate::{Frame, frame::Tab, icons::Icon, text};

/// A page of the trash.
#[derive(Clone, Debug)]
pub struct TrashPageView<'a> {
    /// Where.
    pub workspace: &'a WorkspaceInfo,
    /// Newest first.
    pub page: &'a TrashPage,
}

/// The page.
#[must_use]
pub fn trash_page(frame: &Frame<'_>, view: &TrashPageView<'_>) -> Markup {
    let is_admin = view.workspace.role.allows(Action::Administer);
    let addresses = frame.addresses();
    let content = html! {
        h1.hidden { "Trash" }
        div.tools {
            p.lead { "What was deleted stays here for a while, and still takes space." }
            @if is_admin && !view.page.entries.is_empty() {
                (frame.sure_form(
                    &addresses.of_workspace(&view.workspace.name, "trash"),
                    "Delete all that is in the trash for good?",
                    html! { (Icon::Trash.draw()) "Empty the trash" },
                ))
            }
        }
        @if view.page.entries.is_empty() { p.empty { "The trash is empty." } }
        @else { (table(frame, view, is_admin)) }
        @if let Some(cursor) = &view.page.next_cursor {
            nav.paging aria-label="Pages of the trash" {
                a.button rel="next" href=(format!("?cursor={}", hub_api::routes::encode_segment(cursor))) { "Next" }
            }
        }
    };
    frame.workspace_page(view.workspace, Tab::Trash, "Trash", content)
}

/// To another place, where something has the old name by now; and away for good.
fn row_menu(frame: &Frame<'_>, workspace: &WorkspaceName, entry: &TrashEntry, is_admin: bool) -> Markup {
    let (id, name) = (format!("to-{}", entry.id), text::plain_name(entry.path.as_str()));
    let address = |what: &str| frame.addresses().of_id(workspace, "trash", &entry.id, what);
    html! {
        details.menu {
            summary aria-label=(format!("What else to do with {name}")) { (Icon::More.draw()) }
            ul {
                li {
                    form.named method="post" action=(address("restore")) {
                        (frame.xsrf_field())
                        label for=(id) { "Bring it back as" }
                        div.row {
                            input id=(id) name="to" value=(entry.path) required maxlength="4096" autocomplete="off" spellcheck="false";
                            button.strong type="submit" { "Bring back" }
                        }
                    }
                }
                @if is_admin {
                    li {
                        (frame.sure_form(
                            &address("delete"), &format!("Delete {name} for good?"),
                            html! { (Icon::Trash.draw()) "Delete for good" },
                        ))
                    }
                }
            }
        }
    }
}

fn table(frame: &Frame<'_>, view: &TrashPageView<'_>, is_admin: bool) -> Markup {
    let addresses = frame.addresses();
    let workspace = &view.workspace.name;
    html! {
        table.files {
            thead { tr {
                th.name scope="col" { "Where it was" } th.size scope="col" { "Size" } th.modified scope="col" { "Deleted" }
                th.who scope="col" { "By" } th.modified.until scope="col" { "Kept until" }
                th.actions scope="col" { span.hidden { "Actions" } }
            } }
            tbody {
                @for entry in &view.page.entries {
                    tr {
                        th.name scope="row" { (kind_icon(entry.kind, entry.path.name().unwrap_or_default())) (text::name(entry.path.as_str())) }
                        td.size { (text::bytes(entry.size_bytes)) }
                        td.modified { (text::time(&entry.deleted)) }
                        td.who { (text::name(&entry.deleted_by)) }
                        td.modified.until { (text::time(&entry.expires)) }
                        td.actions { div.row {
                            (frame.button_form(
                                &addresses.of_id(workspace, "trash", &entry.id, "restore"), "",
                                html! { "Bring back" span.hidden { " " (text::name(entry.path.as_str())) } },
                            ))
                            (row_menu(frame, workspace, entry, is_admin))
                        } }
                    }
                }
            }
        }
    }
}
