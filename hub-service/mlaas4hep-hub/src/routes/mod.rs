//! The handlers: one action, one file. Each finds its arguments in the request, asks the storage, and answers.

pub(crate) mod all_workspaces;
pub(crate) mod app_passwords;
pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod dav;
pub(crate) mod delete_file;
pub(crate) mod folders;
pub(crate) mod forget;
pub(crate) mod grants;
pub(crate) mod health;
pub(crate) mod info;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod me;
pub(crate) mod move_or_copy;
pub(crate) mod quota;
pub(crate) mod read_file;
pub(crate) mod read_link;
pub(crate) mod trash;
pub(crate) mod unfinished_uploads;
pub(crate) mod uploads;
pub(crate) mod versions;
pub(crate) mod workspaces;
pub(crate) mod write_file;

use ::workspaces::Preconditions;
use http::HeaderMap;
use http::header::{self, HeaderName};

/// A header as text; what is no text is as good as not there.
pub(crate) fn text(headers: &HeaderMap, name: impl Into<HeaderName>) -> Option<&str> {
    headers.get(name.into()).and_then(|value| value.to_str().ok())
}

/// What must hold of the file that a request changes.
pub(crate) fn preconditions(headers: &HeaderMap) -> Preconditions {
    let if_match = text(headers, header::IF_MATCH)
        .map(|list| if list.trim() == "*" { vec!["*".to_owned()] } else { crate::conditions::tags(list) });
    let since = text(headers, header::IF_UNMODIFIED_SINCE).and_then(crate::conditions::http_seconds);
    Preconditions { if_match, if_unmodified_since: since, ..Preconditions::default() }
        .unless(text(headers, header::IF_NONE_MATCH))
}
