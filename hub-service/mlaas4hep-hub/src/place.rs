//! Where in the workspaces a request is about, and its query: read from the address, with errors of ours.

use crate::Failure;
use axum::extract::{FromRequestParts, Query, RawPathParams};
use http::StatusCode;
use http::request::Parts;
use hub_api::{FilePath, WorkspaceName};
use serde::de::DeserializeOwned;

/// The workspace of an address, and what else it names.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) workspace: WorkspaceName,
    /// The workspace itself where the address ends before a path.
    pub(crate) path: FilePath,
    /// Number of a grant, a link or a deletion; empty where the address has none.
    pub(crate) id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let parameters = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Failure::bad_request("the address is not encoded as UTF-8"))?;
        let mut place = Self {
            workspace: WorkspaceName::new("-").map_err(not_there)?,
            path: FilePath::root(),
            id: String::new(),
        };
        for (name, value) in &parameters {
            match name {
                "workspace" => place.workspace = WorkspaceName::new(value).map_err(not_there)?,
                "path" => {
                    place.path = FilePath::new(value.trim_end_matches('/'))
                        .map_err(|error| Failure::bad_request(error.to_string()))?;
                }
                _ => value.clone_into(&mut place.id),
            }
        }
        Ok(place)
    }
}

/// A name that no workspace can have answers as one that is not there.
fn not_there(_: hub_api::NameError) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "not_found", "there is no such workspace, or you may not see it")
}

/// The query of an address.
#[derive(Clone, Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Query(query) = Query::from_request_parts(parts, state).await.map_err(|error| {
            Failure::bad_request(format!("the query makes no sense: {}", error.body_text()))
        })?;
        Ok(Self(query))
    }
}
