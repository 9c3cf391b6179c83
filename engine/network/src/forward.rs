//! The network's meaning in plain Rust: one row in, scores out. It is written to be read, and to be compared with;
//! whoever predicts many rows takes the ONNX form.

use crate::{Activation, Layer, MaskUse, Network, Task};

/// As in libtorch and ONNX: Klambauer et al., arXiv:1706.02515.
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const LEAKY_SLOPE: f64 = 0.01;

impl Network {
    /// Scores of one row: the probability of label 1 (binary), one probability for each class, or the value
    /// (regression). Sums are in `f64`, so that the result is right to the last bits of `f32`.
    ///
    /// A value is missing where it is NaN or its mask is 1; `mask` may be shorter than `values`. Values and weights
    /// that are not there count as 0: a network that does not fit together gives numbers without meaning, and no
    /// panic.
    pub fn predict_row(&self, values: &[f32], mask: &[u8]) -> Vec<f32> {
        let mut row = self.inputs(values, mask);
        for layer in &self.layers {
            row = forward(layer, row);
        }
        match self.task {
            Task::Binary => row.iter_mut().for_each(|value| *value = sigmoid(*value)),
            Task::Classes(_) => softmax(&mut row),
            Task::Regression => {}
        }
        row.into_iter().map(|value| value as f32).collect()
    }

    fn inputs(&self, values: &[f32], mask: &[u8]) -> Vec<f64> {
        let is_missing = |i: usize, value: f32| value.is_nan() || mask.get(i).is_some_and(|mask| *mask != 0);
        let stand_in = |i: usize| match self.mask {
            MaskUse::Embed => self.mask_embedding.get(i).copied().unwrap_or(0.0),
            MaskUse::Zero | MaskUse::Append => 0.0,
        };
        let row = values.iter().take(self.n_features).enumerate();
        let mut inputs: Vec<f64> =
            row.clone().map(|(i, v)| f64::from(if is_missing(i, *v) { stand_in(i) } else { *v })).collect();
        if self.mask == MaskUse::Append {
            inputs.extend(row.map(|(i, v)| f64::from(u8::from(is_missing(i, *v)))));
        }
        inputs
    }
}

fn forward(layer: &Layer, row: Vec<f64>) -> Vec<f64> {
    match layer {
        Layer::Dense { n_inputs, n_outputs, weights, bias } => (0..*n_outputs)
            .map(|output| {
                let weights = weights.chunks(*n_inputs.max(&1)).nth(output).unwrap_or_default();
                let products = row.iter().zip(weights).map(|(value, weight)| value * f64::from(*weight));
                products.sum::<f64>() + bias.get(output).copied().map_or(0.0, f64::from)
            })
            .collect(),
        Layer::BatchNorm { gamma, beta, mean, variance, epsilon } => {
            let at = |numbers: &[f32], i: usize| numbers.get(i).copied().map_or(0.0, f64::from);
            let normalised = row.iter().enumerate().map(|(i, value)| {
                let deviation = (at(variance, i) + f64::from(*epsilon)).sqrt();
                (value - at(mean, i)) / deviation * at(gamma, i) + at(beta, i)
            });
            normalised.collect()
        }
        Layer::Activation(function) => row.into_iter().map(|value| function.of(value)).collect(),
    }
}

impl Activation {
    /// The function's value, as libtorch and ONNX define it: the slope of the leaky one is 0.01, the exponential
    /// one has alpha 1, the Gaussian one is exact (by the error function).
    pub fn of(self, x: f64) -> f64 {
        match self {
            Self::Relu => x.max(0.0),
            Self::LeakyRelu => {
                if x > 0.0 {
                    x
                } else {
                    LEAKY_SLOPE * x
                }
            }
            Self::Elu => {
                if x > 0.0 {
                    x
                } else {
                    x.exp_m1()
                }
            }
            Self::Selu => SELU_SCALE * if x > 0.0 { x } else { SELU_ALPHA * x.exp_m1() },
            Self::Gelu => 0.5 * x * (1.0 + error_function(x / std::f64::consts::SQRT_2)),
            Self::Silu => x * sigmoid(x),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => sigmoid(x),
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
        }
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softmax(row: &mut [f64]) {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for value in row.iter_mut() {
        *value = (*value - largest).exp();
    }
    let sum: f64 = row.iter().sum();
    for value in row.iter_mut() {
        *value /= sum;
    }
}

/// `erf`: its power series around 0 (Abramowitz and Stegun 7.1.6), and 1 where the rest is below `1e-16`.
fn error_function(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > 1e-18 * sum.abs() && n < 200.0 {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(function: Activation, x: f64, expected: f64) {
        let found = function.of(x);
        assert!((found - expected).abs() < 1e-14, "{function:?} of {x}: {found}");
    }

    #[test]
    fn activations() {
        check(Activation::Relu, -2.0, 0.0);
        check(Activation::LeakyRelu, -2.0, -0.02);
        check(Activation::Elu, -1.0, (-1_f64).exp() - 1.0);
        check(Activation::Selu, 2.0, 2.0 * SELU_SCALE);
        check(Activation::Gelu, 1.0, 0.841_344_746_068_542_9);
        check(Activation::Gelu, -3.0, -3.0 * 0.001_349_898_031_630_094_5);
        check(Activation::Silu, 0.0, 0.0);
        check(Activation::Softplus, 0.0, std::f64::consts::LN_2);
        check(Activation::Softplus, 800.0, 800.0);
        check(Activation::Sigmoid, -800.0, 0.0);
        assert!(error_function(7.0) == 1.0 && (error_function(5.99) - 1.0).abs() < 1e-15);
    }

    fn line(mask: MaskUse, task: Task) -> Network {
        let n_inputs = if mask == MaskUse::Append { 4 } else { 2 };
        Network {
            n_features: 2,
            mask,
            mask_embedding: vec![10.0, 20.0],
            layers: vec![Layer::Dense {
                n_inputs,
                n_outputs: 1,
                weights: vec![1.0, 2.0, 100.0, 1000.0][..n_inputs].to_vec(),
                bias: vec![0.5],
            }],
            task,
        }
    }

    #[test]
    fn rows() {
        let regression = |mask| line(mask, Task::Regression);
        assert_eq!(regression(MaskUse::Zero).predict_row(&[1.0, 3.0], &[0, 0]), [7.5]);
        assert_eq!(regression(MaskUse::Zero).predict_row(&[1.0, f32::NAN], &[0, 0]), [1.5]);
        assert_eq!(regression(MaskUse::Zero).predict_row(&[1.0, 3.0], &[0, 1]), [1.5]);
        assert_eq!(regression(MaskUse::Embed).predict_row(&[1.0, 3.0], &[0, 1]), [41.5]);
        assert_eq!(regression(MaskUse::Append).predict_row(&[1.0, f32::NAN], &[]), [1001.5]);
        assert_eq!(line(MaskUse::Zero, Task::Binary).predict_row(&[-0.5, 0.0], &[0, 0]), [0.5]);
    }

    #[test]
    fn a_network_that_does_not_fit_together_does_not_panic() {
        let mut network = line(MaskUse::Zero, Task::Classes(3));
        network.layers.push(Layer::Dense { n_inputs: 0, n_outputs: 3, weights: vec![], bias: vec![] });
        assert_eq!(network.predict_row(&[], &[]).len(), 3);
    }
}
