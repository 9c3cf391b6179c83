//! Addresses of the pages, below the prefix of the service.
//!
//! | address | methods | page |
//! | --- | --- | --- |
//! | `` | GET | my workspaces |
//! | `w/{workspace}/browse/{*path}` | GET | a folder; `sort`, `order`, `filter`, `page`, `cursor` |
//! | `w/{workspace}/file/{*path}` | GET | a file: preview, versions; `tree`, `branch` |
//! | `w/{workspace}/histogram/{*path}` | GET | picture of a branch; `tree`, `branch`, `version` |
//! | `w/{workspace}/upload/{*folder}`, `new-folder/{*folder}` | POST | forms of a folder |
//! | `w/{workspace}/move/{*path}` | GET, POST | rename, move, copy |
//! | `w/{workspace}/delete/{*path}`, `restore/{*path}` | POST | into the trash; an old version becomes the newest |
//! | `w/{workspace}/trash` | GET, POST | the trash; empties it |
//! | `w/{workspace}/trash/{id}/restore`, `.../delete` | POST | brings back; deletes for good |
//! | `w/{workspace}/sharing` | GET | grants and links |
//! | `w/{workspace}/grants`, `grants/{id}/delete` | POST | gives, takes back |
//! | `w/{workspace}/links`, `links/{id}/delete` | POST | makes, takes back |
//! | `w/{workspace}/quota` | GET, POST | what is used, how to reach it; sets limits |
//! | `w/{workspace}/uploads/{id}/delete` | POST | ends an unfinished upload |
//! | `w/{workspace}/audit` | GET | the audit log; `cursor` |
//! | `admin` | GET, POST | all workspaces; sets limits |
//! | `app-passwords`, `app-passwords/{id}/delete` | GET, POST | app passwords |
//! | `assets/{name}` | GET | style and script, by a name that holds their hash |

use hub_api::{FilePath, WorkspaceName, routes};

/// Makes addresses below a prefix, which starts and ends in a slash.
#[derive(Clone, Copy, Debug)]
pub struct Addresses<'a> {
    /// `/` or `/services/NAME/`.
    pub prefix: &'a str,
}

impl Addresses<'_> {
    /// My workspaces.
    #[must_use]
    pub fn home(&self) -> String {
        self.prefix.to_owned()
    }

    /// The workspaces of everybody, for who administers the service.
    #[must_use]
    pub fn all_workspaces(&self) -> String {
        format!("{}admin", self.prefix)
    }

    /// A file of ours: style, script.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        format!("{}assets/{name}", self.prefix)
    }

    /// App passwords.
    #[must_use]
    pub fn app_passwords(&self) -> String {
        format!("{}app-passwords", self.prefix)
    }

    /// Takes an app password back.
    #[must_use]
    pub fn delete_app_password(&self, id: &str) -> String {
        format!("{}app-passwords/{}/delete", self.prefix, routes::encode_segment(id))
    }

    /// What is done with a path: `browse`, `file`, `move`, `delete`, ...
    #[must_use]
    pub fn of_path(&self, workspace: &WorkspaceName, what: &str, path: &FilePath) -> String {
        format!("{}w/{}/{what}/{}", self.prefix, workspace.segment(), routes::encode_path(path))
    }

    /// Page of a folder.
    #[must_use]
    pub fn folder(&self, workspace: &WorkspaceName, path: &FilePath) -> String {
        self.of_path(workspace, "browse", path)
    }

    /// Page of a file.
    #[must_use]
    pub fn file(&self, workspace: &WorkspaceName, path: &FilePath) -> String {
        self.of_path(workspace, "file", path)
    }

    /// The bytes of a file.
    #[must_use]
    pub fn bytes(&self, workspace: &WorkspaceName, path: &FilePath) -> String {
        format!("{}{}", self.prefix, routes::file(workspace, path))
    }

    /// The bytes of a version of a file.
    #[must_use]
    pub fn bytes_of_version(&self, workspace: &WorkspaceName, path: &FilePath, version: u64) -> String {
        format!("{}?version={version}", self.bytes(workspace, path))
    }

    /// A page of a workspace: `trash`, `sharing`, `quota`, `audit`; or where its form goes.
    #[must_use]
    pub fn of_workspace(&self, workspace: &WorkspaceName, what: &str) -> String {
        format!("{}w/{}/{what}", self.prefix, workspace.segment())
    }

    /// What is done with something that has an id: (`trash`, `restore`), (`grants`, `delete`), ...
    #[must_use]
    pub fn of_id(&self, workspace: &WorkspaceName, what: &str, id: &str, action: &str) -> String {
        format!("{}w/{}/{what}/{}/{action}", self.prefix, workspace.segment(), routes::encode_segment(id))
    }

    /// The picture of a branch. A version never changes, so that the picture can be kept.
    #[must_use]
    pub fn histogram(
        &self,
        workspace: &WorkspaceName,
        path: &FilePath,
        version: u64,
        tree: &str,
        branch: &str,
    ) -> String {
        let (tree, branch) = (routes::encode_segment(tree), routes::encode_segment(branch));
        let page = self.of_path(workspace, "histogram", path);
        format!("{page}?version={version}&tree={tree}&branch={branch}")
    }
}
