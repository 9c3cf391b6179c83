//! The workspace and the path in the address of a page.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use hub_api::{FilePath, WorkspaceName};
use serde::Deserialize;

use super::{dress::PageError, visit::PagesState};

/// A workspace and a path in it; without one, the workspace itself.
pub(super) struct Place {
    pub(super) workspace: WorkspaceName,
    pub(super) path: FilePath,
}

/// A workspace and the number of something in it.
pub(super) struct Numbered {
    pub(super) workspace: WorkspaceName,
    pub(super) id: String,
}

#[derive(Deserialize)]
struct Parameters {
    workspace: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    id: String,
}

async fn parameters(parts: &mut Parts, state: &PagesState) -> Result<(WorkspaceName, Parameters), PageError> {
    let Path(parameters) = Path::<Parameters>::from_request_parts(parts, state)
        .await
        .map_err(|_| PageError::new(404, "not_found", "there is no such page", None))?;
    // What cannot be a workspace is none.
    let workspace = WorkspaceName::new(&parameters.workspace)
        .map_err(|error| PageError::new(404, "not_found", &error.to_string(), None))?;
    Ok((workspace, parameters))
}

impl FromRequestParts<PagesState> for Place {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &PagesState) -> Result<Self, PageError> {
        let (workspace, parameters) = parameters(parts, state).await?;
        let path =
            FilePath::new(&parameters.path).map_err(|error| PageError::bad("path", &error.to_string()))?;
        Ok(Self { workspace, path })
    }
}

impl FromRequestParts<PagesState> for Numbered {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &PagesState) -> Result<Self, PageError> {
        let (workspace, parameters) = parameters(parts, state).await?;
        Ok(Self { workspace, id: parameters.id })
    }
}
