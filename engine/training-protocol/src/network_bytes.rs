//! A trained network as bytes: a safetensors file whose metadata says how its tensors make a network.
//!
//! The metadata has one key, `network`: JSON with `n_features`, `mask`, `task` and the list of layers. Tensors are
//! `mask_embedding`, and for layer `i` from 0: `layers.i.weight`, `layers.i.bias` (dense), `layers.i.gamma`,
//! `.beta`, `.mean`, `.variance` (`batch_norm`). All are little-endian `f32`.

use std::collections::HashMap;

use network::{Activation, Layer, MaskUse, Network, Task};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

const METADATA_KEY: &str = "network";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outline {
    n_features: usize,
    mask: MaskUse,
    task: Task,
    layers: Vec<LayerOutline>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum LayerOutline {
    Dense { n_inputs: usize, n_outputs: usize },
    BatchNorm { epsilon: f32 },
    Activation { function: Activation },
}

/// Writes a network.
///
/// # Errors
/// [`NetworkBytesError`] where its numbers do not fit its shape.
pub fn network_to_bytes(network: &Network) -> Result<Vec<u8>, NetworkBytesError> {
    let mut tensors: Vec<(String, &[f32])> = vec![("mask_embedding".into(), &network.mask_embedding)];
    let mut layers = Vec::with_capacity(network.layers.len());
    for (i, layer) in network.layers.iter().enumerate() {
        layers.push(match layer {
            Layer::Dense { n_inputs, n_outputs, weights, bias } => {
                tensors.push((format!("layers.{i}.weight"), weights));
                tensors.push((format!("layers.{i}.bias"), bias));
                LayerOutline::Dense { n_inputs: *n_inputs, n_outputs: *n_outputs }
            }
            Layer::BatchNorm { gamma, beta, mean, variance, epsilon } => {
                for (name, values) in
                    [("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)]
                {
                    tensors.push((format!("layers.{i}.{name}"), values));
                }
                LayerOutline::BatchNorm { epsilon: *epsilon }
            }
            Layer::Activation(function) => LayerOutline::Activation { function: *function },
        });
    }
    let outline = Outline { n_features: network.n_features, mask: network.mask, task: network.task, layers };
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), serde_json::to_string(&outline)?)]);
    let bytes: Vec<(String, usize, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, values)| (name, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = bytes
        .iter()
        .map(|(name, n_values, bytes)| Ok((name, TensorView::new(Dtype::F32, vec![*n_values], bytes)?)))
        .collect::<Result<Vec<_>, NetworkBytesError>>()?;
    Ok(safetensors::serialize(views, Some(metadata))?)
}

/// Reads a network, and checks that each layer takes what the one before it gives.
///
/// # Errors
/// [`NetworkBytesError`].
pub fn network_from_bytes(bytes: &[u8]) -> Result<Network, NetworkBytesError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)?;
    let outline = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(METADATA_KEY))
        .ok_or(NetworkBytesError::NoOutline)?;
    let outline: Outline = serde_json::from_str(outline)?;
    let tensors = SafeTensors::deserialize(bytes)?;
    let mask_embedding = match outline.mask {
        MaskUse::Embed => read(&tensors, "mask_embedding", outline.n_features)?,
        MaskUse::Zero | MaskUse::Append => Vec::new(),
    };
    let mut width = match outline.mask {
        MaskUse::Append => outline.n_features.saturating_mul(2),
        MaskUse::Zero | MaskUse::Embed => outline.n_features,
    };
    let mut layers = Vec::with_capacity(outline.layers.len());
    for (i, layer) in outline.layers.into_iter().enumerate() {
        layers.push(read_layer(&tensors, i, layer, &mut width)?);
    }
    if width != outline.task.n_outputs() {
        return Err(NetworkBytesError::Width {
            layer: layers.len(),
            n_inputs: outline.task.n_outputs(),
            width,
        });
    }
    Ok(Network {
        n_features: outline.n_features,
        mask: outline.mask,
        mask_embedding,
        layers,
        task: outline.task,
    })
}

fn read_layer(
    tensors: &SafeTensors<'_>,
    i: usize,
    outline: LayerOutline,
    width: &mut usize,
) -> Result<Layer, NetworkBytesError> {
    let tensor = |name: &str, n_values| read(tensors, &format!("layers.{i}.{name}"), n_values);
    match outline {
        LayerOutline::Dense { n_inputs, n_outputs } => {
            if n_inputs != *width {
                return Err(NetworkBytesError::Width { layer: i, n_inputs, width: *width });
            }
            *width = n_outputs;
            let weights = tensor("weight", n_inputs.saturating_mul(n_outputs))?;
            Ok(Layer::Dense { n_inputs, n_outputs, weights, bias: tensor("bias", n_outputs)? })
        }
        LayerOutline::BatchNorm { epsilon } => Ok(Layer::BatchNorm {
            gamma: tensor("gamma", *width)?,
            beta: tensor("beta", *width)?,
            mean: tensor("mean", *width)?,
            variance: tensor("variance", *width)?,
            epsilon,
        }),
        LayerOutline::Activation { function } => Ok(Layer::Activation(function)),
    }
}

fn read(tensors: &SafeTensors<'_>, name: &str, n_values: usize) -> Result<Vec<f32>, NetworkBytesError> {
    let tensor = tensors.tensor(name)?;
    let bytes = tensor.data();
    if tensor.dtype() != Dtype::F32 || bytes.len() / 4 != n_values {
        return Err(NetworkBytesError::Size { tensor: name.into(), n_values, n_bytes: bytes.len() });
    }
    Ok(bytes.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect())
}

/// Why bytes are no network.
#[derive(Debug, thiserror::Error)]
pub enum NetworkBytesError {
    /// Not a safetensors file, or a tensor is missing in it.
    #[error("the network's weights are not valid safetensors: {0}")]
    SafeTensors(#[from] safetensors::SafeTensorError),
    /// The outline is not as documented.
    #[error("the network's outline is not valid: {0}")]
    Outline(#[from] serde_json::Error),
    /// A safetensors file of something else.
    #[error("the safetensors file holds no network: its metadata has no `network`")]
    NoOutline,
    /// A tensor of the wrong size.
    #[error("tensor {tensor} of the network needs {n_values} values of f32, it has {n_bytes} bytes")]
    Size {
        /// Its name.
        tensor: String,
        /// Values by the outline.
        n_values: usize,
        /// Bytes in the file.
        n_bytes: usize,
    },
    /// Layers that do not fit together.
    #[error("what follows layer {layer} of the network (from 0) takes {n_inputs} columns, it gets {width}")]
    Width {
        /// Number of the layer, from 0.
        layer: usize,
        /// What it takes.
        n_inputs: usize,
        /// What it gets.
        width: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Network {
        Network {
            n_features: 2,
            mask: MaskUse::Embed,
            mask_embedding: vec![0.5, f32::MIN_POSITIVE],
            layers: vec![
                Layer::Dense {
                    n_inputs: 2,
                    n_outputs: 3,
                    weights: vec![1.0, -2.0, 3.5, 0.1, 1e-30, 7.0],
                    bias: vec![0.0, -0.0, 1.0],
                },
                Layer::BatchNorm {
                    gamma: vec![1.0; 3],
                    beta: vec![2.0; 3],
                    mean: vec![3.0; 3],
                    variance: vec![4.0; 3],
                    epsilon: 1e-5,
                },
                Layer::Activation(Activation::Gelu),
                Layer::Dense { n_inputs: 3, n_outputs: 1, weights: vec![1.0; 3], bias: vec![0.25] },
            ],
            task: Task::Binary,
        }
    }

    fn check_refused(network: &Network, expected: &str) {
        let found = network_from_bytes(&network_to_bytes(network).unwrap()).unwrap_err().to_string();
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn a_network_survives_the_journey_bit_by_bit() {
        let bytes = network_to_bytes(&example()).unwrap();
        assert_eq!(network_from_bytes(&bytes).unwrap(), example());
    }

    #[test]
    fn a_network_that_does_not_fit_together_is_refused() {
        check_refused(&Network { n_features: 3, ..example() }, "mask_embedding");
        check_refused(&Network { task: Task::Classes(3), ..example() }, "takes 3 columns, it gets 1");
        let mut network = example();
        network.layers.remove(0);
        check_refused(&network, "layers.0.gamma");
        let mut network = example();
        network.layers.drain(..3);
        check_refused(&network, "takes 3 columns, it gets 2");
    }

    #[test]
    fn cut_bytes_are_an_error() {
        let bytes = network_to_bytes(&example()).unwrap();
        for n_bytes in 0..bytes.len() {
            assert!(network_from_bytes(&bytes[..n_bytes]).is_err(), "{n_bytes}");
        }
    }
}
