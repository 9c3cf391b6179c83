//! Batch norms that divide by a small spread.

use super::{ACTIVATIONS, Random, activate, dense, reference, run_onnxruntime};
use crate::onnx::double_layers::n_double_layers;
use crate::onnx::{layers_graph, read_network};
use crate::runner::Runner;
use network::{Activation, Layer, MaskUse, Network, Task};
use serde_json::json;
use std::sync::Arc;

/// A network whose batch norm divides by a small spread, over columns that vary as little.
fn magnifying(seed: u64, activation: Activation, spread: f32) -> Network {
    let mut random = Random(seed);
    let mut first = dense(&mut random, 20, 64);
    let Layer::Dense { weights, bias, .. } = &mut first else { unreachable!() };
    for weight in weights.iter_mut() {
        *weight *= spread;
    }
    let mean = bias.iter().map(|bias| activate(activation, f64::from(*bias)) as f32).collect();
    let variance = random.floats(64, 1.0).iter().map(|own| (own.abs() + 0.5) * spread * spread).collect();
    let (gamma, beta) = (random.floats(64, 2.0), random.floats(64, 1.0));
    let layers = vec![
        first,
        Layer::Activation(activation),
        Layer::BatchNorm { gamma, beta, mean, variance, epsilon: 1e-5 },
        dense(&mut random, 64, 1),
    ];
    Network { n_features: 20, mask: MaskUse::Zero, mask_embedding: vec![], layers, task: Task::Binary }
}

fn magnifying_networks() -> Vec<(String, Network)> {
    let mut networks = Vec::new();
    for activation in ACTIVATIONS {
        for (seed, spread) in [0.3, 0.1, 0.03, 0.01, 0.003, 0.001].into_iter().enumerate() {
            networks.push((format!("{activation:?}-{spread}"), magnifying(seed as u64, activation, spread)));
        }
    }
    networks
}

#[test]
fn a_batch_norm_of_nearly_constant_columns_scores_as_the_plain_calculation() {
    let rows = Random(77).floats(20 * 200, 1.0);
    for (name, network) in magnifying_networks() {
        let scores = Runner::new(Arc::new(network.clone())).unwrap().run(&rows).unwrap();
        for (row, score) in rows.chunks(20).zip(scores) {
            let difference = (f64::from(score) - reference(&network, row)[0]).abs();
            assert!(difference <= 1e-6, "{name}: {difference:e}");
        }
    }
}

#[test]
fn only_what_magnifies_is_computed_in_64_bits() {
    let check = |activation: Activation, spread: f32, expected: usize| {
        let network = magnifying(1, activation, spread);
        assert_eq!(n_double_layers(&network), expected, "{activation:?} {spread}");
    };
    check(Activation::Gelu, 0.3, 0);
    check(Activation::Gelu, 0.01, 3);
    check(Activation::Relu, 0.01, 3);
    // A rectified column that is always 0 has no rounding.
    let mut network = magnifying(1, Activation::Relu, 0.3);
    let Layer::BatchNorm { mean, variance, .. } = &mut network.layers[2] else { unreachable!() };
    (mean[5], variance[5]) = (0.0, 0.0);
    assert_eq!(n_double_layers(&network), 0);
}

#[test]
fn weights_of_64_bit_layers_come_back_from_the_file() {
    let network = magnifying(1, Activation::Softplus, 0.001);
    let bytes = layers_graph(&network).unwrap();
    let shape = crate::NetworkShape::of(&network);
    assert_eq!(read_network(&bytes, &shape, network.task).unwrap(), network);
}

#[test]
fn a_batch_norm_of_nearly_constant_columns_scores_the_same_in_onnxruntime() {
    let Ok(python) = std::env::var("MLAAS4HEP_TEST_PYTHON") else {
        eprintln!(
            "SKIPPED: a_batch_norm_of_nearly_constant_columns_scores_the_same_in_onnxruntime: \
             MLAAS4HEP_TEST_PYTHON is not set"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let rows = Random(77).floats(20 * 200, 1.0);
    for (name, network) in magnifying_networks() {
        let path = folder.path().join(format!("{name}."));
        std::fs::write(path.with_extension("onnx"), layers_graph(&network).unwrap()).unwrap();
        let inputs = json!({"columns": {"shape": [200, 20], "values": rows}});
        std::fs::write(path.with_extension("json"), inputs.to_string()).unwrap();
    }
    run_onnxruntime(&python, folder.path());
    for (name, network) in magnifying_networks() {
        let scores = std::fs::read(folder.path().join(format!("{name}.scores.json"))).unwrap();
        let scores: Vec<f64> = serde_json::from_slice(&scores).unwrap();
        for (row, score) in rows.chunks(20).zip(scores) {
            let difference = (score - reference(&network, row)[0]).abs();
            assert!(difference <= 1e-6, "{name}: {difference:e}");
        }
    }
}
