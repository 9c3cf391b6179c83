//! My workspaces.

use hub_api::{FilePath, WorkspaceInfo, WorkspaceKind, group_with_workspace};
use maud::{Markup, html};

use super::quota_bar::quota_bars;
use crate::{Frame, frame::your_role, icons::Icon, text};

/// What the visitor can see: the personal workspace first, then those of the visitor's groups, then others.
#[must_use]
pub fn workspaces_page(frame: &Frame<'_>, workspaces: &[WorkspaceInfo], groups: &[String]) -> Markup {
    let own = frame.visitor.map(|visitor| format!("~{}", visitor.name));
    let rank = |workspace: &WorkspaceInfo| {
        let name = workspace.name.as_str();
        match workspace.kind {
            WorkspaceKind::Personal if Some(name) == own.as_deref() => 0,
            WorkspaceKind::Group if groups.iter().any(|group| group_with_workspace(group) == name) => 1,
            _ => 2,
        }
    };
    let mut in_order: Vec<_> = workspaces.iter().map(|workspace| (rank(workspace), workspace)).collect();
    in_order.sort_by_key(|(rank, workspace)| (*rank, &workspace.name));
    let content = html! {
        h1 { "Workspaces" }
        p.lead {
            "Files that your notebooks, your browser, rclone, davix and your laptop all reach by one name, such as "
            code { "shared://higgs/ttH.root" } "."
        }
        @if frame.visitor.is_some_and(|visitor| visitor.is_admin) {
            p { a href=(frame.addresses().all_workspaces()) { "All workspaces and their limits" } }
        }
        ul.cards { @for (rank, workspace) in &in_order { (card(frame, workspace, *rank)) } }
        @if !in_order.iter().any(|(rank, _)| *rank == 1) {
            p.empty {
                "You are in no group yet. Groups come from JupyterHub or your IAM; who administers a workspace can also "
                "share it with you."
            }
        }
    };
    frame.page("Workspaces", content)
}

fn card(frame: &Frame<'_>, workspace: &WorkspaceInfo, rank: u8) -> Markup {
    let icon = Icon::of(workspace.kind);
    let whose = ["Yours", "Your group", "Shared with you"][usize::from(rank.min(2))];
    html! {
        li.card {
            p.over { (whose) }
            h2 {
                (icon.draw())
                a.whole href=(frame.addresses().folder(&workspace.name, &FilePath::root())) {
                    (text::name(workspace.name.as_str()))
                }
            }
            p { span.chip { (your_role(workspace.role)) } }
            (quota_bars(&workspace.quota))
        }
    }
}
