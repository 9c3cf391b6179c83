//! Losses, their gradients, metrics and scores, all from the outputs of the last layer.
//!
//! Weights of events enter as factors of their losses; negative ones, as generators at next-to-leading order give,
//! pull the other way. A batch's loss is the sum of weight times loss over the number of its rows, with all weights
//! scaled beforehand so that the mean of |weight| over the training rows of the first chunk is 1: dividing by the
//! sum of the batch's own weights would make the influence of an event depend on its neighbours, and is no use
//! where positive and negative ones cancel. Losses that are reported are sums of weight times loss over sums of
//! |weight|.

use network::{Loss, Task};
use tch::{Kind, Reduction, TchError, Tensor};
use training_protocol::OutputMeaning;

/// What is made small, and on what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LossFunction {
    pub(crate) loss: Loss,
    pub(crate) task: Task,
    /// Logits, but for `TorchScript` models that end with sigmoid or softmax.
    pub(crate) outputs: OutputMeaning,
}

/// What is known of rows besides their features.
#[derive(Debug)]
pub(crate) struct Targets {
    /// Rows x 1 (`f32`), or rows (`i64`) for classes.
    pub(crate) labels: Tensor,
    /// Rows x 1, scaled.
    pub(crate) weights: Tensor,
}

/// Sums over rows; they add up from batch to batch and from chunk to chunk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) loss: f64,
    pub(crate) metric: f64,
    pub(crate) weight: f64,
    pub(crate) n_rows: usize,
}

impl Targets {
    /// The rows of these numbers, in that order.
    pub(crate) fn select(&self, order: &Tensor) -> Result<Self, TchError> {
        Ok(Self {
            labels: self.labels.f_index_select(0, order)?,
            weights: self.weights.f_index_select(0, order)?,
        })
    }

    /// A range of rows, without copying.
    pub(crate) fn narrow(&self, start: i64, n_rows: i64) -> Result<Self, TchError> {
        Ok(Self {
            labels: self.labels.f_narrow(0, start, n_rows)?,
            weights: self.weights.f_narrow(0, start, n_rows)?,
        })
    }
}

impl LossFunction {
    /// The gradient of the batch's loss with respect to logits (rows x outputs).
    pub(crate) fn gradient(
        &self,
        logits: &Tensor,
        targets: &Targets,
        n_rows: i64,
    ) -> Result<Tensor, TchError> {
        let mut gradient = match (self.loss, self.task) {
            (Loss::BinaryCrossEntropy, _) => logits.f_sigmoid()?.f_sub_(&targets.labels)?,
            (Loss::CrossEntropy, _) => {
                let mut probabilities = logits.f_softmax(-1, Kind::Float)?;
                let labels = targets.labels.f_unsqueeze(1)?;
                let minus_one = probabilities.f_narrow(1, 0, 1)?.f_full_like(-1.0)?;
                probabilities.f_scatter_add_(1, &labels, &minus_one)?
            }
            (Loss::MeanSquaredError, Task::Regression | Task::Classes(_)) => {
                logits.f_sub(&targets.labels)?.f_mul_scalar_(2.0)?
            }
            (Loss::MeanSquaredError, Task::Binary) => {
                let probability = logits.f_sigmoid()?;
                let gradient = probability.f_sub(&targets.labels)?.f_mul_scalar_(2.0)?;
                Tensor::f_sigmoid_backward(&gradient, &probability)?
            }
        };
        gradient.f_mul_(&targets.weights)?.f_mul_scalar_(1.0 / n_rows as f64)
    }

    /// The loss of each row, rows x 1, before its weight.
    pub(crate) fn of_rows(&self, outputs: &Tensor, labels: &Tensor) -> Result<Tensor, TchError> {
        let none = None::<&Tensor>;
        match (self.loss, self.outputs) {
            (Loss::BinaryCrossEntropy, OutputMeaning::Logits) => {
                outputs.f_binary_cross_entropy_with_logits(labels, none, none, Reduction::None)
            }
            (Loss::BinaryCrossEntropy, OutputMeaning::Probabilities) => {
                outputs.f_binary_cross_entropy(labels, none, Reduction::None)
            }
            (Loss::CrossEntropy, OutputMeaning::Logits) => {
                outputs.f_cross_entropy_loss(labels, none, Reduction::None, -100, 0.0)?.f_unsqueeze(1)
            }
            (Loss::CrossEntropy, OutputMeaning::Probabilities) => {
                // The smallest normal number instead of zero, whose logarithm is infinite.
                let logarithms = outputs.f_clamp_min(f64::from(f32::MIN_POSITIVE))?.f_log()?;
                logarithms.f_nll_loss(labels, none, Reduction::None, -100)?.f_unsqueeze(1)
            }
            (Loss::MeanSquaredError, _) => self.scores(outputs)?.f_mse_loss(labels, Reduction::None),
        }
    }

    /// Accuracy or absolute error of each row, rows x 1.
    fn metric_of_rows(&self, outputs: &Tensor, labels: &Tensor) -> Result<Tensor, TchError> {
        match self.task {
            Task::Binary => {
                let said_yes = self.scores(outputs)?.f_gt(0.5)?;
                said_yes.f_eq_tensor(&labels.f_gt(0.5)?)
            }
            Task::Classes(_) => outputs.f_argmax(1, false)?.f_eq_tensor(labels)?.f_unsqueeze(1),
            Task::Regression => outputs.f_sub(labels)?.f_abs(),
        }
    }

    /// Sums of losses and metrics, by weight.
    pub(crate) fn sums(&self, outputs: &Tensor, targets: &Targets) -> Result<Sums, TchError> {
        let sum = |values: Tensor, weights: &Tensor| {
            values.f_to_kind(Kind::Double)?.f_mul(weights)?.f_sum(Kind::Double)?.f_double_value(&[])
        };
        let weights = targets.weights.f_to_kind(Kind::Double)?;
        let absolute = weights.f_abs()?;
        Ok(Sums {
            loss: sum(self.of_rows(outputs, &targets.labels)?, &weights)?,
            metric: sum(self.metric_of_rows(outputs, &targets.labels)?, &absolute)?,
            weight: absolute.f_sum(Kind::Double)?.f_double_value(&[])?,
            n_rows: usize::try_from(outputs.size().first().copied().unwrap_or(0)).unwrap_or(0),
        })
    }

    /// Probabilities, or the value of a regression.
    pub(crate) fn scores(&self, outputs: &Tensor) -> Result<Tensor, TchError> {
        match (self.outputs, self.task) {
            (OutputMeaning::Logits, Task::Binary) => outputs.f_sigmoid(),
            (OutputMeaning::Logits, Task::Classes(_)) => outputs.f_softmax(-1, Kind::Float),
            _ => Ok(outputs.shallow_clone()),
        }
    }
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.metric += other.metric;
        self.weight += other.weight;
        self.n_rows += other.n_rows;
    }
}

impl Sums {
    /// Loss and metric over the sum of |weight|; `None` without rows, 0 where all weights are zero.
    pub(crate) fn means(self) -> Option<(f64, f64)> {
        let divisor = if self.weight > 0.0 { self.weight } else { 1.0 };
        (self.n_rows > 0).then_some((self.loss / divisor, self.metric / divisor))
    }
}
