//! Small tables with every kind of branch.

use branch_specs::{MeasureRequest, Specs, SpecsMode};
use event_columns::{Column, ColumnType, ElementType, EventChunk, EventTable, MemoryTable, Piece, Slice};
use std::ops::ControlFlow;

/// Events from `(met, jet_pt of each jet)`, with further branches made of them.
pub(crate) fn chunk(events: &[(f32, Vec<f32>)]) -> EventChunk {
    let mut chunk = EventChunk::new(0, events.len());
    let jets: Vec<Vec<f32>> = events.iter().map(|(_, jets)| jets.clone()).collect();
    chunk.set("run", Piece::flat(vec![1_i32; events.len()]).into());
    chunk.set("met", Piece::flat(events.iter().map(|(met, _)| *met).collect::<Vec<_>>()).into());
    chunk.set("jet_pt", Piece::jagged(&jets).into());
    let numbers: Vec<Vec<i64>> = jets.iter().map(|jets| (0..jets.len() as i64).collect()).collect();
    chunk.set("jet_index", Piece::jagged(&numbers).into());
    chunk.set("has_jet", Piece::flat(jets.iter().map(|jets| !jets.is_empty()).collect::<Vec<_>>()).into());
    chunk.set(
        "weight",
        Piece::flat(events.iter().map(|(met, _)| f64::from(*met) / 3.0).collect::<Vec<_>>()).into(),
    );
    let fixed: Vec<f32> = events.iter().flat_map(|(met, _)| [*met, 1.0, -*met]).collect();
    let fixed = Piece::new(ColumnType::fixed(ElementType::F32, 3), vec![], fixed.into()).unwrap();
    chunk.set("vertex", fixed.into());
    let text = Piece::new(
        ColumnType::flat(ElementType::Text),
        vec![Slice::from((0..=events.len() as i64).collect::<Vec<_>>())],
        vec![b'x'; events.len()].into(),
    );
    chunk.set("comment", Column::from(text.unwrap()));
    chunk
}

pub(crate) fn table(source: &str, events: &[(f32, Vec<f32>)]) -> MemoryTable {
    MemoryTable::new(source, chunk(events))
}

pub(crate) fn measure(table: &dyn EventTable, mode: SpecsMode) -> Specs {
    let request = MeasureRequest::all(table.info(), mode);
    Specs::measure(table, &request, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// The events of the documentation: `jet_pt` from 30 to 90, at most two jets.
pub(crate) fn three_events() -> Vec<(f32, Vec<f32>)> {
    vec![(10.0, vec![60.0, 30.0]), (f32::NAN, vec![]), (-4.0, vec![90.0])]
}
