//! Any bytes as a selection, in all of its forms: read, printed, read again, checked, run. Shared with the fuzz target.

use event_columns::{ColumnType, ElementType, EventChunk, Piece, Slice};
use event_selection::{EvaluationError, Selection, SelectionError, original_log_lines};
use std::sync::Arc;

/// Reads bytes as the plain form, the original's JSON and the stored form, and runs what could be read.
pub(crate) fn run_any_bytes(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let stored = serde_json::from_str::<Selection>(&text);
    let read = [Selection::from_text(&text), Selection::from_original_json(&text)];
    if let Err(error) = &stored {
        assert!(!error.to_string().is_empty());
    }
    read.into_iter().map(|read| run(read, &text)).sum::<usize>()
        + stored.map_or(0, |stored| run(Ok(stored), &text))
}

fn run(read: Result<Selection, SelectionError>, text: &str) -> usize {
    let selection = match read {
        Ok(selection) => selection,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return 0;
        }
    };
    comes_back(&selection);
    let _ = original_log_lines(&selection);
    let chunk = three_events();
    let branches: Vec<(Arc<str>, ColumnType)> =
        chunk.columns().map(|(name, column)| (name.clone(), column.column_type())).collect();
    let checked = match selection.check(&branches) {
        Ok(checked) => checked,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return 0;
        }
    };
    for chunk in [chunk.slice(0..0), chunk.slice(1..2), chunk] {
        let n_entries = chunk.n_entries();
        match checked.apply(chunk) {
            Ok(selected) => {
                let found: Vec<(Arc<str>, ColumnType)> = selected
                    .chunk
                    .columns()
                    .map(|(name, column)| (name.clone(), column.column_type()))
                    .collect();
                assert_eq!(found, checked.output_branches(), "{text}");
                assert_eq!(selected.kept.len(), selected.chunk.n_entries(), "{text}");
                assert!(
                    selected.kept.is_sorted() && selected.kept.iter().all(|at| (*at as usize) < n_entries)
                );
                assert_eq!(selected.cut_flow.rows.len(), selection.n_cuts(), "{text}");
            }
            // Lists of different lengths are the one thing that only the data can tell.
            Err(error @ EvaluationError::Shapes { .. }) => assert!(!error.to_string().is_empty()),
            Err(error) => panic!("{text}: {error:?}"),
        }
    }
    1
}

/// What is printed or stored reads as the same.
fn comes_back(selection: &Selection) {
    let printed = selection.to_text();
    let again = Selection::from_text(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
    assert_eq!(again.to_text(), printed);
    assert_eq!(again.fingerprint(), selection.fingerprint());
    let stored = serde_json::to_string(selection).unwrap_or_else(|error| panic!("{printed}: {error}"));
    let again: Selection = serde_json::from_str(&stored).unwrap_or_else(|error| panic!("{stored}: {error}"));
    assert_eq!(&again, selection, "{stored}");
}

/// A branch of every type; `b`, `c` and `i` are lists of the same lengths, `d` a list of lists, `x y` a name that must
/// be quoted.
fn three_events() -> EventChunk {
    let mut chunk = EventChunk::new(7, 3);
    chunk.set("a", Piece::flat(vec![1_i32, i32::MIN, i32::MAX]).into());
    chunk.set("b", Piece::jagged(&[vec![50.0_f32, f32::NAN], vec![], vec![-1.5]]).into());
    chunk.set("c", Piece::jagged(&[vec![true, false], vec![], vec![true]]).into());
    let nested = ColumnType { element: ElementType::U8, depth: 2, width: 1 };
    let offsets = vec![Slice::from(vec![0_i64, 2, 3, 3]), Slice::from(vec![0_i64, 1, 1, 3])];
    chunk.set("d", Piece::new(nested, offsets, vec![255_u8, 0, 7].into()).unwrap().into());
    chunk.set("e", Piece::flat(vec![0.5_f64, f64::NEG_INFINITY, -0.0]).into());
    chunk.set("f", Piece::jagged(&[vec![i64::MAX], vec![i64::MIN, 0], vec![]]).into());
    chunk.set("g", Piece::flat(vec![0_u64, 3, u64::MAX]).into());
    let fixed = ColumnType::fixed(ElementType::I16, 2);
    chunk.set("h", Piece::new(fixed, vec![], vec![1_i16, -1, i16::MIN, 0, 2, 3].into()).unwrap().into());
    chunk.set("i", Piece::jagged(&[vec![1_i8, -128], vec![], vec![127]]).into());
    chunk.set("j", Piece::flat(vec![true, false, true]).into());
    let offsets = vec![Slice::from(vec![0_i64, 0, 1, 3])];
    let text = Piece::new(ColumnType::flat(ElementType::Text), offsets, b"abc".to_vec().into());
    chunk.set("t", text.unwrap().into());
    chunk.set("u", Piece::flat(vec![0_u32, 1, u32::MAX]).into());
    chunk.set("v", Piece::jagged(&[vec![u16::MAX], vec![], vec![0, 1]]).into());
    chunk.set("x y", Piece::flat(vec![1.0_f32, 2.0, f32::INFINITY]).into());
    chunk
}
