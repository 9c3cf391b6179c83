//! Rights for people and groups, links for anybody: the calls.

use hub_api::{CreateGrant, CreateLink, Grant, Grantee, Link, Role, SharedUri, WorkspaceName};
use reqwest::Method;

use crate::request::Call;
use crate::{HubClient, HubError};

/// What a link shall be.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LinkWish {
    /// Seconds from now; the service's default where nothing is said.
    pub expires_in_seconds: Option<u64>,
    /// Asked for before the file is given.
    pub password: Option<String>,
}

impl std::fmt::Debug for LinkWish {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("LinkWish")
            .field("expires_in_seconds", &self.expires_in_seconds)
            .field("has_password", &self.password.is_some())
            .finish()
    }
}

fn route(workspace: &WorkspaceName, what: &str) -> String {
    format!("api/v1/workspaces/{}/{what}", workspace.segment())
}

impl HubClient {
    /// Gives a right in a workspace.
    ///
    /// # Errors
    /// [`HubError::Forbidden`] for callers who do not administer the workspace.
    pub async fn grant(
        &self,
        workspace: &WorkspaceName,
        grantee: Grantee,
        role: Role,
        expires_in_seconds: Option<u64>,
    ) -> Result<Grant, HubError> {
        let call =
            Call::new(Method::POST, format!("share the workspace {workspace}"), route(workspace, "grants"));
        let body = CreateGrant { grantee, role, expires_in_seconds };
        self.json(call.of_workspace(workspace).json(&body)?).await
    }

    /// The rights that were given.
    ///
    /// # Errors
    /// As [`HubClient::grant`].
    pub async fn grants(&self, workspace: &WorkspaceName) -> Result<Vec<Grant>, HubError> {
        let call = Call::get(format!("list the grants of {workspace}"), route(workspace, "grants"));
        self.json(call.of_workspace(workspace)).await
    }

    /// Takes a right back.
    ///
    /// # Errors
    /// As [`HubClient::grant`].
    pub async fn revoke_grant(&self, workspace: &WorkspaceName, id: &str) -> Result<(), HubError> {
        let route = format!("{}/{}", route(workspace, "grants"), hub_api::routes::encode_segment(id));
        self.done(
            Call::new(Method::DELETE, format!("take back the grant {id}"), route).of_workspace(workspace),
        )
        .await
    }

    /// Makes a link by which anybody can read one file; its whole address is in the answer, and only there.
    ///
    /// # Errors
    /// [`HubError::Forbidden`] for callers who do not administer the workspace.
    pub async fn make_link(&self, file: &SharedUri, wish: LinkWish) -> Result<Link, HubError> {
        let call = Call::new(Method::POST, format!("make a link to {file}"), route(&file.workspace, "links"));
        let LinkWish { expires_in_seconds, password } = wish;
        let body = CreateLink { path: file.path.clone(), expires_in_seconds, password };
        let link: Link = self.json(call.about(file).json(&body)?).await?;
        let whole = |url: String| self.url(&url).map_or(url, |address| address.to_string());
        Ok(Link { url: link.url.map(whole), ..link })
    }

    /// The links of a workspace.
    ///
    /// # Errors
    /// As [`HubClient::make_link`].
    pub async fn links(&self, workspace: &WorkspaceName) -> Result<Vec<Link>, HubError> {
        let call = Call::get(format!("list the links of {workspace}"), route(workspace, "links"));
        self.json(call.of_workspace(workspace)).await
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// As [`HubClient::make_link`].
    pub async fn revoke_link(&self, workspace: &WorkspaceName, id: &str) -> Result<(), HubError> {
        let route = format!("{}/{}", route(workspace, "links"), hub_api::routes::encode_segment(id));
        self.done(
            Call::new(Method::DELETE, format!("take back the link {id}"), route).of_workspace(workspace),
        )
        .await
    }
}
