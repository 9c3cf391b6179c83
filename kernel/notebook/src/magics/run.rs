//! `%run`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::{CellRunner, shown};
use jupyter_kernel::CellError;
use serde_json::Value;
use std::path::Path;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "run",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "Run the lines of a file, or the cells of a notebook.",
    details: "FILE may be shared://GROUP/path.",
    free: Free::Text { name: "FILE", kind: ValueKind::File, is_needed: true },
    options: &[],
    examples: &["%run selection.txt"],
    action: Action::Cells(run),
};

/// Largest file that is run.
const MOST_BYTES: u64 = 50_000_000;

fn run(call: &Invocation, runner: &CellRunner<'_>) -> Result<(), CellError> {
    let path = call.arguments.text();
    let opener = runner.opener();
    if opener.afar(path).is_none() {
        check_regular(path, MOST_BYTES).map_err(|error| shown(&error))?;
    }
    let bytes = opener.read(path, MOST_BYTES).map_err(|error| shown(&MagicError::input(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        shown(
            &MagicError::new("InputError", format!("{path} is no text"))
                .advise("%run takes .ipynb files, or text with the lines of a cell."),
        )
    })?;
    let cells =
        if Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("ipynb")) {
            cells_of_notebook(path, &text).map_err(|error| shown(&error))?
        } else {
            vec![text]
        };
    cells.iter().try_for_each(|cell| runner.run(cell))
}

/// Refuses what is no file, such as a pipe, which could be read for ever, and what is larger than it can sensibly be.
pub(super) fn check_regular(path: &str, most_bytes: u64) -> Result<(), MagicError> {
    let problem = |reason: String| {
        MagicError::new("InputError", format!("cannot read {path}: {reason}"))
            .advise("File names start at the folder of %pwd.")
    };
    let found = std::fs::metadata(path).map_err(|error| problem(error.to_string()))?;
    if !found.is_file() {
        return Err(problem("it is no regular file".to_string()));
    }
    if found.len() > most_bytes {
        return Err(problem(format!("it has {} bytes, more than {most_bytes}", found.len())));
    }
    Ok(())
}

/// The texts of the code cells.
fn cells_of_notebook(path: &str, text: &str) -> Result<Vec<String>, MagicError> {
    let problem = |reason: String| {
        MagicError::new("InputError", format!("{path} is no notebook: {reason}"))
            .advise("%run takes .ipynb files, or text with the lines of a cell.")
    };
    let notebook: Value = serde_json::from_str(text).map_err(|error| problem(error.to_string()))?;
    let cells = notebook["cells"].as_array().ok_or_else(|| problem("it has no cells".into()))?;
    let source = |cell: &Value| match &cell["source"] {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    };
    Ok(cells.iter().filter(|cell| cell["cell_type"] == "code").map(source).collect())
}

#[cfg(test)]
mod tests {
    use super::cells_of_notebook;

    #[test]
    fn code_cells_only() {
        let text = r#"{"cells": [{"cell_type": "markdown", "source": "x"},
            {"cell_type": "code", "source": ["%who\n", "%pwd"]}, {"cell_type": "code", "source": "%memory"}]}"#;
        assert_eq!(cells_of_notebook("a.ipynb", text).unwrap(), ["%who\n%pwd", "%memory"]);
        assert!(cells_of_notebook("a.ipynb", "[]").unwrap_err().to_string().contains("no cells"));
    }
}
