//! A small chunk of events, and one way to check what a selection makes of it.

use event_columns::{ColumnType, ElementType, EventChunk, Piece};
use event_selection::{Expression, Selected, Selection};
use std::sync::Arc;

/// Four events: flat numbers, lists of the same lengths (`jet_pt`, `jet_eta`, `jet_btag`), other lists (`mu_pt`),
/// an array of two (`axis`).
pub(crate) fn four_events() -> EventChunk {
    let mut chunk = EventChunk::new(100, 4);
    chunk.set("n", Piece::flat(vec![1_i32, 2, 3, 4]).into());
    chunk.set("met", Piece::flat(vec![10.5_f32, f32::NAN, 30.0, f32::INFINITY]).into());
    let jet_pt = vec![vec![50.0_f32, 20.0], vec![], vec![35.0], vec![100.0, 40.0, 31.0]];
    chunk.set("jet_pt", Piece::jagged(&jet_pt).into());
    let jet_eta = vec![vec![0.5_f32, -3.0], vec![], vec![-2.5], vec![1.0, -1.0, 2.0]];
    chunk.set("jet_eta", Piece::jagged(&jet_eta).into());
    let jet_btag = vec![vec![true, false], vec![], vec![false], vec![true, true, false]];
    chunk.set("jet_btag", Piece::jagged(&jet_btag).into());
    chunk.set("mu_pt", Piece::jagged(&[vec![5_i32], vec![6, 7], vec![], vec![8]]).into());
    let axis = (0..8_u8).map(f32::from).collect::<Vec<_>>();
    let axis = Piece::new(ColumnType::fixed(ElementType::F32, 2), vec![], axis.into());
    chunk.set("axis", axis.unwrap().into());
    chunk
}

pub(crate) fn branches(chunk: &EventChunk) -> Vec<(Arc<str>, ColumnType)> {
    chunk.columns().map(|(name, column)| (name.clone(), column.column_type())).collect()
}

/// All values of an expression on the four events, its type, and what it counts for each event.
pub(crate) fn value_of(text: &str) -> (String, Vec<f64>) {
    let chunk = four_events();
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let checked = expression.check(&branches(&chunk)).unwrap_or_else(|error| panic!("{error}"));
    let column = checked.evaluate(&chunk).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(column.column_type(), checked.column_type(), "{text}");
    assert_eq!(column.n_entries(), 4, "{text}");
    (column.column_type().to_string(), column.to_f64())
}

/// The type and the values of an expression; NaN equals NaN.
pub(crate) fn check(text: &str, column_type: &str, values: &[f64]) {
    let (found_type, found) = value_of(text);
    assert_eq!(found_type, column_type, "{text}");
    let same = |(left, right): (&f64, &f64)| left == right || (left.is_nan() && right.is_nan());
    assert!(
        found.len() == values.len() && found.iter().zip(values).all(same),
        "{text}: {found:?}, expected {values:?}"
    );
}

/// The message when an expression does not fit the four events.
pub(crate) fn refuse(text: &str, message: &str) {
    let chunk = four_events();
    let error = match Expression::parse(text).and_then(|expression| expression.check(&branches(&chunk))) {
        Err(error) => error.to_string(),
        Ok(checked) => match checked.evaluate(&chunk) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{text} was accepted"),
        },
    };
    assert!(error.contains(message), "{text}: {error}");
}

pub(crate) fn apply(selection: &Selection) -> Selected {
    let chunk = four_events();
    let checked = selection.check(&branches(&chunk)).unwrap_or_else(|error| panic!("{error}"));
    let selected = checked.apply(chunk).unwrap_or_else(|error| panic!("{error}"));
    let output: Vec<_> = checked.output_branches().to_vec();
    assert_eq!(branches(&selected.chunk), output, "the columns are the promised ones");
    selected
}

/// Positions kept by a selection in the original's JSON.
pub(crate) fn kept_by_json(json: &str) -> Vec<u32> {
    apply(&Selection::from_original_json(json).unwrap_or_else(|error| panic!("{error}"))).kept
}

/// Positions kept by a selection in the plain form.
pub(crate) fn kept_by_text(text: &str) -> Vec<u32> {
    apply(&Selection::from_text(text).unwrap_or_else(|error| panic!("{error}"))).kept
}
