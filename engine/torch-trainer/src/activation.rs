//! The functions between layers, and their derivatives.

use network::Activation;
use tch::{TchError, Tensor};

/// As in libtorch: Klambauer et al., arXiv:1706.02515.
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
/// libtorch's own slope; the network's documentation and its ONNX form use the same.
const LEAKY_SLOPE: f64 = 0.01;

/// `f(input)`.
pub(crate) fn forward(function: Activation, input: &Tensor) -> Result<Tensor, TchError> {
    match function {
        Activation::Relu => input.f_relu(),
        Activation::LeakyRelu => input.f_leaky_relu(),
        Activation::Elu => input.f_elu(),
        Activation::Selu => input.f_selu(),
        Activation::Gelu => input.f_gelu("none"),
        Activation::Silu => input.f_silu(),
        Activation::Tanh => input.f_tanh(),
        Activation::Sigmoid => input.f_sigmoid(),
        Activation::Softplus => input.f_softplus(),
    }
}

/// The gradient with respect to the input, from that with respect to the output.
pub(crate) fn backward(
    function: Activation,
    input: &Tensor,
    output: &Tensor,
    gradient: &Tensor,
) -> Result<Tensor, TchError> {
    match function {
        Activation::Relu => output.f_threshold_backward(gradient, 0.0),
        Activation::LeakyRelu => input.f_leaky_relu_backward(gradient, LEAKY_SLOPE, false),
        Activation::Elu => Tensor::f_elu_backward(gradient, 1.0, 1.0, 1.0, true, output),
        Activation::Selu => Tensor::f_elu_backward(gradient, SELU_ALPHA, SELU_SCALE, 1.0, true, output),
        Activation::Gelu => input.f_gelu_backward(gradient, "none"),
        Activation::Silu => input.f_silu_backward(gradient),
        Activation::Tanh => Tensor::f_tanh_backward(gradient, output),
        Activation::Sigmoid => Tensor::f_sigmoid_backward(gradient, output),
        Activation::Softplus => input.f_softplus_backward(gradient, 1.0, 20.0),
    }
}
