//! What lies in a ROOT file: trees, their branches, and the histogram of the one that is asked for.

use hub_api::{Entry, WorkspaceName, routes};
use maud::{Markup, html};

use crate::{Frame, text};

/// A ROOT file as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootPreview {
    /// Its trees, in the order of the file; of several cycles the newest.
    pub trees: Vec<TreePreview>,
    /// What else lies in it: histograms, graphs, ...
    pub others: Vec<OtherObject>,
    /// Objects that are there but not shown.
    pub n_hidden: u64,
    /// Tree and branch whose histogram is asked for.
    pub chosen: Option<(String, String)>,
}

/// A tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreePreview {
    /// Path in the file.
    pub name: String,
    /// Entries and branches, or why it cannot be read.
    pub content: Result<Measured, String>,
}

/// What a tree says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Number of events.
    pub n_entries: u64,
    /// The first of its branches.
    pub branches: Vec<BranchRow>,
    /// How many branches it has.
    pub n_branches: u64,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchRow {
    /// Full name.
    pub name: String,
    /// As the file spells it: `vector<float>`.
    pub type_name: String,
    /// `flat`, `fixed`, `jagged`, `doubly jagged`, `text`; or why it cannot be read.
    pub kind: Result<&'static str, String>,
    /// Bytes in the file.
    pub stored_bytes: u64,
}

/// An object that is no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherObject {
    /// Path in the file.
    pub name: String,
    /// C++ class.
    pub class_name: String,
}

/// The id of the row of a branch, by its place.
fn branch_anchor(tree: usize, branch: usize) -> String {
    format!("branch-{tree}-{branch}")
}

/// Trees and branches. A branch with numbers links to this page with its histogram, which the script opens in place.
pub(crate) fn root_preview(
    frame: &Frame<'_>,
    workspace: &WorkspaceName,
    entry: &Entry,
    preview: &RootPreview,
) -> Markup {
    html! {
        section aria-labelledby="preview" {
            h2 #preview { "In this file" }
            @if preview.trees.is_empty() && preview.others.is_empty() { p.empty { "Nothing: the file holds no objects." } }
            @for (at, tree) in preview.trees.iter().enumerate() {
                details.tree open[at == 0 || preview.chosen.as_ref().is_some_and(|(chosen, _)| *chosen == tree.name)] {
                    summary {
                        strong { (text::name(&tree.name)) }
                        @if let Ok(content) = &tree.content {
                            span.faint {
                                (text::counted(content.n_entries, "event", "events")) ", "
                                (text::counted(content.n_branches, "branch", "branches"))
                            }
                        }
                    }
                    @match &tree.content {
                        Err(reason) => {
                            div.notice.bad { p { "This tree cannot be read." } p.faint { (text::name(reason)) } }
                        }
                        Ok(content) => (branches(frame, workspace, entry, preview, (at, &tree.name), content)),
                    }
                }
            }
            (others(preview))
        }
    }
}

fn branches(
    frame: &Frame<'_>,
    workspace: &WorkspaceName,
    entry: &Entry,
    preview: &RootPreview,
    (tree_at, tree): (usize, &str),
    content: &Measured,
) -> Markup {
    let table_id = format!("branches-{tree_at}");
    html! {
        @if content.branches.len() > 8 {
            p.filter.with-script {
                label.hidden for=(format!("filter-{tree_at}")) { "Branches that hold" }
                input id=(format!("filter-{tree_at}")) type="search" placeholder="Filter branches" data-filters=(table_id)
                    autocomplete="off";
            }
        }
        table.branches id=(table_id) {
            caption.hidden { "Branches of " (text::name(tree)) }
            thead { tr {
                th scope="col" { "Branch" } th scope="col" { "Type" } th.kind scope="col" { "Kind" }
                th.size scope="col" { "Stored" }
            } }
            tbody {
                @for (at, branch) in content.branches.iter().enumerate() {
                    (branch_row(frame, workspace, entry, tree, &branch_anchor(tree_at, at), branch,
                        preview.chosen.as_ref().is_some_and(|(of, chosen)| of == tree && *chosen == branch.name)))
                }
            }
        }
        @if content.n_branches > content.branches.len() as u64 {
            p.faint { "The first " (text::count(content.branches.len() as u64)) " branches are shown." }
        }
    }
}

fn branch_row(
    frame: &Frame<'_>,
    workspace: &WorkspaceName,
    entry: &Entry,
    tree: &str,
    anchor: &str,
    branch: &BranchRow,
    is_chosen: bool,
) -> Markup {
    let picture = frame.addresses().histogram(workspace, &entry.path, entry.version, tree, &branch.name);
    let here = format!(
        "?tree={}&branch={}#{anchor}",
        routes::encode_segment(tree),
        routes::encode_segment(&branch.name)
    );
    let alt = format!("Histogram of {}", text::plain_name(&branch.name));
    let has_numbers = branch.kind.as_ref().is_ok_and(|kind| *kind != "text");
    html! {
        tr id=(anchor) {
            th scope="row" {
                @if has_numbers {
                    a href=(here) data-histogram=(picture) data-alt=(alt) title="Show the histogram" {
                        (text::name(&branch.name))
                    }
                } @else { (text::name(&branch.name)) }
            }
            td { code { (text::name(&branch.type_name)) } }
            td.kind {
                @match &branch.kind {
                    Ok(kind) => (kind),
                    Err(reason) => span.faint title=(text::plain_name(reason)) { "cannot be read" },
                }
            }
            td.size { (text::bytes(branch.stored_bytes)) }
        }
        @if is_chosen && has_numbers {
            tr.histogram { td colspan="4" { img src=(picture) alt=(alt) width="640" height="520"; } }
        }
    }
}

fn others(preview: &RootPreview) -> Markup {
    if preview.others.is_empty() {
        return html! {};
    }
    html! {
        details.tree open[preview.trees.is_empty()] {
            summary { strong { "Other objects" } span.faint { (text::count(preview.others.len() as u64)) } }
            table.branches {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Class" } } }
                tbody {
                    @for object in &preview.others {
                        tr { th scope="row" { (text::name(&object.name)) } td { code { (text::name(&object.class_name)) } } }
                    }
                }
            }
            @if preview.n_hidden > 0 { p.faint { (text::count(preview.n_hidden)) " more are not shown." } }
        }
    }
}
