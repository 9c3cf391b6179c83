//! Subshells (JEP 91): further threads on which cells run beside those of the shell itself.

use crate::cells;
use crate::kernel::Kernel;
use crate::sockets::router::{Replies, error_content};
use crate::wire::Request;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Stack of a thread that runs cells; code of users recurses deeply.
pub(crate) const CELL_STACK_BYTES: usize = 64 << 20;

/// The queues of the threads that run cells.
pub(crate) struct Subshells {
    kernel: Arc<Kernel>,
    shell: OnceLock<Replies>,
    queues: Mutex<BTreeMap<Option<String>, Sender<Request>>>,
}

impl Subshells {
    pub(crate) fn new(kernel: Arc<Kernel>) -> Self {
        Self { kernel, shell: OnceLock::new(), queues: Mutex::default() }
    }

    /// Starts the thread of the shell itself, which replies there as all others do.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn connect(&self, shell: &Replies) -> std::io::Result<()> {
        let shell = self.shell.get_or_init(|| shell.clone());
        self.start(None, shell)
    }

    /// Hands a cell to the thread that its header names, or gives it back where there is none of that name.
    pub(crate) fn send(&self, request: Request) -> Result<(), Request> {
        match self.queues().get(&request.subshell) {
            Some(queue) => queue.send(request).map_err(|unsent| unsent.0),
            None => Err(request),
        }
    }

    /// Whether the header of the request names no subshell or one that is there.
    pub(crate) fn has(&self, request: &Request) -> bool {
        self.queues().contains_key(&request.subshell)
    }

    /// The content of the reply to `create_subshell_request`.
    pub(crate) fn create(&self) -> Value {
        let id = uuid::Uuid::new_v4().to_string();
        let Some(shell) = self.shell.get().filter(|_| self.kernel.has_subshells()) else {
            return error_content("NoSubshells", "this kernel runs one cell at a time and has no subshells");
        };
        match self.start(Some(id.clone()), shell) {
            Ok(()) => json!({"status": "ok", "subshell_id": id}),
            Err(error) => {
                error_content("NoThread", &format!("the system gives no thread for a subshell: {error}"))
            }
        }
    }

    /// The content of the reply to `delete_subshell_request`. Cells that wait there are still run.
    pub(crate) fn delete(&self, request: &Request) -> Value {
        let id = request.fields().and_then(|fields| fields.text("subshell_id"));
        match id {
            Ok(id) if self.queues().remove(&Some(id.to_string())).is_some() => json!({"status": "ok"}),
            Ok(id) => unknown(id),
            Err(error) => error_content("BadMessage", &error.to_string()),
        }
    }

    /// The content of the reply to `list_subshell_request`.
    pub(crate) fn list(&self) -> Value {
        let ids: Vec<String> = self.queues().keys().flatten().cloned().collect();
        json!({"status": "ok", "subshell_id": ids})
    }

    fn start(&self, id: Option<String>, shell: &Replies) -> std::io::Result<()> {
        let (queue, requests) = channel();
        let (kernel, shell) = (Arc::clone(&self.kernel), shell.clone());
        let name = if id.is_some() { "subshell" } else { "cells" };
        let thread = std::thread::Builder::new().name(name.to_string()).stack_size(CELL_STACK_BYTES);
        thread.spawn(move || cells::run(&kernel, &shell, &requests))?;
        self.queues().insert(id, queue);
        Ok(())
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<Option<String>, Sender<Request>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The content of an error reply that names a subshell that is not there.
pub(crate) fn unknown(id: &str) -> Value {
    error_content(
        "UnknownSubshell",
        &format!("there is no subshell '{id}'; list_subshell_request names those that are"),
    )
}
