//! The comms that are open.

use crate::Comm;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Targets of the open comms by id.
#[derive(Default)]
pub(crate) struct Comms {
    open: Mutex<BTreeMap<String, String>>,
}

impl Comms {
    pub(crate) fn add(&self, comm: &Comm) {
        self.lock().insert(comm.id.clone(), comm.target.clone());
    }

    pub(crate) fn remove(&self, id: &str) -> Option<Comm> {
        self.lock().remove(id).map(|target| Comm { id: id.to_string(), target })
    }

    pub(crate) fn get(&self, id: &str) -> Option<Comm> {
        self.lock().get(id).map(|target| Comm { id: id.to_string(), target: target.clone() })
    }

    /// The `comms` of a `comm_info_reply`, only those with this target where one is given.
    pub(crate) fn info(&self, target: Option<&str>) -> Value {
        let open = self.lock();
        let wanted = open.iter().filter(|(_, of)| target.is_none_or(|target| target == *of));
        let comms: Map<String, Value> =
            wanted.map(|(id, target)| (id.clone(), json!({"target_name": target}))).collect();
        Value::Object(comms)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
