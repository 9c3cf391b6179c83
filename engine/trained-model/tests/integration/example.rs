//! A small model of everything, and events for it.

use branch_specs::{SpecsBuilder, SpecsMode};
use event_columns::{
    BranchInfo, Column, ColumnType, EventChunk, EventTable, Piece, PieceAt, PieceSink, ReadError, TableInfo,
};
use event_matrix::{MatrixLayout, MatrixSettings, Rng};
use event_selection::Selection;
use network::{Activation, Layer, MaskUse, Network, Task};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use trained_model::{InputFile, NewModel, Provenance, TrainedModel, TrainedNetwork};

pub(crate) const SELECTION: &str = "ht = sum(jet_pt)\nn_jet >= 1";

/// Between -1 and 1.
fn number(rng: &mut Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// Seeded events: flat, fixed and jagged branches of several types, some values missing, one in six without a jet.
pub(crate) fn events(n_events: usize) -> EventChunk {
    let mut rng = Rng::new(7, 0);
    let jets: Vec<Vec<f32>> = (0..n_events)
        .map(|_| (0..rng.below(6)).map(|_| (number(&mut rng).abs() * 200.0) as f32).collect())
        .collect();
    let etas: Vec<Vec<f64>> =
        jets.iter().map(|jets| jets.iter().map(|_| number(&mut rng) * 2.4).collect()).collect();
    let met =
        (0..n_events).map(|event| if event % 11 == 3 { f32::NAN } else { (number(&mut rng) * 50.0) as f32 });
    let mut chunk = EventChunk::new(0, n_events);
    chunk.set("met", Piece::flat(met.collect::<Vec<f32>>()).into());
    chunk.set("n_jet", Piece::flat(jets.iter().map(|jets| jets.len() as i32).collect::<Vec<_>>()).into());
    chunk.set("jet_pt", Piece::jagged(&jets).into());
    chunk.set("jet_eta", Piece::jagged(&etas).into());
    let event = (0..n_events as i64).map(|event| 3_000_000_000 + event).collect::<Vec<_>>();
    chunk.set("event_number", Piece::flat(event).into());
    let vertex: Vec<f32> = (0..3 * n_events).map(|_| number(&mut rng) as f32).collect();
    let vertex =
        Piece::new(ColumnType::fixed(event_columns::ElementType::F32, 3), vec![], vertex.into()).unwrap();
    chunk.set("vertex", vertex.into());
    chunk.set("unused", Piece::flat(vec![true; n_events]).into());
    chunk
}

pub(crate) fn types(chunk: &EventChunk) -> Vec<(Arc<str>, ColumnType)> {
    chunk.columns().map(|(name, column)| (Arc::clone(name), column.column_type())).collect()
}

/// What training would hand over for [`events`].
pub(crate) fn new_model(mask: MaskUse, task: Task) -> NewModel {
    let chunk = events(500);
    let branches = types(&chunk);
    let selection = Selection::from_text(SELECTION).unwrap();
    let checked = selection.check(&branches).unwrap();
    let specs = SpecsBuilder::new(checked.output_branches(), SpecsMode::Full);
    specs.add_chunk(&checked.apply(chunk).unwrap().chunk).unwrap();
    let specs = specs.finish("signal.root");
    let settings = MatrixSettings { exclude: vec!["unused".into()], ..MatrixSettings::default() };
    let layout = MatrixLayout::check(&settings, &specs).unwrap();
    let network = network(layout.n_columns(), mask, task);
    NewModel {
        name: "example".into(),
        created: "2026-11-21T05:00:00Z".into(),
        parent: None,
        task,
        labels: if task == Task::Binary { vec!["background".into(), "signal".into()] } else { vec![] },
        network: TrainedNetwork::Layers(Arc::new(network)),
        branches,
        selection,
        specs,
        layout,
        units: BTreeMap::from([("met".to_string(), "GeV".to_string())]),
        metrics: BTreeMap::from([("test/auc".to_string(), 0.875), ("test/odd".to_string(), f64::NAN)]),
        provenance: Provenance {
            inputs: vec![InputFile {
                path: "signal.root".into(),
                tree: "events".into(),
                label: Some(1.0),
                n_events: 500,
                ..InputFile::default()
            }],
            n_events: [400, 50, 50],
            seed: 21,
            versions: BTreeMap::from([("mlaas4hep".to_string(), "0.1.0".to_string())]),
            ..Provenance::default()
        },
        report: Some(serde_json::json!({"auc": 0.875})),
        pictures: BTreeMap::from([("roc".to_string(), "<svg/>".to_string())]),
    }
}

pub(crate) fn model(mask: MaskUse, task: Task) -> TrainedModel {
    TrainedModel::new(new_model(mask, task)).unwrap()
}

fn network(n_features: usize, mask: MaskUse, task: Task) -> Network {
    let mut rng = Rng::new(3, 1);
    let mut floats =
        |n: usize, scale: f64| -> Vec<f32> { (0..n).map(|_| (number(&mut rng) * scale) as f32).collect() };
    let n_inputs = if mask == MaskUse::Append { 2 * n_features } else { n_features };
    let mask_embedding = if mask == MaskUse::Embed { floats(n_features, 1.0) } else { Vec::new() };
    let mut dense = |n_inputs: usize, n_outputs: usize| Layer::Dense {
        n_inputs,
        n_outputs,
        weights: floats(n_inputs * n_outputs, 2.0 / (n_inputs as f64).sqrt()),
        bias: floats(n_outputs, 0.3),
    };
    let layers = vec![dense(n_inputs, 32), Layer::Activation(Activation::Relu), dense(32, task.n_outputs())];
    Network { n_features, mask, mask_embedding, layers, task }
}

/// A chunk as a table.
pub(crate) struct Memory {
    info: TableInfo,
    chunk: EventChunk,
}

impl Memory {
    pub(crate) fn new(chunk: EventChunk) -> Self {
        let branch = |(name, column): (&Arc<str>, &Column)| BranchInfo {
            name: Arc::clone(name),
            type_name: String::new(),
            column_type: Ok(column.column_type()),
            stored_bytes: 0,
            decoded_bytes: 0,
            codec: String::new(),
        };
        let branches = chunk.columns().map(branch).collect();
        let n_entries = chunk.n_entries() as u64;
        Self {
            info: TableInfo { source: "memory".into(), tree: "events".into(), n_entries, branches },
            chunk,
        }
    }
}

impl EventTable for Memory {
    fn info(&self) -> &TableInfo {
        &self.info
    }

    fn visit(&self, branches: &[usize], entries: Range<u64>, sink: PieceSink<'_>) -> Result<(), ReadError> {
        let part = self.chunk.slice(entries.start as usize..entries.end as usize);
        for &branch in branches {
            let column = part.column(&self.info.branches[branch].name).unwrap();
            for piece in column.pieces() {
                let piece = PieceAt { branch, first_entry: entries.start, piece: piece.clone() };
                if sink(piece).is_break() {
                    return Err(ReadError::Stopped);
                }
            }
        }
        Ok(())
    }
}
