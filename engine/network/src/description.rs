//! The network as the user describes it.

use serde::{Deserialize, Serialize};

/// A network in JSON. Every field but `layers` has a default.
///
/// ```json
/// {"layers": [{"type": "dense", "units": 128, "activation": "relu"}, {"type": "dropout", "rate": 0.5},
///             {"type": "batch_norm"}, {"type": "dense", "units": 1}],
///  "task": "binary", "loss": "binary_cross_entropy", "mask": "zero",
///  "optimizer": {"type": "adam", "learning_rate": 0.001}}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkDescription {
    /// The layers in order; the last must be dense with as many units as the task has outputs.
    pub layers: Vec<LayerDescription>,
    /// What is learned. Default: binary.
    #[serde(default)]
    pub task: Task,
    /// The loss. Default: the usual one of the task.
    #[serde(default)]
    pub loss: Option<Loss>,
    /// What the network is told about padded and missing values. Default: they are zero.
    #[serde(default)]
    pub mask: MaskUse,
    /// Default: Adam with a learning rate of 0.001.
    #[serde(default)]
    pub optimizer: Optimizer,
}

/// One layer as described.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LayerDescription {
    /// A fully connected layer.
    Dense {
        /// Number of outputs, at least 1.
        units: usize,
        /// Applied to the outputs. Default: none. The last layer must have none: sigmoid and softmax belong to the task.
        #[serde(default)]
        activation: Option<Activation>,
    },
    /// Sets inputs to zero at random while training, and scales the others up.
    Dropout {
        /// Probability of zero, in `0 .. 1`, half-open.
        rate: f64,
    },
    /// Normalises each column over the batch.
    BatchNorm {
        /// Added to the variance. Default: 1e-5.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// Weight of the new batch in the running statistics. Default: 0.1.
        #[serde(default = "default_momentum")]
        momentum: f64,
    },
    /// An activation of its own.
    Activation {
        /// Which.
        function: Activation,
    },
}

fn default_epsilon() -> f64 {
    1e-5
}

fn default_momentum() -> f64 {
    0.1
}

/// A function applied element by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the function that it names")]
pub enum Activation {
    Relu,
    LeakyRelu,
    Elu,
    Selu,
    Gelu,
    Silu,
    Tanh,
    Sigmoid,
    Softplus,
}

/// What is learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One output: the probability of label 1.
    #[default]
    Binary,
    /// One output for each class, at least 2: their probabilities.
    Classes(usize),
    /// One output: a number.
    Regression,
}

/// What training makes small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// For the binary task.
    BinaryCrossEntropy,
    /// For several classes.
    CrossEntropy,
    /// For regression; allowed for the binary task, on the probability.
    MeanSquaredError,
}

/// What the network does with the mask (1 where a value is padded or missing).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskUse {
    /// Missing values are 0 after normalisation, as in the original.
    #[default]
    Zero,
    /// The mask is appended to the features: the first layer sees twice as many columns, features first.
    Append,
    /// A learned value for each column takes the place of a missing one.
    Embed,
}

/// How weights are changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// Kingma and Ba, arXiv:1412.6980, with betas 0.9 and 0.999.
    Adam {
        /// Default: 0.001.
        #[serde(default = "default_adam_rate")]
        learning_rate: f64,
        /// L2 penalty. Default: 0.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Stochastic gradient descent.
    Sgd {
        /// Default: 0.01.
        #[serde(default = "default_sgd_rate")]
        learning_rate: f64,
        /// Default: 0.
        #[serde(default)]
        momentum: f64,
        /// L2 penalty. Default: 0.
        #[serde(default)]
        weight_decay: f64,
    },
}

fn default_adam_rate() -> f64 {
    1e-3
}

fn default_sgd_rate() -> f64 {
    1e-2
}

impl Default for Optimizer {
    fn default() -> Self {
        Self::Adam { learning_rate: default_adam_rate(), weight_decay: 0.0 }
    }
}

impl Task {
    /// Number of outputs of the last layer.
    pub fn n_outputs(self) -> usize {
        match self {
            Self::Binary | Self::Regression => 1,
            Self::Classes(n_classes) => n_classes,
        }
    }
}

impl NetworkDescription {
    /// Reads and checks a description.
    ///
    /// # Errors
    /// [`NetworkError`] says which field of which layer is wrong and what would be right.
    pub fn from_json(text: &str) -> Result<Self, NetworkError> {
        let description: Self = serde_json::from_str(text)?;
        description.check()?;
        Ok(description)
    }

    /// The loss that is used.
    pub fn loss(&self) -> Loss {
        self.loss.unwrap_or(match self.task {
            Task::Binary => Loss::BinaryCrossEntropy,
            Task::Classes(_) => Loss::CrossEntropy,
            Task::Regression => Loss::MeanSquaredError,
        })
    }

    /// Checks that layers, task and loss fit together and that all numbers are in range.
    ///
    /// # Errors
    /// As [`NetworkDescription::from_json`].
    pub fn check(&self) -> Result<(), NetworkError> {
        for (position, layer) in self.layers.iter().enumerate() {
            check_layer(layer).map_err(|problem| NetworkError::Layer { number: position + 1, problem })?;
        }
        check_last(self.layers.last(), self.task)?;
        let fits = matches!(
            (self.task, self.loss()),
            (Task::Binary, Loss::BinaryCrossEntropy | Loss::MeanSquaredError)
                | (Task::Classes(_), Loss::CrossEntropy)
                | (Task::Regression, Loss::MeanSquaredError)
        );
        if !fits {
            return Err(NetworkError::Loss { loss: self.loss(), task: self.task });
        }
        check_optimizer(self.optimizer)
    }
}

fn check_layer(layer: &LayerDescription) -> Result<(), String> {
    match layer {
        LayerDescription::Dense { units: 0, .. } => Err("a dense layer needs at least 1 unit".into()),
        LayerDescription::Dense { units, .. } if *units > 1 << 20 => {
            Err(format!("{units} units are more than 1048576"))
        }
        LayerDescription::Dropout { rate } if !(0.0..1.0).contains(rate) => {
            Err(format!("the dropout rate is {rate}, it must be at least 0 and below 1"))
        }
        LayerDescription::BatchNorm { epsilon, .. } if !(*epsilon > 0.0 && epsilon.is_finite()) => {
            Err(format!("epsilon is {epsilon}, it must be above 0"))
        }
        LayerDescription::BatchNorm { momentum, .. } if !(0.0..=1.0).contains(momentum) => {
            Err(format!("momentum is {momentum}, it must be between 0 and 1"))
        }
        _ => Ok(()),
    }
}

fn check_last(last: Option<&LayerDescription>, task: Task) -> Result<(), NetworkError> {
    if matches!(task, Task::Classes(0 | 1)) {
        return Err(NetworkError::Last("a task of classes needs at least 2 of them".into()));
    }
    match last {
        Some(LayerDescription::Dense { units, activation: None }) if *units == task.n_outputs() => Ok(()),
        Some(LayerDescription::Dense { activation: Some(activation), .. }) => {
            Err(NetworkError::Last(format!(
                "the last layer has the activation {activation:?}; leave it out: sigmoid and softmax follow from `task`"
            )))
        }
        Some(LayerDescription::Dense { units, .. }) => Err(NetworkError::Last(format!(
            "the last layer has {units} units, the task needs {}",
            task.n_outputs()
        ))),
        _ => {
            Err(NetworkError::Last(format!("the last layer must be dense with {} unit(s)", task.n_outputs())))
        }
    }
}

fn check_optimizer(optimizer: Optimizer) -> Result<(), NetworkError> {
    let (learning_rate, momentum, weight_decay) = match optimizer {
        Optimizer::Adam { learning_rate, weight_decay } => (learning_rate, 0.0, weight_decay),
        Optimizer::Sgd { learning_rate, momentum, weight_decay } => (learning_rate, momentum, weight_decay),
    };
    if !(learning_rate > 0.0 && learning_rate.is_finite()) {
        return Err(NetworkError::Optimizer {
            field: "learning_rate",
            value: learning_rate,
            range: "above 0",
        });
    }
    if !(0.0..1.0).contains(&momentum) {
        return Err(NetworkError::Optimizer {
            field: "momentum",
            value: momentum,
            range: "at least 0 and below 1",
        });
    }
    if !(weight_decay >= 0.0 && weight_decay.is_finite()) {
        return Err(NetworkError::Optimizer {
            field: "weight_decay",
            value: weight_decay,
            range: "at least 0",
        });
    }
    Ok(())
}

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Not JSON, or a field that is unknown, missing or of the wrong kind.
    #[error("the model description is not valid: {0}")]
    Json(#[from] serde_json::Error),
    /// A layer is wrong.
    #[error("layer {number} of the model: {problem}")]
    Layer {
        /// Counted from 1.
        number: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The last layer does not fit the task.
    #[error("{0}")]
    Last(String),
    /// The loss does not fit the task.
    #[error("the loss {loss:?} does not fit the task {task:?}")]
    Loss {
        /// The loss.
        loss: Loss,
        /// The task.
        task: Task,
    },
    /// A number of the optimizer is out of range.
    #[error("the optimizer's {field} is {value}, it must be {range}")]
    Optimizer {
        /// Which.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &str) {
        let found = match NetworkDescription::from_json(json) {
            Ok(description) => format!("{:?}", description.loss()),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn descriptions() {
        check(r#"{"layers": [{"type": "dense", "units": 1}]}"#, "BinaryCrossEntropy");
        check(r#"{"layers": [{"type": "dense", "units": 3}], "task": {"classes": 3}}"#, "CrossEntropy");
        check(r#"{"layers": [{"type": "dense", "units": 1}], "task": "regression"}"#, "MeanSquaredError");
        check(r#"{"layers": []}"#, "must be dense");
        check(r#"{"layers": [{"type": "dense", "units": 2}]}"#, "the task needs 1");
        check(r#"{"layers": [{"type": "dense", "units": 1, "activation": "sigmoid"}]}"#, "leave it out");
        check(r#"{"layers": [{"type": "dropout", "rate": 1.0}, {"type": "dense", "units": 1}]}"#, "layer 1");
        check(r#"{"layers": [{"type": "dense", "units": 1}], "loss": "cross_entropy"}"#, "does not fit");
        check(
            r#"{"layers": [{"type": "dense", "units": 1}], "optimizer": {"type": "adam", "learning_rate": -1}}"#,
            "above 0",
        );
        check(r#"{"layers": [{"type": "conv"}]}"#, "unknown variant");
    }
}
