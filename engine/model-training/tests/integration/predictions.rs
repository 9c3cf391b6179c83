//! The worker's predictions against the network's own forward pass.

use std::ops::ControlFlow;

use model_training::{PredictionSettings, TrainedModel, WorkerProgram, predict};
use network::{Activation, Layer, MaskUse, Network, Task};

use super::support::{Numbers, Row, Rows, row, worker};

const ACTIVATIONS: [Activation; 9] = [
    Activation::Relu,
    Activation::LeakyRelu,
    Activation::Elu,
    Activation::Selu,
    Activation::Gelu,
    Activation::Silu,
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Softplus,
];

fn network(activation: Activation, mask: MaskUse, task: Task) -> Network {
    let mut numbers = Numbers(21);
    let mut draw = |n: usize| (0..n).map(|_| numbers.next()).collect::<Vec<f32>>();
    let n_inputs = if mask == MaskUse::Append { 8 } else { 4 };
    let n_outputs = task.n_outputs();
    Network {
        n_features: 4,
        mask,
        mask_embedding: if mask == MaskUse::Embed { draw(4) } else { Vec::new() },
        layers: vec![
            Layer::Dense { n_inputs, n_outputs: 6, weights: draw(6 * n_inputs), bias: draw(6) },
            Layer::BatchNorm {
                gamma: draw(6),
                beta: draw(6),
                mean: draw(6),
                variance: draw(6).iter().map(|value| value.abs() + 0.1).collect(),
                epsilon: 1e-5,
            },
            Layer::Activation(activation),
            Layer::Dense { n_inputs: 6, n_outputs, weights: draw(6 * n_outputs), bias: draw(n_outputs) },
        ],
        task,
    }
}

fn rows() -> Vec<Row> {
    let mut numbers = Numbers(22);
    (0..2500)
        .map(|i| {
            let mut values: Vec<f32> = (0..4).map(|_| numbers.next() * 4.0).collect();
            if i % 3 == 0 {
                values[i % 4] = f32::NAN;
            }
            row(&values, 0.0)
        })
        .collect()
}

fn check(network: &Network, worker: &WorkerProgram) {
    let rows = rows();
    let (first, rest) = rows.split_at(1500);
    let (second, third) = rest.split_at(700);
    let mut source = Rows::new(vec![
        (first.to_vec(), Vec::new(), Vec::new()),
        (Vec::new(), Vec::new(), Vec::new()),
        (Vec::new(), second.to_vec(), third.to_vec()),
    ]);
    let mut n_done = 0;
    let scores = predict(
        &TrainedModel::Network(network),
        PredictionSettings::default(),
        &mut source,
        worker,
        &mut |report| {
            n_done = report.done;
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    assert_eq!(n_done, rows.len() as u64);
    assert_eq!(scores.n_outputs, network.task.n_outputs());
    assert_eq!(scores.values.len(), rows.len() * scores.n_outputs);
    for (row, found) in rows.iter().zip(scores.values.chunks(scores.n_outputs)) {
        let mask: Vec<u8> = row.values.iter().map(|value| u8::from(value.is_nan())).collect();
        let expected = network.predict_row(&row.values, &mask);
        for (found, expected) in found.iter().zip(&expected) {
            let close = (found - expected).abs() <= 1e-6 * expected.abs().max(1.0);
            assert!(close, "{:?}: {found} {expected}", network.layers[2]);
        }
    }
}

#[test]
fn every_activation_is_as_in_the_networks_own_forward_pass() {
    let Some(worker) = worker("every_activation_is_as_in_the_networks_own_forward_pass") else { return };
    for activation in ACTIVATIONS {
        check(&network(activation, MaskUse::Zero, Task::Binary), &worker);
    }
}

#[test]
fn every_use_of_the_mask_and_every_task_too() {
    let Some(worker) = worker("every_use_of_the_mask_and_every_task_too") else { return };
    for mask in [MaskUse::Zero, MaskUse::Append, MaskUse::Embed] {
        for task in [Task::Binary, Task::Classes(3), Task::Regression] {
            check(&network(Activation::Tanh, mask, task), &worker);
        }
    }
}
