//! Reads the weights back from a file that was written here.

use super::messages::{DataType, GraphProto, ModelProto, TensorProto};
use crate::{LayerShape, NetworkProblem, NetworkShape};
use network::{Layer, MaskUse, Network, Task};
use prost::Message;

/// The network inside a graph whose layers are known. The graph's nodes are not looked at: the shape says what
/// they are.
pub(crate) fn read_network(
    bytes: &[u8],
    shape: &NetworkShape,
    task: Task,
) -> Result<Network, NetworkProblem> {
    let model = ModelProto::decode(bytes)
        .map_err(|cause| NetworkProblem(format!("`model.onnx` is no ONNX file: {cause}")))?;
    let graph = model.graph.unwrap_or_default();
    let mask_embedding = match shape.mask {
        MaskUse::Embed => constant(&graph, "columns/embedding")?,
        MaskUse::Zero | MaskUse::Append => Vec::new(),
    };
    let mut layers = Vec::with_capacity(shape.layers.len());
    for (position, layer) in shape.layers.iter().enumerate() {
        layers.push(read_layer(&graph, &format!("layer_{}", position + 1), *layer)?);
    }
    let network = Network { n_features: shape.n_features, mask: shape.mask, mask_embedding, layers, task };
    super::check_network(&network)?;
    Ok(network)
}

fn read_layer(graph: &GraphProto, role: &str, shape: LayerShape) -> Result<Layer, NetworkProblem> {
    let values = |name: &str| constant(graph, &format!("{role}/{name}"));
    Ok(match shape {
        LayerShape::Dense { n_inputs, n_outputs } => {
            Layer::Dense { n_inputs, n_outputs, weights: values("weights")?, bias: values("bias")? }
        }
        LayerShape::BatchNorm { epsilon } => Layer::BatchNorm {
            gamma: values("gamma")?,
            beta: values("beta")?,
            mean: values("mean")?,
            variance: values("variance")?,
            epsilon,
        },
        LayerShape::Activation { function } => Layer::Activation(function),
    })
}

/// The 32-bit floats of the constant with a role.
fn constant(graph: &GraphProto, role: &str) -> Result<Vec<f32>, NetworkProblem> {
    // The writer adds underscores where a branch has the name already.
    let is_own = |tensor: &&TensorProto| tensor.name.trim_end_matches('_').strip_prefix('/') == Some(role);
    let tensor = graph.initializer.iter().find(is_own);
    let tensor = tensor.filter(|tensor| tensor.data_type == i32::from(DataType::Float));
    let Some(tensor) = tensor else {
        return Err(NetworkProblem(format!("`model.onnx` has no 32-bit constant `/{role}`")));
    };
    let (values, rest) = tensor.raw_data.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(NetworkProblem(format!(
            "constant `/{role}` of `model.onnx` is not whole numbers of 4 bytes"
        )));
    }
    Ok(values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}
