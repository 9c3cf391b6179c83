//! What a running cell shows and asks.

use crate::comms::Comms;
use crate::sockets::iopub_queue::{IopubEvent, IopubQueue};
use crate::sockets::stdin::{InputError, Questions};
use crate::wire::Parent;
use crate::{Comm, MimeBundle};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

/// Shows things in the output of one cell, and asks its user; cheap to clone and to hand to threads.
///
/// Nothing is ever dropped: where the front end cannot keep up, the calls wait.
#[derive(Clone)]
pub struct Output {
    cell: Arc<CellOutput>,
}

pub(crate) struct CellOutput {
    pub(crate) parent: Arc<Parent>,
    pub(crate) iopub: Arc<IopubQueue>,
    pub(crate) questions: Arc<Questions>,
    pub(crate) comms: Arc<Comms>,
    pub(crate) execution_count: u64,
    pub(crate) silent: bool,
    pub(crate) allow_stdin: bool,
    pub(crate) interrupted: Arc<AtomicBool>,
    pub(crate) payload: Mutex<Vec<Value>>,
    pub(crate) result_text: Mutex<Option<String>>,
}

impl Output {
    pub(crate) fn new(cell: CellOutput) -> Self {
        Self { cell: Arc::new(cell) }
    }

    /// Prints to stdout, as is: no newline is added. Short texts are joined before they are sent.
    pub fn stdout(&self, text: &str) {
        self.stream("stdout", text);
    }

    /// Prints to stderr.
    pub fn stderr(&self, text: &str) {
        self.stream("stderr", text);
    }

    fn stream(&self, name: &'static str, text: &str) {
        if !text.is_empty() {
            let parent = Arc::clone(&self.cell.parent);
            self.cell.iopub.push(IopubEvent::Stream { parent, name, text: text.to_string() });
        }
    }

    /// Shows something.
    pub fn display(&self, bundle: &MimeBundle) {
        self.show("display_data", None, bundle);
    }

    /// Shows something that [`update_display`](Self::update_display) can replace later, in this cell or another.
    pub fn display_with_id(&self, id: &str, bundle: &MimeBundle) {
        self.show("display_data", Some(id), bundle);
    }

    /// Replaces what was shown with this id.
    pub fn update_display(&self, id: &str, bundle: &MimeBundle) {
        self.show("update_display_data", Some(id), bundle);
    }

    fn show(&self, msg_type: &'static str, id: Option<&str>, bundle: &MimeBundle) {
        let transient = id.map_or_else(|| json!({}), |id| json!({"display_id": id}));
        let content = json!({"data": bundle.data, "metadata": bundle.metadata, "transient": transient});
        self.publish(msg_type, Map::new(), content);
    }

    /// Shows the value of the cell; at most once in a cell, and not at all in a silent one.
    pub fn result(&self, bundle: &MimeBundle) {
        let text = bundle.data.get("text/plain").and_then(Value::as_str).map(str::to_string);
        *self.cell.result_text.lock().unwrap_or_else(PoisonError::into_inner) = text;
        if !self.cell.silent {
            let content = json!({
                "execution_count": self.cell.execution_count,
                "data": bundle.data,
                "metadata": bundle.metadata,
            });
            self.publish("execute_result", Map::new(), content);
        }
    }

    /// Clears the output of the cell; with `wait` only once something new comes.
    pub fn clear(&self, wait: bool) {
        self.publish("clear_output", Map::new(), json!({"wait": wait}));
    }

    /// Shows a help text in the pager of the front end, once the cell has ended well.
    pub fn page(&self, bundle: &MimeBundle) {
        self.add_payload(json!({"source": "page", "data": bundle.data, "start": 0}));
    }

    /// Puts a text into the next cell, once this one has ended well.
    pub fn set_next_input(&self, text: &str) {
        self.add_payload(json!({"source": "set_next_input", "text": text, "replace": false}));
    }

    fn add_payload(&self, payload: Value) {
        self.cell.payload.lock().unwrap_or_else(PoisonError::into_inner).push(payload);
    }

    /// Asks the user for a line.
    ///
    /// # Errors
    /// When the front end takes no questions or is gone, and when the cell is interrupted meanwhile.
    pub fn read_line(&self, prompt: &str) -> Result<String, InputError> {
        self.ask(prompt, false)
    }

    /// Asks the user for a line that is not shown while it is typed.
    ///
    /// # Errors
    /// As [`read_line`](Self::read_line).
    pub fn read_password(&self, prompt: &str) -> Result<String, InputError> {
        self.ask(prompt, true)
    }

    fn ask(&self, prompt: &str, password: bool) -> Result<String, InputError> {
        if !self.cell.allow_stdin {
            return Err(InputError::NotAllowed);
        }
        self.flush();
        self.cell.questions.ask(&self.cell.parent, prompt, password, &self.cell.interrupted)
    }

    /// Whether the user has interrupted the cell.
    pub fn is_interrupted(&self) -> bool {
        self.cell.interrupted.load(Ordering::SeqCst)
    }

    /// Waits until all that was shown is with the sockets.
    pub fn flush(&self) {
        let (sender, sent) = mpsc::sync_channel(1);
        self.cell.iopub.push(IopubEvent::Barrier(sender));
        // An error means that the kernel ends: nobody waits for the output any more.
        let _ = sent.recv();
    }

    /// Opens a comm from here; the front end must know the target. Gives its id.
    pub fn open_comm(&self, target: &str, data: &Value, metadata: Map<String, Value>) -> Comm {
        let comm = Comm { id: uuid::Uuid::new_v4().simple().to_string(), target: target.to_string() };
        self.cell.comms.add(&comm);
        let content = json!({"comm_id": comm.id, "target_name": target, "data": data});
        self.publish("comm_open", metadata, content);
        comm
    }

    /// Sends a message on an open comm.
    pub fn send_comm(&self, comm: &Comm, data: &Value) {
        self.publish("comm_msg", Map::new(), json!({"comm_id": comm.id, "data": data}));
    }

    /// Closes a comm.
    pub fn close_comm(&self, comm: &Comm, data: &Value) {
        self.cell.comms.remove(&comm.id);
        self.publish("comm_close", Map::new(), json!({"comm_id": comm.id, "data": data}));
    }

    fn publish(&self, msg_type: &'static str, metadata: Map<String, Value>, content: Value) {
        let parent = Arc::clone(&self.cell.parent);
        let n_bytes = size_of_texts(&content);
        self.cell.iopub.push(IopubEvent::Message { parent, msg_type, metadata, content, n_bytes });
    }

    /// An output that goes nowhere but into the recording, to test a language without sockets.
    pub fn recorded() -> (Self, Recording) {
        let iopub = IopubQueue::without_publisher();
        let cell = CellOutput {
            parent: Arc::default(),
            iopub: Arc::clone(&iopub),
            questions: Arc::default(),
            comms: Arc::default(),
            execution_count: 1,
            silent: false,
            allow_stdin: false,
            interrupted: Arc::default(),
            payload: Mutex::default(),
            result_text: Mutex::default(),
        };
        let output = Self::new(cell);
        (output.clone(), Recording { iopub, output })
    }

    pub(crate) fn take_payload(&self) -> Vec<Value> {
        std::mem::take(&mut self.cell.payload.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn take_result_text(&self) -> Option<String> {
        self.cell.result_text.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What a recorded [`Output`] was told to show.
#[derive(Clone)]
pub struct Recording {
    iopub: Arc<IopubQueue>,
    output: Output,
}

impl Recording {
    /// Type and content of all messages since the last call, in order; stream texts joined.
    pub fn take(&self) -> Vec<(String, Value)> {
        let messages = self.iopub.take().into_iter().filter_map(|event| match event {
            IopubEvent::Stream { name, text, .. } => {
                Some(("stream".to_string(), json!({"name": name, "text": text})))
            }
            IopubEvent::Message { msg_type, content, .. } => Some((msg_type.to_string(), content)),
            IopubEvent::Status { .. } | IopubEvent::Barrier(_) => None,
        });
        messages.collect()
    }

    /// Payloads since the last call.
    pub fn payload(&self) -> Vec<Value> {
        self.output.take_payload()
    }

    /// Makes [`Output::is_interrupted`] true.
    pub fn interrupt(&self) {
        self.output.cell.interrupted.store(true, Ordering::SeqCst);
    }
}

fn size_of_texts(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size_of_texts).sum(),
        Value::Object(fields) => fields.values().map(size_of_texts).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}
