//! `mlaas4hep train`: the workflow without the files of lists.

use super::workflow::{check_outputs, read_format, read_parameters, train};
use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use training_pipeline::{Labels, OpenedTables, PipelineRequest, name_list, read_model, read_selection};

/// Train a model on samples named on the command line.
///
///   mlaas4hep train signal=signal.root background=background.root --model model.json --out higgs.mlaas4hep
///
/// Each sample is LABEL=FILE; the label is a number or a name. Of two names the first one is the signal. Numbers are the
/// classes themselves, 0 and 1 for two classes (1 is the signal), or the targets of a regression.
/// The specs are written beside the model: global-specs.json, and specs-NAME.json for each file.
/// With --label-branch the label is the value of a branch, and the samples are plain file names.
#[derive(clap::Args)]
pub(crate) struct Train {
    /// Samples as LABEL=FILE, or files with --label-branch.
    #[arg(required = true)]
    samples: Vec<String>,
    /// The branch that holds the label.
    #[arg(long)]
    label_branch: Option<String>,
    /// The model: a network in JSON or a `TorchScript` file (docs/model.md).
    #[arg(long)]
    model: PathBuf,
    /// Path of the tree; wins over `branch` in the parameters.
    #[arg(long)]
    tree: Option<String>,
    /// New branches and cuts (docs/selection.md).
    #[arg(long)]
    selection: Option<PathBuf>,
    /// Parameters (docs/parameters.md); defaults where it is not given.
    #[arg(long)]
    params: Option<PathBuf>,
    /// Epochs; wins over the parameters.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Format of the input files, where their names do not tell.
    #[arg(long, value_name = "json|csv|parquet|root")]
    input_type: Option<String>,
    /// Where to save the model; the report lies beside it.
    #[arg(long)]
    out: PathBuf,
    /// Print progress and events as JSON objects, one a line, on standard error.
    #[arg(long)]
    json: bool,
}

impl Train {
    /// Trains.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        console.use_json_events(self.json);
        let request = self.request(console).map_err(failure::of(Kind::Settings))?;
        let given = [&self.selection, &self.params].into_iter().flatten().map(PathBuf::as_path);
        check_outputs(&request, given.chain([&*self.model]))?;
        train(&request, console)
    }

    fn request(&self, console: &mut Console) -> anyhow::Result<PipelineRequest> {
        let mut parameters = match &self.params {
            Some(path) => read_parameters(path, console)?,
            None => training_pipeline::Parameters {
                chunk_size: None,
                standard_training: true,
                ..Default::default()
            },
        };
        if let Some(tree) = &self.tree {
            parameters.tree.clone_from(tree);
        }
        if let Some(n_epochs) = self.epochs {
            parameters.epochs = n_epochs as usize;
        }
        let opener = shared::opener();
        let (files, labels) = self.samples()?;
        // Specs lie beside the model; of one that goes into a workspace they lie here, as those of `workflow`.
        let is_afar = opener.afar(&self.out.display().to_string()).is_some();
        let beside = self.out.parent().filter(|folder| !is_afar && !folder.as_os_str().is_empty());
        let folder = beside.unwrap_or(Path::new("."));
        Ok(PipelineRequest {
            opened: OpenedTables::default(),
            files,
            labels,
            model: read_model(&self.model, &opener)?,
            selection: self.selection.as_deref().map(|path| read_selection(path, &opener)).transpose()?,
            parameters,
            specs: None,
            format: self.input_type.as_deref().map(read_format).transpose()?.flatten(),
            out: Some(self.out.clone()),
            folder: folder.to_path_buf(),
            opener,
            created: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
        })
    }

    fn samples(&self) -> anyhow::Result<(Vec<String>, Labels)> {
        if let Some(branch) = &self.label_branch {
            let files = name_list::expand(&self.samples, &shared::opener()).map_err(failure::of_pipeline)?;
            return Ok((files, Labels::Branch(branch.clone())));
        }
        let mut files = Vec::new();
        let mut labels = Vec::new();
        for sample in &self.samples {
            let (label, file) = sample.split_once('=').with_context(|| {
                format!("`{sample}` is no sample: write LABEL=FILE, or give --label-branch")
            })?;
            let fitting =
                name_list::expand(&[file.to_string()], &shared::opener()).map_err(failure::of_pipeline)?;
            labels.extend(fitting.iter().map(|_| label.to_string()));
            files.extend(fitting);
        }
        Ok((files, Labels::PerFile(labels)))
    }
}
