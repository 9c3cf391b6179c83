//! App passwords, for clients that know only Basic.

use crate::Failure;
use crate::asker::Asker;
use crate::json_body::Body;
use crate::place::Place;
use crate::state::State;
use axum::{Json, extract};
use http::StatusCode;
use hub_api::{AppPasswordCreated, AppPasswordInfo, CreateAppPassword, PrincipalSource};

/// My own.
#[utoipa::path(get, path = "/api/v1/app-passwords", tag = "app passwords",
    responses((status = 200, body = Vec<AppPasswordInfo>)))]
pub(crate) async fn app_passwords(
    state: extract::State<State>,
    asker: Asker,
) -> Result<Json<Vec<AppPasswordInfo>>, Failure> {
    Ok(Json(state.workspaces().app_passwords(&asker.actor).await?))
}

/// Makes one. The password is in this answer only.
#[utoipa::path(post, path = "/api/v1/app-passwords", tag = "app passwords", request_body = CreateAppPassword,
    responses((status = 201, body = AppPasswordCreated)))]
pub(crate) async fn create(
    state: extract::State<State>,
    asker: Asker,
    Body(asked): Body<CreateAppPassword>,
) -> Result<(StatusCode, Json<AppPasswordCreated>), Failure> {
    not_by_app_password(&asker)?;
    Ok((StatusCode::CREATED, Json(state.workspaces().create_app_password(&asker.actor, &asked).await?)))
}

/// Takes one back.
#[utoipa::path(delete, path = "/api/v1/app-passwords/{id}", tag = "app passwords",
    params(("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn take_back(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<StatusCode, Failure> {
    not_by_app_password(&asker)?;
    state.workspaces().delete_app_password(&asker.actor, &place.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An app password that makes others would outlive its own end.
fn not_by_app_password(asker: &Asker) -> Result<(), Failure> {
    if asker.principal.source == PrincipalSource::AppPassword {
        let message = "an app password cannot make or take back app passwords";
        return Err(
            Failure::new(StatusCode::FORBIDDEN, "forbidden", message).advise("log in, or send a token")
        );
    }
    Ok(())
}
