//! Who looks at a page, and with what.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};
use hub_api::{FilePath, WorkspaceName};
use hub_pages::{Addresses, Done, Frame, Notice, Visitor};
use serde::Deserialize;
use tokio::sync::Semaphore;
use workspaces::{Actor, Workspaces};

use super::{
    dress::{PageError, back},
    form,
};
use crate::{hub_groups::HubGroups, slots::Slots};

/// Previews at a time; more wait.
const PREVIEWS_AT_ONCE: usize = 2;

/// Uploads of a visitor at a time, where the service does not say it.
const UPLOADS_AT_ONCE: u32 = 16;
/// Within which a form has to come, unless the service says otherwise.
const SILENCE: Duration = Duration::from_secs(30);

/// What all pages share. Cheap to clone.
#[derive(Clone)]
pub struct PagesState {
    /// The storage.
    pub workspaces: Workspaces,
    /// `/` or `/services/NAME/`.
    pub prefix: Arc<str>,
    /// Address of the hub's own pages, where there is a hub.
    pub hub_home: Option<Arc<str>>,
    /// Address that ends the session, where there is one.
    pub log_out: Option<Arc<str>>,
    /// Address of the login, where there is one.
    pub log_in: Option<Arc<str>>,
    /// Largest file in bytes.
    pub max_file_bytes: u64,
    /// Within which a form has to come.
    pub(crate) silence: Duration,
    pub(crate) uploads: Slots,
    pub(crate) hub_groups: HubGroups,
    previews: Arc<Semaphore>,
}

impl PagesState {
    /// Pages below a prefix.
    #[must_use]
    pub fn new(workspaces: Workspaces, prefix: &str) -> Self {
        let max_file_bytes = workspaces.settings().max_file_bytes;
        Self {
            workspaces,
            prefix: prefix.into(),
            hub_home: None,
            log_out: None,
            log_in: None,
            max_file_bytes,
            silence: SILENCE,
            uploads: Slots::new("uploads", UPLOADS_AT_ONCE),
            hub_groups: HubGroups::default(),
            previews: Arc::new(Semaphore::new(PREVIEWS_AT_ONCE)),
        }
    }

    pub(super) fn addresses(&self) -> Addresses<'_> {
        Addresses { prefix: &self.prefix }
    }

    /// The frame of a page.
    pub(super) fn frame<'a>(&'a self, session: &'a Session, notice: Option<Notice>) -> Frame<'a> {
        Frame {
            prefix: &self.prefix,
            visitor: Some(&session.visitor),
            xsrf: &session.xsrf,
            hub_home: self.hub_home.as_deref(),
            log_out: self.log_out.as_deref(),
            notice,
        }
    }

    /// Waits for its turn and works where it may block.
    pub(super) async fn preview<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PageError> {
        // Nobody closes it.
        let turn = Arc::clone(&self.previews).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| {
            PageError::bad("preview_failed", "this file cannot be shown; it can still be downloaded")
        })
    }
}

/// Who looks, as the service found out before the page is asked for.
#[derive(Clone, Debug)]
pub struct Session {
    /// For the storage.
    pub actor: Actor,
    /// For the head of the page.
    pub visitor: Visitor,
    /// What forms must carry; empty for who has no session, and may send none.
    pub xsrf: Arc<str>,
    /// Address of the service as the browser reached it, with its prefix and a slash at the end.
    pub public_url: Arc<str>,
}

impl Session {
    /// Whether a form came from one of our own pages.
    pub(super) fn check_xsrf(&self, given: &str) -> Result<(), PageError> {
        form::check_token(&self.xsrf, given)
    }
}

/// What the last form did, from the address of the page.
#[derive(Debug, Default, Deserialize)]
struct Told {
    done: Option<String>,
    deleted: Option<String>,
    path: Option<String>,
}

/// State, session and notice of one request.
pub(super) struct Visit {
    pub(super) state: PagesState,
    pub(super) session: Session,
    told: Told,
    came_from: Option<String>,
}

impl Visit {
    pub(super) fn actor(&self) -> &Actor {
        &self.session.actor
    }

    pub(super) fn store(&self) -> &Workspaces {
        &self.state.workspaces
    }

    /// A page of a list, after a form on it: the part of the list from which the form was sent.
    pub(super) fn same_part(&self, address: String) -> String {
        let is_it = |from: &&String| from.strip_prefix(&address).is_some_and(|rest| rest.starts_with('?'));
        self.came_from.as_ref().filter(is_it).cloned().unwrap_or(address)
    }

    /// The frame, with what the address tells.
    pub(super) fn frame(&self, workspace: Option<&WorkspaceName>) -> Frame<'_> {
        self.state.frame(&self.session, self.notice(workspace))
    }

    fn notice(&self, workspace: Option<&WorkspaceName>) -> Option<Notice> {
        if let Some(done) = self.told.done.as_deref().and_then(Done::from_word) {
            return Some(Notice::Done(done));
        }
        let path = FilePath::new(self.told.path.as_deref()?).ok()?;
        Some(Notice::Deleted { workspace: workspace?.clone(), id: self.told.deleted.clone()?, path })
    }
}

impl FromRequestParts<PagesState> for Session {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &PagesState) -> Result<Self, PageError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(PageError::no_session)
    }
}

impl FromRequestParts<PagesState> for Visit {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &PagesState) -> Result<Self, PageError> {
        let session = Session::from_request_parts(parts, state).await?;
        // An address that tells nothing we know tells nothing.
        let told =
            axum::extract::Query::try_from_uri(&parts.uri).map_or_else(|_| Told::default(), |query| query.0);
        let came_from = back(&parts.headers, &state.prefix);
        Ok(Self { state: state.clone(), session, told, came_from })
    }
}

/// Refuses nothing, so that the middleware can take it.
impl axum::extract::OptionalFromRequestParts<PagesState> for Session {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &PagesState) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
