//! A file: what it is, a preview, its versions.

use hub_api::{Entry, Role, SharedUri, Version, WorkspaceInfo};
use maud::{Markup, html};

use super::{
    folder::breadcrumbs,
    root_preview::{RootPreview, root_preview},
};
use crate::{Frame, frame::Tab, icons::Icon, text};

/// The beginning of a file that holds text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPreview {
    /// Its first characters.
    pub text: String,
    /// Whether more follow.
    pub is_cut: bool,
}

/// A file as it is shown.
#[derive(Clone, Debug)]
pub struct FilePage<'a> {
    /// Where.
    pub workspace: &'a WorkspaceInfo,
    /// The file.
    pub entry: &'a Entry,
    /// Its versions, newest first.
    pub versions: &'a [Version],
    /// Trees and branches, of a ROOT file; or a sentence that says why not.
    pub root: Option<Result<RootPreview, String>>,
    /// The beginning, of a text.
    pub text: Option<TextPreview>,
    /// Whether a browser can draw it.
    pub is_picture: bool,
    /// Whether the service makes links.
    pub has_links: bool,
}

/// The page of a file.
#[must_use]
pub fn file_page(frame: &Frame<'_>, page: &FilePage<'_>) -> Markup {
    let workspace = &page.workspace.name;
    let entry = page.entry;
    let name = entry.path.name().unwrap_or_default();
    let content = html! {
        (breadcrumbs(frame, workspace, &entry.path))
        div.file-head {
            h1 { (Icon::of_file(name).draw()) (text::name(name)) }
            (actions(frame, page))
        }
        (facts(page))
        @match &page.root {
            Some(Ok(preview)) => { (root_preview(frame, workspace, entry, preview)) }
            Some(Err(reason)) => { (no_preview(reason)) }
            None => {}
        }
        @if let Some(preview) = &page.text { (text_preview(preview)) }
        @if page.is_picture {
            section aria-labelledby="preview" {
                h2 #preview { "Preview" }
                img.picture src=(frame.addresses().bytes_of_version(workspace, &entry.path, entry.version))
                    alt=(format!("The picture {}", text::plain_name(name)));
            }
        }
        (versions(frame, page))
    };
    frame.workspace_page(page.workspace, Tab::Files, &text::plain_name(name), content)
}

fn actions(frame: &Frame<'_>, page: &FilePage<'_>) -> Markup {
    let addresses = frame.addresses();
    let (workspace, path) = (&page.workspace.name, &page.entry.path);
    html! {
        div.tools {
            a.button.strong href=(addresses.bytes(workspace, path)) { (Icon::Download.draw()) "Download" }
            @if page.workspace.role >= Role::Writer {
                a.button href=(addresses.of_path(workspace, "move", path)) { (Icon::Copy.draw()) "Rename, move or copy" }
            }
            @if page.has_links && page.workspace.role >= Role::Admin {
                a.button href=(format!(
                    "{}?path={}", addresses.of_workspace(workspace, "sharing"), hub_api::routes::encode_segment(path.as_str())
                )) { (Icon::Key.draw()) "Make a link" }
            }
            @if page.workspace.role >= Role::Writer {
                (frame.button_form(
                    &addresses.of_path(workspace, "delete", path), "danger", html! { (Icon::Trash.draw()) "Delete" },
                ))
            }
        }
    }
}

fn facts(page: &FilePage<'_>) -> Markup {
    let entry = page.entry;
    let uri = SharedUri { workspace: page.workspace.name.clone(), path: entry.path.clone() };
    html! {
        dl.facts {
            div.wide { dt { "Address" } dd { (copied("uri", &uri.to_string(), "address")) } }
            div {
                dt { "Size" }
                dd { span title=(text::counted(entry.size_bytes, "byte", "bytes")) { (text::bytes(entry.size_bytes)) } }
            }
            div { dt { "Version" } dd { (entry.version) } }
            div { dt { "Changed" } dd { (text::time(&entry.modified)) " by " (text::name(&entry.modified_by)) } }
            @if let Some(made_by) = &entry.made_by { div { dt { "Made by" } dd { (text::name(made_by)) } } }
            @if let Some(sha256) = &entry.sha256 {
                div.wide { dt { "SHA-256" } dd { (copied("sha256", sha256, "checksum")) } }
            }
        }
    }
}

/// A text to be taken along, with a button that the script brings to life.
pub(crate) fn copied(id: &str, content: &str, what: &str) -> Markup {
    html! {
        span.copied {
            code id=(id) { (text::name(content)) }
            button.quiet.with-script type="button" data-copy=(id) aria-label=(format!("Copy the {what}")) {
                (Icon::Copy.draw()) span { "Copy" }
            }
        }
    }
}

fn no_preview(reason: &str) -> Markup {
    html! {
        section aria-labelledby="preview" {
            h2 #preview { "Preview" }
            div.notice.bad {
                p { "This file cannot be shown as a ROOT file. It can still be downloaded." }
                p.faint { (text::name(reason)) }
            }
        }
    }
}

fn text_preview(preview: &TextPreview) -> Markup {
    html! {
        section aria-labelledby="preview" {
            h2 #preview { "Preview" }
            pre.preview tabindex="0" { (preview.text) }
            @if preview.is_cut { p.faint { "Only the beginning is shown." } }
        }
    }
}

fn versions(frame: &Frame<'_>, page: &FilePage<'_>) -> Markup {
    let (workspace, path) = (&page.workspace.name, &page.entry.path);
    let addresses = frame.addresses();
    let can_write = page.workspace.role >= Role::Writer;
    html! {
        section aria-labelledby="versions" {
            h2 #versions { "Versions" }
            table {
                thead { tr {
                    th scope="col" { "Version" } th scope="col" { "Changed" } th scope="col" { "By" }
                    th.size scope="col" { "Size" } th.actions scope="col" { span.hidden { "Actions" } }
                } }
                tbody {
                    @for version in page.versions {
                        tr {
                            th scope="row" { (version.version) @if version.current { " " span.chip { "current" } } }
                            td { (text::time(&version.modified)) }
                            td data-says="by" { (text::name(&version.modified_by)) }
                            td.size { (text::bytes(version.size_bytes)) }
                            td.actions {
                                div.row {
                                    a href=(addresses.bytes_of_version(workspace, path, version.version))
                                        aria-label=(format!("Download version {}", version.version)) { "Download" }
                                    @if can_write && !version.current {
                                        form method="post" action=(addresses.of_path(workspace, "restore", path)) {
                                            (frame.xsrf_field())
                                            input type="hidden" name="version" value=(version.version);
                                            button type="submit" aria-label=(format!("Restore version {}", version.version)) { "Restore" }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
