//! Whether what runs is to stop, for what waits beside it.

use std::sync::{Arc, Mutex, PoisonError};

type IsStopped = Box<dyn Fn() -> bool + Send + Sync>;

/// Asks the cell that runs whether it was interrupted. Clones ask the same cell.
#[derive(Clone, Default)]
pub struct StopRequest(Arc<Mutex<Option<IsStopped>>>);

impl StopRequest {
    /// From now on this is asked.
    pub fn ask(&self, is_stopped: impl Fn() -> bool + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(is_stopped));
    }

    /// Nothing runs any more that could be stopped.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether it was made.
    pub fn is_made(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|is_stopped| is_stopped())
    }
}
