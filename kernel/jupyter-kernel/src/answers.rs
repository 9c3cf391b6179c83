//! Everything on shell that is not a cell, answered by a second thread while cells run.

use crate::kernel::{Kernel, error_of, guarded};
use crate::sockets::router::{Replies, error_content};
use crate::text::{byte_offset, code_points};
use crate::wire::{FieldError, Request};
use crate::{CellError, Comm, Completeness, Completions};
use serde_json::{Value, json};
use std::sync::mpsc::Receiver;

/// Answers until the other end is gone.
pub(crate) fn run(kernel: &Kernel, replies: &Replies, requests: &Receiver<Request>) {
    while let Ok(request) = requests.recv() {
        answer(kernel, replies, &request);
    }
}

/// Answers one request, framed by busy and idle. Messages on comms get no reply.
pub(crate) fn answer(kernel: &Kernel, replies: &Replies, request: &Request) {
    kernel.status(&request.parent, "busy");
    let content = match content(kernel, request) {
        Ok(content) => content,
        Err(Refused::Field(error)) => Some(error_content("BadMessage", &error.to_string())),
        Err(Refused::Panic(error)) => Some(error_of(&error)),
    };
    if let Some(content) = content {
        replies.reply(&request.parent, &request.reply_type(), &content);
    }
    kernel.status(&request.parent, "idle");
}

enum Refused {
    Field(FieldError),
    Panic(CellError),
}

impl From<FieldError> for Refused {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl From<CellError> for Refused {
    fn from(error: CellError) -> Self {
        Self::Panic(error)
    }
}

fn content(kernel: &Kernel, request: &Request) -> Result<Option<Value>, Refused> {
    let content = match request.msg_type.as_str() {
        "kernel_info_request" => kernel.info(),
        "complete_request" => complete(kernel, request)?,
        "inspect_request" => inspect(kernel, request)?,
        "is_complete_request" => is_complete(kernel, request)?,
        "history_request" => kernel.history.answer(&request.fields()?)?,
        "comm_info_request" => {
            let target = request.fields()?.optional_text("target_name")?;
            json!({"status": "ok", "comms": kernel.comms.info(target)})
        }
        "connect_request" => connect(kernel),
        "comm_open" | "comm_msg" | "comm_close" => {
            comm(kernel, request)?;
            return Ok(None);
        }
        other => error_content(
            "UnknownMessage",
            &format!("this kernel does not know the message '{other}' on this channel"),
        ),
    };
    Ok(Some(content))
}

fn complete(kernel: &Kernel, request: &Request) -> Result<Value, Refused> {
    let fields = request.fields()?;
    let code = fields.text("code")?;
    let cursor = fields.number("cursor_pos")?.unwrap_or(i64::MAX);
    let found = guarded(|| kernel.language.complete(code, byte_offset(code, cursor)))?;
    let Completions { matches, start, end, kinds } = found;
    let (start, end) = (code_points(code, start), code_points(code, end));
    let typed: Vec<Value> = matches
        .iter()
        .zip(&kinds)
        .map(|(text, kind)| json!({"text": text, "type": kind, "start": start, "end": end}))
        .collect();
    let metadata = if typed.is_empty() { json!({}) } else { json!({"_jupyter_types_experimental": typed}) };
    Ok(json!({
        "status": "ok",
        "matches": matches,
        "cursor_start": start,
        "cursor_end": end,
        "metadata": metadata,
    }))
}

fn inspect(kernel: &Kernel, request: &Request) -> Result<Value, Refused> {
    let fields = request.fields()?;
    let code = fields.text("code")?;
    let cursor = byte_offset(code, fields.number("cursor_pos")?.unwrap_or(i64::MAX));
    let detail_level = u8::try_from(fields.number("detail_level")?.unwrap_or(0)).unwrap_or(1);
    let found = guarded(|| kernel.language.inspect(code, cursor, detail_level))?;
    let is_found = found.is_some();
    let bundle = found.unwrap_or_default();
    Ok(json!({"status": "ok", "found": is_found, "data": bundle.data, "metadata": bundle.metadata}))
}

fn is_complete(kernel: &Kernel, request: &Request) -> Result<Value, Refused> {
    let fields = request.fields()?;
    let code = fields.text("code")?;
    Ok(match guarded(|| kernel.language.is_complete(code))? {
        Completeness::Complete => json!({"status": "complete"}),
        Completeness::Incomplete { indent } => json!({"status": "incomplete", "indent": indent}),
        Completeness::Invalid => json!({"status": "invalid"}),
        Completeness::Unknown => json!({"status": "unknown"}),
    })
}

/// Old front ends ask for the ports.
fn connect(kernel: &Kernel) -> Value {
    let ports = &kernel.connection;
    json!({
        "status": "ok",
        "shell_port": ports.shell_port,
        "iopub_port": ports.iopub_port,
        "stdin_port": ports.stdin_port,
        "control_port": ports.control_port,
        "hb_port": ports.hb_port,
    })
}

fn comm(kernel: &Kernel, request: &Request) -> Result<(), Refused> {
    let fields = request.fields()?;
    let id = fields.text("comm_id")?;
    let data = request.content.as_ref().ok().and_then(|content| content.get("data")).unwrap_or(&Value::Null);
    let output = kernel.output_of(request);
    match request.msg_type.as_str() {
        "comm_open" => {
            let target = fields.optional_text("target_name")?.unwrap_or_default().to_string();
            let comm = Comm { id: id.to_string(), target };
            // Known before the language hears of it, so that it can answer at once.
            kernel.comms.add(&comm);
            let is_taken = guarded(|| kernel.language.comm_open(&comm, data, &output)).unwrap_or(false);
            if !is_taken {
                output.close_comm(&comm, &json!({}));
            }
        }
        "comm_close" => {
            if let Some(comm) = kernel.comms.remove(id) {
                guarded(|| kernel.language.comm_close(&comm, data, &output))?;
            }
        }
        _ => match kernel.comms.get(id) {
            Some(comm) => guarded(|| kernel.language.comm_message(&comm, data, &output))?,
            None => log::warn!("a message for the comm {id}, which is not open"),
        },
    }
    Ok(())
}
