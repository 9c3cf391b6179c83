//! No input makes the report panic, and every report survives its JSON.

use proptest::prelude::*;
use training_report::{
    Epoch, Part, PartName, Report, ReportError, ReportInput, ReportSettings, SignificanceSettings, Task,
};

use crate::reports::binary_task;

fn report(task: Task, part: Part<'_>) -> Result<Report, ReportError> {
    let history = vec![Epoch { epoch: 1, train_loss: Some(f64::INFINITY), ..Epoch::default() }];
    let input = ReportInput { task, train: Some(part), validation: None, test: Some(part), history };
    Report::new(&input, ReportSettings::default())
}

/// Makes a report, which must not panic, and sends it through text and JSON.
fn check(task: Task, part: Part<'_>) -> Report {
    let report = report(task, part).unwrap();
    assert!(!report.to_string().contains("NaN,"));
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report, "{json}");
    report
}

fn problem(task: Task, labels: &[f64], scores: &[f64], weights: Option<&[f64]>) -> String {
    let report = check(task, Part { labels, scores, weights });
    let part = report.part(PartName::Train).unwrap();
    assert!(part.classification.is_none() && part.regression.is_none());
    assert!(report.to_string().contains("not judged: "));
    part.problem.clone().unwrap()
}

#[test]
fn a_part_that_cannot_be_judged_says_why() {
    let regression = || Task::Regression { target: "mass".to_owned() };
    assert!(problem(binary_task(), &[], &[], None).contains("no events"));
    assert!(problem(binary_task(), &[1.0], &[f64::NAN], None).contains("score of row 0 is NaN"));
    assert!(problem(binary_task(), &[2.0], &[0.5], None).contains("label of row 0 is 2"));
    assert!(problem(binary_task(), &[0.5], &[0.5], None).contains("label of row 0 is 0.5"));
    assert!(
        problem(binary_task(), &[1.0], &[0.5], Some(&[f64::INFINITY])).contains("weight of row 0 is inf")
    );
    assert!(problem(binary_task(), &[1.0], &[0.5], Some(&[1e300])).contains("squared weights overflow"));
    assert!(problem(regression(), &[1.0], &[1e200], None).contains("squared errors overflow"));
    assert!(problem(regression(), &[1.0], &[1.0], Some(&[0.0])).contains("sum to 0"));
    let three = Task::Classes { classes: ["a", "b", "c"].map(str::to_owned).to_vec() };
    assert!(problem(three, &[0.0], &[0.1, f64::NAN, 0.2], None).contains("score of row 0"));
}

#[test]
fn one_class_alone_has_no_curve_but_a_matrix() {
    let report = check(binary_task(), Part { labels: &[1.0, 1.0], scores: &[0.2, 0.9], weights: None });
    let part = report.part(PartName::Train).unwrap().classification.as_ref().unwrap();
    assert_eq!((part.auc, &part.separations[0].roc), (None, &None));
    assert_eq!(part.confusion.rows, [[0.0, 0.0], [1.0, 1.0]]);
    assert_eq!(report.overtraining[0].result, None);
    assert!(report.overtraining[1].result.is_some());
    assert!(report.to_string().contains("AUC: -"));
}

#[test]
fn weights_of_zero_judge_nothing() {
    let part = Part { labels: &[1.0, 0.0], scores: &[0.2, 0.9], weights: Some(&[0.0, 0.0]) };
    let report = check(binary_task(), part);
    let part = report.part(PartName::Train).unwrap().classification.as_ref().unwrap();
    assert_eq!((part.auc, part.log_loss, part.scores.accuracy), (None, None, None));
}

#[test]
fn scores_that_are_no_probabilities_have_no_log_loss() {
    let report = check(binary_task(), Part { labels: &[1.0, 0.0], scores: &[3.0, -2.0], weights: None });
    let part = report.part(PartName::Train).unwrap();
    assert_eq!(part.classification.as_ref().unwrap().log_loss, None);
    assert_eq!(part.classification.as_ref().unwrap().auc, Some(1.0));
    assert_eq!((part.responses[0].edges[0], part.responses[0].edges[40]), (-2.0, 3.0));
}

#[test]
fn what_the_caller_gets_wrong_is_an_error() {
    let short = Part { labels: &[1.0, 0.0], scores: &[0.5], weights: None };
    assert!(matches!(report(binary_task(), short), Err(ReportError::LengthMismatch { what: "scores", .. })));
    let input =
        ReportInput { task: binary_task(), train: None, validation: None, test: None, history: vec![] };
    assert_eq!(Report::new(&input, ReportSettings::default()).unwrap().parts, []);
    let settings = ReportSettings { threshold: f64::NAN, ..ReportSettings::default() };
    assert!(matches!(Report::new(&input, settings), Err(ReportError::BadSetting { what: "threshold", .. })));
    let significance = SignificanceSettings { background_regularisation: -1.0, ..Default::default() };
    let settings = ReportSettings { significance, ..ReportSettings::default() };
    assert!(Report::new(&input, settings).is_err());
    let significance = SignificanceSettings { expected_signal: Some(f64::NAN), ..Default::default() };
    let settings = ReportSettings { significance, ..ReportSettings::default() };
    assert!(Report::new(&input, settings).is_err());
}

#[test]
fn no_classes_and_no_bins_are_no_panic() {
    let nothing =
        ReportInput { task: binary_task(), train: None, validation: None, test: None, history: vec![] };
    let settings = ReportSettings { n_response_bins: usize::MAX, ..ReportSettings::default() };
    assert!(matches!(Report::new(&nothing, settings), Err(ReportError::BadSetting { .. })));

    check(Task::Classes { classes: vec![] }, Part::default());
    check(Task::Classes { classes: vec![] }, Part { labels: &[0.0], scores: &[], weights: None });
    let part = Part { labels: &[1.0, 0.0], scores: &[0.2, 0.9], weights: None };
    let settings = ReportSettings { n_curve_points: 0, n_response_bins: 0, ..ReportSettings::default() };
    let input =
        ReportInput { task: binary_task(), train: Some(part), validation: None, test: None, history: vec![] };
    assert_eq!(Report::new(&input, settings).unwrap().parts[0].responses[0].counts.len(), 1);
}

fn events(score: impl Strategy<Value = f64>) -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
    let label = prop_oneof![4 => (0..3_u8).prop_map(f64::from), 1 => any::<f64>()];
    let weight = prop_oneof![3 => -1.0..5.0_f64, 1 => any::<f64>()];
    proptest::collection::vec((label, score, weight), 0..20)
}

fn check_events(events: &[(f64, f64, f64)]) {
    let labels: Vec<f64> = events.iter().map(|event| event.0).collect();
    let scores: Vec<f64> = events.iter().map(|event| event.1).collect();
    let weights: Vec<f64> = events.iter().map(|event| event.2).collect();
    let threefold: Vec<f64> = scores.iter().flat_map(|score| [*score, -score, 0.5]).collect();
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    for weights in [None, Some(&weights[..])] {
        let part = Part { labels: &labels, scores: &scores, weights };
        check(binary_task(), part);
        check(Task::Regression { target: "mass".to_owned() }, part);
        check(Task::Classes { classes: classes.clone() }, Part { scores: &threefold, ..part });
    }
}

proptest! {
    #[test]
    fn any_numbers_make_a_report(events in events(any::<f64>())) {
        check_events(&events);
    }

    #[test]
    fn probabilities_make_a_report(events in events(0.0..=1.0_f64)) {
        check_events(&events);
    }

    #[test]
    fn the_order_of_the_events_does_not_matter(
        events in proptest::collection::vec((any::<bool>(), 0..8_u8, 0.1..2.0_f64), 2..50),
    ) {
        let curve = |events: &[(bool, u8, f64)]| {
            let is_signal: Vec<bool> = events.iter().map(|event| event.0).collect();
            let scores: Vec<f64> = events.iter().map(|event| f64::from(event.1)).collect();
            let weights: Vec<f64> = events.iter().map(|event| event.2).collect();
            training_report::roc_curve(&is_signal, &scores, Some(&weights)).map(|curve| curve.auc).ok()
        };
        let reversed: Vec<_> = events.iter().rev().copied().collect();
        match (curve(&events), curve(&reversed)) {
            (Some(left), Some(right)) => prop_assert!((left - right).abs() < 1e-14),
            (left, right) => prop_assert_eq!(left, right),
        }
    }
}
