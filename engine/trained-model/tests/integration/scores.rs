//! Scores of chunks, tables and JSON rows.

use crate::example::{Memory, events, model};
use event_columns::{EventChunk, Piece};
use network::{MaskUse, Task};
use serde_json::json;
use std::ops::ControlFlow;
use trained_model::{PredictError, Predictor, Scores, TableSettings, UnknownKeys};

fn predictor() -> Predictor {
    Predictor::new(&model(MaskUse::Append, Task::Binary)).unwrap()
}

fn bits(scores: &Scores) -> Vec<u32> {
    scores.values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn every_event_gets_a_row_and_cut_ones_are_nan() {
    let chunk = events(700);
    let scores = predictor().predict(&chunk).unwrap();
    let n_jet = chunk.column("n_jet").unwrap().to_f64();
    assert_eq!(scores.n_events(), 700);
    assert_eq!(scores.rows().len(), 700);
    for ((score, passed), n_jet) in scores.values.iter().zip(&scores.passed).zip(n_jet) {
        assert_eq!(*passed, n_jet >= 1.0);
        assert_eq!(score.is_nan(), !passed);
        assert!(score.is_nan() || (0.0..=1.0).contains(score));
    }
    let n_passed = scores.passed.iter().filter(|passed| **passed).count() as u64;
    assert_eq!((scores.cut_flow.n_events, scores.cut_flow.rows[0].n_left), (700, n_passed));
}

#[test]
fn scores_do_not_depend_on_the_batch() {
    let predictor = predictor();
    let chunk = events(300);
    let all = predictor.predict(&chunk).unwrap();
    for n_events in [1, 2, 3, 7, 64, 65, 100, 299] {
        let part = predictor.predict(&chunk.slice(0..n_events)).unwrap();
        for (one, other) in part.values.iter().zip(&all.values) {
            // Plans for other batches may sum in another order.
            assert!(
                one.is_nan() && other.is_nan() || (one - other).abs() < 1e-6,
                "{n_events}: {one} {other}"
            );
        }
    }
    assert_eq!(predictor.predict(&chunk.slice(0..0)).unwrap().n_events(), 0);
}

#[test]
fn classes_give_a_row_of_probabilities() {
    let predictor = Predictor::new(&model(MaskUse::Embed, Task::Classes(3))).unwrap();
    let scores = predictor.predict(&events(50)).unwrap();
    assert_eq!((predictor.n_outputs(), scores.n_outputs, scores.values.len()), (3, 3, 150));
    for (row, passed) in scores.rows().zip(&scores.passed) {
        let sum: f32 = row.iter().sum();
        assert!(if *passed { (sum - 1.0).abs() < 1e-6 } else { sum.is_nan() });
    }
}

#[test]
fn many_threads_share_a_predictor() {
    let predictor = predictor();
    let chunk = events(200);
    let expected = bits(&predictor.predict(&chunk).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(bits(&predictor.predict(&chunk).unwrap()), expected));
        }
    });
}

#[test]
fn branches_are_matched_by_name() {
    let predictor = predictor();
    let chunk = events(20);
    let mut turned = EventChunk::new(0, 20);
    let columns: Vec<_> = chunk.columns().collect();
    for (name, column) in columns.into_iter().rev() {
        turned.set(name.clone(), column.clone());
    }
    assert_eq!(bits(&predictor.predict(&turned).unwrap()), bits(&predictor.predict(&chunk).unwrap()));
    let met = turned.remove("met").unwrap();
    turned.set("Met", met);
    turned.remove("vertex");
    let Err(PredictError::MissingBranches { names, listing, .. }) = predictor.predict(&turned) else {
        panic!()
    };
    assert_eq!(names, ["met", "vertex"]);
    assert!(listing.contains("did you mean Met"), "{listing}");
}

#[test]
fn another_numeric_type_of_a_branch_is_read() {
    let predictor = predictor();
    let mut chunk = events(100);
    let expected = predictor.predict(&chunk).unwrap();
    let wide = chunk.column("n_jet").unwrap().to_f64();
    chunk.set("n_jet", Piece::flat(wide).into());
    assert_eq!(bits(&predictor.predict(&chunk).unwrap()), bits(&expected));
}

#[test]
fn a_table_in_chunks_scores_as_in_one() {
    let predictor = predictor();
    let chunk = events(1000);
    let expected = predictor.predict(&chunk).unwrap();
    let table = Memory::new(chunk);
    let settings = TableSettings { chunk_events: 256, ..TableSettings::default() };
    let (mut values, mut firsts, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    predictor
        .predict_table(
            &table,
            &settings,
            &mut |report| {
                seen.push((report.done, report.total));
                ControlFlow::Continue(())
            },
            &mut |first, scores| {
                firsts.push(first);
                values.extend(scores.values);
                Ok(())
            },
        )
        .unwrap();
    assert_eq!(firsts, [0, 256, 512, 768]);
    assert_eq!(seen[0], (0, Some(1000)));
    assert_eq!(seen[4], (1000, Some(1000)));
    assert_eq!(values.len(), 1000);
    let agree = |(one, other): (&f32, &f32)| one.is_nan() && other.is_nan() || (one - other).abs() < 1e-6;
    assert!(values.iter().zip(&expected.values).all(agree));
}

#[test]
fn a_table_can_be_stopped_and_a_sink_can_fail() {
    let predictor = predictor();
    let table = Memory::new(events(100));
    let settings = TableSettings::default();
    let stopped =
        predictor.predict_table(&table, &settings, &mut |_| ControlFlow::Break(()), &mut |_, _| Ok(()));
    assert!(matches!(stopped, Err(PredictError::Stopped)));
    let full = predictor.predict_table(&table, &settings, &mut |_| ControlFlow::Continue(()), &mut |_, _| {
        Err("disk full".into())
    });
    assert_eq!(full.unwrap_err().to_string(), "the scores could not be handed on: disk full");
    let mut chunk = events(10);
    chunk.remove("met");
    let missing = predictor.predict_table(
        &Memory::new(chunk),
        &settings,
        &mut |_| ControlFlow::Continue(()),
        &mut |_, _| Ok(()),
    );
    assert!(missing.unwrap_err().to_string().starts_with("memory:events lacks what the model reads: `met`"));
}

#[test]
fn json_rows_score_as_columns() {
    let predictor = predictor();
    let chunk = events(30);
    let expected = bits(&predictor.predict(&chunk).unwrap());
    let list = |name: &str, event: usize| -> Vec<Option<f64>> {
        let values = chunk.column(name).unwrap().slice(event..event + 1).to_f64();
        values.into_iter().map(|value| value.is_finite().then_some(value)).collect()
    };
    let value = |name: &str, event: usize| match name {
        "jet_pt" | "jet_eta" | "vertex" => json!(list(name, event)),
        _ => json!(list(name, event)[0]),
    };
    let keys = ["vertex", "met", "n_jet", "jet_pt", "event_number", "jet_eta"];
    let objects: Vec<_> = (0..30)
        .map(|event| {
            keys.iter().map(|key| ((*key).to_string(), value(key, event))).collect::<serde_json::Map<_, _>>()
        })
        .collect();
    let scores = predictor.predict_json(&json!(objects), UnknownKeys::Refuse).unwrap();
    assert_eq!(bits(&scores), expected);
    let rows: Vec<Vec<_>> = (0..30).map(|event| keys.iter().map(|key| value(key, event)).collect()).collect();
    let scores = predictor.predict_json(&json!({"keys": keys, "values": rows}), UnknownKeys::Refuse).unwrap();
    assert_eq!(bits(&scores), expected);
    let error = predictor.predict_json(&json!([{"met": 1.0}]), UnknownKeys::Refuse).unwrap_err();
    assert!(matches!(error, PredictError::MissingBranches { ref names, .. } if names.len() == 5), "{error}");
}

#[test]
fn an_event_wider_than_those_of_training_is_cut() {
    let chunk = events(50);
    let lists = |n_more: usize| -> Vec<Vec<f32>> {
        let longest: Vec<f32> = (0..40).map(|i| 30.0 + i as f32).collect();
        (0..50).map(|_| longest[..longest.len() - n_more].to_vec()).collect()
    };
    let with = |n_more: usize| {
        let mut chunk = chunk.clone();
        chunk.set("jet_pt", Piece::jagged(&lists(n_more)).into());
        chunk.set("jet_eta", Piece::jagged(&lists(n_more)).into());
        chunk
    };
    let (wide, wider) = (predictor().predict(&with(10)).unwrap(), predictor().predict(&with(0)).unwrap());
    assert_eq!(bits(&wide), bits(&wider), "only the first values count");
}
