//! Who else may use a workspace, and links that anyone may follow.

use hub_api::{Grant, Grantee, Link, Role, WorkspaceInfo, WorkspaceKind};
use maud::{Markup, html};

use super::file::copied;
use crate::{
    Frame,
    frame::{Tab, role_word},
    icons::Icon,
    text,
};

/// Grants and links.
#[derive(Clone, Debug)]
pub struct SharingPage<'a> {
    /// Where.
    pub workspace: &'a WorkspaceInfo,
    /// Rights besides those of the groups.
    pub grants: &'a [Grant],
    /// Links that work.
    pub links: &'a [Link],
    /// A link that was made just now, with its address.
    pub made: Option<&'a Link>,
    /// Whether the service makes links.
    pub has_links: bool,
    /// The file for which a link is to be made.
    pub path: &'a str,
}

const DAY_SECONDS: u64 = 86_400;

/// Lifetimes that the forms offer: seconds (empty: until taken back), and words.
const LIFETIMES: [(Option<u64>, &str); 6] = [
    (Some(DAY_SECONDS), "a day"),
    (Some(7 * DAY_SECONDS), "a week"),
    (Some(30 * DAY_SECONDS), "30 days"),
    (Some(90 * DAY_SECONDS), "90 days"),
    (Some(365 * DAY_SECONDS), "a year"),
    (None, "no end"),
];

/// A choice of lifetimes up to a longest one; without one, also for ever.
pub(crate) fn lifetimes(id: &str, longest_seconds: Option<u64>, chosen_seconds: Option<u64>) -> Markup {
    let fits = |seconds: Option<u64>| match (seconds, longest_seconds) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(seconds), Some(longest)) => seconds <= longest,
    };
    html! {
        select id=(id) name="expires_in_seconds" {
            @for (seconds, word) in LIFETIMES.into_iter().filter(|(seconds, _)| fits(*seconds)) {
                option value=(seconds.map(|n| n.to_string()).unwrap_or_default()) selected[seconds == chosen_seconds] { (word) }
            }
        }
    }
}

/// The page.
#[must_use]
pub fn sharing_page(frame: &Frame<'_>, page: &SharingPage<'_>) -> Markup {
    let content = html! {
        h1.hidden { "Sharing" }
        section aria-labelledby="people" {
            h2 #people { "People and groups" }
            (by_groups(page))
            @if !page.grants.is_empty() { (grants(frame, page)) }
            (grant_form(frame, page))
        }
        section aria-labelledby="links" {
            h2 #links { "Links" }
            @if page.has_links {
                p { "Anyone who has a link can read its one file until the link expires, without a login." }
                @if let Some(link) = page.made { (made(link)) }
                @if !page.links.is_empty() { (links(frame, page)) }
                (link_form(frame, page))
            } @else {
                p { "Links by which anyone reads a file without a login are switched off here." }
            }
        }
    };
    frame.workspace_page(page.workspace, Tab::Sharing, "Sharing", content)
}

fn by_groups(page: &SharingPage<'_>) -> Markup {
    let name = text::name(page.workspace.name.as_str());
    html! {
        @if page.workspace.kind == WorkspaceKind::Group {
            p {
                "Members of the group " strong { (name) } " are in by themselves; those of its groups " code { "admins" } ", "
                code { "writers" } " and " code { "readers" } " by these roles. Here you let in others."
            }
        } @else {
            p { "This is a personal workspace. Here you let in others." }
        }
    }
}

fn grants(frame: &Frame<'_>, page: &SharingPage<'_>) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Who" } th scope="col" { "Access" } th scope="col" { "Until" }
                th scope="col" { "Given by" } th.actions scope="col" { span.hidden { "Actions" } }
            } }
            tbody {
                @for grant in page.grants {
                    @let (icon, word, name) = match &grant.grantee {
                        Grantee::User(name) => (Icon::Person, "person", name),
                        Grantee::Group(name) => (Icon::Group, "group", name),
                    };
                    tr {
                        th scope="row" { span.kind { (icon.draw()) } (text::name(name)) span.hidden { ", " (word) } }
                        td { (role_word(grant.role)) }
                        td data-says="ends" { @match &grant.expires { Some(time) => (text::time(time)), None => span.faint { "never" } } }
                        td data-says="given by" { (text::name(&grant.granted_by)) }
                        td.actions {
                            (frame.button_form(
                                &frame.addresses().of_id(&page.workspace.name, "grants", &grant.id, "delete"),
                                "danger",
                                html! { "Take back" span.hidden { " from " (text::name(name)) } },
                            ))
                        }
                    }
                }
            }
        }
    }
}

fn grant_form(frame: &Frame<'_>, page: &SharingPage<'_>) -> Markup {
    html! {
        form.card.fields.across method="post" action=(frame.addresses().of_workspace(&page.workspace.name, "grants")) {
            (frame.xsrf_field())
            div {
                label for="grantee-kind" { "Who" }
                select #grantee-kind name="kind" { option value="user" { "a person" } option value="group" { "a group" } }
            }
            div.grow {
                label for="grantee" { "Name" }
                input #grantee name="name" required maxlength="255" autocomplete="off" autocapitalize="none" spellcheck="false";
            }
            div {
                label for="grant-role" { "Access" }
                select #grant-role name="role" {
                    option value="reader" { (role_word(Role::Reader)) }
                    option value="writer" { (role_word(Role::Writer)) }
                    option value="admin" { "administers it too" }
                }
            }
            div { label for="grant-life" { "For" } (lifetimes("grant-life", None, None)) }
            button.strong type="submit" { "Share" }
        }
    }
}

fn made(link: &Link) -> Markup {
    html! {
        div.notice.good role="status" {
            p { "The link to " (text::name(link.path.as_str())) " is made. Its address is shown only now:" }
            @if let Some(url) = &link.url { p { (copied("new-link", url, "link")) } }
        }
    }
}

fn links(frame: &Frame<'_>, page: &SharingPage<'_>) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "File" } th scope="col" { "Until" } th scope="col" { "Password" }
                th.size scope="col" { "Reads" } th scope="col" { "Made by" }
                th.actions scope="col" { span.hidden { "Actions" } }
            } }
            tbody {
                @for link in page.links {
                    tr {
                        th scope="row" { (text::name(link.path.as_str())) }
                        td data-says="until" { (text::time(&link.expires)) }
                        td data-says="password" { @if link.has_password { "asked for" } @else { "none" } }
                        td.size data-says="reads" { (text::count(link.n_reads)) }
                        td data-says="made by" { (text::name(&link.created_by)) }
                        td.actions {
                            (frame.button_form(
                                &frame.addresses().of_id(&page.workspace.name, "links", &link.id, "delete"),
                                "danger",
                                html! { "Take back" span.hidden { " the link to " (text::name(link.path.as_str())) } },
                            ))
                        }
                    }
                }
            }
        }
    }
}

fn link_form(frame: &Frame<'_>, page: &SharingPage<'_>) -> Markup {
    html! {
        form.card.fields.across method="post" action=(frame.addresses().of_workspace(&page.workspace.name, "links")) {
            (frame.xsrf_field())
            div.grow {
                label for="link-path" { "File" }
                input #link-path name="path" value=(page.path) required maxlength="4096" placeholder="data/ttH.root"
                    autocomplete="off" spellcheck="false" autofocus[!page.path.is_empty()];
            }
            div { label for="link-life" { "For" } (lifetimes("link-life", Some(30 * DAY_SECONDS), Some(7 * DAY_SECONDS))) }
            div {
                label for="link-password" { "Password, if any" }
                input #link-password name="password" type="password" maxlength="1024" autocomplete="new-password";
            }
            button.strong type="submit" { "Make a link" }
        }
    }
}
