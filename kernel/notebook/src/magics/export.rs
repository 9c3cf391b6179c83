//! `%export`.

use crate::arguments::{Form, Free, ValueKind};
use crate::display::write_file;
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use std::path::Path;

/// What can be written.
const PARTS: &[&str] = &["onnx", "report", "manifest"];

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "export",
    aliases: &[],
    form: Form::Line,
    group: Group::Learning,
    summary: "Write a part of the trained model for other programs.",
    details: "onnx: the graph with padding and normalisation inside, for onnxruntime. report: the numbers as JSON. \
              manifest: branches, labels, metrics and provenance as JSON. FILE may be shared://GROUP/path.",
    free: Free::Words {
        name: "WHAT FILE",
        kinds: &[ValueKind::Choice(PARTS), ValueKind::File],
        least: 2,
        most: Some(2),
    },
    options: &[],
    examples: &["%export onnx higgs.onnx", "%export report report.json"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let [what, path] = call.arguments.free.as_slice() else { return Ok(()) };
    let trained = context.trained()?;
    let json = |value: serde_json::Result<Vec<u8>>| value.map_err(|error| MagicError::output(&error));
    let bytes = match what.as_str() {
        "onnx" => trained.model.onnx_bytes().map(<[u8]>::to_vec).ok_or_else(|| {
            MagicError::new("NoGraph", "a TorchScript model has no ONNX graph")
                .advise("Models that are described by layers have one.")
        })?,
        "report" => json(serde_json::to_vec_pretty(&trained.report))?,
        "manifest" => json(serde_json::to_vec_pretty(trained.model.manifest()))?,
        _ => {
            return Err(MagicError::new("ArgumentError", format!("`{what}` cannot be exported"))
                .advise(format!("Say one of {}.", PARTS.join(", "))));
        }
    };
    write_file(&context.session.opener, Path::new(path), &bytes)?;
    context.line(&format!("wrote {path}"));
    Ok(())
}
