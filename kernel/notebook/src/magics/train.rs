//! `%train`.

use crate::arguments::{Arguments, Form, Free, ValueKind, option, switch};
use crate::display::{ProgressBar, picture_bundle};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo, with_causes};
use crate::notebook::Context;
use crate::session::{Settings, Trained, TrainingWish, go_on_unless};
use event_columns::GoOn;
use jupyter_kernel::Output;
use model_training::{EpochRecord, WorkerProgram};
use report_pictures::loss_curves;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use training_pipeline::{LeftOut, PipelineError, PipelineEvent};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "train",
    aliases: &["fit"],
    form: Form::Line,
    group: Group::Learning,
    summary: "Train the model on the samples, with a live picture of the loss.",
    details: "The labels are those of the samples; measured data is left out, and so are events that the cuts take away. \
              64 % of the events train, 16 % validate, 20 % test. After an interrupt, %train --resume goes on where \
              it was. Any key of docs/parameters.md can be set with --set.",
    free: Free::None,
    options: &[
        option("--epochs", "N", ValueKind::Count, "Passes over the events; 10 by default."),
        option("--batch-size", "N", ValueKind::Count, "Events in one step; 100 by default."),
        option(
            "--sample",
            "NAMES",
            ValueKind::Sample,
            "Only these samples, with commas; the first one is the signal.",
        ),
        option("--label-branch", "BRANCH", ValueKind::Branch, "A branch that holds the label."),
        option(
            "--early-stopping",
            "EPOCHS",
            ValueKind::Count,
            "Stop after so many epochs without a smaller validation loss.",
        ),
        option("--seed", "N", ValueKind::Count, "Of everything random; 21 by default."),
        option("--device", "DEVICE", ValueKind::Choice(&["auto", "cpu", "cuda"]), "Where it trains."),
        switch("--balance", "Give every class the same weight."),
        switch("--resume", "Go on where the last training was stopped."),
        option("--set", "KEY=VALUE", ValueKind::Parameter, "Any other parameter; may stand several times."),
    ],
    examples: &[
        "%train --epochs 20",
        "%train --resume --epochs 40",
        "%train --set scaler=robust --set width_cap=8",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let mut wish = TrainingWish {
        samples: call
            .arguments
            .values("--sample")
            .iter()
            .flat_map(|names| names.split(','))
            .map(String::from)
            .collect(),
        parameters: parameters(&call.arguments)?,
        label_branch: call.arguments.value("--label-branch").map(String::from),
        is_resumed: call.arguments.has("--resume"),
        created: now(),
    };
    match (call.arguments.count("--epochs"), context.session.asked_epochs) {
        (None, Some(asked)) if wish.is_resumed => {
            wish.parameters.insert("epochs".to_string(), Value::from(asked));
        }
        (said, _) => context.session.asked_epochs = said,
    }
    let request = context.session.training_request(&wish)?;
    let worker = worker(context)?;
    crate::notebook::warn(context.output, context.session.memory_for_training(&request)?);
    if wish.is_resumed && !context.session.checkpoint().exists() {
        return Err(MagicError::new("NothingToResume", "no training was stopped in this session")
            .advise("Start one: %train"));
    }
    let bar = context.progress();
    let mut watcher = Watcher::new(context.output, context.display_id(), &context.session.settings, bar);
    let result = training_pipeline::run(&request, &worker, &mut |event| watcher.see(event));
    watcher.finish();
    let n_epochs = watcher.n_epochs();
    drop(watcher);
    let result = result.map_err(|error| stopped_or(error, n_epochs))?;
    if n_epochs == 0 {
        context.line("no epoch was trained: as many as were asked for are done already; say --epochs with a larger number");
    }
    context.session.history.push(format!("trained {n_epochs} epochs on {}", request.files.join(", ")));
    let report = result.report;
    context.line(&super::report::headline(&report));
    context.session.trained = Some(Trained { model: Arc::new(result.model), report: Some(report) });
    result.left_out.map_or(Ok(()), |left_out| Err(kept_without(left_out)))
}

/// The model is there; what came after the training was stopped.
pub(super) fn kept_without(left_out: LeftOut) -> MagicError {
    let message = format!("stopped after the training: the model is kept, without {}", left_out.words());
    MagicError::interrupted(message).advise("%report and %predict have it; the rest needs another %train.")
}

fn stopped_or(error: PipelineError, n_epochs: usize) -> MagicError {
    match error {
        PipelineError::Stopped => {
            MagicError::interrupted(format!("training was stopped after {n_epochs} epochs"))
                .advise("Go on with %train --resume; data, cuts and model are as they were.")
        }
        error => MagicError::new("TrainingError", with_causes(&error)),
    }
}

/// The worker program that holds libtorch.
pub(super) fn worker(context: &Context<'_>) -> Result<WorkerProgram, MagicError> {
    let path = context.worker.ok_or_else(|| {
        MagicError::new("NoWorker", "the training worker mlaas4hep-torch was not found beside the kernel")
            .advise("Build it (scripts/start does), or set MLAAS4HEP_TORCH to its path; mlaas4hep-kernel doctor says more.")
    })?;
    Ok(worker_at(path, context))
}

/// The program at a path, with the variables that `%env` set.
pub(super) fn worker_at(path: &Path, context: &Context<'_>) -> WorkerProgram {
    let environment = context.session.environment.iter();
    let environment = environment.map(|(name, value)| (name.into(), value.into())).collect();
    WorkerProgram { environment, ..WorkerProgram::at(path) }
}

/// The time, for provenance.
pub(super) fn now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}

fn parameters(arguments: &Arguments) -> Result<Map<String, Value>, MagicError> {
    let mut said = Map::new();
    for (option, key) in [
        ("--epochs", "epochs"),
        ("--batch-size", "batch_size"),
        ("--seed", "seed"),
        ("--early-stopping", "early_stopping"),
    ] {
        if let Some(count) = arguments.count(option) {
            said.insert(key.to_string(), Value::from(count));
        }
    }
    if let Some(device) = arguments.value("--device") {
        said.insert("device".to_string(), Value::from(device));
    }
    if arguments.has("--balance") {
        said.insert("class_weights".to_string(), Value::from("balanced"));
    }
    for setting in arguments.values("--set") {
        let (key, value) = setting.split_once('=').ok_or_else(|| {
            MagicError::new("ArgumentError", format!("--set {setting}: write KEY=VALUE"))
                .advise("For example: --set scaler=robust.")
        })?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        said.insert(key.to_string(), value);
    }
    Ok(said)
}

/// Turns the events of a training into a bar, lines and a picture that grows.
struct Watcher<'a> {
    output: &'a Output,
    id: String,
    settings: Settings,
    bar: ProgressBar,
    records: Vec<EpochRecord>,
    last_picture: Option<Instant>,
}

impl<'a> Watcher<'a> {
    const PAUSE: Duration = Duration::from_millis(250);

    fn new(output: &'a Output, id: String, settings: &Settings, bar: ProgressBar) -> Self {
        Self { output, id, settings: settings.clone(), bar, records: Vec::new(), last_picture: None }
    }

    fn see(&mut self, event: &PipelineEvent<'_>) -> GoOn {
        match event {
            PipelineEvent::Progress(report) => self.bar.report(report),
            PipelineEvent::Note(note) => self.output.stderr(&format!("{note}\n")),
            PipelineEvent::Epoch(record) => {
                self.records.push((*record).clone());
                if self.last_picture.is_none_or(|last| last.elapsed() > Self::PAUSE) {
                    self.draw();
                }
            }
            _ => {}
        }
        go_on_unless(self.output.is_interrupted())
    }

    fn n_epochs(&self) -> usize {
        self.records.len()
    }

    fn finish(&mut self) {
        if !self.records.is_empty() {
            self.draw();
        }
    }

    fn draw(&mut self) {
        let losses = self.records.iter().map(|record| (Some(record.train_loss), record.validation_loss));
        let figure = loss_curves(losses);
        let Ok(bundle) = picture_bundle(&figure, &self.settings, false) else { return };
        let text =
            format!("{}\n{}", self.last_line(), bundle.data["text/plain"].as_str().unwrap_or_default());
        let bundle = bundle.with("text/plain", text);
        match self.last_picture {
            None => self.output.display_with_id(&self.id, &bundle),
            Some(_) => self.output.update_display(&self.id, &bundle),
        }
        self.last_picture = Some(Instant::now());
    }

    fn last_line(&self) -> String {
        self.records.last().map_or_else(String::new, |record| epoch_line(self.records.len(), record))
    }
}

/// The losses of an epoch in one line.
pub(super) fn epoch_line(number: usize, record: &EpochRecord) -> String {
    let validation =
        record.validation_loss.map_or_else(String::new, |loss| format!(", validation loss {loss:.4}"));
    format!("epoch {number}: loss {:.4}{validation}", record.train_loss)
}
