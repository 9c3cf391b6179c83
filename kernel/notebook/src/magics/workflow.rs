//! `%workflow`.

use crate::arguments::{Form, Free, ValueKind, option};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo, with_causes};
use crate::notebook::Context;
use crate::session::{Trained, go_on_unless};
use byte_source::FileOpener;
use event_columns::GoOn;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use training_pipeline::{
    Labels, OpenedTables, Parameters, PipelineError, PipelineEvent, PipelineRequest, name_list, read_model,
    read_selection,
};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "workflow",
    aliases: &[],
    form: Form::Line,
    group: Group::Learning,
    summary: "Run the original MLaaS4HEP command: four files in, a trained model out.",
    details: "The options are those of mlaas4hep workflow.",
    free: Free::None,
    options: &[
        option("--files", "FILE", ValueKind::File, "Text file with one input file a line."),
        option(
            "--labels",
            "FILE",
            ValueKind::File,
            "Text file with one label a line, or the name of a branch.",
        ),
        option("--model", "FILE", ValueKind::File, "The model, as JSON or TorchScript."),
        option("--params", "FILE", ValueKind::File, "The parameters, as JSON."),
        option("--preproc", "FILE", ValueKind::File, "New branches and cuts."),
        option("--specs", "FILE", ValueKind::File, "Specs to use instead of measuring."),
        option("--fout", "FILE", ValueKind::File, "Where to save the model."),
    ],
    examples: &[
        "%workflow --files files.txt --labels labels.txt --model model.json --params params.json --fout my.mlaas4hep",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let request = request(call, &context.session.opener)?;
    let worker = super::train::worker(context)?;
    let mut bar = context.progress();
    let output = context.output;
    let mut on_event = |event: &PipelineEvent<'_>| -> GoOn {
        match event {
            PipelineEvent::Progress(report) => bar.report(report),
            other => line_of(other).iter().for_each(|line| output.stdout(&format!("{line}\n"))),
        }
        go_on_unless(output.is_interrupted())
    };
    let result = training_pipeline::run(&request, &worker, &mut on_event).map_err(problem)?;
    context.line(&super::report::headline(&result.report));
    context.session.history.push(format!("workflow over {}", request.files.join(", ")));
    context.session.trained = Some(Trained { model: Arc::new(result.model), report: Some(result.report) });
    result.left_out.map_or(Ok(()), |left_out| Err(super::train::kept_without(left_out)))
}

fn problem(error: PipelineError) -> MagicError {
    match error {
        PipelineError::Stopped => MagicError::interrupted("the workflow was stopped"),
        error => MagicError::new("WorkflowError", with_causes(&error)).advise(
            "%workflow? lists its files; docs/parameters.md and docs/model.md say what stands in them.",
        ),
    }
}

fn request(call: &Invocation, opener: &FileOpener) -> Result<PipelineRequest, MagicError> {
    let value = |name: &str| call.arguments.value(name);
    let needed = |name: &'static str| {
        value(name).ok_or_else(|| {
            MagicError::new("ArgumentError", format!("%workflow needs {name}"))
                .advise("%workflow? lists its files, and has a line to copy.")
        })
    };
    let files = name_list::read_files(needed("--files")?, false, opener).map_err(problem)?;
    let labels = name_list::read(needed("--labels")?, opener)?;
    let parameters = match value("--params") {
        None => Parameters::default(),
        Some(path) => {
            let text = opener.read_text(path).map_err(|error| {
                MagicError::new("InputError", error.to_string())
                    .advise("File names start at the folder of %pwd.")
            })?;
            let mut parameters = Parameters::from_json(&text, path).map_err(|error| {
                MagicError::new("ParameterError", with_causes(&error))
                    .advise("docs/parameters.md lists all keys.")
            })?;
            parameters.resolve_branch_files(opener)?;
            parameters
        }
    };
    Ok(PipelineRequest {
        opened: OpenedTables::default(),
        labels: Labels::said(labels, files.len()),
        files,
        model: read_model(Path::new(needed("--model")?), opener).map_err(problem)?,
        selection: value("--preproc")
            .map(|path| read_selection(Path::new(path), opener))
            .transpose()
            .map_err(problem)?,
        parameters,
        specs: value("--specs").map(PathBuf::from),
        format: None,
        out: value("--fout").map(PathBuf::from),
        folder: PathBuf::from("."),
        opener: opener.clone(),
        created: super::train::now(),
    })
}

fn line_of(event: &PipelineEvent<'_>) -> Option<String> {
    match event {
        PipelineEvent::Note(note) => Some((*note).to_string()),
        PipelineEvent::Opened { file, n_entries, n_branches, .. } => {
            Some(format!("{file}: {n_entries} events, {n_branches} branches"))
        }
        PipelineEvent::CutFlow { file, cut_flow } => Some(format!("{file}\n{cut_flow}")),
        PipelineEvent::Epoch(record) => Some(super::train::epoch_line(record.epoch, record)),
        PipelineEvent::Saved { path } => Some(format!("saved the model to {}", path.display())),
        _ => None,
    }
}
