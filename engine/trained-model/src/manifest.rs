//! What a model says about itself: `manifest.json`.

use crate::{ModelFileError, PartEntry};
use network::{Activation, Layer, MaskUse, Network, Task};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of [`Manifest::format`].
pub const FORMAT: &str = "mlaas4hep-model";

/// The version that is written, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;

/// Everything about a model but its numbers. Fields that a newer program adds are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`FORMAT`].
    pub format: String,
    /// Raised when an older program would misread the file.
    pub format_version: u32,
    /// What people call the model.
    pub name: String,
    /// When training ended, RFC 3339 in UTC.
    pub created: String,
    /// Name or digest of the model from which training went on.
    #[serde(default)]
    pub parent: Option<String>,
    /// What the scores mean.
    pub task: Task,
    /// The word for each class, in the order of the classes: two for a binary task, none for a regression.
    #[serde(default)]
    pub labels: Vec<String>,
    /// How the model is run.
    pub engine: Engine,
    /// The branches that raw events must have.
    pub branches: Vec<RawBranch>,
    /// The inputs of the graph: branches of the events after the selection, in the order of the columns.
    pub features: Vec<ModelFeature>,
    /// Names of all columns of the matrix, in order.
    pub columns: Vec<String>,
    /// Figures of merit by name, such as `test/auc`; only finite numbers.
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
    /// Where the model comes from.
    #[serde(default)]
    pub provenance: Provenance,
    /// Every other part of the file.
    pub parts: Vec<PartEntry>,
}

/// Which part holds the network and what runs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Engine {
    /// `model.onnx`.
    Onnx(NetworkShape),
    /// `model.torchscript.pt`, a module from (batch, columns) to (batch, outputs); it is run by the worker that
    /// holds libtorch.
    Torchscript {
        /// What the module is told about missing values. [`MaskUse::Embed`] is not possible.
        mask: MaskUse,
        /// Whether the module ends with sigmoid or softmax.
        #[serde(default)]
        gives_probabilities: bool,
    },
}

/// A network without its weights, which stand in `model.onnx`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkShape {
    /// Number of columns, before the mask is used.
    pub n_features: usize,
    /// What the network is told about missing values.
    pub mask: MaskUse,
    /// The layers in order.
    pub layers: Vec<LayerShape>,
}

/// A layer without its weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LayerShape {
    /// [`Layer::Dense`].
    Dense {
        /// Width of its input.
        n_inputs: usize,
        /// Width of its output.
        n_outputs: usize,
    },
    /// [`Layer::BatchNorm`].
    BatchNorm {
        /// Added to the variance.
        epsilon: f32,
    },
    /// [`Layer::Activation`].
    Activation {
        /// Which.
        function: Activation,
    },
}

/// A branch of the raw events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawBranch {
    /// Name in the tree.
    pub name: String,
    /// Type of the innermost values: `bool`, `i8` .. `u64`, `f32`, `f64`, `text`.
    pub element: String,
    /// Levels of lists.
    pub depth: usize,
    /// Values in one element; more than 1 for fixed arrays.
    pub width: usize,
}

/// An input of the graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFeature {
    /// Name of the branch, and of the input.
    pub name: String,
    /// `flat`, `fixed`, `jagged` or `doubly jagged`.
    pub kind: String,
    /// Type of the innermost values.
    pub element: String,
    /// Number of columns that it becomes.
    pub n_columns: usize,
    /// Smallest finite value in training; nothing where there was none.
    #[serde(default)]
    pub min: Option<f64>,
    /// Largest finite value in training.
    #[serde(default)]
    pub max: Option<f64>,
    /// The unit, where the user gave one.
    #[serde(default)]
    pub unit: Option<String>,
}

/// Where a model comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The files that were read.
    pub inputs: Vec<InputFile>,
    /// Events used for training, validation and test, in this order.
    pub n_events: [u64; 3],
    /// The seed of everything random.
    pub seed: u64,
    /// Version by program or library, such as `mlaas4hep` and `libtorch`.
    pub versions: BTreeMap<String, String>,
    /// The settings of the training as they were given, for people and for repeating it.
    pub settings: serde_json::Value,
}

/// A file that training read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputFile {
    /// Path or address as it was given.
    pub path: String,
    /// Path of the tree, empty for other formats.
    pub tree: String,
    /// The label of its events, where one was given for the file.
    pub label: Option<f64>,
    /// Number of events in the tree.
    pub n_events: u64,
    /// Size of the file.
    pub n_bytes: u64,
    /// Its checksum with the name of the algorithm before it, such as `sha256:`; empty where none was taken.
    pub checksum: String,
}

impl LayerShape {
    /// Number of weights that training changes; the running statistics of a batch norm are not counted, nor its
    /// columns, which the shape does not know.
    pub(crate) fn n_weights(self) -> usize {
        match self {
            Self::Dense { n_inputs, n_outputs } => n_inputs.saturating_add(1).saturating_mul(n_outputs),
            Self::BatchNorm { .. } | Self::Activation { .. } => 0,
        }
    }
}

impl NetworkShape {
    /// The shape of a network.
    pub fn of(network: &Network) -> Self {
        let shape = |layer: &Layer| match layer {
            Layer::Dense { n_inputs, n_outputs, .. } => {
                LayerShape::Dense { n_inputs: *n_inputs, n_outputs: *n_outputs }
            }
            Layer::BatchNorm { epsilon, .. } => LayerShape::BatchNorm { epsilon: *epsilon },
            Layer::Activation(function) => LayerShape::Activation { function: *function },
        };
        Self {
            n_features: network.n_features,
            mask: network.mask,
            layers: network.layers.iter().map(shape).collect(),
        }
    }
}

impl Manifest {
    /// Reads a manifest; the version is looked at first, so that a newer file is called newer and not broken.
    pub(crate) fn from_json(path: &str, bytes: &[u8]) -> Result<Self, ModelFileError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            format_version: u32,
        }
        let damaged = |reason: String| ModelFileError::Damaged {
            path: path.to_string(),
            part: "manifest.json".to_string(),
            reason,
        };
        let head: Head = serde_json::from_slice(bytes).map_err(|cause| damaged(cause.to_string()))?;
        if head.format != FORMAT {
            return Err(damaged(format!("its format is `{}`, not `{FORMAT}`", head.format)));
        }
        if head.format_version > FORMAT_VERSION {
            let (found, newest) = (head.format_version, FORMAT_VERSION);
            return Err(ModelFileError::TooNew { path: path.to_string(), found, newest });
        }
        serde_json::from_slice(bytes).map_err(|cause| damaged(cause.to_string()))
    }
}
