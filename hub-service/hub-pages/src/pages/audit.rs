//! Who did what.

use hub_api::{AuditPage, PrincipalSource, WorkspaceInfo, routes};
use maud::{Markup, html};

use crate::{Frame, frame::Tab, text};

/// A page of the audit log.
#[derive(Clone, Debug)]
pub struct AuditPageView<'a> {
    /// Where.
    pub workspace: &'a WorkspaceInfo,
    /// Newest first.
    pub page: &'a AuditPage,
    /// Whether it is not the first page.
    pub is_later: bool,
}

fn source_word(source: PrincipalSource) -> &'static str {
    match source {
        PrincipalSource::Hub => "hub login",
        PrincipalSource::Iam => "IAM token",
        PrincipalSource::AppPassword => "app password",
        PrincipalSource::Link => "link",
        PrincipalSource::Proxy => "proxy",
        PrincipalSource::Dev => "local user",
    }
}

/// The page.
#[must_use]
pub fn audit_page(frame: &Frame<'_>, view: &AuditPageView<'_>) -> Markup {
    let content = html! {
        h1.hidden { "Audit log" }
        p.lead { "Who changed what, newest first. Nobody can change it." }
        @if view.page.entries.is_empty() { p.empty { "Nothing was done here yet." } } @else {
            table.audit {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "Did" }
                    th scope="col" { "To" } th.details scope="col" { "Details" }
                } }
                tbody {
                    @for line in &view.page.entries {
                        tr {
                            td { (text::time(&line.time)) }
                            td { (text::name(&line.who)) " " span.faint { (source_word(line.source)) } }
                            td { span.chip { (line.action.replace('_', " ")) } }
                            td.subject { (text::name(&line.subject)) }
                            td.details { @if let Some(details) = &line.details { (text::name(details)) } }
                        }
                    }
                }
            }
        }
        nav.paging aria-label="Pages of the log" {
            @if view.is_later { a.button href="?" { "Newest" } }
            @if let Some(cursor) = &view.page.next_cursor {
                a.button rel="next" href=(format!("?cursor={}", routes::encode_segment(cursor))) { "Older" }
            }
        }
    };
    frame.workspace_page(view.workspace, Tab::Audit, "Audit log", content)
}
