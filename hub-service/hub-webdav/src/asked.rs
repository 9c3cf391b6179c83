//! What one request asks for, and what became of it: the file system and the locks of the request look here.

use std::sync::{Mutex, PoisonError};

use dav_server::fs::FsError;
use http::{HeaderMap, Method, header};
use hub_api::{ContentRange, announced_sha256, routes};
use workspaces::{Preconditions, WorkspaceError, entity_tags};

/// Headers with a digest of the whole file (RFC 9530, RFC 3230).
pub(crate) const DIGESTS: [&str; 2] = ["repr-digest", "digest"];

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// `Depth: 0`.
    pub(crate) is_shallow: bool,
    /// `Overwrite`; true without it (RFC 4918 section 10.6).
    pub(crate) overwrite: bool,
    pub(crate) preconditions: Preconditions,
    /// Where the body belongs, of a `PUT` (RFC 9110 section 14.5).
    pub(crate) part: Option<ContentRange>,
    pub(crate) media_type: Option<String>,
    pub(crate) made_by: Option<String>,
    /// The SHA-256 that all bytes of the file will have.
    pub(crate) sha256: Option<String>,
    outcome: Mutex<Outcome>,
}

/// A file that was opened for reading.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) adler32: u32,
    pub(crate) media_type: Option<String>,
    /// Its bytes come from a store that may fail.
    pub(crate) is_elsewhere: bool,
}

/// What became of a request.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The first error that says more than the protocol library can carry.
    pub(crate) error: Option<WorkspaceError>,
    /// A name that cannot be, and why.
    pub(crate) bad_name: Option<String>,
    pub(crate) opened: Option<Opened>,
    /// A part of a file came, and this many bytes are there now: the file is not whole yet.
    pub(crate) unfinished_at: Option<u64>,
}

impl Asked {
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        Self {
            method: method.clone(),
            is_shallow: text("depth") == Some("0"),
            overwrite: !text("overwrite").is_some_and(|value| value.eq_ignore_ascii_case("f")),
            preconditions: Preconditions {
                if_match: text(header::IF_MATCH.as_str()).map(tags),
                ..Preconditions::default()
            }
            .unless(text(header::IF_NONE_MATCH.as_str())),
            part: headers.get(header::CONTENT_RANGE).and_then(|range| ContentRange::parse(range.as_bytes())),
            media_type: text(header::CONTENT_TYPE.as_str()).map(str::to_owned),
            made_by: text(routes::MADE_BY).map(str::to_owned),
            sha256: DIGESTS.into_iter().find_map(text).and_then(|digest| announced_sha256(digest).ok()?),
            outcome: Mutex::default(),
        }
    }

    pub(crate) fn is(&self, method: &str) -> bool {
        self.method.as_str() == method
    }

    /// Notes an error, and gives the one that the protocol library knows.
    pub(crate) fn failed(&self, error: WorkspaceError) -> FsError {
        let known = match &error {
            WorkspaceError::NotFound { .. } => return FsError::NotFound,
            // Only a race gets here past the look of the library: "there already" is a failed precondition then.
            WorkspaceError::Exists { .. } => FsError::Exists,
            WorkspaceError::ParentMissing { .. } | WorkspaceError::NotAFolder { .. } => FsError::NotFound,
            WorkspaceError::QuotaExceeded { .. } => FsError::InsufficientStorage,
            WorkspaceError::FileTooLarge { .. } => FsError::TooLarge,
            WorkspaceError::Forbidden { .. }
            | WorkspaceError::AdminsOnly { .. }
            | WorkspaceError::OutOfReach { .. } => FsError::Forbidden,
            _ => FsError::GeneralFailure,
        };
        self.note(|outcome| {
            outcome.error.get_or_insert(error);
        });
        known
    }

    /// Notes that a name cannot be.
    pub(crate) fn bad_name(&self, why: String) -> FsError {
        self.note(|outcome| {
            outcome.bad_name.get_or_insert(why);
        });
        FsError::Forbidden
    }

    pub(crate) fn note(&self, change: impl FnOnce(&mut Outcome)) {
        change(&mut self.outcome.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the answer is the bytes of a file that lies elsewhere.
    pub(crate) fn reads_elsewhere(&self) -> bool {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        self.method == Method::GET && outcome.opened.as_ref().is_some_and(|opened| opened.is_elsewhere)
    }

    pub(crate) fn take_outcome(&self) -> Outcome {
        std::mem::take(&mut self.outcome.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Entity tags of `If-Match`. A weak one matches nothing (RFC 9110 section 13.1.1).
fn tags(value: &str) -> Vec<String> {
    if value == "*" { vec![value.to_owned()] } else { entity_tags(value).map(str::to_owned).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_understood() {
        let mut headers = HeaderMap::new();
        let asked = |headers: &HeaderMap| Asked::of(&Method::PUT, headers);
        assert!(asked(&headers).overwrite && !asked(&headers).is_shallow);
        headers.insert("overwrite", "F".parse().unwrap());
        headers.insert("depth", "0".parse().unwrap());
        headers.insert("if-match", "\"a\", W/\"b\"".parse().unwrap());
        headers.insert("if-none-match", "*".parse().unwrap());
        let asked = asked(&headers);
        assert!(!asked.overwrite && asked.is_shallow && asked.preconditions.if_none_match_any);
        assert_eq!(asked.preconditions.if_match.unwrap(), ["\"a\"", "W/\"b\""]);
    }
}
