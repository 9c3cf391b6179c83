//! From the session to a request of the training pipeline, and what it leaves.

use super::{Sample, Session};
use crate::magic::{MagicError, with_causes};
use event_columns::Column;
use event_selection::Selection;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use trained_model::TrainedModel;
use training_pipeline::{Labels, OpenedTables, Parameters, PipelineRequest};
use training_report::Report;

/// A model that can predict.
#[derive(Clone)]
pub struct Trained {
    /// The model with everything that prediction needs.
    pub model: Arc<TrainedModel>,
    /// How good it is; also that of a loaded model, where it carries one.
    pub report: Option<Report>,
}

/// What was said to `%train`.
#[derive(Clone, Debug, Default)]
pub struct TrainingWish {
    /// Samples by name; all that are not data when empty.
    pub samples: Vec<String>,
    /// Parameters by key, as in `params.json`.
    pub parameters: Map<String, Value>,
    /// A branch that holds the label, instead of the labels of the samples.
    pub label_branch: Option<String>,
    /// Whether training goes on where it was stopped.
    pub is_resumed: bool,
    /// The time of the run, RFC 3339 in UTC.
    pub created: String,
}

/// The file in the session's folder that training resumes from.
const CHECKPOINT: &str = "training.checkpoint";

/// Copies of a chunk: as it is read, of the events that pass, and two matrices, padded.
const CHUNK_COPIES: u64 = 6;
/// Resident memory of the worker with libtorch on a processor, without data.
const WORKER_BYTES: u64 = 250_000_000;

impl Session {
    /// The request that `%train` runs.
    ///
    /// # Errors
    /// No model, too few samples, samples that do not fit together, parameters that do not fit.
    pub fn training_request(&self, wish: &TrainingWish) -> Result<PipelineRequest, MagicError> {
        let (model, _) = self.model.clone().ok_or_else(|| {
            MagicError::new("NoModel", "no model is described").advise(
                "Describe one: %%model and, in the next line, dense 64 relu, dropout 0.2, dense 32 relu",
            )
        })?;
        let samples: Vec<&Sample> =
            self.chosen(&wish.samples)?.into_iter().filter(|sample| !sample.is_data).collect();
        let first = samples.first().ok_or_else(|| {
            MagicError::new("NoData", "all samples are data")
                .advise("Training needs samples whose label is known.")
        })?;
        if let Some(sample) = samples.iter().find(|sample| sample.files.is_empty()) {
            let message = format!("{} lies in memory only, and training reads files", sample.name);
            return Err(MagicError::new("NoFiles", message)
                .advise("Name the samples to train on: --sample NAME,NAME"));
        }
        let weight = common_weight(&samples)?;
        let selection = self.training_selection(&samples, weight.as_deref())?;
        let parameters = self.parameters(wish, first, weight.as_deref())?;
        let labels = match &wish.label_branch {
            Some(branch) => Labels::Branch(branch.clone()),
            None => Labels::PerFile(of_files(&samples, |sample, _| sample.label.clone())),
        };
        Ok(PipelineRequest {
            files: of_files(&samples, |_, file| file.to_string()),
            opened: Self::opened(&samples),
            labels,
            model,
            selection: Some(selection).filter(|selection| !selection.is_empty()),
            parameters,
            specs: None,
            format: None,
            out: None,
            folder: self.folder(),
            opener: self.opener.clone(),
            created: wish.created.clone(),
        })
    }

    /// Asks for the memory that a training takes besides what it keeps of decoded branches: a chunk of events as they are
    /// read and as a matrix, in two copies, and the worker with libtorch.
    ///
    /// # Errors
    /// It would go over the limit of this server.
    pub fn memory_for_training(&self, request: &PipelineRequest) -> Result<Option<String>, MagicError> {
        let chunk = request.parameters.chunk_size.map_or(u64::MAX, |n_events| n_events as u64);
        let of_table = |table: &dyn event_columns::EventTable| {
            let info = table.info();
            let n_entries = info.n_entries.min(chunk);
            let branches: Vec<usize> =
                (0..info.branches.len()).filter(|at| self.branches.takes(&info.branches[*at].name)).collect();
            super::decoded_bytes_of(info, &branches, n_entries)
        };
        let samples =
            self.samples.iter().filter(|sample| sample.files.iter().any(|file| request.files.contains(file)));
        let largest = samples
            .flat_map(|sample| sample.tables.iter())
            .map(|table| of_table(&**table))
            .max()
            .unwrap_or(0);
        let kept = request.parameters.memory_budget_bytes as u64;
        let needed = largest.saturating_mul(CHUNK_COPIES).saturating_add(kept).saturating_add(WORKER_BYTES);
        self.memory.ask(needed, "training").map_err(|error| {
            error.advise("Take fewer branches (%select BRANCH ..), smaller chunks (%train --set chunk_size=20000), or ask for a larger server.")
        })
    }

    /// The checkpoint of this session's last training.
    pub fn checkpoint(&self) -> PathBuf {
        self.folder().join(CHECKPOINT)
    }

    /// Without what is no feature: branches that were dropped, that the selection alone needs, or that are the weight.
    fn training_selection(&self, samples: &[&Sample], weight: Option<&str>) -> Result<Selection, MagicError> {
        let selection = self.common_selection(samples)?;
        if selection.is_empty() {
            return Ok(selection);
        }
        let problem = |error: event_selection::SelectionError| MagicError::selection(&error);
        let Some(table) = samples.first().and_then(|sample| sample.tables.first()) else {
            return Ok(selection);
        };
        let checked = selection.check(&table.info().readable_branches()).map_err(problem)?;
        let mut text = selection.to_text();
        for (name, _) in checked.output_branches() {
            let is_new = selection.new_branches().any(|new| new == &**name);
            let is_needed = is_new || checked.branches_read().contains(name);
            let is_feature = self.branches.takes(name)
                || (is_new && !self.branches.dropped.iter().any(|dropped| **dropped == **name));
            if is_needed && !is_feature && weight != Some(&**name) {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "drop `{name}`");
            }
        }
        Selection::from_text(&text).map_err(problem)
    }

    /// Definitions and cuts that hold for all of the samples; one that holds for some of them only is refused.
    fn common_selection(&self, samples: &[&Sample]) -> Result<Selection, MagicError> {
        let mut common: Option<Selection> = None;
        let mut others = Vec::new();
        for sample in samples {
            let (selection, left_out) = self.fitting(sample)?;
            others.extend(left_out);
            if *common.get_or_insert_with(|| selection.clone()) != selection {
                let lines: Vec<String> = others.iter().map(super::LeftOut::line).collect();
                let message = format!("training needs the same cuts for all samples: {}", lines.join("; "));
                return Err(MagicError::new("SelectionError", message)
                    .advise("Train on the samples that have them (--sample NAME,NAME), or take them back (%cut --undo)."));
            }
        }
        Ok(common.unwrap_or_default())
    }

    fn parameters(
        &self,
        wish: &TrainingWish,
        first: &Sample,
        weight: Option<&str>,
    ) -> Result<Parameters, MagicError> {
        let mut said = Map::new();
        // The usual way where the user says nothing: all events, every epoch over all of them.
        said.insert("chunk_size".into(), json!(100_000));
        said.insert("training".into(), json!("standard"));
        said.insert("scaler".into(), json!("standard"));
        said.insert("width_cap".into(), json!("p99"));
        said.insert("batch_size".into(), json!(100));
        said.insert("memory_budget".into(), json!(self.memory.share_bytes(1_000_000_000)));
        said.insert("checkpoint".into(), json!(self.checkpoint()));
        said.insert("resume".into(), json!(wish.is_resumed));
        said.insert("branch".into(), json!(first.tree));
        said.insert("selected_branches".into(), json!(self.branches.selected));
        said.insert("exclude_branches".into(), json!(self.no_features()));
        if let Some(weight) = weight {
            said.insert("weight".into(), json!(weight));
        }
        said.extend(wish.parameters.clone());
        let parameters =
            Parameters::from_json(&Value::Object(said).to_string(), "%train").map_err(|error| {
                MagicError::new("ParameterError", with_causes(&error))
                    .advise("docs/parameters.md lists all keys.")
            })?;
        match parameters.notes.first() {
            Some(note) => {
                Err(MagicError::new("ParameterError", note.clone())
                    .advise("docs/parameters.md lists all keys."))
            }
            None => Ok(parameters),
        }
    }

    /// Tables with the branches that Rust cells have handed back, for files that lack them.
    fn opened(samples: &[&Sample]) -> OpenedTables {
        let with_added = samples.iter().filter(|sample| !sample.added.is_empty());
        let tables =
            with_added.flat_map(|sample| sample.files.iter().cloned().zip(sample.tables.iter().cloned()));
        OpenedTables(tables.collect())
    }

    /// Branches that are no features: those that were dropped, and scores.
    fn no_features(&self) -> Vec<String> {
        let scores = self.samples.iter().flat_map(|sample| {
            let branches = sample.tables.iter().flat_map(|table| &table.info().branches);
            let made = branches.filter(|branch| branch.codec == super::ExtendedTable::CODEC);
            made.map(|branch| branch.name.to_string()).filter(|name| !sample.added.contains(name))
        });
        let mut names: Vec<String> = self.branches.dropped.iter().cloned().chain(scores).collect();
        names.dedup();
        names
    }

    /// Puts columns in memory, such as scores, beside the events of a sample, as branches.
    ///
    /// # Errors
    /// The columns do not fit the files.
    pub fn add_scores(
        &mut self,
        sample: &str,
        columns: Vec<Vec<(String, Column)>>,
    ) -> Result<(), MagicError> {
        let Some(own) = self.samples.iter_mut().find(|own| own.name == sample) else {
            return Err(MagicError::new("UnknownSample", format!("there is no sample `{sample}`"))
                .advise("%dataset lists the samples."));
        };
        let mut tables: Vec<Arc<dyn event_columns::EventTable>> = Vec::new();
        for (table, columns) in own.tables.iter().zip(columns) {
            let extended = super::ExtendedTable::new(Arc::clone(table), columns).map_err(|reason| {
                MagicError::new("ScoreError", reason).advise("Open the sample again, then %predict.")
            })?;
            tables.push(Arc::new(extended));
        }
        own.tables = tables;
        let name = sample.to_string();
        self.specs.retain(|(own, _), _| *own != name);
        Ok(())
    }
}

fn of_files(samples: &[&Sample], of: impl Fn(&Sample, &str) -> String) -> Vec<String> {
    samples.iter().flat_map(|sample| sample.files.iter().map(|file| of(sample, file))).collect()
}

/// The weight that all samples share; the trainer takes a branch by its name.
fn common_weight(samples: &[&Sample]) -> Result<Option<String>, MagicError> {
    let said = |sample: &Sample| sample.weight.as_ref().map(ToString::to_string);
    let weights: Vec<Option<String>> = samples.iter().map(|sample| said(sample)).collect();
    if weights.windows(2).any(|pair| pair[0] != pair[1]) {
        let list: Vec<String> = samples
            .iter()
            .zip(&weights)
            .map(|(sample, weight)| format!("{}: {}", sample.name, weight.as_deref().unwrap_or("1")))
            .collect();
        let message = format!("the samples have different weights ({})", list.join(", "));
        return Err(MagicError::new("WeightError", message)
            .advise("Training takes one weight for all: %define w = ..., then %dataset NAME=FILE --weight w for each."));
    }
    let Some(weight) = weights.into_iter().next().flatten() else { return Ok(None) };
    let is_name = weight.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '.');
    if is_name && weight.parse::<f64>().is_err() {
        return Ok(Some(weight));
    }
    Err(MagicError::new("WeightError", format!("the weight `{weight}` is an expression")).advise(format!(
        "Training takes a branch: %define event_weight = {weight}, then --weight event_weight."
    )))
}
