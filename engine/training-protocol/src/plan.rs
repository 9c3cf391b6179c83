//! What is to be trained and how: the checked settings, complete, as they travel to the worker.

use std::path::{Path, PathBuf};

use network::{Loss, MaskUse, NetworkDescription, Optimizer, Task};
use serde::{Deserialize, Serialize};

/// A whole training, checked: nothing in it is left to a default of the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingPlan {
    /// What is trained.
    pub model: ModelDescription,
    /// Width of a row.
    pub n_columns: usize,
    /// Passes over the training rows: of each chunk, or of all chunks.
    pub epochs: usize,
    /// Rows between two changes of the weights, at least 1.
    pub batch_size: usize,
    /// Which of the two loops is the outer one.
    pub order: ChunkOrder,
    /// Whether the training rows of a chunk are taken in a new random order in every epoch.
    pub shuffle: bool,
    /// Stops when nothing gets better.
    pub early_stopping: Option<EarlyStopping>,
    /// How the learning rate changes from epoch to epoch.
    pub schedule: LearningRateSchedule,
    /// Largest norm of all gradients together.
    pub clip_gradient_norm: Option<f64>,
    /// Start of all random numbers: first weights, order of rows, dropout.
    pub seed: u64,
    /// Where to compute.
    pub device: Device,
    /// Threads of one operation.
    pub n_threads: usize,
    /// File that is written after every epoch.
    pub checkpoint: Option<PathBuf>,
    /// Whether to go on from the checkpoint, where it exists.
    pub resume: bool,
    /// What it is trained on, in any words: a checkpoint of other data is refused.
    #[serde(default)]
    pub data: String,
}

/// Where a file is written before it is renamed to its own name, so that a name never stands for half a file.
pub fn partial_path(path: &Path) -> PathBuf {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    PathBuf::from(partial)
}

/// What is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelDescription {
    /// Layers in JSON.
    Network(NetworkDescription),
    /// A user's own `PyTorch` module, scripted or traced.
    Torchscript(TorchScriptModel),
}

/// A `TorchScript` file with what the file does not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TorchScriptModel {
    /// The file to train.
    pub path: PathBuf,
    /// The file to write.
    pub output: PathBuf,
    /// What is learned. Default: binary.
    #[serde(default)]
    pub task: Task,
    /// The loss. Default: the usual one of the task.
    #[serde(default)]
    pub loss: Option<Loss>,
    /// What the module gets: the features with 0 for missing ones, or the mask appended to them. Default: the first.
    #[serde(default)]
    pub mask: MaskUse,
    /// Whether the module ends with sigmoid or softmax. Default: it gives logits.
    #[serde(default)]
    pub outputs: OutputMeaning,
    /// Default: Adam with a learning rate of 0.001.
    #[serde(default)]
    pub optimizer: Optimizer,
}

/// What comes out of a `TorchScript` module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputMeaning {
    /// Numbers before sigmoid or softmax (for regression: the value).
    #[default]
    Logits,
    /// Probabilities.
    Probabilities,
}

impl ModelDescription {
    /// What is learned.
    pub fn task(&self) -> Task {
        match self {
            Self::Network(network) => network.task,
            Self::Torchscript(script) => script.task,
        }
    }

    /// What training makes small.
    pub fn loss(&self) -> Loss {
        match self {
            Self::Network(network) => network.loss(),
            Self::Torchscript(script) => script.loss.unwrap_or(match script.task {
                Task::Binary => Loss::BinaryCrossEntropy,
                Task::Classes(_) => Loss::CrossEntropy,
                Task::Regression => Loss::MeanSquaredError,
            }),
        }
    }

    /// How weights are changed.
    pub fn optimizer(&self) -> Optimizer {
        match self {
            Self::Network(network) => network.optimizer,
            Self::Torchscript(script) => script.optimizer,
        }
    }

    /// What happens to missing values.
    pub fn mask(&self) -> MaskUse {
        match self {
            Self::Network(network) => network.mask,
            Self::Torchscript(script) => script.mask,
        }
    }
}

/// Which loop is the outer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkOrder {
    /// All epochs on one chunk, then the next chunk, as in the original: every chunk is a fit of its own that goes
    /// on from the weights and the optimizer's state of the last; schedule and early stopping start anew.
    #[default]
    Chunk,
    /// Every epoch goes over all chunks.
    Standard,
}

/// Stops when the validation loss (without validation rows: the training loss) gets no better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// Epochs without a better loss before it stops, at least 1.
    pub patience: usize,
    /// By how much less counts as better. Default: 0.
    #[serde(default)]
    pub min_delta: f64,
    /// Whether to go back to the weights of the best epoch. Default: yes.
    #[serde(default = "yes")]
    pub restore_best: bool,
}

fn yes() -> bool {
    true
}

/// The learning rate of an epoch, from the optimizer's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LearningRateSchedule {
    /// The same in every epoch.
    #[default]
    Constant,
    /// Times `factor` after every `every_epochs` epochs.
    Step {
        /// Above 0, at most 1.
        factor: f64,
        /// At least 1.
        every_epochs: usize,
    },
    /// Times `factor` after every epoch.
    Exponential {
        /// Above 0, at most 1.
        factor: f64,
    },
    /// Half a cosine from the full rate before the first epoch down to `min_rate` after the last (Loshchilov and
    /// Hutter, arXiv:1608.03983, without restarts).
    Cosine {
        /// At least 0. Default: 0.
        #[serde(default)]
        min_rate: f64,
    },
    /// Times `factor` whenever the watched loss has not got better for more than `patience` epochs.
    Plateau {
        /// Above 0, below 1.
        factor: f64,
        /// Epochs without a better loss that are borne.
        patience: usize,
        /// Not below this. Default: 0.
        #[serde(default)]
        min_rate: f64,
    },
}

/// Where to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// On a GPU where driver and libtorch have one, else on the CPU.
    #[default]
    Auto,
    /// On the CPU.
    Cpu,
    /// On the first GPU; an error where there is none.
    Cuda,
}
