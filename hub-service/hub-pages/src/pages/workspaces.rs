//! My workspaces.

use hub_api::{FilePath, WorkspaceInfo, WorkspaceKind};
use maud::{Markup, html};

use super::quota_bar::quota_bars;
use crate::{Frame, frame::role_word, icons::Icon, text};

/// What the visitor can see: the personal workspace first, then those of groups.
#[must_use]
pub fn workspaces_page(frame: &Frame<'_>, workspaces: &[WorkspaceInfo]) -> Markup {
    let own = frame.visitor.map(|visitor| format!("~{}", visitor.name));
    let is_own = |workspace: &&WorkspaceInfo| Some(workspace.name.as_str()) == own.as_deref();
    let of_kind = |kind: WorkspaceKind| {
        workspaces.iter().filter(move |workspace| workspace.kind == kind)
    };
    let shared: Vec<_> = of_kind(WorkspaceKind::Personal).filter(|workspace| !is_own(workspace)).collect();
    let groups: Vec<_> = of_kind(WorkspaceKind::Group).collect();
    let content = html! {
        h1 { "Workspaces" }
        p.lead {
            "Files that your notebooks, your browser, rclone, davix and your laptop all reach by one name, such as "
            code { "shared://higgs/ttH.root" } "."
        }
        @for workspace in workspaces.iter().filter(is_own) {
            section aria-labelledby="yours" {
                h2 #yours { "Yours" }
                ul.cards { (card(frame, workspace)) }
            }
        }
        section aria-labelledby="groups" {
            h2 #groups { "Your groups" }
            @if groups.is_empty() {
                p.empty {
                    "You are in no group yet. Groups come from JupyterHub or your IAM; who administers a workspace can also "
                    "share it with you."
                }
            } @else {
                ul.cards { @for workspace in groups { (card(frame, workspace)) } }
            }
        }
        @if !shared.is_empty() {
            section aria-labelledby="others" {
                h2 #others { "Shared with you" }
                ul.cards { @for workspace in shared { (card(frame, workspace)) } }
            }
        }
    };
    frame.page("Workspaces", content)
}

fn card(frame: &Frame<'_>, workspace: &WorkspaceInfo) -> Markup {
    let icon = match workspace.kind {
        WorkspaceKind::Group => Icon::Group,
        WorkspaceKind::Personal => Icon::Person,
    };
    html! {
        li.card {
            h3 {
                (icon.draw())
                a.whole href=(frame.addresses().folder(&workspace.name, &FilePath::root())) {
                    (text::name(workspace.name.as_str()))
                }
            }
            p { span.chip { "you: " (role_word(workspace.role)) } }
            (quota_bars(&workspace.quota))
        }
    }
}
