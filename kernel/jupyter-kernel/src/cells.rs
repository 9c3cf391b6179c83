//! The thread on which cells run, one after the other.

use crate::kernel::{Kernel, error_of, guarded};
use crate::sockets::iopub_queue::IopubEvent;
use crate::sockets::router::{Replies, error_content};
use crate::wire::{FieldError, Request};
use crate::{Cell, CellDone, CellError, Output};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// Requests that a front end sent together with one that failed arrive within this time. The error reply is
/// held back so long: what comes before it was sent without knowing of the error, and is aborted.
const SENT_TOGETHER: Duration = Duration::from_millis(10);

/// Runs the cells until the other end is gone.
pub(crate) fn run(kernel: &Kernel, replies: &Replies, requests: &Receiver<Request>) {
    while let Ok(request) = requests.recv() {
        if kernel.is_ending.load(Ordering::SeqCst) {
            abort(kernel, replies, &request);
            continue;
        }
        kernel.cell_status(&request.parent, "busy");
        match read(&request) {
            Ok((cell, stop_on_error)) => {
                let (content, has_failed) = answer(kernel, &request, cell);
                let aborted = if has_failed && stop_on_error { sent_together(requests) } else { Vec::new() };
                replies.reply(&request.parent, "execute_reply", &content);
                kernel.cell_status(&request.parent, "idle");
                for request in &aborted {
                    abort(kernel, replies, request);
                }
            }
            Err(error) => {
                let content = error_content("BadMessage", &error.to_string());
                replies.reply(&request.parent, "execute_reply", &content);
                kernel.cell_status(&request.parent, "idle");
            }
        }
    }
}

fn read(request: &Request) -> Result<(Cell, bool), FieldError> {
    let fields = request.fields()?;
    let silent = fields.flag("silent", false)?;
    let cell = Cell {
        code: fields.text("code")?.to_string(),
        execution_count: 0,
        silent,
        store_history: fields.flag("store_history", !silent)? && !silent,
        allow_stdin: fields.flag("allow_stdin", true)?,
        user_expressions: fields.object("user_expressions")?,
    };
    Ok((cell, fields.flag("stop_on_error", true)? && !silent))
}

fn sent_together(requests: &Receiver<Request>) -> Vec<Request> {
    let until = Instant::now() + SENT_TOGETHER;
    let next = || requests.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
    std::iter::from_fn(next).collect()
}

fn abort(kernel: &Kernel, replies: &Replies, request: &Request) {
    kernel.cell_status(&request.parent, "busy");
    replies.reply(&request.parent, "execute_reply", &json!({"status": "aborted"}));
    kernel.cell_status(&request.parent, "idle");
}

/// Runs one cell; gives the content of its reply and whether it failed.
fn answer(kernel: &Kernel, request: &Request, mut cell: Cell) -> (Value, bool) {
    cell.execution_count = if cell.store_history {
        kernel.execution_count.fetch_add(1, Ordering::SeqCst) + 1
    } else {
        kernel.execution_count.load(Ordering::SeqCst)
    };
    if !cell.silent {
        let input = json!({"code": cell.code, "execution_count": cell.execution_count});
        kernel.publish(&request.parent, "execute_input", input);
    }
    let running = Running::start(kernel);
    let output = kernel.output(
        &request.parent,
        cell.execution_count,
        cell.silent,
        cell.allow_stdin,
        Arc::clone(&running.interrupted),
    );
    let outcome = guarded(|| kernel.language.execute(&cell, &output)).unwrap_or_else(Err);
    if cell.store_history
        && let Ok(Some(input)) = guarded(|| kernel.language.remembered(&cell.code))
    {
        kernel.history.store(cell.execution_count, &input, output.take_result_text().as_deref());
    }
    let content = match &outcome {
        Ok(done) => done_content(kernel, &cell, &output, done),
        Err(error) => error_reply(kernel, request, &cell, error),
    };
    drop(running);
    (content, outcome.is_err())
}

fn done_content(kernel: &Kernel, cell: &Cell, output: &Output, done: &CellDone) -> Value {
    let mut payload = done.payload.clone();
    payload.extend(output.take_payload());
    json!({
        "status": "ok",
        "execution_count": cell.execution_count,
        "user_expressions": evaluated(kernel, &cell.user_expressions),
        "payload": payload,
    })
}

fn error_reply(kernel: &Kernel, request: &Request, cell: &Cell, error: &CellError) -> Value {
    let shown = json!({"ename": error.name, "evalue": error.value, "traceback": error.traceback});
    let (metadata, n_bytes) = (Map::new(), 0);
    let parent = Arc::clone(&request.parent);
    kernel.iopub.push(IopubEvent::Message { parent, msg_type: "error", metadata, content: shown, n_bytes });
    let mut content = error_of(error);
    content["execution_count"] = json!(cell.execution_count);
    content["user_expressions"] = json!({});
    content["payload"] = json!([]);
    content
}

fn evaluated(kernel: &Kernel, expressions: &Map<String, Value>) -> Value {
    let values = expressions.iter().filter_map(|(name, expression)| {
        let value = match expression.as_str() {
            Some(expression) => {
                guarded(|| kernel.language.evaluate(expression)).unwrap_or_else(|panic| Some(Err(panic)))?
            }
            None => Err(not_a_text(name)),
        };
        let answer = match value {
            Ok(bundle) => json!({"status": "ok", "data": bundle.data, "metadata": bundle.metadata}),
            Err(error) => error_of(&error),
        };
        Some((name.clone(), answer))
    });
    Value::Object(values.collect())
}

fn not_a_text(name: &str) -> CellError {
    let value = format!("the user expression '{name}' is no text");
    CellError { name: "BadMessage".to_string(), traceback: vec![value.clone()], value }
}

/// While it lives, interrupts reach the cell.
struct Running<'a> {
    kernel: &'a Kernel,
    interrupted: Arc<AtomicBool>,
}

impl<'a> Running<'a> {
    fn start(kernel: &'a Kernel) -> Self {
        let interrupted: Arc<AtomicBool> = Arc::default();
        kernel.running.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&interrupted));
        Self { kernel, interrupted }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut running = self.kernel.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|flag| !Arc::ptr_eq(flag, &self.interrupted));
    }
}
