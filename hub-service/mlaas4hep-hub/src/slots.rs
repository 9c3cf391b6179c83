//! How many long requests one caller has at a time, by whatever road they come: uploads, and change feeds.

use crate::Failure;
use http::{StatusCode, header};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The places of all callers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// `uploads`, for messages.
    what: &'static str,
    most: u32,
    taken: Arc<Mutex<HashMap<String, u32>>>,
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    name: String,
}

impl Slots {
    pub(crate) fn new(what: &'static str, most: u32) -> Self {
        Self { what, most, taken: Arc::default() }
    }

    /// A place of a caller.
    ///
    /// # Errors
    /// All are taken: 429.
    pub(crate) fn take(&self, name: &str) -> Result<Slot, Failure> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(name.to_owned()).or_default();
        if *count >= self.most {
            let (what, code) = (self.what, format!("too_many_{}", self.what));
            let message = format!("too many of your {what} go on at once");
            return Err(Failure::new(StatusCode::TOO_MANY_REQUESTS, &code, message)
                .advise("wait until one has ended")
                .with_header(header::RETRY_AFTER, "1"));
        }
        *count += 1;
        Ok(Slot { slots: self.clone(), name: name.to_owned() })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.name);
            }
        }
    }
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
        assert_eq!(slots.taken.lock().unwrap().len(), 1, "who has none is forgotten");
    }
}
