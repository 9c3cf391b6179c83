//! Which names a request touches: for tokens that are narrowed to some paths (`storage.read:/path` of WLCG tokens).

use dav_server::davpath::DavPath;
use http::{HeaderMap, Method, Uri};
use hub_api::{Action, FilePath, WorkspaceName};

use crate::{
    handler::{below, in_one_spelling, path_of},
    place::{Found, find},
};

/// A name, and what a request does there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Whose.
    pub workspace: WorkspaceName,
    /// Where in it; empty for the workspace itself.
    pub path: FilePath,
    /// Read or write.
    pub action: Action,
}

/// The names that a request would touch; `mount` as in [`crate::WebDav::handle`]. Addresses that are no names are left out:
/// they are refused. The list of the workspaces touches none.
#[must_use]
pub fn touched(mount: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Vec<Touched> {
    let mount = mount.trim_end_matches('/');
    let reads = ["GET", "HEAD", "OPTIONS", "PROPFIND", "COPY"].contains(&method.as_str());
    let here = touched_at(uri.path(), mount, if reads { Action::Read } else { Action::Write });
    let there = headers.get("destination").filter(|_| ["COPY", "MOVE"].contains(&method.as_str()));
    let there = there.and_then(path_of).and_then(|path| touched_at(&path, mount, Action::Write));
    here.into_iter().chain(there).collect()
}

fn touched_at(path: &str, mount: &str, action: Action) -> Option<Touched> {
    let path = in_one_spelling(path, mount).ok()?;
    match find(&DavPath::new(&format!("/{}", below(&path, mount)?)).ok()?) {
        Found::In(place) => Some(Touched { workspace: place.workspace, path: place.path, action }),
        Found::Top | Found::Nowhere(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_request_is_found() {
        let check =
            |method: &str, uri: &str, destination: Option<&str>, expected: &[(&str, &str, Action)]| {
                let mut headers = HeaderMap::new();
                if let Some(destination) = destination {
                    headers.insert("destination", destination.parse().unwrap());
                }
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let found = touched("/s/dav/", &method, &uri.parse().unwrap(), &headers);
                let found: Vec<_> =
                    found.iter().map(|one| (one.workspace.as_str(), one.path.as_str(), one.action)).collect();
                assert_eq!(found, expected, "{method} {uri}");
            };
        let (read, write) = (Action::Read, Action::Write);
        check("GET", "/s/dav/higgs/a%20b", None, &[("higgs", "a b", read)]);
        check("PUT", "/s/dav/cms%2Fhiggs/a", None, &[("cms/higgs", "a", write)]);
        check("PROPFIND", "/s/dav/", None, &[]);
        check("LOCK", "/s/dav/higgs/", None, &[("higgs", "", write)]);
        let there = "http://host/s/dav/~alice/b";
        check("COPY", "/s/dav/higgs/a", Some(there), &[("higgs", "a", read), ("~alice", "b", write)]);
        check("MOVE", "/s/dav/higgs/a", Some(there), &[("higgs", "a", write), ("~alice", "b", write)]);
        // Of other methods a destination is not looked at.
        check("GET", "/s/dav/higgs/a", Some(there), &[("higgs", "a", read)]);
        for uri in ["/other/higgs/a", "/s/dav/higgs/%2e%2e/a", "/s/davx/higgs/a"] {
            check("GET", uri, None, &[]);
        }
    }
}
