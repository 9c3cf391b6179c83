//! The ONNX file of a model, taken out and run by itself, scores as the predictor does.

use crate::example::{events, model};
use network::{MaskUse, Task};
use serde_json::{Map, Value, json};
use trained_model::Predictor;

#[test]
fn the_onnx_file_of_a_model_scores_as_the_predictor() {
    let Ok(python) = std::env::var("MLAAS4HEP_TEST_PYTHON") else {
        eprintln!(
            "SKIPPED: the_onnx_file_of_a_model_scores_as_the_predictor: MLAAS4HEP_TEST_PYTHON is not set"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (MaskUse::Zero, Task::Binary),
        (MaskUse::Append, Task::Classes(3)),
        (MaskUse::Embed, Task::Regression),
    ];
    let mut expected = Vec::new();
    for (number, (mask, task)) in cases.into_iter().enumerate() {
        let model = model(mask, task);
        let chunk = events(200);
        expected.push(Predictor::new(&model).unwrap().predict(&chunk).unwrap());
        let checked = model.selection().check(&model.branches()).unwrap();
        let selected = checked.apply(chunk).unwrap().chunk;
        let mut inputs = Map::new();
        for feature in model.layout().features() {
            let column = selected.column(&feature.branch).unwrap();
            let counts = column.values_per_entry();
            let width = counts.iter().copied().max().unwrap_or(0);
            let mut all = column.to_f64().into_iter();
            let mut values: Vec<Value> = Vec::new();
            for count in counts {
                // NaN is written as null, and stands for the end of a list.
                values.extend(
                    (0..width).map(|place| if place < count { json!(all.next()) } else { Value::Null }),
                );
            }
            let n_events = selected.n_entries();
            let shape = if feature.is_expanded() { vec![n_events, width] } else { vec![n_events] };
            inputs.insert(feature.branch.clone(), json!({"shape": shape, "values": values}));
        }
        std::fs::write(folder.path().join(format!("{number}.onnx")), model.onnx_bytes().unwrap()).unwrap();
        std::fs::write(folder.path().join(format!("{number}.json")), Value::Object(inputs).to_string())
            .unwrap();
    }
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/run_onnx.py");
    let output = std::process::Command::new(python).arg(program).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (number, expected) in expected.iter().enumerate() {
        let scores = std::fs::read(folder.path().join(format!("{number}.scores.json"))).unwrap();
        let scores: Vec<f64> = serde_json::from_slice(&scores).unwrap();
        let passed: Vec<f64> =
            expected.values.iter().filter(|value| !value.is_nan()).map(|&value| f64::from(value)).collect();
        assert_eq!(scores.len(), passed.len());
        for (found, expected) in scores.iter().zip(passed) {
            assert!((found - expected).abs() <= 1e-6, "case {number}: {found} {expected}");
        }
    }
}
