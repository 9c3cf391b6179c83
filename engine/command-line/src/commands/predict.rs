//! `mlaas4hep predict`.

use super::workflow::read_format;
use crate::console::Console;
use crate::failure::{self, Kind};
use crate::log_lines::LogLines;
use crate::shared;
use crate::write_file::{self, Folder};
use crate::{score_file, worker_program};
use event_columns::EventTable;
use event_selection::CutFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use trained_model::{Scores, TrainedModel, TrainedNetwork};
use training_pipeline::{name_list, open_table};

/// Score events with a saved model.
///
/// The events are raw: the model selects, pads and normalises as training did. The output has one entry for each event
/// of the input, in its order: `entry`, `passed` (false for events that the model's cuts take away) and `score` (or
/// `score_CLASS` for several classes; NaN where not passed). A .root file holds them as a tree that can be made a friend
/// of the input tree; .parquet, .csv and .jsonl files hold them as a table. The summary says the mean score; of two
/// classes, it is that of the one that counts as signal.
#[derive(clap::Args)]
pub(crate) struct Predict {
    /// The model file.
    #[arg(long)]
    model: PathBuf,
    /// Input files: a text file with one name a line, or names with commas; * and ? in the last part of a name stand
    /// for any text and any letter. Their scores follow one another.
    #[arg(long, required_unless_present = "export_onnx")]
    files: Option<String>,
    /// Path of the tree in ROOT files; that of the training by default.
    #[arg(long)]
    tree: Option<String>,
    /// Format of the input files, where their names do not tell.
    #[arg(long, value_name = "json|csv|parquet|root")]
    input_type: Option<String>,
    /// Where to write the scores: .root, .parquet, .csv or .jsonl (.json is the same). Without it a summary is printed only.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Name of the tree in a .root output.
    #[arg(long, default_value = "scores")]
    out_tree: String,
    /// Write the model's ONNX graph to this file. Without --files nothing is scored.
    #[arg(long, value_name = "FILE")]
    export_onnx: Option<PathBuf>,
    /// Print progress and events as JSON objects, one a line, on standard error.
    #[arg(long)]
    json: bool,
}

impl Predict {
    /// Scores and writes.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        console.use_json_events(self.json);
        let files = match &self.files {
            Some(said) => name_list::read_files(said, self.input_type.is_some(), &shared::opener())
                .map_err(failure::of_pipeline)?,
            None => Vec::new(),
        };
        self.check_outputs(&files)?;
        let model = shared::read_model_file(&self.model).map_err(failure::of(Kind::Input))?;
        if let Some(path) = &self.export_onnx {
            let onnx =
                model.onnx_bytes().ok_or_else(|| anyhow::anyhow!("a TorchScript model has no ONNX graph"))?;
            write_file::write(path, onnx)?;
            console.line(&format!("wrote {}", path.display()));
        }
        if self.files.is_some() { self.score(&files, &model, console) } else { Ok(ExitCode::SUCCESS) }
    }

    fn check_outputs(&self, files: &[String]) -> anyhow::Result<()> {
        let inputs = || files.iter().map(Path::new).chain([&*self.model, Path::new(self.list_file())]);
        if let Some(path) = &self.export_onnx {
            write_file::check(path, Folder::IsMade, inputs())?;
        }
        if let Some(out) = &self.out {
            score_file::format_of(out).map_err(failure::of(Kind::Settings))?;
            write_file::check(out, Folder::MustExist, inputs())?;
        }
        Ok(())
    }

    fn list_file(&self) -> &str {
        self.files.as_deref().unwrap_or_default()
    }

    fn score(
        &self,
        files: &[String],
        model: &TrainedModel,
        console: &mut Console,
    ) -> anyhow::Result<ExitCode> {
        let tables = self.open(files, model).map_err(failure::of(Kind::Input))?;
        let worker = match model.network() {
            TrainedNetwork::Layers(_) => None,
            TrainedNetwork::TorchScript { .. } => Some(worker_program::find()?),
        };
        let mut summary = Summary::default();
        let mut lines = LogLines::new(0);
        let mut chunks = Vec::new();
        let mut first_of_table = 0;
        for table in &tables {
            let n_entries = table.info().n_entries;
            let mut sink = |first_entry: u64, scores: Scores| {
                summary.add(&scores);
                chunks.push(training_pipeline::score_chunk(first_of_table + first_entry, &scores));
                Ok(())
            };
            let mut on_event = |event: &training_pipeline::PipelineEvent<'_>| lines.show(event, console);
            training_pipeline::predict(model, table, worker.as_ref(), &mut on_event, &mut sink)
                .map_err(failure::of_pipeline)?;
            first_of_table += n_entries;
        }
        summary.show(model, console);
        if let Some(out) = &self.out {
            let classes = &model.manifest().labels;
            let classes = if model.manifest().task.n_outputs() > 1 { classes.clone() } else { Vec::new() };
            let output =
                shared::opener().output(out).map_err(|error| failure::of(Kind::Output)(error.into()))?;
            let n_events = score_file::write(output.path(), &self.out_tree, &classes, chunks, console)
                .map_err(failure::of(Kind::Output))?;
            shared::publish(output, out)?;
            console.line(&format!("wrote the scores of {n_events} events to {}", out.display()));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn open(&self, files: &[String], model: &TrainedModel) -> anyhow::Result<Vec<Arc<dyn EventTable>>> {
        let trained_on = model.manifest().provenance.inputs.first().map(|input| input.tree.clone());
        let trained_on = trained_on.map(|tree| tree.split(';').next().unwrap_or_default().to_string());
        let tree = self
            .tree
            .clone()
            .or(trained_on)
            .filter(|tree| !tree.is_empty())
            .unwrap_or_else(|| "Events".into());
        let format = self.input_type.as_deref().map(read_format).transpose()?.flatten();
        anyhow::ensure!(!files.is_empty(), "the list of input files is empty");
        files.iter().map(|file| Ok(open_table(file, &tree, format, "", &shared::opener())?)).collect()
    }
}

/// What can be said about scores in a few lines.
#[derive(Default)]
struct Summary {
    n_events: usize,
    n_passed: usize,
    sums: Vec<f64>,
    cut_flow: Option<CutFlow>,
}

impl Summary {
    fn add(&mut self, scores: &Scores) {
        self.n_events += scores.n_events();
        self.sums.resize(scores.n_outputs, 0.0);
        for (row, passed) in scores.rows().zip(&scores.passed) {
            if *passed {
                self.n_passed += 1;
                self.sums.iter_mut().zip(row).for_each(|(sum, score)| *sum += f64::from(*score));
            }
        }
        match &mut self.cut_flow {
            None => self.cut_flow = Some(scores.cut_flow.clone()),
            // Cut flows of one model have the same cuts.
            Some(sum) => sum.merge(&scores.cut_flow).unwrap_or_default(),
        }
    }

    fn show(&self, model: &TrainedModel, console: &mut Console) {
        if let Some(cut_flow) = self.cut_flow.as_ref().filter(|cut_flow| !cut_flow.rows.is_empty()) {
            cut_flow.to_string().lines().for_each(|line| console.line(line));
        }
        console.line(&format!(
            "{} events, {} of them passed the cuts and were scored",
            self.n_events, self.n_passed
        ));
        // Of two classes the second one in the manifest counts as signal, and the score is its own.
        let labels = &model.manifest().labels;
        let is_binary = self.sums.len() == 1 && labels.len() == 2;
        let name = |output: usize| match labels.get(if is_binary { 1 } else { output }) {
            Some(label) if is_binary || self.sums.len() > 1 => format!("mean score of {label}"),
            _ => "mean score".to_string(),
        };
        for (output, sum) in self.sums.iter().enumerate().filter(|_| self.n_passed > 0) {
            console.line(&format!("{}: {:.4}", name(output), sum / self.n_passed as f64));
        }
    }
}
