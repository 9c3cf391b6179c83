//! What the user asks for: one value, the same from the notebook, the command line and a job.

use crate::{Parameters, PipelineError};
use byte_source::FileOpener;
use event_columns::EventTable;
use event_selection::Selection;
use model_training::OutputMeaning;
use network::{Loss, MaskUse, NetworkDescription, Optimizer, Task};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use table_file::Format;

/// A whole training: from files to a saved model.
#[derive(Clone, Debug)]
pub struct PipelineRequest {
    /// Input files as the user named them, in order.
    pub files: Vec<String>,
    /// Tables to be read in the place of files of their names, as where they have further branches.
    pub opened: OpenedTables,
    /// Where labels come from.
    pub labels: Labels,
    /// What is trained.
    pub model: ModelRequest,
    /// New branches and cuts.
    pub selection: Option<Selection>,
    /// Everything in `params.json`.
    pub parameters: Parameters,
    /// Specs to use instead of measuring.
    pub specs: Option<PathBuf>,
    /// Format of the files, where their names do not tell; ROOT when the first name ends in `.root`.
    pub format: Option<Format>,
    /// Where the model is saved; it is only returned when `None`.
    pub out: Option<PathBuf>,
    /// Folder for `specs-*.json` and `global-specs.json`.
    pub folder: PathBuf,
    /// Opens the files, the specs and the selection.
    pub opener: FileOpener,
    /// The time of the run, RFC 3339 in UTC, for provenance; the engine does not look at the clock.
    pub created: String,
}

/// Tables that are open already, by the names of their files.
#[derive(Clone, Default)]
pub struct OpenedTables(pub BTreeMap<String, Arc<dyn EventTable>>);

impl fmt::Debug for OpenedTables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where the label of an event comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Labels {
    /// One for each file, in the order of the files.
    PerFile(Vec<String>),
    /// A branch of the files holds it.
    Branch(String),
}

/// What is trained.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelRequest {
    /// Layers in JSON.
    Network(NetworkDescription),
    /// A scripted module of the user's own.
    TorchScript(TorchScriptRequest),
}

/// A scripted module with what its file does not say. In JSON every field but `torchscript` has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TorchScriptRequest {
    /// The file; a relative name counts from the folder of the JSON file.
    pub torchscript: PathBuf,
    /// What is learned. Default: binary.
    #[serde(default)]
    pub task: Task,
    /// The loss. Default: the usual one of the task.
    #[serde(default)]
    pub loss: Option<Loss>,
    /// What the module is told about missing values. Default: they are 0.
    #[serde(default)]
    pub mask: MaskUse,
    /// Whether the module ends with sigmoid or softmax. Default: it gives logits.
    #[serde(default)]
    pub outputs: OutputMeaning,
    /// How weights are changed. Default: Adam with a learning rate of 0.001.
    #[serde(default)]
    pub optimizer: Optimizer,
}

impl TorchScriptRequest {
    /// A binary classifier that gives logits.
    pub fn binary(torchscript: impl Into<PathBuf>) -> Self {
        Self {
            torchscript: torchscript.into(),
            task: Task::default(),
            loss: None,
            mask: MaskUse::default(),
            outputs: OutputMeaning::default(),
            optimizer: Optimizer::default(),
        }
    }
}

impl Labels {
    /// A single word that is no number, given for more than one file or for one, is the name of a branch;
    /// anything else is one label for each file.
    pub fn said(labels: Vec<String>, n_files: usize) -> Self {
        match labels.as_slice() {
            [only] if only.parse::<f64>().is_err() && n_files >= 1 => Self::Branch(only.clone()),
            _ => Self::PerFile(labels),
        }
    }
}

/// Reads `--model`: a network in JSON, or a `TorchScript` file.
///
/// # Errors
/// [`PipelineError::Model`] says what is wrong; a Python file is told what can be done instead.
pub fn read_model(path: &Path, opener: &FileOpener) -> Result<ModelRequest, PipelineError> {
    let problem = |reason: String| PipelineError::Model { path: path.to_path_buf(), reason };
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_lowercase();
    match extension.as_str() {
        "py" => Err(problem(
            "models written in Python come in a later version; describe the layers in JSON (docs/model.md), \
             or save a TorchScript file with torch.jit.save"
                .into(),
        )),
        "pt" | "pth" | "ts" | "torchscript" if path.is_file() => {
            Ok(ModelRequest::TorchScript(TorchScriptRequest::binary(path)))
        }
        _ => {
            let text = read_text(path, opener).map_err(problem)?;
            let value = strict_json::from_str(&text).map_err(|error| problem(error.to_string()))?;
            if value.get("torchscript").is_some() {
                let folder = path.parent().unwrap_or(Path::new(""));
                let script: Result<TorchScriptRequest, _> = serde_json::from_str(&text);
                return script
                    .map(|script| TorchScriptRequest {
                        torchscript: folder.join(&script.torchscript),
                        ..script
                    })
                    .map(ModelRequest::TorchScript)
                    .map_err(|error| problem(error.to_string()));
            }
            NetworkDescription::from_json(&text)
                .map(ModelRequest::Network)
                .map_err(|error| problem(error.to_string()))
        }
    }
}

/// Reads `--preproc`: the original's JSON when the text starts with `{`, plain lines otherwise.
///
/// # Errors
/// [`PipelineError::SelectionFile`] with line and column.
pub fn read_selection(path: &Path, opener: &FileOpener) -> Result<Selection, PipelineError> {
    let problem = |reason: String| PipelineError::SelectionFile { path: path.to_path_buf(), reason };
    let text = read_text(path, opener).map_err(problem)?;
    // Editors of other systems put a byte-order mark first.
    let text = text.trim_start_matches('\u{feff}');
    let selection = if text.trim_start().starts_with('{') {
        Selection::from_original_json(text)
    } else {
        Selection::from_text(text)
    };
    selection.map_err(|error| problem(error.to_string()))
}

fn read_text(path: &Path, opener: &FileOpener) -> Result<String, String> {
    opener.read_text_of(path).map_err(|error| format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_said() {
        let said = |labels: &[&str], n_files| {
            Labels::said(labels.iter().map(ToString::to_string).collect(), n_files)
        };
        assert_eq!(said(&["1", "0"], 2), Labels::PerFile(vec!["1".into(), "0".into()]));
        assert_eq!(said(&["is_signal"], 2), Labels::Branch("is_signal".into()));
        assert_eq!(
            said(&["signal", "background"], 2),
            Labels::PerFile(vec!["signal".into(), "background".into()])
        );
        assert_eq!(said(&["1"], 1), Labels::PerFile(vec!["1".into()]));
    }

    #[test]
    fn repeated_keys_of_a_model_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let layers = "[{\"type\": \"dense\",\n\"units\": 8, \"units\": 1}]";
        for text in [format!("{{\"layers\": {layers}}}"), format!("{{\"torchscript\": {layers}}}")] {
            std::fs::write(&path, text).unwrap();
            let error = read_model(&path, &FileOpener::local()).unwrap_err().to_string();
            assert!(error.contains("line 2: the key `units` stands twice"), "{error}");
        }
    }

    #[test]
    fn python_models_are_told_what_to_do() {
        let here = FileOpener::local();
        let error = read_model(Path::new("model.py"), &here).unwrap_err().to_string();
        assert!(error.contains("docs/model.md"), "{error}");
        assert!(
            read_model(Path::new("nowhere.json"), &here).unwrap_err().to_string().contains("nowhere.json")
        );
    }
}
