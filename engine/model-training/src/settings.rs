//! What the user says about a training, and the same checked.

use std::path::PathBuf;

use network::{MaskUse, NetworkError, Optimizer, Task};
use serde::{Deserialize, Serialize};
use training_protocol::{
    ChunkOrder, Device, EarlyStopping, LearningRateSchedule, ModelDescription, TorchScriptModel, TrainingPlan,
};

const MAX_THREADS: usize = 1024;

/// A training as the user describes it, in JSON. Every field but `model` has a default.
///
/// ```json
/// {"model": {"network": {"layers": [{"type": "dense", "units": 1}]}}, "epochs": 5, "batch_size": 100,
///  "mode": "standard", "early_stopping": {"patience": 3}, "learning_rate_schedule": {"type": "cosine"}, "seed": 1}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSettings {
    /// `{"network": {...}}` (see [`network::NetworkDescription`]) or `{"torchscript": {...}}` (see
    /// [`TorchScriptModel`]).
    pub model: ModelDescription,
    /// Passes over the training rows: of each chunk, or of all chunks (`mode`). Default: 10, as in the original.
    #[serde(default = "default_epochs")]
    pub epochs: usize,
    /// Rows between two changes of the weights. Default: 50, as in the original.
    #[serde(default = "default_batch_size")]
    pub batch_size: usize,
    /// `chunk` (all epochs on one chunk, then the next, as in the original) or `standard` (every epoch over all
    /// chunks). Default: `chunk`.
    #[serde(default)]
    pub mode: ChunkOrder,
    /// Whether training rows are taken in a new random order in every epoch, within their chunk. Default: yes.
    #[serde(default = "default_shuffle")]
    pub shuffle: bool,
    /// Default: none.
    #[serde(default)]
    pub early_stopping: Option<EarlyStopping>,
    /// Default: constant.
    #[serde(default)]
    pub learning_rate_schedule: LearningRateSchedule,
    /// Largest norm of all gradients together, above 0. Default: no limit.
    #[serde(default)]
    pub clip_gradient_norm: Option<f64>,
    /// Start of all random numbers: the same seed, data, device and number of threads give the same weights to
    /// the last bit. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// `auto`, `cpu` or `cuda`. Default: `auto`.
    #[serde(default)]
    pub device: Device,
    /// Threads of one operation. Default: 1: the operations on small batches are too short to be worth sharing, and
    /// the other cores are free for reading events.
    #[serde(default = "default_threads")]
    pub threads: usize,
    /// File to write after every epoch (weights, optimizer, history). Default: none.
    #[serde(default)]
    pub checkpoint: Option<PathBuf>,
    /// Whether to go on from the checkpoint where it exists. Default: no.
    #[serde(default)]
    pub resume: bool,
    /// What it is trained on, in any words: a checkpoint of other data is refused. Default: nothing is said.
    #[serde(default)]
    pub data: String,
}

fn default_epochs() -> usize {
    10
}

fn default_batch_size() -> usize {
    50
}

fn default_shuffle() -> bool {
    true
}

fn default_threads() -> usize {
    1
}

/// Settings whose numbers are in range and whose parts fit together.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedSettings(TrainingSettings);

impl TrainingSettings {
    /// Settings with a model, and defaults for all else.
    pub fn new(model: ModelDescription) -> Self {
        Self {
            model,
            epochs: default_epochs(),
            batch_size: default_batch_size(),
            mode: ChunkOrder::default(),
            shuffle: default_shuffle(),
            early_stopping: None,
            learning_rate_schedule: LearningRateSchedule::default(),
            clip_gradient_norm: None,
            seed: 0,
            device: Device::default(),
            threads: default_threads(),
            checkpoint: None,
            resume: false,
            data: String::new(),
        }
    }

    /// Reads settings; they are not checked yet.
    ///
    /// # Errors
    /// [`SettingsError::Json`] names the field that is unknown, missing or of the wrong kind.
    pub fn from_json(text: &str) -> Result<Self, SettingsError> {
        Ok(serde_json::from_str(text)?)
    }

    /// Checks them.
    ///
    /// # Errors
    /// [`SettingsError`] says which field is wrong and what would be right.
    pub fn check(self) -> Result<CheckedSettings, SettingsError> {
        in_range("epochs", self.epochs as f64, self.epochs >= 1, "at least 1")?;
        in_range("batch_size", self.batch_size as f64, self.batch_size >= 1, "at least 1")?;
        let threads = 1..=MAX_THREADS;
        in_range("threads", self.threads as f64, threads.contains(&self.threads), "between 1 and 1024")?;
        if let Some(norm) = self.clip_gradient_norm {
            in_range("clip_gradient_norm", norm, norm > 0.0 && norm.is_finite(), "above 0")?;
        }
        if let Some(EarlyStopping { patience, min_delta, .. }) = self.early_stopping {
            in_range("early_stopping.patience", patience as f64, patience >= 1, "at least 1")?;
            let fits = min_delta >= 0.0 && min_delta.is_finite();
            in_range("early_stopping.min_delta", min_delta, fits, "at least 0")?;
        }
        check_schedule(self.learning_rate_schedule)?;
        if self.resume && self.checkpoint.is_none() {
            return Err(SettingsError::ResumeWithoutCheckpoint);
        }
        match &self.model {
            ModelDescription::Network(network) => network.check()?,
            ModelDescription::Torchscript(script) => check_script(script, self.model.loss())?,
        }
        Ok(CheckedSettings(self))
    }
}

fn check_schedule(schedule: LearningRateSchedule) -> Result<(), SettingsError> {
    let factor_is = |factor: f64, fits: bool, range| {
        in_range("learning_rate_schedule.factor", factor, factor > 0.0 && fits, range)
    };
    let min_rate_fits = |rate: f64| {
        let fits = rate >= 0.0 && rate.is_finite();
        in_range("learning_rate_schedule.min_rate", rate, fits, "at least 0")
    };
    match schedule {
        LearningRateSchedule::Constant => Ok(()),
        LearningRateSchedule::Step { factor, every_epochs } => {
            factor_is(factor, factor <= 1.0, "above 0 and at most 1")?;
            let every = every_epochs as f64;
            in_range("learning_rate_schedule.every_epochs", every, every_epochs >= 1, "at least 1")
        }
        LearningRateSchedule::Exponential { factor } => {
            factor_is(factor, factor <= 1.0, "above 0 and at most 1")
        }
        LearningRateSchedule::Cosine { min_rate } => min_rate_fits(min_rate),
        LearningRateSchedule::Plateau { factor, min_rate, .. } => {
            factor_is(factor, factor < 1.0, "above 0 and below 1")?;
            min_rate_fits(min_rate)
        }
    }
}

fn check_script(script: &TorchScriptModel, loss: network::Loss) -> Result<(), SettingsError> {
    if script.mask == MaskUse::Embed {
        return Err(SettingsError::ScriptMask);
    }
    if script.path == script.output {
        return Err(SettingsError::ScriptOutput { path: script.path.clone() });
    }
    // The network's own check knows which losses, tasks and optimizers there are; a layer that fits the task
    // stands for the module, whose layers nobody can see.
    network::NetworkDescription {
        layers: vec![network::LayerDescription::Dense { units: script.task.n_outputs(), activation: None }],
        task: script.task,
        loss: Some(loss),
        mask: script.mask,
        optimizer: script.optimizer,
    }
    .check()?;
    Ok(())
}

fn in_range(field: &'static str, value: f64, fits: bool, range: &'static str) -> Result<(), SettingsError> {
    if fits { Ok(()) } else { Err(SettingsError::Range { field, value, range }) }
}

impl CheckedSettings {
    /// The settings as they were said.
    pub fn said(&self) -> &TrainingSettings {
        &self.0
    }

    /// What is learned.
    pub fn task(&self) -> Task {
        self.0.model.task()
    }

    /// How weights are changed.
    pub fn optimizer(&self) -> Optimizer {
        self.0.model.optimizer()
    }

    pub(crate) fn plan(&self, n_columns: usize) -> TrainingPlan {
        let said = self.0.clone();
        TrainingPlan {
            model: said.model,
            n_columns,
            epochs: said.epochs,
            batch_size: said.batch_size,
            order: said.mode,
            shuffle: said.shuffle,
            early_stopping: said.early_stopping,
            schedule: said.learning_rate_schedule,
            clip_gradient_norm: said.clip_gradient_norm,
            seed: said.seed,
            device: said.device,
            n_threads: said.threads,
            checkpoint: said.checkpoint,
            resume: said.resume,
            data: said.data,
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not JSON, or a field that is unknown, missing or of the wrong kind.
    #[error("the training settings are not valid: {0}")]
    Json(#[from] serde_json::Error),
    /// The model's description.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A number out of range.
    #[error("the training setting {field} is {value}, it must be {range}")]
    Range {
        /// Which.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// Nothing to resume from.
    #[error("`resume` is set without `checkpoint`; name the checkpoint file to go on from")]
    ResumeWithoutCheckpoint,
    /// A module cannot be given a layer.
    #[error(
        "a TorchScript model cannot use the mask as `embed`; use `zero`, or `append` and embed it in the module"
    )]
    ScriptMask,
    /// The trained module would overwrite the untrained one.
    #[error("the TorchScript model {} would be overwritten by the trained one; set another `output`", path.display())]
    ScriptOutput {
        /// The file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: &str = r#""model": {"network": {"layers": [{"type": "dense", "units": 1}]}}"#;

    fn check(fields: &str, expected: &str) {
        check_json(&format!("{{{NETWORK}{fields}}}"), expected);
    }

    fn check_json(json: &str, expected: &str) {
        let found = match TrainingSettings::from_json(json).and_then(TrainingSettings::check) {
            Ok(settings) => format!("{:?}", settings.said()),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn defaults_are_the_originals() {
        let settings = TrainingSettings::from_json(&format!("{{{NETWORK}}}")).unwrap();
        assert_eq!((settings.epochs, settings.batch_size, settings.mode), (10, 50, ChunkOrder::Chunk));
        assert_eq!(settings, TrainingSettings::new(settings.model.clone()));
    }

    #[test]
    fn settings_survive_json() {
        let json = format!(
            r#"{{{NETWORK}, "mode": "standard", "early_stopping": {{"patience": 3}}, "clip_gradient_norm": 0.1,
                "learning_rate_schedule": {{"type": "plateau", "factor": 0.5, "patience": 2}}, "seed": 18446744073709551615,
                "device": "cuda", "threads": 2, "checkpoint": "a.safetensors", "resume": true}}"#
        );
        let settings = TrainingSettings::from_json(&json).unwrap();
        let again = TrainingSettings::from_json(&serde_json::to_string(&settings).unwrap()).unwrap();
        assert_eq!(settings, again);
        assert!(settings.check().is_ok());
    }

    #[test]
    fn wrong_settings_say_what_would_be_right() {
        check(r#", "epochs": 0"#, "epochs is 0, it must be at least 1");
        check(r#", "epochs": -1"#, "not valid");
        check(r#", "epoch": 1"#, "unknown field `epoch`");
        check(r#", "batch_size": 0"#, "batch_size is 0");
        check(r#", "threads": 0"#, "threads is 0");
        check(r#", "threads": 5000"#, "between 1 and 1024");
        check(r#", "mode": "both""#, "expected `chunk` or `standard`");
        check(r#", "clip_gradient_norm": 0"#, "clip_gradient_norm is 0");
        check(r#", "early_stopping": {"patience": 0}"#, "early_stopping.patience is 0");
        check(
            r#", "early_stopping": {"patience": 1, "min_delta": -0.1}"#,
            "early_stopping.min_delta is -0.1",
        );
        check(
            r#", "learning_rate_schedule": {"type": "step", "factor": 0, "every_epochs": 1}"#,
            "learning_rate_schedule.factor is 0",
        );
        check(
            r#", "learning_rate_schedule": {"type": "step", "factor": 0.5, "every_epochs": 0}"#,
            "learning_rate_schedule.every_epochs is 0",
        );
        check(
            r#", "learning_rate_schedule": {"type": "exponential", "factor": 1.5}"#,
            "above 0 and at most 1",
        );
        check(
            r#", "learning_rate_schedule": {"type": "plateau", "factor": 1.0, "patience": 1}"#,
            "above 0 and below 1",
        );
        check(
            r#", "learning_rate_schedule": {"type": "cosine", "min_rate": -1}"#,
            "learning_rate_schedule.min_rate is -1",
        );
        check(r#", "resume": true"#, "name the checkpoint");
        check_json(r#"{"model": {"network": {"layers": []}}}"#, "must be dense");
        check_json(r#"{"epochs": 1}"#, "missing field `model`");
    }

    #[test]
    fn torchscript_models_are_checked_too() {
        let script = |fields: &str| {
            format!(r#"{{"model": {{"torchscript": {{"path": "a.pt", "output": "b.pt"{fields}}}}}}}"#)
        };
        check_json(&script(""), "Torchscript(TorchScriptModel");
        check_json(&script(r#", "mask": "embed""#), "embed it in the module");
        check_json(&script(r#", "task": {"classes": 1}"#), "at least 2");
        check_json(&script(r#", "loss": "cross_entropy""#), "does not fit");
        check_json(&script(r#", "optimizer": {"type": "sgd", "momentum": 1.0}"#), "momentum is 1");
        check_json(
            r#"{"model": {"torchscript": {"path": "a.pt", "output": "a.pt"}}}"#,
            "a.pt would be overwritten",
        );
    }
}
