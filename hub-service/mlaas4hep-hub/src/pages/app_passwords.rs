//! App passwords.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use hub_api::{AppPasswordCreated, CreateAppPassword, Role};
use hub_pages::{AppPasswordsPage, Done};
use serde::Deserialize;

use super::{
    dress::{PageError, PageResult, see},
    form::{Button, Checked, lifetime},
    visit::Visit,
};

pub(super) async fn show(visit: Visit) -> PageResult {
    page(&visit, None).await
}

async fn page(visit: &Visit, made: Option<&AppPasswordCreated>) -> Result<Response, PageError> {
    let passwords = visit.store().app_passwords(visit.actor()).await?;
    let page = AppPasswordsPage { passwords: &passwords, made, public_url: &visit.session.public_url };
    Ok(hub_pages::app_passwords_page(&visit.frame(None), &page).into_response())
}

#[derive(Deserialize)]
pub(super) struct Wish {
    label: String,
    role: Role,
    expires_in_seconds: Option<String>,
}

/// Answered by the page itself: the password is shown this one time, and kept nowhere.
pub(super) async fn make(visit: Visit, Checked(wish): Checked<Wish>) -> PageResult {
    let asked = CreateAppPassword {
        label: wish.label.trim().to_owned(),
        role: Some(wish.role),
        expires_in_seconds: lifetime(wish.expires_in_seconds.as_deref())?,
    };
    let made = visit.store().create_app_password(visit.actor(), &asked).await?;
    page(&visit, Some(&made)).await
}

pub(super) async fn take_back(
    visit: Visit,
    Path(id): Path<String>,
    Checked(Button {}): Checked<Button>,
) -> PageResult {
    visit.store().delete_app_password(visit.actor(), &id).await?;
    Ok(see(&visit.state.addresses().app_passwords(), Done::AppPasswordTakenBack))
}
