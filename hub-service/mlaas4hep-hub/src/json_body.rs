//! A JSON body, with errors of ours.

use crate::Failure;
use crate::failure::is_stalled;
use crate::state::State;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;

/// The body of a request.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<State> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &State) -> Result<Self, Failure> {
        let read = tokio::time::timeout(state.silence(), Json::from_request(request, state));
        match read.await.map_err(|_| Failure::stalled())? {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "the body must be JSON, and its Content-Type application/json",
            )),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Failure::new(error.status(), "too_large", "the body is too large"))
            }
            Err(error) if is_stalled(&error) => Err(Failure::stalled()),
            Err(error) => Err(Failure::bad_request(error.body_text())),
        }
    }
}
