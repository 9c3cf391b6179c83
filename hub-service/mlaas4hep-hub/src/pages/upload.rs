//! Uploads by a plain form, for browsers without the script. A file that is there gets a new version.

use axum::Extension;
use axum::extract::{Multipart, multipart::Field};
use hub_api::{FilePath, WorkspaceName};
use hub_pages::Done;
use workspaces::WriteOptions;

use crate::asker::Again;

use super::{
    dress::{PageError, PageResult, see},
    place::Place,
    visit::Visit,
};

pub(super) async fn receive(
    visit: Visit,
    place: Place,
    again: Option<Extension<Again>>,
    mut form: Multipart,
) -> PageResult {
    let _slot =
        visit.state.uploads.take(&visit.actor().name).map_err(|full| PageError(full.error().clone()))?;
    let broken = |_| PageError::bad("form", "the upload broke off or is no form");
    let mut is_checked = false;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("xsrf") => {
                visit.session.check_xsrf(&field.text().await.map_err(broken)?)?;
                is_checked = true;
            }
            // The token stands first in our form.
            Some("file") if is_checked => {
                store(&visit, again.as_deref(), (&place.workspace, &place.path), field).await?
            }
            _ if is_checked => {}
            _ => visit.session.check_xsrf("")?,
        }
    }
    Ok(see(&visit.state.addresses().folder(&place.workspace, &place.path), Done::Uploaded))
}

async fn store(
    visit: &Visit,
    again: Option<&Again>,
    (workspace, folder): (&WorkspaceName, &FilePath),
    mut field: Field<'_>,
) -> Result<(), PageError> {
    let name = field.file_name().unwrap_or_default();
    // Some browsers send the way to the file too.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(());
    }
    let path = folder.join(&name)?;
    let options = WriteOptions { made_by: Some("browser".to_owned()), ..WriteOptions::default() };
    let mut upload = visit.store().begin_write(visit.actor(), workspace, &path, options).await?;
    loop {
        match field.chunk().await {
            Ok(Some(bytes)) => upload.append(bytes).await?,
            Ok(None) => break,
            Err(_) => {
                upload.abort().await?;
                return Err(PageError::bad("form", "the upload broke off"));
            }
        }
    }
    // Whoever left the group meanwhile is no longer in it.
    if let Some(again) = again {
        upload.act_as(again.actor_now().await.map_err(|failure| PageError(failure.error().clone()))?);
    }
    upload.finish(None).await?;
    Ok(())
}
