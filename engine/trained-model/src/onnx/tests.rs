//! Random graphs of every kind against a plain calculation, in tract and (where there is a Python) onnxruntime.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod magnified;

use super::*;
use crate::runner::Runner;
use event_columns::{ColumnType, ElementType};
use event_matrix::Feature;
use network::{Activation, Task};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tract_onnx::prelude::*;

/// `SplitMix64` (Steele et al. 2014): small, seeded, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between -1 and 1.
    fn number(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn floats(&mut self, n: usize, scale: f64) -> Vec<f32> {
        (0..n).map(|_| (self.number() * scale) as f32).collect()
    }
}

pub(crate) fn dense(random: &mut Random, n_inputs: usize, n_outputs: usize) -> Layer {
    // Of the size that training starts from and ends near.
    let scale = 2.0 / (n_inputs as f64).sqrt();
    Layer::Dense {
        n_inputs,
        n_outputs,
        weights: random.floats(n_inputs * n_outputs, scale),
        bias: random.floats(n_outputs, 0.5),
    }
}

fn batch_norm(random: &mut Random, width: usize) -> Layer {
    Layer::BatchNorm {
        gamma: random.floats(width, 2.0),
        beta: random.floats(width, 1.0),
        mean: random.floats(width, 1.0),
        variance: random.floats(width, 1.0).iter().map(|value| value.abs() + 0.1).collect(),
        epsilon: 1e-5,
    }
}

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

fn random_network(
    random: &mut Random,
    n_features: usize,
    mask: MaskUse,
    task: Task,
    activation: Activation,
) -> Network {
    let n_inputs = if mask == MaskUse::Append { 2 * n_features } else { n_features };
    let mask_embedding = if mask == MaskUse::Embed { random.floats(n_features, 1.0) } else { Vec::new() };
    let layers = vec![
        dense(random, n_inputs, 128),
        Layer::Activation(activation),
        batch_norm(random, 128),
        dense(random, 128, 64),
        Layer::Activation(activation),
        dense(random, 64, task.n_outputs()),
    ];
    Network { n_features, mask, mask_embedding, layers, task }
}

/// `erf` by its power series, which ends well within the range that is asked for.
fn erf(x: f64) -> f64 {
    if x.abs() > 5.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

fn activate(activation: Activation, x: f64) -> f64 {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::LeakyRelu => {
            if x < 0.0 {
                f64::from(0.01_f32) * x
            } else {
                x
            }
        }
        Activation::Elu => {
            if x < 0.0 {
                x.exp_m1()
            } else {
                x
            }
        }
        Activation::Selu => {
            1.050_700_987_355_480_5 * if x < 0.0 { 1.673_263_242_354_377_2 * x.exp_m1() } else { x }
        }
        Activation::Gelu => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        Activation::Silu => x * sigmoid(x),
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => sigmoid(x),
        Activation::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
    }
}

/// The scores of one row of the layers' input, in 64-bit floats.
pub(crate) fn reference(network: &Network, row: &[f32]) -> Vec<f64> {
    let mut values: Vec<f64> = row.iter().map(|&value| f64::from(value)).collect();
    for layer in &network.layers {
        values = match layer {
            Layer::Dense { n_inputs, weights, bias, .. } => weights
                .chunks(*n_inputs)
                .zip(bias)
                .map(|(row, bias)| {
                    let products = row.iter().zip(&values).map(|(&weight, value)| f64::from(weight) * value);
                    products.sum::<f64>() + f64::from(*bias)
                })
                .collect(),
            Layer::BatchNorm { gamma, beta, mean, variance, epsilon } => (0..values.len())
                .map(|position| {
                    let root = (f64::from(variance[position]) + f64::from(*epsilon)).sqrt();
                    let centred = values[position] - f64::from(mean[position]);
                    centred / root * f64::from(gamma[position]) + f64::from(beta[position])
                })
                .collect(),
            Layer::Activation(activation) => {
                values.iter().map(|&value| activate(*activation, value)).collect()
            }
        };
    }
    match network.task {
        Task::Binary => values.iter().map(|&value| 1.0 / (1.0 + (-value).exp())).collect(),
        Task::Classes(_) => {
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Vec<f64> = values.iter().map(|&value| (value - largest).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.iter().map(|power| power / sum).collect()
        }
        Task::Regression => values,
    }
}

/// One graph with events for it and the scores that they must get.
struct Case {
    name: String,
    bytes: Vec<u8>,
    network: Network,
    features: Vec<Feature>,
    n_rows: usize,
    /// For each branch: the shape of its input and the values.
    inputs: Vec<(Vec<usize>, Vec<f64>)>,
    /// Normalised columns and their mask.
    columns: Vec<f32>,
    mask: Vec<u8>,
    expected: Vec<f64>,
}

/// Branches of every shape and precision; lists shorter and longer than their columns, one of length 0.
fn features() -> (Vec<Feature>, Vec<usize>) {
    use ElementType::{Bool, F32, F64, I64, U16};
    // Name, type, columns, values in the input.
    let table = [
        ("met", ColumnType::flat(F32), 1, 1),
        ("jet_pt", ColumnType::jagged(F32), 30, 12),
        ("run/number", ColumnType::flat(I64), 1, 1),
        ("vertex", ColumnType::fixed(F32, 3), 3, 3),
        ("trimmed", ColumnType::fixed(F64, 4), 2, 4),
        ("tau_eta", ColumnType::jagged(F64), 40, 55),
        ("is_good", ColumnType::flat(Bool), 1, 1),
        ("no_muon", ColumnType::jagged(F32), 5, 0),
        ("never", ColumnType::jagged(F32), 0, 3),
        ("huge", ColumnType::flat(F64), 1, 1),
        ("n_hits", ColumnType::jagged(U16), 20, 20),
        ("probability", ColumnType::flat(F64), 1, 1),
        ("/layer_1/weights", ColumnType::jagged(F32), 40, 41),
    ];
    let mut random = Random(5);
    let (mut features, mut widths, mut first_column) = (Vec::new(), Vec::new(), 0);
    for &(name, column_type, width, n_values) in &table {
        features.push(Feature {
            branch: name.to_string(),
            column_type,
            first_column,
            width,
            shift: f64::from((random.number() * 10.0) as f32),
            // Normalised values are of the size of 1; the wide integers too.
            scale: f64::from((random.number().abs() * 100.0 + 100.0) as f32)
                * if column_type.element == I64 { 1e6 } else { 1.0 },
            constant: false,
            truncates: true,
            min: Some(0.0),
            max: None,
        });
        widths.push(n_values);
        first_column += width;
    }
    (features, widths)
}

fn layout(features: &[Feature]) -> MatrixLayout {
    let n_columns: usize = features.iter().map(|feature| feature.width).sum();
    let form =
        json!({"compat": "master", "scaling": "min_max", "features": features, "n_columns": n_columns});
    serde_json::from_value(form).unwrap()
}

/// A value as the branch's type can hold it; one float in ten is not finite.
fn value(random: &mut Random, element: ElementType) -> f64 {
    if random.below(10) == 0 && matches!(element, ElementType::F32 | ElementType::F64) {
        return [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][random.below(3)];
    }
    let number = random.number() * 100.0;
    match element {
        ElementType::Bool => f64::from(u8::from(number > 0.0)),
        // Beyond the whole numbers that 32-bit floats hold.
        ElementType::I64 => (number * 1e6).round(),
        ElementType::U16 => number.abs().round(),
        ElementType::F64 => number,
        _ => f64::from(number as f32),
    }
}

fn normalise(feature: &Feature, value: f64) -> f32 {
    if feature.is_computed_in_f32() {
        (value as f32 - feature.shift as f32) / feature.scale as f32
    } else {
        ((value - feature.shift) / feature.scale) as f32
    }
}

fn case(seed: u64, mask: MaskUse, task: Task, activation: Activation) -> Case {
    let mut random = Random(seed);
    let (features, widths) = features();
    let layout = layout(&features);
    let network = random_network(&mut random, layout.n_columns(), mask, task, activation);
    let n_rows = 37;
    let mut inputs = Vec::new();
    for (feature, &width) in features.iter().zip(&widths) {
        let shape = if feature.is_expanded() { vec![n_rows, width] } else { vec![n_rows] };
        let element = feature.column_type.element;
        let mut values: Vec<f64> = (0..n_rows * width).map(|_| value(&mut random, element)).collect();
        if feature.branch == "huge" {
            // Finite in 64 bits, beyond 32.
            values[3] = 1e300;
        }
        inputs.push((shape, values));
    }
    let (mut columns, mut missing) = (Vec::new(), Vec::new());
    for row in 0..n_rows {
        for (position, feature) in features.iter().enumerate() {
            let width = widths[position];
            let own = &inputs[position].1[row * width..(row + 1) * width];
            for place in 0..feature.width {
                let value = own.get(place).map_or(f32::NAN, |&value| normalise(feature, value));
                columns.push(if value.is_finite() { value } else { f32::NAN });
                missing.push(u8::from(!value.is_finite()));
            }
        }
    }
    let metadata = [("labels".to_string(), "background,signal".to_string())];
    let bytes = full_graph(&layout, &network, &metadata).unwrap();
    let runner = Runner::new(Arc::new(network.clone())).unwrap();
    let mut rows = vec![0.0; n_rows * runner.n_inputs()];
    runner.fill_rows(&columns, &missing, &mut rows);
    let expected = rows.chunks(runner.n_inputs()).flat_map(|row| reference(&network, row)).collect();
    let name = format!("{seed}-{mask:?}-{task:?}-{activation:?}");
    Case { name, bytes, network, features, n_rows, inputs, columns, mask: missing, expected }
}

/// Every activation with every use of the mask; the tasks in turn.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (row, activation) in ACTIVATIONS.into_iter().enumerate() {
        for (column, mask) in [MaskUse::Zero, MaskUse::Append, MaskUse::Embed].into_iter().enumerate() {
            let task = [Task::Binary, Task::Classes(4), Task::Regression][(row + column) % 3];
            cases.push(case((row * 3 + column) as u64, mask, task, activation));
        }
    }
    cases
}

fn run_onnxruntime(python: &str, folder: &std::path::Path) {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/run_onnx.py");
    let output = std::process::Command::new(python).arg(program).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Probabilities must agree to 1e-6. Values of a regression have a size: 1e-6 of it and of the numbers summed.
fn assert_close(engine: &str, case: &Case, found: &[f64]) {
    assert_eq!(found.len(), case.expected.len(), "{engine}, {}", case.name);
    for (found, expected) in found.iter().zip(&case.expected) {
        let limit = if case.network.task == Task::Regression { 1e-5 * (1.0 + expected.abs()) } else { 1e-6 };
        assert!((found - expected).abs() <= limit, "{engine}, {}: {found} and {expected}", case.name);
    }
}

fn run_in_tract(case: &Case) -> Vec<f64> {
    let mut model = tract_onnx::onnx().model_for_read(&mut case.bytes.as_slice()).unwrap();
    let mut tensors = TVec::new();
    let used = case.features.iter().zip(&case.inputs).filter(|(feature, _)| feature.width > 0);
    for (position, (feature, (shape, values))) in used.enumerate() {
        let is_double = features::input_type(feature.column_type.element) == DataType::Double;
        let element = if is_double { f64::datum_type() } else { f32::datum_type() };
        model = model.with_input_fact(position, InferenceFact::dt_shape(element, shape)).unwrap();
        let tensor = Tensor::from_shape(shape, values).unwrap();
        tensors.push(tensor.cast_to_dt(element).unwrap().into_owned().into());
    }
    let plan = model.into_optimized().unwrap().into_runnable().unwrap();
    let outputs = plan.run(tensors).unwrap();
    let view = outputs[0].to_plain_array_view::<f32>().unwrap();
    view.iter().map(|&score| f64::from(score)).collect()
}

#[test]
fn the_full_graph_scores_as_the_plain_calculation_in_tract() {
    for case in cases() {
        assert_close("tract", &case, &run_in_tract(&case));
    }
}

#[test]
fn the_layers_alone_score_the_same() {
    for case in cases() {
        let runner = Runner::new(Arc::new(case.network.clone())).unwrap();
        let mut rows = vec![0.0; case.n_rows * runner.n_inputs()];
        runner.fill_rows(&case.columns, &case.mask, &mut rows);
        let scores: Vec<f64> = runner.run(&rows).unwrap().iter().map(|&score| f64::from(score)).collect();
        assert_close("layers in tract", &case, &scores);
    }
}

#[test]
fn weights_come_back_from_the_file() {
    for case in cases() {
        let shape = crate::NetworkShape::of(&case.network);
        assert_eq!(
            read_network(&case.bytes, &shape, case.network.task).unwrap(),
            case.network,
            "{}",
            case.name
        );
    }
}

#[test]
fn the_file_alone_scores_the_same_in_onnxruntime() {
    let Ok(python) = std::env::var("MLAAS4HEP_TEST_PYTHON") else {
        eprintln!("SKIPPED: the_file_alone_scores_the_same_in_onnxruntime: MLAAS4HEP_TEST_PYTHON is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    for case in &cases {
        let path = folder.path().join(&case.name);
        std::fs::write(path.with_extension("onnx"), &case.bytes).unwrap();
        let inputs: BTreeMap<&str, Value> = case
            .features
            .iter()
            .zip(&case.inputs)
            .map(|(feature, (shape, values))| {
                // JSON has no infinities, so they go as text; NaN is written as null.
                let is_infinite = |value: &f64| value.is_infinite();
                let form =
                    |value: &f64| if is_infinite(value) { json!(value.to_string()) } else { json!(value) };
                let values: Vec<Value> = values.iter().map(form).collect();
                (feature.branch.as_str(), json!({"shape": shape, "values": values}))
            })
            .collect();
        std::fs::write(path.with_extension("json"), serde_json::to_string(&inputs).unwrap()).unwrap();
    }
    run_onnxruntime(&python, folder.path());
    for case in &cases {
        let read = |extension: &str| {
            std::fs::read(folder.path().join(&case.name).with_extension(extension)).unwrap()
        };
        let scores: Vec<f64> = serde_json::from_slice(&read("scores.json")).unwrap();
        assert_close("onnxruntime", case, &scores);
        let output: Value = serde_json::from_slice(&read("output.json")).unwrap();
        // A branch has the name `probability`, so the output gives way.
        let name = if case.network.task == Task::Regression { "value" } else { "probability_" };
        assert_eq!(output, json!({"name": name, "shape": [case.n_rows, case.network.task.n_outputs()]}));
    }
}

#[test]
fn extreme_inputs_do_not_break_an_activation() {
    let row = [1e30_f32, -1e30, 100.0, -100.0, 30.0, -30.0, 1e-30, 0.0];
    for activation in ACTIVATIONS {
        // One value in, one out: the activation itself.
        let identity =
            |n: usize| Layer::Dense { n_inputs: n, n_outputs: n, weights: vec![1.0], bias: vec![0.0] };
        let network = Network {
            n_features: 1,
            mask: MaskUse::Zero,
            mask_embedding: vec![],
            layers: vec![Layer::Activation(activation), identity(1)],
            task: Task::Regression,
        };
        let runner = Runner::new(Arc::new(network.clone())).unwrap();
        for (found, value) in runner.run(&row).unwrap().into_iter().zip(row) {
            let expected = reference(&network, &[value])[0];
            // tract gives -6e-6 for the silu of -1e30, which is 0.
            let is_close = (f64::from(found) - expected).abs() <= 1e-5 * (1.0 + expected.abs());
            assert!(is_close, "{activation:?}({value}) is {found}, not {expected}");
        }
    }
}

#[test]
fn networks_that_do_not_fit_are_refused() {
    let mut random = Random(1);
    let network = random_network(&mut random, 3, MaskUse::Embed, Task::Binary, Activation::Relu);
    let check = |change: fn(&mut Network), message: &str| {
        let mut changed = network.clone();
        change(&mut changed);
        let error = layers_graph(&changed).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    check(|network| network.n_features = 0, "no input columns");
    check(|network| network.mask_embedding = vec![], "0 values, not 3");
    check(|network| network.n_features = usize::MAX, "not 18446744073709551615");
    check(|network| network.mask = MaskUse::Append, "not 0");
    check(|network| network.task = Task::Classes(2), "the task needs 2");
    check(|network| drop(network.layers.remove(0)), "layer 2: batch norm of 128 columns gets 3");
    check(|network| drop(network.layers.remove(3)), "layer 5: takes 64 values, gets 128");
}
