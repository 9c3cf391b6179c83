//! The change feed: server-sent events (HTML standard, section 9.2).

use super::text;
use crate::Failure;
use crate::asker::Asker;
use crate::place::{Asked, Place};
use crate::slots::Slot;
use crate::state::State;
use ::workspaces::{ChangeWatch, Changes};
use axum::extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, stream};
use http::HeaderMap;
use http::header::HeaderName;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use utoipa::IntoParams;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// After this the client has to come again, with a token that is good then: rights that are gone are believed no longer than
/// those of any request.
const LONGEST: Duration = Duration::from_mins(1);

/// From where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Number of the last event that is known; the header `Last-Event-ID` goes first. Default: the beginning.
    #[serde(default)]
    since: i64,
}

struct Feed {
    /// Held, not used.
    _slot: Slot,
    watch: ChangeWatch,
    ending: watch::Receiver<bool>,
    end: Instant,
}

/// Follows a workspace. An event named `gap` says that some are missing: list the folder anew.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/changes", tag = "files",
    params(("workspace" = String, Path), Query), responses((status = 200, content_type = "text/event-stream")))]
pub(crate) async fn changes(
    state: extract::State<State>,
    place: Place,
    Asked(query): Asked<Query>,
    headers: HeaderMap,
    asker: Asker,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let since = text(&headers, LAST_EVENT_ID).and_then(|id| id.trim().parse().ok()).unwrap_or(query.since);
    let slot = state.feeds().take(&asker.actor.name)?;
    let watch = state.workspaces().watch(&asker.actor, &place.workspace, since).await?;
    let feed = Feed { _slot: slot, watch, ending: state.ending(), end: Instant::now() + LONGEST };
    let events = stream::unfold(feed, next).flat_map(stream::iter);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// The next events; none more when the right to read is gone, the time is over, or the service ends.
async fn next(mut feed: Feed) -> Option<(Vec<Result<Event, Infallible>>, Feed)> {
    let changes = tokio::select! {
        changes = feed.watch.next() => changes.ok()?,
        _ = feed.ending.wait_for(|ending| *ending) => return None,
        () = tokio::time::sleep_until(feed.end) => return None,
    };
    Some((events(&changes), feed))
}

fn events(changes: &Changes) -> Vec<Result<Event, Infallible>> {
    let gap = changes.is_gap.then(|| Event::default().event("gap").data(changes.last_number.to_string()));
    let told = changes.events.iter().filter_map(|event| {
        let data = serde_json::to_string(event).ok()?;
        Some(Event::default().event("change").id(event.number.to_string()).data(data))
    });
    gap.into_iter().chain(told).map(Ok).collect()
}
