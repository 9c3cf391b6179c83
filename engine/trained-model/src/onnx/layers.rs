//! The network part of the graph: layers and output.

use super::double_layers::{n_double_layers, write_double_layers};
use super::graph::{Attribute, GraphWriter, fixed, named};
use network::{Activation, Layer, Network, Task};

/// Writes all layers of a network behind the value `features`, and the output. Returns the output's name:
/// `probability`, or `value` for regression.
pub(super) fn write_layers(graph: &mut GraphWriter, network: &Network, features: String) -> String {
    let n_double = n_double_layers(network);
    let mut value = match &network.layers[..n_double] {
        [] => features,
        double => write_double_layers(graph, double, &features),
    };
    for (position, layer) in network.layers.iter().enumerate().skip(n_double) {
        value = write_layer(graph, &format!("layer_{}", position + 1), layer, &value);
    }
    let shape = [named("batch"), fixed(network.task.n_outputs())];
    match network.task {
        Task::Binary => graph.output("Sigmoid", "probability", &[&value], &[], &shape),
        Task::Classes(_) => {
            graph.output("Softmax", "probability", &[&value], &[Attribute::Int("axis", 1)], &shape)
        }
        Task::Regression => graph.output("Identity", "value", &[&value], &[], &shape),
    }
}

fn write_layer(graph: &mut GraphWriter, role: &str, layer: &Layer, input: &str) -> String {
    match layer {
        Layer::Dense { n_inputs, n_outputs, weights, bias } => {
            let weights = graph.floats(&format!("{role}/weights"), &[*n_outputs, *n_inputs], weights);
            let bias = graph.floats(&format!("{role}/bias"), &[*n_outputs], bias);
            // Weights lie as libtorch keeps them, one row for each output.
            let attributes = [Attribute::Int("transB", 1)];
            graph.node("Gemm", &format!("{role}/dense"), &[input, &weights, &bias], &attributes)
        }
        Layer::BatchNorm { gamma, beta, mean, variance, epsilon } => {
            let constants: Vec<String> =
                [("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)]
                    .map(|(name, values)| graph.floats(&format!("{role}/{name}"), &[values.len()], values))
                    .to_vec();
            let inputs: Vec<&str> =
                std::iter::once(input).chain(constants.iter().map(String::as_str)).collect();
            let attributes = [Attribute::Float("epsilon", *epsilon)];
            graph.node("BatchNormalization", &format!("{role}/batch_norm"), &inputs, &attributes)
        }
        Layer::Activation(activation) => write_activation(graph, role, *activation, input),
    }
}

fn write_activation(graph: &mut GraphWriter, role: &str, activation: Activation, input: &str) -> String {
    let mut simple =
        |operator: &str, attributes: &[Attribute]| graph.node(operator, role, &[input], attributes);
    match activation {
        Activation::Relu => simple("Relu", &[]),
        Activation::LeakyRelu => simple("LeakyRelu", &[Attribute::Float("alpha", 0.01)]),
        Activation::Elu => simple("Elu", &[Attribute::Float("alpha", 1.0)]),
        // The constants of Klambauer et al., arXiv:1706.02515, as in libtorch; written out, for where they are
        // absent tract takes fewer digits.
        Activation::Selu => {
            simple("Selu", &[Attribute::Float("alpha", 1.673_263_2), Attribute::Float("gamma", 1.050_701)])
        }
        Activation::Tanh => simple("Tanh", &[]),
        Activation::Sigmoid => simple("Sigmoid", &[]),
        Activation::Silu => {
            let gate = graph.node("Sigmoid", &format!("{role}/gate"), &[input], &[]);
            graph.node("Mul", role, &[input, &gate], &[])
        }
        Activation::Gelu => write_gelu(graph, role, input),
        Activation::Softplus => write_softplus(graph, role, input),
    }
}

/// `x / 2 (1 + erf(x / sqrt 2))`, in parts: the operator of that name came with opset 20.
fn write_gelu(graph: &mut GraphWriter, role: &str, input: &str) -> String {
    let root = graph.floats(&format!("{role}/inverse_root_of_2"), &[1], &[std::f32::consts::FRAC_1_SQRT_2]);
    let one = graph.floats(&format!("{role}/one"), &[1], &[1.0]);
    let half = graph.floats(&format!("{role}/half"), &[1], &[0.5]);
    let scaled = graph.node("Mul", &format!("{role}/scaled"), &[input, &root], &[]);
    let erf = graph.node("Erf", &format!("{role}/erf"), &[&scaled], &[]);
    let sum = graph.node("Add", &format!("{role}/sum"), &[&erf, &one], &[]);
    let halved = graph.node("Mul", &format!("{role}/halved"), &[input, &half], &[]);
    graph.node("Mul", role, &[&halved, &sum], &[])
}

/// `max(x, 0) + ln(1 + exp(-|x|))`, which no large `x` can overflow; the operator of that name does in tract.
fn write_softplus(graph: &mut GraphWriter, role: &str, input: &str) -> String {
    let one = graph.floats(&format!("{role}/one"), &[1], &[1.0]);
    let magnitude = graph.node("Abs", &format!("{role}/magnitude"), &[input], &[]);
    let negative = graph.node("Neg", &format!("{role}/negative"), &[&magnitude], &[]);
    let power = graph.node("Exp", &format!("{role}/power"), &[&negative], &[]);
    let sum = graph.node("Add", &format!("{role}/sum"), &[&power, &one], &[]);
    let logarithm = graph.node("Log", &format!("{role}/logarithm"), &[&sum], &[]);
    let positive = graph.node("Relu", &format!("{role}/positive"), &[input], &[]);
    graph.node("Add", role, &[&positive, &logarithm], &[])
}
