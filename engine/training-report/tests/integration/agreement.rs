//! Agreement with `expected.json`, which `make_expected.py` writes.

use serde_json::Value;
use training_report::{
    ClassScores, ConfusionMatrix, Part, RocCurve, class_scores, correlation_matrix, kolmogorov_probability,
    kolmogorov_smirnov, log_loss, regression_scores, roc_curve,
};

fn expected(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../expected.json")).unwrap();
    all[kind].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn weights(case: &Value) -> Option<Vec<f64>> {
    case["weights"].as_array().map(|_| numbers(&case["weights"]))
}

fn labels(case: &Value) -> Vec<u32> {
    numbers(&case["labels"]).into_iter().map(|label| label as u32).collect()
}

#[track_caller]
fn check(what: &str, answer: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    let difference = (answer - expected).abs();
    assert!(difference <= tolerance * expected.abs().max(1.0), "{what}: {answer} instead of {expected}");
}

const TIGHT: f64 = 1e-12;

#[test]
fn roc_curves_are_those_of_scikit_learn() {
    for case in expected("binary") {
        let name = case["name"].as_str().unwrap();
        let is_signal: Vec<bool> = labels(&case).into_iter().map(|label| label == 1).collect();
        let curve = roc_curve(&is_signal, &numbers(&case["scores"]), weights(&case).as_deref()).unwrap();
        check(name, curve.auc, &case["auc"], TIGHT);
        check(name, curve.auc, &case["auc_of_pairs"], TIGHT);
        check(name, curve.best_threshold.threshold, &case["best_threshold"], 0.0);
        check(name, curve.best_threshold.g_mean, &case["g_mean"], TIGHT);
        check_curve(name, &curve, &case);
    }
}

fn check_curve(name: &str, curve: &RocCurve, case: &Value) {
    let thresholds: Vec<f64> = curve.thresholds[1..].iter().map(|threshold| threshold.unwrap()).collect();
    assert_eq!(thresholds, numbers(&case["thresholds"]), "{name}");
    for (rates, expected) in
        [(&curve.false_positive_rate, &case["fpr"]), (&curve.true_positive_rate, &case["tpr"])]
    {
        let expected = expected.as_array().unwrap();
        assert_eq!(rates.len(), expected.len(), "{name}");
        for (rate, expected) in rates.iter().zip(expected) {
            check(name, *rate, expected, TIGHT);
        }
    }
}

#[test]
fn decisions_are_those_of_scikit_learn() {
    for case in expected("binary") {
        let (truth, scores, weights) = (labels(&case), numbers(&case["scores"]), weights(&case));
        let predicted = ConfusionMatrix::decide_binary(&scores, 0.5);
        check_decisions(&case, 2, &truth, &predicted, weights.as_deref());
        let loss = log_loss(2, &truth, &scores, weights.as_deref()).unwrap();
        check("log loss", loss, &case["log_loss"], TIGHT);
    }
    for case in expected("several") {
        let n_classes = case["n_classes"].as_u64().unwrap() as usize;
        let (truth, scores, weights) = (labels(&case), numbers(&case["scores"]), weights(&case));
        let predicted = ConfusionMatrix::decide_classes(&scores, n_classes);
        check_decisions(&case, n_classes, &truth, &predicted, weights.as_deref());
        let loss = log_loss(n_classes, &truth, &scores, weights.as_deref()).unwrap();
        check("log loss", loss, &case["log_loss"], TIGHT);
    }
}

fn check_decisions(
    case: &Value,
    n_classes: usize,
    truth: &[u32],
    predicted: &[u32],
    weights: Option<&[f64]>,
) {
    let name = case["name"].as_str().unwrap();
    let confusion = ConfusionMatrix::new(n_classes, truth, predicted, weights).unwrap();
    for (row, expected) in confusion.rows.iter().zip(case["confusion"].as_array().unwrap()) {
        row.iter()
            .zip(expected.as_array().unwrap())
            .for_each(|(sum, expected)| check(name, *sum, expected, TIGHT));
    }
    let ClassScores { classes, accuracy, macro_average, weighted_average, .. } =
        class_scores(&confusion, &[]);
    check(name, accuracy.unwrap(), &case["accuracy"], TIGHT);
    for (class, expected) in classes.iter().zip(case["classes"].as_array().unwrap()) {
        let ours = [class.precision, class.recall, class.f1, Some(class.support)];
        for (ours, expected) in ours.into_iter().zip(expected.as_array().unwrap()) {
            check(name, ours.unwrap_or(0.0), expected, TIGHT);
        }
    }
    for (average, expected) in [(macro_average, &case["macro"]), (weighted_average, &case["weighted"])] {
        let average = average.unwrap();
        check(name, average.precision, &expected[0], TIGHT);
        check(name, average.recall, &expected[1], TIGHT);
        check(name, average.f1, &expected[2], TIGHT);
    }
}

#[test]
fn regressions_are_those_of_scikit_learn() {
    for case in expected("regression") {
        let name = case["name"].as_str().unwrap();
        let (labels, scores, weights) = (numbers(&case["labels"]), numbers(&case["scores"]), weights(&case));
        let part = Part { labels: &labels, scores: &scores, weights: weights.as_deref() };
        let answer = regression_scores(part).unwrap();
        check(name, answer.mse, &case["mse"], TIGHT);
        check(name, answer.mae, &case["mae"], TIGHT);
        check(name, answer.r2.unwrap(), &case["r2"], TIGHT);
        check(name, answer.bias, &case["bias"], TIGHT);
        check(name, answer.resolution.unwrap(), &case["resolution"], TIGHT);
        check(name, answer.response.unwrap(), &case["response"], TIGHT);
        check(name, answer.response_resolution.unwrap(), &case["response_resolution"], TIGHT);
    }
}

#[test]
fn over_training_checks_are_those_of_root_and_scipy() {
    for case in expected("kolmogorov") {
        let name = case["name"].as_str().unwrap();
        let sample = |which: &str| (numbers(&case[which]["scores"]), weights(&case[which]));
        let ((first, first_weights), (second, second_weights)) = (sample("first"), sample("second"));
        let answer =
            kolmogorov_smirnov((&first, first_weights.as_deref()), (&second, second_weights.as_deref()))
                .unwrap();
        check(name, answer.distance, &case["distance"], TIGHT);
        // ROOT's formula is good to 5e-9 (see `kolmogorov_probability`).
        check(name, answer.p_value, &case["p_value"], 1e-8);
        if first_weights.is_none() {
            check(name, answer.distance, &case["scipy_distance"], TIGHT);
            check(name, answer.p_value, &case["root_unbinned_p_value"], 1e-8);
        }
    }
}

#[test]
fn kolmogorov_probabilities_are_those_of_scipy_and_nearly_of_root() {
    for case in expected("kolmogorov_probability") {
        let z = case[0].as_f64().unwrap();
        let answer = kolmogorov_probability(z);
        check(&format!("ROOT at {z}"), answer, &case[1], 1e-8);
        check(&format!("scipy at {z}"), answer, &case[2], TIGHT);
    }
}

#[test]
fn correlations_are_those_of_pandas_and_numpy() {
    for case in expected("correlation") {
        let name = case["name"].as_str().unwrap();
        let values: Vec<f32> = numbers(&case["values"]).into_iter().map(|value| value as f32).collect();
        let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let answer = correlation_matrix(names, &values, weights(&case).as_deref()).unwrap();
        for (row, expected) in answer.rows.iter().zip(case["rows"].as_array().unwrap()) {
            for (ours, expected) in row.iter().zip(expected.as_array().unwrap()) {
                check(name, ours.unwrap(), expected, TIGHT);
            }
        }
    }
}
