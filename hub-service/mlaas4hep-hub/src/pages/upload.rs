//! Uploads by a plain form, for browsers without the script. A file that is there gets a new version.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::{BoxError, Extension};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hub_api::{FilePath, WorkspaceName};
use hub_pages::Done;
use workspaces::WriteOptions;

use crate::asker::Again;
use crate::failure::is_stalled;

use super::{
    dress::{PageError, PageResult, see},
    form::check_site,
    place::Place,
    visit::Visit,
};

/// Bytes that may come without a field, or a piece of a file, being whole.
const MOST_WAITING_BYTES: usize = 1 << 20;

pub(super) async fn receive(
    visit: Visit,
    place: Place,
    again: Option<Extension<Again>>,
    request: Request,
) -> PageResult {
    let _slot = visit.state.uploads.take(&visit.actor().name)?;
    let (parts, body) = request.into_parts();
    check_site(&parts)?;
    let asked = Arc::new(Asked::default());
    let pieces = Pieces { body: body.into_data_stream(), asked: asked.clone() };
    let request = Request::from_parts(parts, Body::from_stream(pieces));
    let no_form = |_| PageError::bad("form", "this is no form with files");
    let mut form = Multipart::from_request(request, &visit.state).await.map_err(no_form)?;
    let (mut is_checked, mut n_files) = (false, 0);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        asked.got_something();
        match field.name() {
            Some("xsrf") => {
                visit.session.check_xsrf(&field.text().await.map_err(broken)?)?;
                is_checked = true;
            }
            // The token stands first in our form.
            Some("file") if is_checked => {
                let to = (&place.workspace, &place.path);
                n_files += usize::from(store(&visit, again.as_deref(), to, (field, &asked)).await?);
            }
            _ if is_checked => {}
            _ => visit.session.check_xsrf("")?,
        }
    }
    if n_files == 0 {
        return Err(PageError::bad("form", "no file was chosen"));
    }
    Ok(see(&visit.state.addresses().folder(&place.workspace, &place.path), Done::Uploaded))
}

/// What the library that reads forms asked for since it last gave something.
#[derive(Default)]
struct Asked {
    /// It was told to look at what it has.
    was_put_off: AtomicBool,
    n_bytes: AtomicUsize,
}

impl Asked {
    fn got_something(&self) {
        self.was_put_off.store(false, Ordering::Relaxed);
        self.n_bytes.store(0, Ordering::Relaxed);
    }
}

/// A body that gives its next piece only where what was given does not suffice: the library keeps all that it can get, and knows no
/// bound for what is no file.
struct Pieces {
    body: BodyDataStream,
    asked: Arc<Asked>,
}

impl Stream for Pieces {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.asked.was_put_off.swap(true, Ordering::Relaxed) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Poll::Ready(piece) = self.body.poll_next_unpin(context) else { return Poll::Pending };
        self.asked.was_put_off.store(false, Ordering::Relaxed);
        Poll::Ready(piece.map(|piece| {
            let piece = piece?;
            let n_bytes = self.asked.n_bytes.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
            if n_bytes > MOST_WAITING_BYTES {
                Err("more than a form has beside its files".into())
            } else {
                Ok(piece)
            }
        }))
    }
}

fn broken(error: MultipartError) -> PageError {
    if is_stalled(&error) {
        return PageError::stalled();
    }
    PageError::bad("form", "the upload broke off or is no form")
}

/// Whether there was a file: a browser sends a field without a name where none was chosen.
async fn store(
    visit: &Visit,
    again: Option<&Again>,
    (workspace, folder): (&WorkspaceName, &FilePath),
    (mut field, asked): (Field<'_>, &Asked),
) -> Result<bool, PageError> {
    let name = field.file_name().unwrap_or_default();
    // Some browsers send the way to the file too.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(false);
    }
    let path = folder.join(&name)?;
    let options = WriteOptions { made_by: Some("browser".to_owned()), ..WriteOptions::default() };
    let mut upload = visit.store().begin_write(visit.actor(), workspace, &path, options).await?;
    loop {
        match field.chunk().await {
            Ok(Some(bytes)) => {
                asked.got_something();
                upload.append(bytes).await?;
            }
            Ok(None) => break,
            Err(error) => {
                upload.abort().await?;
                return Err(broken(error));
            }
        }
    }
    // Whoever left the group meanwhile is no longer in it.
    if let Some(again) = again {
        upload.act_as(again.actor_now().await?);
    }
    upload.finish(None).await?;
    Ok(true)
}
