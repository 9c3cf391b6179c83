//! From chunks of rows to a trained model.
//!
//! [`TrainingSettings`] is what the user says; [`TrainingSettings::check`] makes [`CheckedSettings`] of it; and
//! [`train`] takes those and a [`ChunkSource`] to a [`Trained`]. The training itself happens in a worker, a program
//! of its own ([`WorkerProgram`]), so that its libraries can neither weigh down nor take down this process: the
//! source writes its rows straight into memory shared with the worker, and whatever the worker does (fail, die,
//! fall silent) is an error here. [`predict`] runs a trained model in the same worker.
//!
//! ```no_run
//! # fn example(source: &mut dyn model_training::ChunkSource) -> Result<(), Box<dyn std::error::Error>> {
//! use model_training::{TrainingSettings, WorkerProgram, train};
//!
//! let settings = TrainingSettings::from_json(
//!     r#"{"model": {"network": {"layers": [{"type": "dense", "units": 1}]}}, "epochs": 5, "batch_size": 100}"#,
//! )?;
//! let worker = WorkerProgram::at("/usr/local/bin/mlaas4hep-torch");
//! let trained = train(&settings.check()?, source, &worker, &mut |_| std::ops::ControlFlow::Continue(()))?;
//! println!("{:?}", trained.history.last());
//! # Ok(())
//! # }
//! ```

mod conversation;
mod error;
mod predict;
mod settings;
mod source;
mod train;
mod worker;

pub use error::{TrainingError, WorkerEnd};
pub use predict::{PredictionSettings, Scores, TrainedModel, predict};
pub use settings::{CheckedSettings, SettingsError, TrainingSettings};
pub use source::{BoxError, ChunkSource};
pub use train::{OnEpoch, Trained, train, train_telling_epochs};
pub use training_protocol::{
    ChunkOrder, ChunkRows, ChunkSlot, Device, EarlyStopping, EpochRecord, LearningRateSchedule,
    ModelDescription, OutputMeaning, TorchScriptModel,
};
pub use worker::WorkerProgram;
