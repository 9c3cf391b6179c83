//! Runs a request from end to end.

use crate::judge::{Judged, LeftOut, judge};
use crate::measure::tell;
use crate::prepare::{Prepared, prepare};
use crate::rows::MixedRows;
use crate::save::save;
use crate::{ModelRequest, OnEvent, PipelineError, PipelineEvent, PipelineRequest, TorchScriptRequest};
use branch_specs::Specs;
use event_columns::StepReport;
use event_selection::CutFlow;
use model_training::{
    CheckedSettings, ChunkOrder, Device, EarlyStopping, EpochRecord, ModelDescription, TorchScriptModel,
    Trained, TrainingError, TrainingSettings, WorkerProgram, train_telling_epochs,
};
use std::path::PathBuf;
use std::time::Instant;
use trained_model::TrainedModel;
use training_report::Report;

/// What a run leaves.
pub struct PipelineResult {
    /// The model with everything that prediction needs.
    pub model: TrainedModel,
    /// How good it is.
    pub report: Report,
    /// What a stop after the training left out of the report.
    pub left_out: Option<LeftOut>,
    /// Specs over all files, of the selected events.
    pub specs: Specs,
    /// Cut flow of each file, where there are cuts and they were counted in this run.
    pub cut_flows: Vec<(String, CutFlow)>,
}

/// Runs a request: two passes over the files, training in the worker, report, and the model file where one was asked for.
/// A stop after the training keeps the model and leaves out what is not done of the report.
///
/// # Errors
/// [`PipelineError`]; no half-written file is left.
pub fn run(
    request: &PipelineRequest,
    worker: &WorkerProgram,
    on_event: OnEvent<'_>,
) -> Result<PipelineResult, PipelineError> {
    let start = Instant::now();
    // Everything that can be refused without reading a byte is refused first.
    let said = training_settings(request)?;
    said.clone().check()?;
    let mut prepared = prepare(request, on_event)?;
    let settings = TrainingSettings { data: data_of(request, &prepared), ..said }.check()?;
    tell(on_event, &PipelineEvent::BeforeTraining { seconds: start.elapsed().as_secs_f64() })?;
    let training = Instant::now();
    let (trained, n_rows) = train_on(&mut prepared, &settings, worker, on_event)?;
    // From here on a stop is no reason to lose the model: whoever can be stopped hears it at the next report.
    let _ = on_event(&PipelineEvent::Trained { seconds: training.elapsed().as_secs_f64() });
    let judged = judge(request, &mut prepared, &settings, &trained, worker, on_event)?;
    let Judged { report, left_out } = judged;
    let model = save(request, &prepared, (&trained, n_rows), &report, on_event)?;
    let cut_flows = prepared.cut_flows();
    Ok(PipelineResult { model, report, left_out, specs: prepared.specs, cut_flows })
}

/// What a training depends on besides its settings.
fn data_of(request: &PipelineRequest, prepared: &Prepared) -> String {
    let parameters = &request.parameters;
    serde_json::json!({
        "files": prepared.specs.fingerprint.as_ref().map(|fingerprint| &fingerprint.files),
        "names": request.files,
        "labels": format!("{:?}", request.labels),
        "selection": request.selection.as_ref().map(event_selection::Selection::fingerprint),
        "columns": prepared.layout.column_names(),
        "chunk_size": parameters.chunk_size,
        "n_events": parameters.n_events,
        "weight": parameters.weight_branch,
        // Other numbers in the same columns, other rows in the same part, other weights of the same rows.
        "scaler": parameters.scaler,
        "split": [parameters.split_by_identifier.to_string(), format!("{:?}", parameters.identifier)],
        "balanced_classes": parameters.balanced_classes,
    })
    .to_string()
}

/// What was trained, and on how many rows of training, validation and test.
fn train_on(
    prepared: &mut Prepared,
    settings: &CheckedSettings,
    worker: &WorkerProgram,
    on_event: OnEvent<'_>,
) -> Result<(Trained, [u64; 3]), PipelineError> {
    // Source and progress both want the caller's callback, one after the other and never at the same time.
    let shared = std::cell::RefCell::new(on_event);
    let mut on_chunk = |event: &PipelineEvent<'_>| (shared.borrow_mut())(event);
    let mut rows = MixedRows::new(&mut prepared.mixer, Some(&mut on_chunk));
    let mut on_progress =
        |report: &StepReport<'_>| (shared.borrow_mut())(&PipelineEvent::Progress(report.clone()));
    let mut on_epoch = |record: &EpochRecord| {
        // An answer of stop is given again at the next report of progress, which ends the training.
        let _ = (shared.borrow_mut())(&PipelineEvent::Epoch(record));
    };
    let trained = train_telling_epochs(settings, &mut rows, worker, &mut on_progress, &mut on_epoch);
    Ok((trained.map_err(stopped_or)?, rows.n_told))
}

pub(crate) fn stopped_or(error: TrainingError) -> PipelineError {
    match error {
        TrainingError::Cancelled { .. } => PipelineError::Stopped,
        error => PipelineError::Training(error),
    }
}

/// The request's parameters in the words of the trainer.
pub(crate) fn training_settings(request: &PipelineRequest) -> Result<TrainingSettings, PipelineError> {
    let parameters = &request.parameters;
    let model = match &request.model {
        ModelRequest::Network(description) => ModelDescription::Network(description.clone()),
        ModelRequest::TorchScript(script) => ModelDescription::Torchscript(torch_script(script, request)),
    };
    let mut settings = TrainingSettings::new(model);
    settings.epochs = parameters.epochs;
    settings.batch_size = parameters.batch_size;
    settings.shuffle = parameters.shuffle;
    settings.seed = parameters.seed;
    settings.threads = parameters.threads;
    settings.mode = if parameters.standard_training { ChunkOrder::Standard } else { ChunkOrder::Chunk };
    settings.device = match parameters.device.as_str() {
        "cpu" => Device::Cpu,
        "cuda" => Device::Cuda,
        _ => Device::Auto,
    };
    settings.early_stopping = parameters.early_stopping_patience.map(|patience| EarlyStopping {
        patience,
        min_delta: 0.0,
        restore_best: true,
    });
    if let Some(schedule) = &parameters.learning_rate_schedule {
        settings.learning_rate_schedule =
            serde_json::from_value(schedule.clone()).map_err(|error| PipelineError::Settings {
                problem: format!(
                    "`learning_rate_schedule` is not valid: {error}; docs/model.md lists the schedules"
                ),
            })?;
    }
    if let Some(checkpoint) = &parameters.checkpoint {
        settings.checkpoint = Some(PathBuf::from(checkpoint));
        settings.resume = parameters.resume;
    }
    Ok(settings)
}

/// The trained module lies beside the model file, or in the working folder where none is saved on this machine.
fn torch_script(script: &TorchScriptRequest, request: &PipelineRequest) -> TorchScriptModel {
    let output = match &request.out {
        Some(out) if request.opener.afar(&out.to_string_lossy()).is_none() => {
            out.with_extension("trained.pt")
        }
        _ => request.folder.join("trained.pt"),
    };
    let TorchScriptRequest { torchscript, task, loss, mask, outputs, optimizer } = script.clone();
    TorchScriptModel { path: torchscript, output, task, loss, mask, outputs, optimizer }
}
