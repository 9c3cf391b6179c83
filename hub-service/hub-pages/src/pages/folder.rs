//! A folder: its names, and all that can be done with them.

use hub_api::{Entry, EntryKind, FilePath, Role, WorkspaceInfo, WorkspaceName, routes};
use maud::{Markup, html};

use crate::{
    Frame,
    arrange::{SortKey, Sorting},
    frame::Tab,
    icons::Icon,
    text,
};

/// What is left of a folder after the names that are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Further {
    /// The whole folder was put in order, and is cut into pages.
    Pages {
        /// This page, from 1.
        page: u64,
        /// How many there are.
        n_pages: u64,
        /// Names on all of them.
        n_entries: u64,
    },
    /// The folder is so large that it is shown in the order of its names, as it is kept.
    Cursor {
        /// For the next page; `None` on the last one.
        next: Option<String>,
        /// Whether this is not the first page.
        is_later: bool,
    },
}

/// A folder as it is shown.
#[derive(Clone, Debug)]
pub struct FolderPage<'a> {
    /// Where.
    pub workspace: &'a WorkspaceInfo,
    /// The folder.
    pub folder: &'a FilePath,
    /// What is shown of it, in order.
    pub entries: &'a [Entry],
    /// The order.
    pub sorting: Sorting,
    /// What names must hold; empty: anything.
    pub filter: &'a str,
    /// The rest.
    pub further: Further,
    /// Largest file that an upload may bring, in bytes.
    pub max_file_bytes: u64,
}

/// The page of a folder.
#[must_use]
pub fn folder_page(frame: &Frame<'_>, page: &FolderPage<'_>) -> Markup {
    let workspace = &page.workspace.name;
    let can_write = page.workspace.role >= Role::Writer;
    let title = page.folder.name().unwrap_or(workspace.as_str());
    let content = html! {
        div.folder data-workspace=(workspace) data-folder=(page.folder)
            data-max-bytes=(page.max_file_bytes) data-drop=[can_write.then_some("")] {
            @if !page.folder.is_root() { (breadcrumbs(frame, workspace, page.folder)) }
            h1.hidden { "Folder " (text::name(title)) }
            @if can_write { (tools(frame, page)) }
            @if can_write { (upload_list()) }
            div #listing {
                (filter_form(page))
                @if page.entries.is_empty() { (empty(page, can_write)) } @else { (table(frame, page, can_write)) }
                (paging(page))
            }
        }
    };
    frame.workspace_page(page.workspace, Tab::Files, &text::plain_name(title), content)
}

/// The way from the workspace to a path.
pub(crate) fn breadcrumbs(frame: &Frame<'_>, workspace: &WorkspaceName, path: &FilePath) -> Markup {
    let mut ways = vec![(workspace.as_str(), FilePath::root())];
    for part in path.parts() {
        let way = ways.last().and_then(|(_, above)| above.join(part).ok()).unwrap_or_default();
        ways.push((part, way));
    }
    let last = ways.len() - 1;
    html! {
        nav.crumbs aria-label="Way to this place" {
            ol {
                @for (at, (part, way)) in ways.iter().enumerate() {
                    li {
                        @if at == last { span aria-current="page" { (text::name(part)) } }
                        @else { a href=(frame.addresses().folder(workspace, way)) { (text::name(part)) } }
                    }
                }
            }
        }
    }
}

fn tools(frame: &Frame<'_>, page: &FolderPage<'_>) -> Markup {
    let addresses = frame.addresses();
    let workspace = &page.workspace.name;
    html! {
        div.tools {
            form.upload method="post" enctype="multipart/form-data"
                action=(addresses.of_path(workspace, "upload", page.folder)) {
                (frame.xsrf_field())
                label.button.strong for="files" { (Icon::Upload.draw()) "Upload files" }
                input #files type="file" name="file" multiple required;
                button.no-script type="submit" { "Send" }
            }
            details.menu.panel {
                summary.button { (Icon::NewFolder.draw()) "New folder" }
                form method="post" action=(addresses.of_path(workspace, "new-folder", page.folder)) {
                    (frame.xsrf_field())
                    label for="new-folder" { "Name of the new folder" }
                    div.row {
                        input #new-folder name="name" required maxlength="255" autocomplete="off";
                        button.strong type="submit" { "Make it" }
                    }
                }
            }
            p.hint.with-script { "or drop files and folders anywhere here" }
        }
    }
}

/// Filled by the script.
fn upload_list() -> Markup {
    html! {
        section #uploads hidden aria-label="Uploads" {
            p #upload-summary role="status" aria-live="polite" {}
            ul {}
        }
    }
}

fn filter_form(page: &FolderPage<'_>) -> Markup {
    let Further::Pages { n_entries, .. } = page.further else { return html! {} };
    if page.filter.is_empty() && n_entries < 10 {
        return html! {};
    }
    html! {
        form.filter method="get" role="search" {
            label.hidden for="filter" { "Names that hold" }
            input #filter type="search" name="filter" value=(page.filter) placeholder="Filter by name" autocomplete="off";
            input type="hidden" name="sort" value=(page.sorting.key.word());
            input type="hidden" name="order" value=(if page.sorting.is_descending { "desc" } else { "asc" });
            button type="submit" { "Filter" }
            @if !page.filter.is_empty() {
                a href=(format!("?{}", page.sorting.query())) { "Show all" }
            }
        }
    }
}

fn empty(page: &FolderPage<'_>, can_write: bool) -> Markup {
    html! {
        div.empty {
            @if !page.filter.is_empty() {
                p { "No name here holds “" (text::name(page.filter)) "”." }
            } @else {
                p { strong { "Nothing here yet." } }
                @if can_write {
                    p {
                        "Upload files above, write from a notebook with " code { "%put" } ", or mount it: see "
                        "“Space and access”."
                    }
                }
            }
        }
    }
}

fn table(frame: &Frame<'_>, page: &FolderPage<'_>, can_write: bool) -> Markup {
    let can_sort = matches!(page.further, Further::Pages { .. });
    html! {
        table.files {
            caption.hidden { "Files and folders" }
            thead {
                tr {
                    @for (key, word) in [(SortKey::Name, "Name"), (SortKey::Size, "Size"), (SortKey::Modified, "Changed")] {
                        (column_head(page, key, word, can_sort))
                    }
                    th.who scope="col" { "By" }
                    th.actions scope="col" { span.hidden { "Actions" } }
                }
            }
            tbody { @for entry in page.entries { (row(frame, &page.workspace.name, entry, can_write)) } }
        }
    }
}

fn column_head(page: &FolderPage<'_>, key: SortKey, word: &str, can_sort: bool) -> Markup {
    let is_this = page.sorting.key == key;
    let state = match (can_sort && is_this, page.sorting.is_descending) {
        (false, _) => None,
        (true, false) => Some("ascending"),
        (true, true) => Some("descending"),
    };
    // Sizes and times are mostly looked at for the largest and the newest.
    let is_descending = if is_this { !page.sorting.is_descending } else { key != SortKey::Name };
    let mut query = Sorting { key, is_descending }.query();
    if !page.filter.is_empty() {
        query.push_str("&filter=");
        query.push_str(&routes::encode_segment(page.filter));
    }
    html! {
        th class=(key.word()) scope="col" aria-sort=[state] {
            @if can_sort { a href=(format!("?{query}")) { (word) } } @else { (word) }
        }
    }
}

fn row(frame: &Frame<'_>, workspace: &WorkspaceName, entry: &Entry, can_write: bool) -> Markup {
    let addresses = frame.addresses();
    let name = entry.path.name().unwrap_or_default();
    let is_folder = entry.kind == EntryKind::Folder;
    let address = match entry.kind {
        EntryKind::Folder => addresses.folder(workspace, &entry.path),
        EntryKind::File => addresses.file(workspace, &entry.path),
    };
    html! {
        tr {
            th.name scope="row" {
                (kind_icon(entry.kind, name))
                a href=(address) { (text::name(name)) @if is_folder { span.hidden { ", folder" } } }
            }
            td.size {
                @if !is_folder {
                    span title=(text::counted(entry.size_bytes, "byte", "bytes")) { (text::bytes(entry.size_bytes)) }
                }
            }
            td.modified { (text::time(&entry.modified)) }
            td.who { (text::name(&entry.modified_by)) }
            td.actions { (row_menu(frame, workspace, entry, can_write)) }
        }
    }
}

/// The picture of a name in a list.
pub(crate) fn kind_icon(kind: EntryKind, name: &str) -> Markup {
    match kind {
        EntryKind::Folder => html! { span.kind.folder { (Icon::Folder.draw()) } },
        EntryKind::File => html! { span.kind { (Icon::of_file(name).draw()) } },
    }
}

fn row_menu(frame: &Frame<'_>, workspace: &WorkspaceName, entry: &Entry, can_write: bool) -> Markup {
    let addresses = frame.addresses();
    let is_file = entry.kind == EntryKind::File;
    if !is_file && !can_write {
        return html! {};
    }
    let name = text::plain_name(entry.path.name().unwrap_or_default());
    html! {
        details.menu {
            summary aria-label=(format!("What to do with {name}")) { (Icon::More.draw()) }
            ul {
                @if is_file {
                    li { a href=(addresses.bytes(workspace, &entry.path)) { (Icon::Download.draw()) "Download" } }
                }
                @if can_write {
                    li { a href=(addresses.of_path(workspace, "move", &entry.path)) { (Icon::Copy.draw()) "Rename, move or copy" } }
                    li {
                        (frame.button_form(
                            &addresses.of_path(workspace, "delete", &entry.path),
                            "item danger",
                            html! { (Icon::Trash.draw()) "Delete" },
                        ))
                    }
                }
            }
        }
    }
}

fn paging(page: &FolderPage<'_>) -> Markup {
    let filter = if page.filter.is_empty() {
        String::new()
    } else {
        format!("&filter={}", routes::encode_segment(page.filter))
    };
    let address = |n: u64| format!("?{}{filter}&page={n}", page.sorting.query());
    match &page.further {
        Further::Pages { page: at, n_pages, n_entries } => html! {
            @if *n_entries > 0 {
                nav.paging aria-label="Pages of this folder" {
                    @if *at > 1 { a.button rel="prev" href=(address(at - 1)) { "Previous" } }
                    span {
                        (text::counted(*n_entries, "name", "names"))
                        @if *n_pages > 1 { ", page " (at) " of " (n_pages) }
                    }
                    @if at < n_pages { a.button rel="next" href=(address(at + 1)) { "Next" } }
                }
            }
        },
        Further::Cursor { next, is_later } => html! {
            nav.paging aria-label="Pages of this folder" {
                @if *is_later { a.button href="?" { "From the start" } }
                span { "A large folder: shown in the order of its names" }
                @if let Some(next) = next {
                    a.button rel="next" href=(format!("?cursor={}", routes::encode_segment(next))) { "Next" }
                }
            }
        },
    }
}

impl Icon {
    /// The picture of a file by the end of its name.
    pub(crate) fn of_file(name: &str) -> Self {
        let is_root = name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("root"));
        if is_root { Self::Tree } else { Self::File }
    }
}
