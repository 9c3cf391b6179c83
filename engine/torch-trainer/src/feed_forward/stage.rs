//! One step of the network, forward and backward.

use network::{Activation, Layer, LayerDescription};
use tch::{Kind, TchError, Tensor};

use super::{Pieces, sum_rows, to_vec};
use crate::{
    activation,
    random::{MaskSource, Random},
    tensor_memory::floats,
};

/// One step.
pub(super) enum Stage {
    Dense(Dense),
    BatchNorm(BatchNorm),
    Activation(Activation),
    Dropout(Dropout),
}

/// What backward needs besides a step's input and output.
pub(super) enum Kept {
    Nothing,
    /// Dropout: 0 or the scale, for each value.
    Mask(Tensor),
    /// Batch normalisation: mean and inverse deviation of each column.
    Statistics {
        mean: Tensor,
        inverse_deviation: Tensor,
    },
}

/// `y = x W + b`, with `W` as inputs x outputs.
pub(super) struct Dense {
    weights: Tensor,
    bias: Tensor,
    weight_gradient: Tensor,
    bias_gradient: Tensor,
    n_inputs: i64,
    n_outputs: i64,
}

/// Normalisation over the batch; running statistics for prediction (variance without bias, as in libtorch).
pub(super) struct BatchNorm {
    gamma: Tensor,
    beta: Tensor,
    gamma_gradient: Tensor,
    beta_gradient: Tensor,
    pub(super) mean: Tensor,
    pub(super) variance: Tensor,
    epsilon: f64,
    momentum: f64,
}

/// Values are dropped where a random `u32` is below `drop_below`.
pub(super) struct Dropout {
    drop_below: u32,
    scale: f64,
    rate: f64,
}

impl Stage {
    /// Appends the one or two steps of a layer.
    pub(super) fn push(
        stages: &mut Vec<Self>,
        layer: &LayerDescription,
        width: &mut i64,
        pieces: &mut Pieces,
    ) -> Result<(), TchError> {
        match layer {
            LayerDescription::Dense { units, activation } => {
                stages.push(Self::Dense(Dense::new(*width, *units as i64, pieces)?));
                stages.extend(activation.map(Self::Activation));
                *width = *units as i64;
            }
            LayerDescription::BatchNorm { epsilon, momentum } => {
                stages.push(Self::BatchNorm(BatchNorm::new(*width, *epsilon, *momentum, pieces)?));
            }
            LayerDescription::Activation { function } => stages.push(Self::Activation(*function)),
            LayerDescription::Dropout { rate } if *rate == 0.0 => {}
            LayerDescription::Dropout { rate } => stages.push(Self::Dropout(Dropout {
                drop_below: (rate * 2_f64.powi(32)) as u32,
                scale: 1.0 / (1.0 - rate),
                rate: *rate,
            })),
        }
        Ok(())
    }

    /// Draws first weights.
    pub(super) fn draw(&mut self, random: &mut Random) -> Result<(), TchError> {
        let Self::Dense(dense) = self else { return Ok(()) };
        let limit = (6.0 / (dense.n_inputs + dense.n_outputs) as f64).sqrt();
        let n_values = dense.n_inputs * dense.n_outputs;
        let drawn: Vec<f32> = (0..n_values).map(|_| random.symmetric(limit)).collect();
        dense.weights.f_copy_(&Tensor::f_from_slice(&drawn)?.f_view_as(&dense.weights)?)
    }

    /// Takes the numbers of a trained layer.
    pub(super) fn set(&mut self, layer: &Layer) -> Result<(), TchError> {
        match (self, layer) {
            (Self::Dense(dense), Layer::Dense { n_inputs, n_outputs, weights, bias }) => {
                let rows = Tensor::f_from_slice(weights)?.f_view([*n_outputs as i64, *n_inputs as i64])?;
                dense.weights.f_copy_(&rows.f_tr()?)?;
                dense.bias.f_copy_(&Tensor::f_from_slice(bias)?)
            }
            (Self::BatchNorm(norm), Layer::BatchNorm { gamma, beta, mean, variance, .. }) => {
                norm.gamma.f_copy_(&Tensor::f_from_slice(gamma)?)?;
                norm.beta.f_copy_(&Tensor::f_from_slice(beta)?)?;
                norm.mean.f_copy_(&Tensor::f_from_slice(mean)?)?;
                norm.variance.f_copy_(&Tensor::f_from_slice(variance)?)
            }
            _ => Ok(()),
        }
    }

    /// The layer as data; dropout leaves none.
    pub(super) fn to_layer(&self) -> Result<Option<Layer>, TchError> {
        Ok(match self {
            Self::Dense(dense) => Some(Layer::Dense {
                n_inputs: dense.n_inputs as usize,
                n_outputs: dense.n_outputs as usize,
                weights: to_vec(&dense.weights.f_tr()?)?,
                bias: to_vec(&dense.bias)?,
            }),
            Self::BatchNorm(norm) => Some(Layer::BatchNorm {
                gamma: to_vec(&norm.gamma)?,
                beta: to_vec(&norm.beta)?,
                mean: to_vec(&norm.mean)?,
                variance: to_vec(&norm.variance)?,
                epsilon: norm.epsilon as f32,
            }),
            Self::Activation(function) => Some(Layer::Activation(*function)),
            Self::Dropout(_) => None,
        })
    }

    /// The output for prediction.
    pub(super) fn evaluate(&self, input: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Dense(dense) => dense.bias.f_addmm(input, &dense.weights),
            Self::BatchNorm(norm) => Ok(norm.normalise(input, false)?.0),
            Self::Activation(function) => activation::forward(*function, input),
            Self::Dropout(_) => Ok(input.shallow_clone()),
        }
    }

    /// The output in training.
    pub(super) fn forward(
        &mut self,
        input: &Tensor,
        masks: &mut MaskSource,
    ) -> Result<(Tensor, Kept), TchError> {
        match self {
            Self::Dense(_) | Self::Activation(_) => Ok((self.evaluate(input)?, Kept::Nothing)),
            Self::BatchNorm(norm) => {
                let (output, mean, inverse_deviation) = norm.normalise(input, true)?;
                Ok((output, Kept::Statistics { mean, inverse_deviation }))
            }
            Self::Dropout(dropout) => {
                let mask = dropout.mask(input, masks)?;
                Ok((input.f_mul(&mask)?, Kept::Mask(mask)))
            }
        }
    }

    /// Writes the gradients of the parameters, and gives that of the input where it is wanted.
    pub(super) fn backward(
        &mut self,
        input: &Tensor,
        output: &Tensor,
        kept: Kept,
        gradient: &Tensor,
        wants_input_gradient: bool,
    ) -> Result<Option<Tensor>, TchError> {
        match (self, kept) {
            (Self::Dense(dense), _) => {
                input.f_tr()?.f_mm_out(&dense.weight_gradient, gradient).map(drop)?;
                sum_rows(gradient, &dense.bias_gradient, false)?;
                wants_input_gradient.then(|| gradient.f_mm(&dense.weights.f_tr()?)).transpose()
            }
            (Self::Activation(function), _) => {
                activation::backward(*function, input, output, gradient).map(Some)
            }
            (Self::BatchNorm(norm), Kept::Statistics { mean, inverse_deviation }) => {
                norm.backward(input, &mean, &inverse_deviation, gradient).map(Some)
            }
            (_, Kept::Mask(mask)) => gradient.f_mul(&mask).map(Some),
            (Self::BatchNorm(_) | Self::Dropout(_), _) => Ok(Some(gradient.shallow_clone())),
        }
    }
}

impl Dense {
    fn new(n_inputs: i64, n_outputs: i64, pieces: &mut Pieces) -> Result<Self, TchError> {
        let (weights, weight_gradient) = pieces.take(&[n_inputs, n_outputs])?;
        let (bias, bias_gradient) = pieces.take(&[n_outputs])?;
        Ok(Self { weights, bias, weight_gradient, bias_gradient, n_inputs, n_outputs })
    }
}

impl BatchNorm {
    fn new(width: i64, epsilon: f64, momentum: f64, pieces: &mut Pieces) -> Result<Self, TchError> {
        let (mut gamma, gamma_gradient) = pieces.take(&[width])?;
        let (beta, beta_gradient) = pieces.take(&[width])?;
        let gamma = gamma.f_fill_(1.0)?;
        let options = (Kind::Float, gamma.device());
        let (mean, variance) = (Tensor::f_zeros([width], options)?, Tensor::f_ones([width], options)?);
        Ok(Self { gamma, beta, gamma_gradient, beta_gradient, mean, variance, epsilon, momentum })
    }

    /// Output, mean and inverse deviation; in training, the running statistics move on.
    fn normalise(&self, input: &Tensor, training: bool) -> Result<(Tensor, Tensor, Tensor), TchError> {
        input.f_native_batch_norm(
            Some(&self.gamma),
            Some(&self.beta),
            Some(&self.mean),
            Some(&self.variance),
            training,
            self.momentum,
            self.epsilon,
        )
    }

    /// Ioffe and Szegedy, arXiv:1502.03167, section 3.
    fn backward(
        &mut self,
        input: &Tensor,
        mean: &Tensor,
        inverse_deviation: &Tensor,
        gradient: &Tensor,
    ) -> Result<Tensor, TchError> {
        let n_rows = input.size().first().copied().unwrap_or(1).max(1) as f64;
        let normal = input.f_sub(mean)?.f_mul(inverse_deviation)?;
        sum_rows(gradient, &self.beta_gradient, false)?;
        sum_rows(&gradient.f_mul(&normal)?, &self.gamma_gradient, false)?;
        let mean_gradient = self.beta_gradient.f_mul_scalar(1.0 / n_rows)?;
        let slope = self.gamma_gradient.f_mul_scalar(1.0 / n_rows)?;
        let centred = gradient.f_sub(&mean_gradient)?.f_sub(&normal.f_mul(&slope)?)?;
        centred.f_mul(&self.gamma.f_mul(inverse_deviation)?)
    }
}

impl Dropout {
    fn mask(&self, input: &Tensor, masks: &mut MaskSource) -> Result<Tensor, TchError> {
        let mut mask = input.f_empty_like()?;
        match floats(&mut mask) {
            Some(values) => masks.fill(values, self.drop_below, self.scale as f32),
            None => return mask.f_bernoulli_float_(1.0 - self.rate)?.f_mul_scalar_(self.scale),
        }
        Ok(mask)
    }
}
