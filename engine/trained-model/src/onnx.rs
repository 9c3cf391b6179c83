//! The network as an ONNX file: opset 17, IR version 8, written by hand.
//!
//! The graph holds all that happens between a raw event and its score, so the file alone is enough for
//! onnxruntime or any other ONNX engine:
//!
//! - one input for each branch, by its name: `[batch]` for one value an event, `[batch, width]` for a fixed
//!   array, `[batch, n]` with any `n` for a list (shorter lists of the batch end in NaN). 64-bit floats and
//!   integers of 32 and 64 bits come as DOUBLE, everything else as FLOAT. A missing value is NaN;
//! - lists are padded with NaN and cut to the width of training, all columns normalised in the precision of
//!   training, missing values replaced as the network was taught;
//! - the layers, those up to a batch norm of nearly constant columns in 64 bits, and one output: `probability` (`[batch, 1]`, or one column for each class), or `value`.
//!
//! A constant is named once for each use; equal constants are not shared, the file is larger by some bytes
//! for it and simpler to read.

mod double_layers;
mod features;
mod graph;
mod layers;
mod messages;
mod weights;

#[cfg(test)]
mod tests;

pub(crate) use weights::read_network;

use crate::NetworkProblem;
use event_matrix::MatrixLayout;
use graph::{GraphWriter, fixed, named};
use messages::{DataType, ModelProto, OperatorSetIdProto, StringStringEntryProto};
use network::{Layer, MaskUse, Network};
use prost::Message;

const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;

/// The whole way from raw branches to scores. `metadata` becomes the file's metadata properties.
pub(crate) fn full_graph(
    layout: &MatrixLayout,
    network: &Network,
    metadata: &[(String, String)],
) -> Result<Vec<u8>, NetworkProblem> {
    check_network(network)?;
    if network.n_features != layout.n_columns() {
        let (n_features, n_columns) = (network.n_features, layout.n_columns());
        return Err(NetworkProblem(format!("it takes {n_features} columns, the matrix has {n_columns}")));
    }
    let mut graph = GraphWriter::default();
    let features = features::write_features(&mut graph, layout.features(), network);
    layers::write_layers(&mut graph, network, features);
    Ok(model_bytes(graph, metadata))
}

/// The layers alone, from a `[batch, n]` input `columns` in which missing values are replaced already.
pub(crate) fn layers_graph(network: &Network) -> Result<Vec<u8>, NetworkProblem> {
    let n_inputs = check_network(network)?;
    let mut graph = GraphWriter::default();
    graph.input("columns", DataType::Float, &[named("batch"), fixed(n_inputs)], "");
    layers::write_layers(&mut graph, network, "columns".to_string());
    Ok(model_bytes(graph, &[]))
}

fn model_bytes(graph: GraphWriter, metadata: &[(String, String)]) -> Vec<u8> {
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "mlaas4hep".to_string(),
        producer_version: env!("CARGO_PKG_VERSION").to_string(),
        doc_string:
            "Raw branches in, scores out: padding, normalisation and the rule for missing values are \
                     part of the graph."
                .to_string(),
        graph: Some(graph.finish("events_to_scores", String::new())),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props: metadata
            .iter()
            .map(|(key, value)| StringStringEntryProto { key: key.clone(), value: value.clone() })
            .collect(),
    };
    model.encode_to_vec()
}

/// Checks that all widths fit together; returns the width of the first layer's input.
fn check_network(network: &Network) -> Result<usize, NetworkProblem> {
    let n_features = network.n_features;
    let (n_inputs, n_embedded) = match network.mask {
        MaskUse::Zero => (n_features, 0),
        MaskUse::Append => (n_features.saturating_mul(2), 0),
        MaskUse::Embed => (n_features, n_features),
    };
    if n_features == 0 {
        return Err(NetworkProblem("it has no input columns".into()));
    }
    if network.mask_embedding.len() != n_embedded {
        let found = network.mask_embedding.len();
        return Err(NetworkProblem(format!("its mask embedding has {found} values, not {n_embedded}")));
    }
    let mut width = n_inputs;
    for (position, layer) in network.layers.iter().enumerate() {
        width = layer_outputs(layer, width)
            .map_err(|problem| NetworkProblem(format!("layer {}: {problem}", position + 1)))?;
    }
    let n_outputs = network.task.n_outputs();
    if width != n_outputs {
        return Err(NetworkProblem(format!(
            "its last layer gives {width} values, the task needs {n_outputs}"
        )));
    }
    Ok(n_inputs)
}

fn layer_outputs(layer: &Layer, width: usize) -> Result<usize, String> {
    match layer {
        Layer::Dense { n_inputs, n_outputs, weights, bias } => {
            if *n_inputs != width {
                return Err(format!("takes {n_inputs} values, gets {width}"));
            }
            if n_inputs.checked_mul(*n_outputs) != Some(weights.len()) || bias.len() != *n_outputs {
                let (n_weights, n_bias) = (weights.len(), bias.len());
                return Err(format!("{n_weights} weights and {n_bias} biases for {n_inputs} x {n_outputs}"));
            }
            if !weights.iter().chain(bias).all(|weight| weight.is_finite()) {
                return Err("a weight is no finite number".to_string());
            }
            Ok(*n_outputs)
        }
        Layer::BatchNorm { gamma, beta, mean, variance, .. } => {
            match [gamma, beta, mean, variance].iter().find(|values| values.len() != width) {
                Some(values) => Err(format!("batch norm of {} columns gets {width}", values.len())),
                None => Ok(width),
            }
        }
        Layer::Activation(_) => Ok(width),
    }
}
