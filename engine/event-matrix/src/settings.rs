//! What the user says about the matrix and the mixing.

use crate::{ChunkRule, SplitSettings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which generation of the original orders the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compat {
    /// Flat branches sorted by name, then jagged ones sorted by name.
    #[default]
    Master,
    /// Flat branches, then jagged ones, each in the order of the specs, which is that of the tree.
    Uproot4,
}

/// How values are brought to a common scale. The numbers come from the specs and are over finite values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// `(x - min) / (max - min)`, as in the original.
    #[default]
    MinMax,
    /// `(x - mean) / standard deviation`. Needs full specs.
    Standard,
    /// `(x - median) / (75 % quantile - 25 % quantile)`. Needs full specs.
    Robust,
    /// The values as they are.
    None,
}

/// How many columns a jagged branch gets at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WidthCap {
    /// As many as the widest event has values. An event that is wider still is an error.
    #[default]
    Widest,
    /// As many as 99 % of the events need. Needs full specs.
    P99,
    /// This many, or fewer where no event has so many.
    AtMost(usize),
}

/// What the user says about the matrix.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MatrixSettings {
    /// Order of the columns.
    pub compat: Compat,
    /// Branches to use; all numbers but the identifier when empty. Wins over `exclude`.
    pub features: Vec<String>,
    /// Branches not to use, such as label and weight.
    pub exclude: Vec<String>,
    /// Scaling of all branches. A branch of one value only is never scaled.
    pub scaling: Scaling,
    /// Cap on the columns of each jagged branch. Of a wider event the first values are kept, in the order of the file
    /// (in which collections are usually sorted by falling pt), and the rest is cut.
    pub width_cap: WidthCap,
    /// Other caps for single branches.
    pub branch_width_caps: BTreeMap<String, WidthCap>,
    /// Leaves out branches that have one value only.
    pub drop_constant: bool,
}

/// Order of the rows within a chunk (within each of its three parts, where it is split).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOrder {
    /// A seeded random order.
    #[default]
    Shuffled,
    /// Samples take turns in proportion to their events; each sample in its own order.
    Interleaved,
    /// Sample after sample, as in the original.
    FileAfterFile,
}

/// Factor on the weight of events by their class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// No factor.
    #[default]
    None,
    /// `events / (classes * weights of the class)`, which gives every class the same total and events the mean
    /// weight 1. The weights of a class are the sum over its events, 1 each without a weight branch; negative ones
    /// subtract. Needs a fixed label for each sample, and [`crate::Sample::weight_sum`] where there is a weight branch.
    Balanced,
    /// Label and factor of the classes that have one.
    Given(Vec<(f32, f64)>),
}

/// What the user says about the mixing of samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MixSettings {
    /// Rows in a chunk; the last one may be smaller.
    pub chunk_size: usize,
    /// Events over all samples, shared in proportion; all of them when absent.
    pub n_events: Option<u64>,
    /// Seed of row order and split.
    pub seed: u64,
    /// Order of the rows in a chunk.
    pub order: RowOrder,
    /// How events are shared over chunks.
    pub rule: ChunkRule,
    /// Factor by class.
    pub class_weights: ClassWeights,
    /// Branches that tell events apart: run, luminosity block, event. Those that a sample lacks count as 0.
    pub identifier: [String; 3],
    /// How each chunk is split into train, validation and test; all rows are for training when absent.
    pub split: Option<SplitSettings>,
    /// Bytes of decoded columns that all samples together may hold beside the chunk that is asked for. More lets
    /// the reader work on longer ranges, which decodes fewer baskets twice.
    pub read_ahead_bytes: usize,
}

impl Default for MixSettings {
    fn default() -> Self {
        Self {
            chunk_size: 1000,
            n_events: None,
            seed: 21,
            order: RowOrder::default(),
            rule: ChunkRule::default(),
            class_weights: ClassWeights::default(),
            identifier: ["run", "luminosityBlock", "event"].map(String::from),
            split: None,
            read_ahead_bytes: 64 << 20,
        }
    }
}
