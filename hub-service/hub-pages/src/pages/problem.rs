//! What went wrong, kindly.

use hub_api::ApiError;
use maud::{Markup, html};

use crate::{Frame, text};

/// The page of an error. `back`: where the visitor came from, an address of ours; `log_in`: where to log in, where that helps.
#[must_use]
pub fn problem_page(frame: &Frame<'_>, error: &ApiError, back: Option<&str>, log_in: Option<&str>) -> Markup {
    let title = match error.status {
        401 => "Please log in",
        403 => "This is not yours to do",
        404 => "Not found",
        409 | 412 => "That does not go together",
        413 | 507 => "No room",
        429 => "Too fast",
        400..500 => "That did not work",
        _ => "Something failed here",
    };
    let content = html! {
        section.problem {
            h1 { (title) }
            p { (text::name(&error.message)) }
            @if let Some(step) = &error.next_step { p { strong { "What to do: " } (text::name(step)) "." } }
            p.row {
                @if let Some(log_in) = log_in { a.button.strong href=(log_in) { "Log in" } }
                @else if let Some(back) = back {
                    // The script puts back what was typed.
                    @let joint = if back.contains('?') { '&' } else { '?' };
                    a.button.strong href=(format!("{back}{joint}again=1")) { "Back" }
                }
                a.button href=(frame.addresses().home()) { "My workspaces" }
            }
            p.faint {
                (error.status) " · " (error.code)
                @if let Some(id) = &error.request_id { " · request " code { (text::name(id)) } }
            }
        }
    };
    frame.page(title, content)
}
