//! All workspaces, for who administers the service: what they hold and may hold, not what is in them.

use hub_api::{Quota, WorkspaceName, WorkspaceSummary, WorkspacesPage, routes};
use maud::{Markup, html};

use super::quota_bar::quota_bars;
use crate::{Frame, icons::Icon, text};

const GIBIBYTE: u64 = 1 << 30;

/// The page: of those whose names hold `name_part`, which may be empty.
#[must_use]
pub fn all_workspaces_page(frame: &Frame<'_>, page: &WorkspacesPage, name_part: &str) -> Markup {
    let part = routes::encode_segment(name_part);
    let content = html! {
        h1 { "All workspaces" }
        p.lead {
            "You administer the service: you see how much each workspace holds and set how much it may, and nothing of what is in it. "
            "A workspace is made when somebody of its group first comes."
        }
        (filter_form(page, name_part))
        @if page.workspaces.is_empty() { p.empty { @if name_part.is_empty() { "There are no workspaces." } @else { "No name holds this." } } }
        @for workspace in &page.workspaces { (one(frame, workspace)) }
        @if let Some(cursor) = &page.next_cursor {
            nav.paging aria-label="Pages of the workspaces" {
                a.button rel="next" href=(format!("?name={part}&cursor={}", routes::encode_segment(cursor))) { "Next" }
            }
        }
    };
    frame.page("All workspaces", content)
}

fn filter_form(page: &WorkspacesPage, name_part: &str) -> Markup {
    if name_part.is_empty() && page.next_cursor.is_none() && page.workspaces.len() < 10 {
        return html! {};
    }
    html! {
        form.filter method="get" role="search" {
            label.hidden for="filter" { "Names that hold" }
            input #filter type="search" name="name" value=(name_part) placeholder="Filter by name" autocomplete="off";
            button type="submit" { "Filter" }
            @if !name_part.is_empty() { a href="?" { "Show all" } }
        }
    }
}

fn one(frame: &Frame<'_>, workspace: &WorkspaceSummary) -> Markup {
    let icon = Icon::of(workspace.kind);
    let name = workspace.name.as_str();
    html! {
        section.card aria-labelledby=(format!("of-{name}")) {
            h2 id=(format!("of-{name}")) { (icon.draw()) (text::name(name)) }
            (quota_bars(&workspace.quota))
            (limits_form(frame, &frame.addresses().all_workspaces(), (&workspace.name, &workspace.quota)))
        }
    }
}

/// Fields that set the limits of a workspace.
pub(crate) fn limits_form(
    frame: &Frame<'_>,
    action: &str,
    (workspace, quota): (&WorkspaceName, &Quota),
) -> Markup {
    let name = workspace.as_str();
    let id = |what: &str| format!("{what}-{name}");
    // In few digits: what is sent back is the same number of bytes, or nearly.
    let limit_gibibytes = (quota.limit_bytes as f64 / GIBIBYTE as f64 * 1e6).round() / 1e6;
    html! {
        form.fields.across method="post" action=(action) {
            (frame.xsrf_field())
            input type="hidden" name="workspace" value=(name);
            div {
                label for=(id("limit")) { "Limit in GiB" }
                input id=(id("limit")) name="limit_gibibytes" type="number" min="0" step="any" required value=(limit_gibibytes);
            }
            div {
                label for=(id("entries")) { "Limit of files and folders" }
                input id=(id("entries")) name="limit_entries" type="number" min="0" step="1" required value=(quota.limit_entries);
            }
            button.strong type="submit" { "Set the limits" span.hidden { " of " (text::name(name)) } }
        }
    }
}
