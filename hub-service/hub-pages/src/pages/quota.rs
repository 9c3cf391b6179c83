//! What a workspace holds and may hold, and how it is reached from elsewhere.

use hub_api::{Action, FilePath, SharedUri, UnfinishedUpload, WorkspaceInfo, WorkspaceKind, routes};
use maud::{Markup, html};

use super::{all_workspaces::limits_form, file::copied, quota_bar::quota_bars};
use crate::{
    Frame,
    frame::{Tab, your_role},
    text,
};

/// Numbers and addresses of a workspace.
#[derive(Clone, Debug)]
pub struct QuotaPage<'a> {
    /// Which.
    pub workspace: &'a WorkspaceInfo,
    /// Uploads that the visitor may end.
    pub uploads: &'a [UnfinishedUpload],
    /// Names of those who administer it, as far as they are known.
    pub administrators: &'a [String],
    /// Address of the service as others reach it, with its prefix and a slash at the end.
    pub public_url: &'a str,
}

/// The page.
#[must_use]
pub fn quota_page(frame: &Frame<'_>, page: &QuotaPage<'_>) -> Markup {
    let is_service_admin = frame.visitor.is_some_and(|visitor| visitor.is_admin);
    let content = html! {
        h1.hidden { "Space and access" }
        section aria-labelledby="space" {
            h2 #space { "Space" }
            div.card { (quota_bars(&page.workspace.quota)) p.faint { "Old versions and the trash count as well." } }
            @if is_service_admin { (limits(frame, page)) }
        }
        @if !page.uploads.is_empty() { (uploads(frame, page)) }
        (rights(frame, page))
        (access(frame, page))
    };
    frame.workspace_page(page.workspace, Tab::Quota, "Space and access", content)
}

fn limits(frame: &Frame<'_>, page: &QuotaPage<'_>) -> Markup {
    let WorkspaceInfo { name, quota, .. } = page.workspace;
    html! { div.card { (limits_form(frame, &frame.addresses().of_workspace(name, "quota"), (name, quota))) } }
}

fn uploads(frame: &Frame<'_>, page: &QuotaPage<'_>) -> Markup {
    let name = &page.workspace.name;
    html! {
        section aria-labelledby="unfinished" {
            h2 #unfinished { "Unfinished uploads" }
            p { "They keep room until they are finished, ended or over. The same file sent again to the same place goes on where it was." }
            table {
                thead { tr {
                    th.name scope="col" { "File" } th scope="col" { "There" } th scope="col" { "By" } th scope="col" { "Until" }
                    th.actions scope="col" { span.hidden { "Actions" } }
                } }
                tbody {
                    @for upload in page.uploads {
                        tr {
                            th.name scope="row" { (text::name(upload.path.as_str())) }
                            td { (text::bytes(upload.n_bytes)) @if let Some(size) = upload.size_bytes { " of " (text::bytes(size)) } }
                            td { (text::name(&upload.begun_by)) }
                            td { (text::time(&upload.expires)) }
                            td.actions {
                                (frame.button_form(
                                    &frame.addresses().of_id(name, "uploads", &upload.id, "delete"), "danger",
                                    html! { "End" span.hidden { " the upload of " (text::name(upload.path.as_str())) } },
                                ))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn rights(frame: &Frame<'_>, page: &QuotaPage<'_>) -> Markup {
    let workspace = page.workspace;
    html! {
        section aria-labelledby="rights" {
            h2 #rights { "Who" }
            @if workspace.kind == WorkspaceKind::Group {
                p {
                    "The workspace of the group " strong { (text::name(workspace.name.as_str())) } "; "
                    (your_role(workspace.role)) "."
                }
            } @else {
                p { "The workspace of " strong { (text::name(workspace.name.person().unwrap_or_default())) } "; "
                    (your_role(workspace.role)) "." }
            }
            @if !page.administrators.is_empty() {
                p {
                    "Administered by "
                    @for (at, name) in page.administrators.iter().enumerate() {
                        @if at > 0 { ", " } strong { (text::name(name)) }
                    }
                    ", and by whoever administers the service."
                }
            } @else if workspace.kind == WorkspaceKind::Group {
                p { "Nobody who administers it has been here yet: these are the members of the group "
                    code { (text::name(workspace.name.as_str())) "/admins" } ", and whoever administers the service." }
            }
            @if workspace.role.allows(Action::Administer) {
                p {
                    a href=(frame.addresses().of_workspace(&workspace.name, "sharing")) { "Let others in" } " · "
                    a href=(frame.addresses().of_workspace(&workspace.name, "audit")) { "See what was done" }
                }
            }
        }
    }
}

fn access(frame: &Frame<'_>, page: &QuotaPage<'_>) -> Markup {
    let name = &page.workspace.name;
    let uri = SharedUri::of_workspace(name.clone()).to_string();
    let dav = format!("{}{}", page.public_url, routes::dav(name, &FilePath::root()));
    html! {
        section aria-labelledby="reach" {
            h2 #reach { "From elsewhere" }
            dl.facts {
                div.wide { dt { "In a notebook" } dd { (copied("open", &format!("%open {uri}FILE.root"), "line")) } }
                div.wide {
                    dt { "At a shell, after a login" }
                    dd {
                        (copied("login", &format!("mlaas4hep login {}", page.public_url), "line"))
                        (copied("shell", &format!("mlaas4hep ls {uri}"), "line"))
                    }
                }
                div.wide { dt { "WebDAV" } dd { (copied("dav", &dav, "address")) } }
            }
            p {
                "rclone, davix and file managers ask for a name and a password: "
                a href=(frame.addresses().app_passwords()) { "make an app password" } "."
            }
        }
    }
}
