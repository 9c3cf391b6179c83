//! `mlaas4hep workflow`: the command that the original documents.

use crate::console::Console;
use crate::log_lines::LogLines;
use crate::shared;
use crate::write_file::{self, Folder};
use crate::{failure, report_folder, worker_program};
use anyhow::Context;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table_file::Format;
use training_pipeline::{
    Labels, ModelRequest, OpenedTables, Parameters, PipelineRequest, name_list, read_model, read_selection,
};

/// Train a model on ROOT files, as the original `MLaaS4HEP` does.
///
/// Two passes over the files: the first finds type, range and width of every branch (the specs), the second turns
/// events into rows, chunk by chunk, in the proportion of the files, and trains. With --fout the model is saved as
/// one file, and a report with pictures beside it. The specs are written to the working folder: global-specs.json, and
/// specs-NAME.json for each file. The metric of the epochs is the accuracy for classes and the mean absolute error for
/// a regression. With `class_weights` the signal and background (s and b) of the report are weighted counts.
///
///   mlaas4hep workflow --files=files.txt --labels=labels.txt --model=model.json --params=params.json --fout=my.mlaas4hep
///
/// docs/parameters.md lists the keys of params.json, docs/model.md describes model.json, docs/selection.md the
/// new branches and cuts.
#[derive(clap::Args)]
pub(crate) struct Workflow {
    /// Input files: a text file with one name a line (lines that start with # are skipped), or names with commas.
    /// * and ? in the last part of a name stand for any text and any letter.
    #[arg(long, default_value = "")]
    files: String,
    /// Labels in the order of the files: a text file with one a line, or labels with commas. A single word that is
    /// the name of a branch takes the labels from that branch. Of two names of classes the first one counts as signal.
    #[arg(long, default_value = "")]
    labels: String,
    /// The model: a network in JSON (model.json) or a `TorchScript` file (model.pt).
    #[arg(long)]
    model: Option<String>,
    /// New branches and cuts: the original's JSON, or plain lines in any other file.
    #[arg(long)]
    preproc: Option<PathBuf>,
    /// Parameters. Defaults are used where the file does not exist.
    #[arg(long, default_value = "params.json")]
    params: PathBuf,
    /// Specs to use instead of the first pass.
    #[arg(long)]
    specs: Option<PathBuf>,
    /// Format of the input files, where their names do not tell.
    #[arg(long, value_name = "json|csv|parquet|avro|root")]
    dtype: Option<String>,
    /// Where to save the trained model.
    #[arg(long)]
    fout: Option<PathBuf>,
    /// Print progress and events as JSON objects, one a line, on standard error.
    #[arg(long)]
    json: bool,
}

impl Workflow {
    /// Runs the whole road.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        console.use_json_events(self.json);
        if self.files.is_empty() {
            console.line("No files is provided");
            console.message("give the input files: --files=files.txt, or --files=a.root,b.root");
            return Ok(ExitCode::FAILURE);
        }
        if self.labels.is_empty() {
            console.line("No labels is provided");
            console.message("give one label for each file: --labels=labels.txt, or --labels=1,0");
            return Ok(ExitCode::FAILURE);
        }
        let Some(model) = &self.model else {
            // The original ends here in silence and with status 0; a user wants to know that nothing was done.
            console
                .message("No model is provided: nothing to train. Give --model=model.json (docs/model.md)");
            return Ok(ExitCode::FAILURE);
        };
        let request = self.request(model, console).map_err(failure::of(failure::Kind::Settings))?;
        let said = [&self.files, &self.labels, model].map(Path::new);
        let given = [&self.preproc, &self.specs].into_iter().flatten().map(PathBuf::as_path);
        check_outputs(&request, said.into_iter().chain(given).chain([&*self.params]))?;
        train(&request, console)
    }

    fn request(&self, model: &str, console: &mut Console) -> anyhow::Result<PipelineRequest> {
        let opener = shared::opener();
        let format = self.dtype.as_deref().map(read_format).transpose()?.flatten();
        let files =
            name_list::read_files(&self.files, format.is_some(), &opener).map_err(failure::of_pipeline)?;
        let labels = name_list::read(&self.labels, &opener)
            .with_context(|| format!("cannot read the list {}", self.labels))?;
        let parameters = read_parameters(&self.params, console)?;
        Ok(PipelineRequest {
            opened: OpenedTables::default(),
            labels: Labels::said(labels, files.len()),
            files,
            model: read_model(Path::new(model), &opener)?,
            selection: self.preproc.as_deref().map(|path| read_selection(path, &opener)).transpose()?,
            parameters,
            specs: self.specs.clone(),
            format,
            out: self.fout.clone(),
            folder: PathBuf::from("."),
            opener,
            created: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
        })
    }
}

/// Refuses, before any work, outputs that are inputs or that could not be written in the end; `others` are the
/// inputs that the request does not name.
pub(crate) fn check_outputs<'a>(
    request: &'a PipelineRequest,
    others: impl IntoIterator<Item = &'a Path>,
) -> anyhow::Result<()> {
    let mut inputs: Vec<&Path> = request.files.iter().map(Path::new).chain(others).collect();
    if let ModelRequest::TorchScript(script) = &request.model {
        inputs.push(&script.torchscript);
    }
    if let Some(checkpoint) = &request.parameters.checkpoint {
        write_file::check(Path::new(checkpoint), Folder::MustExist, inputs.iter().copied())?;
    }
    if let Some(out) = &request.out {
        write_file::check(out, Folder::MustExist, inputs.iter().copied())?;
        write_file::check(&report_folder::first_file(out), Folder::IsMade, inputs.iter().copied())?;
    }
    write_file::check(&request.folder.join("global-specs.json"), Folder::MustExist, [])
}

/// Runs a request and shows what happens; also used by `train`.
pub(crate) fn train(request: &PipelineRequest, console: &mut Console) -> anyhow::Result<ExitCode> {
    let worker = worker_program::find()?;
    let mut lines = LogLines::new(request.parameters.verbosity);
    console.line(&format!("model parameters: {}", request.parameters.said));
    if let Some(selection) = &request.selection {
        for line in event_selection::original_log_lines(selection) {
            console.line(&line);
        }
    }
    let result = training_pipeline::run(request, &worker, &mut |event| lines.show(event, console));
    let trained = result.map_err(failure::of_pipeline)?;
    console.line(&trained.report.to_string());
    console.event("metrics", &json!({ "metrics": trained.model.manifest().metrics }));
    if let Some(out) = &request.out {
        report_folder::write(out, &trained, console)?;
    }
    if let Some(left_out) = trained.left_out {
        console
            .message(&format!("stopped after the training: the model is kept, without {}", left_out.words()));
        return Ok(ExitCode::from(130));
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads `params.json`; a file that does not exist means defaults, as in the original, but not in silence.
pub(crate) fn read_parameters(path: &Path, console: &mut Console) -> anyhow::Result<Parameters> {
    let mut parameters = match shared::opener().read_text_of(path) {
        Ok(text) => Parameters::from_json(&text, &path.display().to_string())?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            console.message(&format!("{} does not exist; the defaults are used", path.display()));
            Parameters::default()
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    parameters
        .resolve_branch_files(&shared::opener())
        .context("cannot read the file that exclude_branches names")?;
    parameters.notes.iter().for_each(|note| console.message(note));
    Ok(parameters)
}

/// `--dtype`; `root` is no table format and gives `None`.
pub(crate) fn read_format(said: &str) -> anyhow::Result<Option<Format>> {
    match said {
        "root" => Ok(None),
        "csv" => Ok(Some(Format::Csv)),
        "json" => Ok(Some(Format::JsonLines)),
        "parquet" => Ok(Some(Format::Parquet)),
        "avro" => {
            anyhow::bail!("Avro cannot be read; convert it to Parquet (the original does not read it either)")
        }
        other => anyhow::bail!("the data type `{other}` is unknown; use root, json, csv or parquet"),
    }
}
