//! Whole reports: their text, their JSON, and what they hold.

use training_report::{
    CorrelationMatrix, Epoch, Importance, Part, PartName, Report, ReportInput, ReportSettings, Task,
    roc_curve,
};

/// Numbers 0..1 that look random and are the same everywhere.
pub(crate) fn noise(at: usize) -> f64 {
    let bits = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((bits ^ (bits >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

pub(crate) fn binary_task() -> Task {
    Task::Binary { classes: ["background".to_owned(), "signal".to_owned()] }
}

/// Labels and scores that agree more or less; `start` picks the noise.
fn binary_events(start: usize, n: usize) -> (Vec<f64>, Vec<f64>) {
    let label = |at: usize| if noise(start + at) < 0.4 { 1.0 } else { 0.0 };
    let score =
        |at: usize| (0.25 + 0.4 * label(at) + 0.7 * (noise(start + at + 100_000) - 0.5)).clamp(0.0, 1.0);
    ((0..n).map(label).collect(), (0..n).map(score).collect())
}

fn binary_report() -> Report {
    let (train, validation, test) =
        (binary_events(0, 600), binary_events(1000, 200), binary_events(2000, 200));
    let weights: Vec<f64> = (0..200).map(|at| 0.5 + noise(at + 7000)).collect();
    let part =
        |events: &'_ (Vec<f64>, Vec<f64>)| -> (Vec<f64>, Vec<f64>) { (events.0.clone(), events.1.clone()) };
    let (train, validation, test) = (part(&train), part(&validation), part(&test));
    let input = ReportInput {
        task: binary_task(),
        train: Some(Part { labels: &train.0, scores: &train.1, weights: None }),
        validation: Some(Part { labels: &validation.0, scores: &validation.1, weights: None }),
        test: Some(Part { labels: &test.0, scores: &test.1, weights: Some(&weights) }),
        history: vec![
            Epoch { epoch: 1, train_loss: Some(0.61), validation_loss: Some(0.65), ..Epoch::default() },
            Epoch { epoch: 2, train_loss: Some(0.55), validation_loss: Some(f64::NAN), ..Epoch::default() },
        ],
    };
    let mut report = Report::new(&input, ReportSettings::default()).unwrap();
    report.importance = vec![Importance {
        name: "Jet_pt".to_owned(),
        mean: 0.125,
        standard_deviation: 0.01,
        drops: vec![0.115, 0.135],
    }];
    report
}

#[test]
fn a_binary_report_reads_like_this() {
    insta::assert_snapshot!(binary_report().to_string());
}

#[test]
fn several_classes_read_like_this() {
    let n = 90;
    let labels: Vec<f64> = (0..n).map(|at| (at % 3) as f64).collect();
    let scores: Vec<f64> = (0..n)
        .flat_map(|at| {
            let raw = [0, 1, 2].map(|class| noise(at * 3 + class) + if class == at % 3 { 0.4 } else { 0.0 });
            let total: f64 = raw.iter().sum();
            raw.map(|value| value / total)
        })
        .collect();
    let classes = ["QCD", "top", "W"].map(str::to_owned).to_vec();
    let input = ReportInput {
        task: Task::Classes { classes },
        train: Some(Part { labels: &labels, scores: &scores, weights: None }),
        validation: None,
        test: None,
        history: vec![],
    };
    let report = Report::new(&input, ReportSettings::default()).unwrap();
    let part = report.part(PartName::Train).unwrap();
    assert_eq!(part.classification.as_ref().unwrap().separations.len(), 3);
    assert_eq!(part.responses.iter().map(|h| h.counts.iter().sum::<f64>()).sum::<f64>(), 90.0);
    assert!(report.overtraining.is_empty());
    insta::assert_snapshot!(report.to_string());
}

#[test]
fn a_regression_reads_like_this() {
    let labels: Vec<f64> = (0..100).map(|at| 20.0 + 60.0 * noise(at)).collect();
    let scores: Vec<f64> =
        labels.iter().enumerate().map(|(at, l)| l * (0.95 + 0.2 * noise(at + 500))).collect();
    let (train, test) = (0..60, 60..100);
    let part = |rows: std::ops::Range<usize>| Part {
        labels: &labels[rows.clone()],
        scores: &scores[rows],
        weights: None,
    };
    let input = ReportInput {
        task: Task::Regression { target: "jet energy [GeV]".to_owned() },
        train: Some(part(train)),
        validation: None,
        test: Some(part(test)),
        history: vec![],
    };
    insta::assert_snapshot!(Report::new(&input, ReportSettings::default()).unwrap().to_string());
}

#[test]
fn json_brings_back_the_same_report() {
    let mut report = binary_report();
    report.correlation =
        Some(CorrelationMatrix { names: vec!["pt".to_owned()], rows: vec![vec![Some(1.0), None]] });
    let json = serde_json::to_string(&report).unwrap();
    assert!(
        json.starts_with(r#"{"format":"mlaas4hep-report","version":1,"task":{"kind":"binary""#),
        "{json:.200}"
    );
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    let read = |json: String| serde_json::from_str::<Report>(&json).unwrap_err().to_string();
    let newer = read(json.replacen("\"version\":1", "\"version\":2", 1));
    assert!(newer.contains("version 2, this program reads 1 to 1"), "{newer}");
    let other = read(json.replacen("mlaas4hep-report", "specs", 1));
    assert!(other.contains("format is `specs` where `mlaas4hep-report` was expected"), "{other}");
    assert!(json.len() < 120_000, "{} bytes", json.len());
}

#[test]
fn the_parts_hold_the_numbers_of_the_single_functions() {
    let report = binary_report();
    let (labels, scores) = binary_events(1000, 200);
    let is_signal: Vec<bool> = labels.iter().map(|&label| label == 1.0).collect();
    let part = report.part(PartName::Validation).unwrap().classification.as_ref().unwrap();
    assert_eq!(part.auc, Some(roc_curve(&is_signal, &scores, None).unwrap().auc));
    assert_eq!(report.history[1].validation_loss, None);
    assert_eq!(report.overtraining.len(), 2);
    assert_eq!(report.overtraining[0].compared_with, PartName::Test);
    let responses = &report.part(PartName::Test).unwrap().responses;
    assert_eq!(responses[0].edges.len(), 41);
    assert_eq!((responses[0].edges[0], responses[0].edges[40]), (0.0, 1.0));
}

#[test]
fn a_million_scores_take_less_than_half_a_second() {
    let n = 1_000_000;
    let is_signal: Vec<bool> = (0..n).map(|at| noise(at) < 0.5).collect();
    let scores: Vec<f64> = (0..n).map(|at| noise(at + n)).collect();
    let weights: Vec<f64> = (0..n).map(|at| noise(at + 2 * n)).collect();
    let start = std::time::Instant::now();
    let curve = roc_curve(&is_signal, &scores, Some(&weights)).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert!((curve.auc - 0.5).abs() < 0.01, "{}", curve.auc);
    // A factor of six above what is wanted, so that a busy machine does not fail the test.
    assert!(seconds < 3.0, "{seconds} s");
}
