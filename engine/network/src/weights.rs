//! A trained network: plain numbers, ready to be written as ONNX or run.

use crate::{Activation, MaskUse, Task};

/// A feed-forward network with its weights, as used for prediction (dropout is gone).
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Number of feature columns, before the mask is used.
    pub n_features: usize,
    /// What the network does with the mask of padded and missing values.
    pub mask: MaskUse,
    /// For [`MaskUse::Embed`]: the learned value that stands for a missing one, for each feature column; else empty.
    pub mask_embedding: Vec<f32>,
    /// The layers in order. The last one's outputs are logits (or the regression value).
    pub layers: Vec<Layer>,
    /// What the outputs mean: a sigmoid (binary), a softmax (classes) or nothing (regression) follows the last layer.
    pub task: Task,
}

/// One layer of a trained network.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// `y = W x + b`.
    Dense {
        /// Width of `x`.
        n_inputs: usize,
        /// Width of `y`.
        n_outputs: usize,
        /// `W`, row by row: `weights[output * n_inputs + input]`.
        weights: Vec<f32>,
        /// `b`, one for each output.
        bias: Vec<f32>,
    },
    /// `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the running statistics of training.
    BatchNorm {
        /// Scale, one for each column.
        gamma: Vec<f32>,
        /// Shift.
        beta: Vec<f32>,
        /// Running mean.
        mean: Vec<f32>,
        /// Running variance.
        variance: Vec<f32>,
        /// Added to the variance.
        epsilon: f32,
    },
    /// An activation, element by element.
    Activation(Activation),
}
