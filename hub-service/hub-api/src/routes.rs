//! Addresses of the service, below its prefix (`/services/NAME/` beside a hub, `/` alone). Segments are encoded once.
//!
//! | address | methods | what |
//! | --- | --- | --- |
//! | `health`, `ready` | GET | without a token |
//! | `api/v1/info` | GET | without a token: [`crate::Info`] |
//! | `api/v1/openapi.json` | GET | without a token |
//! | `api/v1/me` | GET | [`crate::Me`] |
//! | `api/v1/workspaces` | GET | list of [`crate::WorkspaceInfo`] |
//! | `api/v1/workspaces/{workspace}` | GET | [`crate::WorkspaceInfo`] |
//! | `api/v1/workspaces/{workspace}/quota` | PUT | [`crate::SetQuota`], by administrators of the service |
//! | `api/v1/workspaces/{workspace}/list/{*path}` | GET | [`crate::Listing`]; `recursive`, `limit`, `cursor` |
//! | `api/v1/workspaces/{workspace}/folders/{*path}` | PUT | makes a folder and its parents |
//! | `api/v1/workspaces/{workspace}/move/{*path}` | POST | [`crate::MoveOrCopy`]; `If-Match` |
//! | `api/v1/workspaces/{workspace}/versions/{*path}` | GET | [`crate::Versions`] |
//! | `api/v1/workspaces/{workspace}/restore/{*path}` | POST | `version`: an old version becomes the newest |
//! | `api/v1/workspaces/{workspace}/trash` | GET, DELETE | [`crate::TrashPage`]; empties it |
//! | `api/v1/workspaces/{workspace}/trash/{id}` | POST, DELETE | brings back; deletes for good |
//! | `api/v1/workspaces/{workspace}/grants` | GET, POST | [`crate::Grant`], [`crate::CreateGrant`] |
//! | `api/v1/workspaces/{workspace}/grants/{id}` | DELETE | takes it back |
//! | `api/v1/workspaces/{workspace}/links` | GET, POST | [`crate::Link`], [`crate::CreateLink`] |
//! | `api/v1/workspaces/{workspace}/links/{id}` | DELETE | takes it back |
//! | `api/v1/workspaces/{workspace}/audit` | GET | [`crate::AuditPage`] |
//! | `api/v1/workspaces/{workspace}/changes` | GET | server-sent [`crate::ChangeEvent`]s; `Last-Event-ID` |
//! | `files/{workspace}/{*path}` | GET, HEAD, PUT, DELETE | bytes: ranges, `ETag`, `If-Match`, `If-None-Match`, `Content-Range`, digests; `version` |
//! | `uploads`, `uploads/{id}` | POST, HEAD, PATCH, DELETE, OPTIONS | TUS 1.0; metadata `workspace`, `path`, `sha256`, `madeby`, `ifmatch`, `ifnonematch` |
//! | `links/{token}` | GET, HEAD | without a token; the password by Basic or the header `Link-Password` |
//! | `dav/`, `dav/{folder}/{*path}` | `WebDAV` | Bearer, or Basic with an app password; the folder of `cms/higgs` is `cms~higgs` |
//! | `api/v1/app-passwords`, `.../{id}` | GET, POST, DELETE | [`crate::CreateAppPassword`] |
//!
//! A workspace that the caller cannot see answers as one that is not there: 404.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{FilePath, WorkspaceName};

/// What stays as it is in a segment: unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Header by which a program asks for an open file beside its bytes: `?1`. See [`crate::LocalOffer`].
pub const WANT_LOCAL_FILE: &str = "want-local-file";

/// Header in which the service offers it.
pub const LOCAL_FILE: &str = "local-file";

/// Header in which a writer says what made the file.
pub const MADE_BY: &str = "made-by";
/// Header that carries the token against cross-site requests, with cookies.
pub const XSRF_HEADER: &str = "x-mlaas4hep-xsrf";

/// One segment of an address.
#[must_use]
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The segments of a path.
#[must_use]
pub fn encode_path(path: &FilePath) -> String {
    path.parts().map(encode_segment).collect::<Vec<_>>().join("/")
}

/// Bytes of a file.
#[must_use]
pub fn file(workspace: &WorkspaceName, path: &FilePath) -> String {
    format!("files/{}/{}", workspace.segment(), encode_path(path))
}

/// Something of a workspace: `list`, `move`, `grants`, ...
#[must_use]
pub fn of_workspace(workspace: &WorkspaceName, what: &str, path: &FilePath) -> String {
    format!("api/v1/workspaces/{}/{what}/{}", workspace.segment(), encode_path(path))
}

/// A name over `WebDAV`, where the slash of a nested group is a tilde.
#[must_use]
pub fn dav(workspace: &WorkspaceName, path: &FilePath) -> String {
    format!("dav/{}/{}", encode_segment(&workspace.folder_name()), encode_path(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded_once() {
        let (workspace, path) =
            (WorkspaceName::new("cms/higgs").unwrap(), FilePath::new("a b/100%.root").unwrap());
        assert_eq!(file(&workspace, &path), "files/cms%2Fhiggs/a%20b/100%25.root");
        assert_eq!(
            of_workspace(&workspace, "list", &FilePath::root()),
            "api/v1/workspaces/cms%2Fhiggs/list/"
        );
        assert_eq!(dav(&workspace, &path), "dav/cms~higgs/a%20b/100%25.root");
        assert_eq!(dav(&WorkspaceName::new("~alice").unwrap(), &path), "dav/~alice/a%20b/100%25.root");
    }
}
