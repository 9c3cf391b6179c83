//! Grants and links.

use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use hub_api::{CreateGrant, CreateLink, Grantee, Link, Role, WorkspaceName, routes};
use hub_pages::{Done, SharingPage};
use serde::Deserialize;

use super::{
    dress::{PageError, PageResult, see},
    form::{Button, Checked, lifetime, typed_path},
    place::{Numbered, Place},
    visit::Visit,
};

#[derive(Default, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    path: String,
}

pub(super) async fn show(visit: Visit, place: Place, Query(wish): Query<Wish>) -> PageResult {
    page(&visit, &place.workspace, None, &wish.path).await
}

async fn page(
    visit: &Visit,
    workspace: &WorkspaceName,
    made: Option<&Link>,
    path: &str,
) -> Result<Response, PageError> {
    let info = visit.store().info(visit.actor(), workspace).await?;
    let grants = visit.store().grants(visit.actor(), workspace).await?;
    let links = visit.store().links(visit.actor(), workspace).await?;
    let has_links = visit.store().settings().public_links;
    let page = SharingPage { workspace: &info, grants: &grants, links: &links, made, has_links, path };
    Ok(hub_pages::sharing_page(&visit.frame(Some(workspace)), &page).into_response())
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    User,
    Group,
}

#[derive(Deserialize)]
pub(super) struct GrantForm {
    kind: Kind,
    name: String,
    role: Role,
    expires_in_seconds: Option<String>,
}

pub(super) async fn grant(visit: Visit, place: Place, Checked(form): Checked<GrantForm>) -> PageResult {
    let asked = CreateGrant {
        grantee: match form.kind {
            Kind::User => Grantee::said_user(&form.name),
            Kind::Group => Grantee::said_group(&form.name),
        },
        role: form.role,
        expires_in_seconds: lifetime(form.expires_in_seconds.as_deref())?,
    };
    let grant = visit.store().create_grant(visit.actor(), &place.workspace, &asked).await?;
    let done = if grant.is_known == Some(false) { Done::GrantedToUnknown } else { Done::Granted };
    Ok(see(&visit.state.addresses().of_workspace(&place.workspace, "sharing"), done))
}

pub(super) async fn take_grant_back(
    visit: Visit,
    Numbered { workspace, id }: Numbered,
    Checked(Button {}): Checked<Button>,
) -> PageResult {
    visit.store().delete_grant(visit.actor(), &workspace, &id).await?;
    Ok(see(&visit.state.addresses().of_workspace(&workspace, "sharing"), Done::GrantTakenBack))
}

#[derive(Deserialize)]
pub(super) struct LinkForm {
    path: String,
    #[serde(default)]
    password: String,
    expires_in_seconds: Option<String>,
}

/// Answered by the page itself: the address of the link is shown this one time.
pub(super) async fn make_link(visit: Visit, place: Place, Checked(form): Checked<LinkForm>) -> PageResult {
    let asked = CreateLink {
        path: typed_path(&form.path)?,
        expires_in_seconds: lifetime(form.expires_in_seconds.as_deref())?,
        password: Some(form.password).filter(|password| !password.is_empty()),
    };
    let made = visit.store().create_link(visit.actor(), &place.workspace, &asked).await?;
    let url = format!("{}links/{}", visit.session.public_url, routes::encode_segment(&made.token));
    let link = Link { url: Some(url), ..made.link };
    page(&visit, &place.workspace, Some(&link), "").await
}

pub(super) async fn take_link_back(
    visit: Visit,
    Numbered { workspace, id }: Numbered,
    Checked(Button {}): Checked<Button>,
) -> PageResult {
    visit.store().delete_link(visit.actor(), &workspace, &id).await?;
    Ok(see(&visit.state.addresses().of_workspace(&workspace, "sharing"), Done::LinkTakenBack))
}
