//! How many long requests one caller has at a time, by whatever road they come: uploads, downloads, and change feeds.

use crate::Failure;
use axum::body::Body;
use axum::response::Response;
use http::{StatusCode, header};
use http_body_util::BodyExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a request waits for a place, where it waits.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The places of all callers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// `uploads`, for messages.
    what: &'static str,
    most: u32,
    of: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    name: String,
    place: Option<OwnedSemaphorePermit>,
}

impl Slots {
    pub(crate) fn new(what: &'static str, most: u32) -> Self {
        Self { what, most, of: Arc::default() }
    }

    /// A place of a caller, at once.
    ///
    /// # Errors
    /// All are taken: 429.
    pub(crate) fn take(&self, name: &str) -> Result<Slot, Failure> {
        let mut slot = self.slot(name);
        slot.place = Some(self.places(name).try_acquire_owned().map_err(|_| self.too_many())?);
        Ok(slot)
    }

    /// A place of a caller, once there is one.
    ///
    /// # Errors
    /// None was given back for half a minute: 429.
    pub(crate) async fn wait(&self, name: &str) -> Result<Slot, Failure> {
        let mut slot = self.slot(name);
        let place = tokio::time::timeout(LONGEST_WAIT, self.places(name).acquire_owned()).await;
        slot.place = Some(place.ok().and_then(Result::ok).ok_or_else(|| self.too_many())?);
        Ok(slot)
    }

    fn slot(&self, name: &str) -> Slot {
        Slot { slots: self.clone(), name: name.to_owned(), place: None }
    }

    fn places(&self, name: &str) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.most as usize))).clone()
    }

    fn too_many(&self) -> Failure {
        let message = format!("too many of your {} go on at once", self.what);
        Failure::new(StatusCode::TOO_MANY_REQUESTS, &format!("too_many_{}", self.what), message)
            .advise("wait until one has ended")
            .with_header(header::RETRY_AFTER, "1")
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut of = self.slots.of.lock().unwrap_or_else(PoisonError::into_inner);
        // Only then: nobody may take the last one in between.
        self.place = None;
        // Besides the map, those hold it who have a place or wait for one.
        if of.get(&self.name).is_some_and(|places| Arc::strong_count(places) == 1) {
            of.remove(&self.name);
        }
    }
}

/// Keeps a place until the body of an answer is sent, or given up.
pub(crate) fn hold(slot: Option<Slot>, answer: Response) -> Response {
    let Some(slot) = slot else { return answer };
    answer.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &slot;
            frame
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_so_many() {
        let slots = Slots::new("uploads", 2);
        let (_one, two) = (slots.take("alice").unwrap(), slots.take("alice").unwrap());
        assert_eq!(slots.take("alice").unwrap_err().error().code, "too_many_uploads");
        assert!(slots.take("bob").is_ok());
        drop(two);
        assert!(slots.take("alice").is_ok());
        assert_eq!(slots.of.lock().unwrap().len(), 1, "who has none is forgotten");
    }

    #[tokio::test]
    async fn who_waits_has_the_next_one() {
        let slots = Slots::new("downloads", 1);
        let answer = hold(Some(slots.take("alice").unwrap()), Response::new(Body::from("text")));
        let mut waiting = Box::pin(slots.wait("alice"));
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "text");
        drop(waiting.await.unwrap());
        assert!(slots.of.lock().unwrap().is_empty());
    }
}
