//! Unsigned integers: signed in the plain form, as in numpy in the original's.

use super::support::branches;
use event_columns::{EventChunk, Piece};
use event_selection::{Expression, Selection};

fn events() -> EventChunk {
    let mut chunk = EventChunk::new(0, 3);
    chunk.set("n8", Piece::flat(vec![1_u8, 200, 255]).into());
    chunk.set("n", Piece::flat(vec![1_u32, 2, u32::MAX]).into());
    chunk.set("event", Piece::flat(vec![1_u64, 1_000_003, u64::MAX]).into());
    chunk.set("i", Piece::flat(vec![-1_i32, 0, 1]).into());
    chunk
}

fn check(text: &str, column_type: &str, values: [f64; 3]) {
    let chunk = events();
    let checked = Expression::parse(text).unwrap().check(&branches(&chunk)).unwrap();
    let column = checked.evaluate(&chunk).unwrap();
    assert_eq!(
        (column.column_type().to_string().as_str(), column.to_f64()),
        (column_type, values.to_vec()),
        "{text}"
    );
}

#[test]
fn the_plain_form_counts_below_zero() {
    check("n - 2", "i64", [-1.0, 0.0, 4_294_967_293.0]);
    check("1 - n8", "i64", [0.0, -199.0, -254.0]);
    check("n8 + n8", "i64", [2.0, 400.0, 510.0]);
    check("n8 * 2", "i64", [2.0, 400.0, 510.0]);
    check("n8 ** 2", "i64", [1.0, 40_000.0, 65_025.0]);
    check("-n", "i64", [-1.0, -2.0, -4_294_967_295.0]);
    check("neg(n8)", "i64", [-1.0, -200.0, -255.0]);
    check("event - 2", "f64", [-1.0, 1_000_001.0, 18_446_744_073_709_551_613.0]);
    check("abs(n - 2)", "i64", [1.0, 0.0, 4_294_967_293.0]);
    check("n - 2 < 0", "bool", [1.0, 0.0, 0.0]);
    check("n * 2.5", "f64", [2.5, 5.0, 10_737_418_237.5]);
}

#[test]
fn what_cannot_leave_the_type_keeps_it() {
    check("event % 10", "u64", [1.0, 3.0, 5.0]);
    check("n // 2", "u32", [0.0, 1.0, 2_147_483_647.0]);
    check("n8 & 7", "u8", [1.0, 0.0, 7.0]);
    check("i * n8", "i32", [-1.0, 0.0, 255.0]);
}

#[test]
fn the_original_wraps_as_numpy_also_when_it_was_stored() {
    let json = r#"{"flat_cut": {"n": {"cut": "n - 2 < 0"}}, "new_branch": {"d": {"def": "n - 2"}, "m": {"def": "-n8"}}}"#;
    let selection = Selection::from_original_json(json).unwrap();
    let stored: Selection = serde_json::from_str(&serde_json::to_string(&selection).unwrap()).unwrap();
    for selection in [selection, stored] {
        let selected = selection.check(&branches(&events())).unwrap().apply(events()).unwrap();
        assert_eq!(selected.kept, [0_u32; 0], "no unsigned number is below 0");
    }
    let json = r#"{"new_branch": {"d": {"def": "n - 2"}, "m": {"def": "-n8"}}}"#;
    let checked = Selection::from_original_json(json).unwrap().check(&branches(&events())).unwrap();
    let selected = checked.apply(events()).unwrap();
    assert_eq!(selected.chunk.column("d").unwrap().to_f64(), [4_294_967_295.0, 0.0, 4_294_967_293.0]);
    assert_eq!(selected.chunk.column("m").unwrap().to_f64(), [255.0, 56.0, 1.0]);
}
