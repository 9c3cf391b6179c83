//! What all sockets and threads of one kernel share.

use crate::comms::Comms;
use crate::history::History;
use crate::output::{CellOutput, Output};
use crate::sockets::iopub_queue::{IopubEvent, IopubQueue};
use crate::sockets::stdin::Questions;
use crate::wire::{Parent, Request};
use crate::{CellError, Language};
use jupyter_protocol::connection_info::ConnectionInfo;
use secrets::Mask;
use serde_json::{Map, Value, json};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What waits to be published takes at most about this much memory.
const QUEUE_BYTES: usize = 4 << 20;

/// Messages that got no answer.
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    pub(crate) messages: AtomicU64,
}

/// What all sockets and threads of one kernel share.
pub(crate) struct Kernel {
    pub(crate) language: Arc<dyn Language>,
    pub(crate) connection: ConnectionInfo,
    pub(crate) iopub: Arc<IopubQueue>,
    pub(crate) questions: Arc<Questions>,
    pub(crate) comms: Arc<Comms>,
    pub(crate) history: History,
    pub(crate) dropped: Arc<Dropped>,
    /// Number of the last stored cell.
    pub(crate) execution_count: AtomicU64,
    /// No further cell is to run.
    pub(crate) is_ending: AtomicBool,
    /// The flags of the cells that run.
    pub(crate) running: Mutex<Vec<Arc<AtomicBool>>>,
}

impl Kernel {
    /// The shared state, with the thread of the history running.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        language: Arc<dyn Language>,
        connection: ConnectionInfo,
        history_file: Option<PathBuf>,
        hidden: Mask,
    ) -> std::io::Result<Self> {
        Ok(Self {
            language,
            connection,
            iopub: IopubQueue::new(QUEUE_BYTES),
            questions: Arc::default(),
            comms: Arc::default(),
            history: History::start(history_file, hidden)?,
            dropped: Arc::default(),
            execution_count: AtomicU64::new(0),
            is_ending: AtomicBool::new(false),
            running: Mutex::default(),
        })
    }

    /// Publishes busy or idle for a request that is not a cell.
    pub(crate) fn status(&self, parent: &Arc<Parent>, state: &'static str) {
        self.iopub.push_now(IopubEvent::Status { parent: Arc::clone(parent), state, is_cell: false });
    }

    /// Publishes busy or idle for a cell; idle comes after all that the cell has shown.
    pub(crate) fn cell_status(&self, parent: &Arc<Parent>, state: &'static str) {
        self.iopub.push_now(IopubEvent::Status { parent: Arc::clone(parent), state, is_cell: true });
    }

    /// Publishes a small message at once.
    pub(crate) fn publish(&self, parent: &Arc<Parent>, msg_type: &'static str, content: Value) {
        let parent = Arc::clone(parent);
        let (metadata, n_bytes) = (Map::new(), 0);
        self.iopub.push_now(IopubEvent::Message { parent, msg_type, metadata, content, n_bytes });
    }

    /// The output of something that is no cell, such as a message on a comm.
    pub(crate) fn output_of(&self, request: &Request) -> Output {
        let interrupted = Arc::default();
        self.output(&request.parent, self.execution_count.load(Ordering::SeqCst), true, false, interrupted)
    }

    pub(crate) fn output(
        &self,
        parent: &Arc<Parent>,
        execution_count: u64,
        silent: bool,
        allow_stdin: bool,
        interrupted: Arc<AtomicBool>,
    ) -> Output {
        Output::new(CellOutput {
            parent: Arc::clone(parent),
            iopub: Arc::clone(&self.iopub),
            questions: Arc::clone(&self.questions),
            comms: Arc::clone(&self.comms),
            execution_count,
            silent,
            allow_stdin,
            interrupted,
            payload: Mutex::default(),
            result_text: Mutex::default(),
        })
    }

    /// Tells the running cells to stop. The language is told by the caller, because that may take its time.
    pub(crate) fn set_interrupted(&self) {
        for flag in self.running.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            flag.store(true, Ordering::SeqCst);
        }
    }

    /// Whether the language runs cells side by side.
    pub(crate) fn has_subshells(&self) -> bool {
        guarded(|| self.language.has_subshells()).unwrap_or(false)
    }

    /// The content of a `kernel_info_reply`.
    pub(crate) fn info(&self) -> Value {
        let info = match guarded(|| self.language.info()) {
            Ok(info) => info,
            Err(error) => return error_of(&error),
        };
        let links = info.help_links.iter().map(|(text, url)| json!({"text": text, "url": url}));
        let or_name = |text: &str| if text.is_empty() { info.name.clone() } else { text.to_string() };
        let features = if self.has_subshells() { vec!["kernel subshells"] } else { Vec::new() };
        let mode =
            if info.codemirror_mode.is_null() { json!(info.name) } else { info.codemirror_mode.clone() };
        json!({
            "status": "ok",
            "protocol_version": crate::wire::PROTOCOL_VERSION,
            "implementation": info.implementation,
            "implementation_version": info.implementation_version,
            "language_info": {
                "name": info.name,
                "version": info.version,
                "mimetype": info.mimetype,
                "file_extension": info.file_extension,
                "pygments_lexer": or_name(&info.pygments_lexer),
                "codemirror_mode": mode,
                "nbconvert_exporter": "script",
            },
            "banner": info.banner,
            "help_links": links.collect::<Vec<Value>>(),
            "debugger": false,
            "supported_features": features,
        })
    }
}

/// Calls the language; a panic becomes an error.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, CellError> {
    // After a panic the language may have half-changed values; it holds its own locks, which say so by poisoning.
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let message = message_of(panic.as_ref());
        log::error!("the language panicked: {message}");
        let value = format!("{message}. This is a mistake in the kernel; the kernel goes on");
        let traceback = vec![format!("Panic: {value}")];
        CellError { name: "Panic".to_string(), value, traceback }
    })
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_string())
}

/// The content of an error reply.
pub(crate) fn error_of(error: &CellError) -> Value {
    json!({
        "status": "error",
        "ename": error.name,
        "evalue": error.value,
        "traceback": error.traceback,
    })
}
