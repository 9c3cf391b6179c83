//! The numbers of a table.

use crate::data::{chunk, measure, table, three_events};
use branch_specs::{MeasureRequest, Specs, SpecsBuilder, SpecsError, SpecsMode};
use event_columns::{EventChunk, EventTable, MemoryTable, Piece, ReadError};
use std::ops::ControlFlow;

#[test]
fn every_kind_of_branch() {
    let specs = measure(&table("a.root", &three_events()), SpecsMode::Full);
    let check = |name: &str, kind: &str, n: [u64; 3], numbers: [Option<f64>; 3], jdim: usize| {
        let branch = specs.branch(name).unwrap();
        assert_eq!(branch.kind(), kind, "{name}");
        assert_eq!([branch.n(), branch.n_nan(), branch.n_inf()], n, "{name}");
        assert_eq!([branch.min(), branch.max(), branch.mean()], numbers, "{name}");
        assert_eq!(branch.jdim(), jdim, "{name}");
    };
    check("met", "flat", [3, 1, 0], [Some(-4.0), Some(10.0), Some(3.0)], 1);
    check("jet_pt", "jagged", [3, 0, 0], [Some(30.0), Some(90.0), Some(60.0)], 2);
    check("jet_index", "jagged", [3, 0, 0], [Some(0.0), Some(1.0), Some(1.0 / 3.0)], 2);
    check("has_jet", "flat", [3, 0, 0], [Some(0.0), Some(1.0), Some(2.0 / 3.0)], 1);
    check("vertex", "fixed", [9, 2, 0], [Some(-10.0), Some(10.0), Some(3.0 / 7.0)], 3);
    check("comment", "text", [0, 0, 0], [None, None, None], 0);
    assert_eq!(specs.branch("met").unwrap().std(), Some(7.0));
    assert_eq!(specs.branch("jet_pt").unwrap().std(), Some(600_f64.sqrt()));
    assert_eq!(specs.branch("jet_pt").unwrap().sum(), 180.0);
    assert_eq!(specs.n_events(), 3);
    let error = specs.branch("jet_tp").unwrap_err().to_string();
    assert!(error.contains("did you mean jet_pt"), "{error}");
}

#[test]
fn the_deviation_keeps_its_digits_far_from_zero() {
    let events: Vec<(f32, Vec<f32>)> = (0..5000).map(|event| (1e6 + (event % 2) as f32, vec![])).collect();
    let specs = measure(&table("a.root", &events), SpecsMode::Full);
    assert_eq!(specs.branch("met").unwrap().std(), Some(0.5));
    let found = specs.branch("weight").unwrap().std().unwrap();
    let expected = (1_000_001.0 / 3.0 - 1_000_000.0 / 3.0) / 2.0;
    assert!((found - expected).abs() < 1e-15, "{found}");
}

/// Numbers such as a run and an event packed into 64 bits: their neighbours are one float.
#[test]
fn the_deviation_of_integers_beyond_floats() {
    let steps: Vec<u64> = (0..5000).map(|event| event * 7919 % 1001).collect();
    let n = steps.len() as f64;
    let sum: u64 = steps.iter().sum();
    let squares: u64 = steps.iter().map(|step| step * step).sum();
    let expected = ((squares as f64 - (sum as f64).powi(2) / n) / n).sqrt();
    let check = |piece: Piece, expected: f64| {
        let mut chunk = EventChunk::new(0, piece.n_entries());
        chunk.set("number", piece.into());
        let specs = measure(&MemoryTable::new("a.root", chunk), SpecsMode::Full);
        let found = specs.branch("number").unwrap().std().unwrap();
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
    };
    let large = |from: i64| steps.iter().map(|step| from + *step as i64).collect::<Vec<i64>>();
    check(Piece::flat(large(1_000_000_000_000_000_000)), expected);
    check(Piece::flat(large(-1_000_000_000_000_000_000)), expected);
    check(Piece::flat(large(i64::MAX - 1000)), expected);
    check(Piece::flat(steps.iter().map(|step| u64::MAX - step).collect::<Vec<u64>>()), expected);
    check(Piece::flat(vec![i64::MIN, i64::MAX]), 2_f64.powi(63));
    check(Piece::flat(vec![0, u64::MAX]), 2_f64.powi(63));
}

#[test]
fn chunks_give_what_the_table_gives() {
    let events: Vec<(f32, Vec<f32>)> =
        (0..100).map(|event| (event as f32 * 0.37, vec![event as f32 + 0.1; event % 5])).collect();
    let whole = measure(&table("a.root", &events), SpecsMode::Full);
    let chunk = chunk(&events);
    let branches: Vec<_> =
        chunk.columns().map(|(name, column)| (name.clone(), column.column_type())).collect();
    let builder = SpecsBuilder::new(&branches, SpecsMode::Full);
    for range in [60..100, 0..25, 25..60] {
        builder.add_chunk(&chunk.slice(range)).unwrap();
    }
    let built = builder.finish("a.root");
    for (own, expected) in built.branches.iter().zip(&whole.branches) {
        assert_eq!((own.min(), own.max(), own.sum()), (expected.min(), expected.max(), expected.sum()));
        assert_eq!(own.distribution(), expected.distribution());
        assert_eq!(own.widths(), expected.widths());
    }
    let mut lacking = chunk.clone();
    lacking.remove("met");
    let builder = SpecsBuilder::new(&branches, SpecsMode::Fast);
    assert!(builder.add_chunk(&lacking).unwrap_err().to_string().contains("no branch `met`"));
}

#[test]
fn a_part_of_the_entries_and_of_the_branches() {
    let table = table("a.root", &three_events());
    let request = MeasureRequest { branches: vec![2], entries: 1..9, mode: SpecsMode::Fast };
    let specs = Specs::measure(&table, &request, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((specs.n_events(), specs.branches.len()), (2, 1));
    assert_eq!(specs.branch("jet_pt").unwrap().min(), Some(90.0));
    assert_eq!(specs.branch("jet_pt").unwrap().std(), None);
}

#[test]
fn stop_means_stop() {
    /// Calls the sink until it says stop, as a long file would.
    struct Endless(event_columns::MemoryTable);
    impl EventTable for Endless {
        fn info(&self) -> &event_columns::TableInfo {
            self.0.info()
        }
        fn visit(
            &self,
            branches: &[usize],
            entries: std::ops::Range<u64>,
            sink: event_columns::PieceSink<'_>,
        ) -> Result<(), ReadError> {
            loop {
                self.0.visit(branches, entries.clone(), sink)?;
            }
        }
    }
    let table = Endless(table("a.root", &three_events()));
    let request = MeasureRequest::all(table.info(), SpecsMode::Fast);
    let error = Specs::measure(&table, &request, &mut |_| ControlFlow::Break(())).unwrap_err();
    assert!(matches!(error, SpecsError::Stopped), "{error}");
}
