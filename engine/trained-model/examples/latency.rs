//! Measures how long a prediction takes, and writes the ONNX files for `latency.py` beside it to compare.
//!
//! `cargo run --release -p trained-model --example latency FOLDER && python3 latency.py FOLDER`

#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]

use branch_specs::{SpecsBuilder, SpecsMode};
use event_columns::{EventChunk, Piece};
use event_matrix::{MatrixLayout, MatrixSettings, Rng};
use event_selection::Selection;
use network::{Activation, Layer, MaskUse, Network, Task};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use trained_model::{NewModel, Predictor, Provenance, TrainedModel, TrainedNetwork};

fn number(rng: &mut Rng) -> f32 {
    (rng.next_u64() >> 40) as f32 / (1_u64 << 24) as f32
}

/// Flat branches and lists of eight values.
fn events(n_events: usize, n_flat: usize, n_lists: usize) -> EventChunk {
    let mut rng = Rng::new(1, 0);
    let mut chunk = EventChunk::new(0, n_events);
    for flat in 0..n_flat {
        chunk.set(
            format!("flat_{flat}"),
            Piece::flat((0..n_events).map(|_| number(&mut rng)).collect::<Vec<_>>()).into(),
        );
    }
    for list in 0..n_lists {
        let lists: Vec<Vec<f32>> =
            (0..n_events).map(|_| (0..8).map(|_| number(&mut rng)).collect()).collect();
        chunk.set(format!("list_{list}"), Piece::jagged(&lists).into());
    }
    chunk
}

fn model(chunk: &EventChunk, hidden: &[usize]) -> Result<TrainedModel, Box<dyn std::error::Error>> {
    let branches: Vec<_> =
        chunk.columns().map(|(name, column)| (name.clone(), column.column_type())).collect();
    let builder = SpecsBuilder::new(&branches, SpecsMode::Full);
    builder.add_chunk(chunk)?;
    let specs = builder.finish("latency");
    let layout = MatrixLayout::check(&MatrixSettings::default(), &specs)?;
    let mut rng = Rng::new(2, 0);
    let mut width = layout.n_columns();
    let mut layers = Vec::new();
    for (position, &n_outputs) in hidden.iter().chain([&1]).enumerate() {
        if position > 0 {
            layers.push(Layer::Activation(Activation::Relu));
        }
        let weights =
            (0..width * n_outputs).map(|_| (number(&mut rng) - 0.5) / (width as f32).sqrt()).collect();
        layers.push(Layer::Dense { n_inputs: width, n_outputs, weights, bias: vec![0.1; n_outputs] });
        width = n_outputs;
    }
    let (n_features, mask) = (layout.n_columns(), MaskUse::Zero);
    let network = Network { n_features, mask, mask_embedding: vec![], layers, task: Task::Binary };
    Ok(TrainedModel::new(NewModel {
        name: "latency".into(),
        created: String::new(),
        parent: None,
        task: Task::Binary,
        labels: vec![],
        network: TrainedNetwork::Layers(Arc::new(network)),
        branches,
        selection: Selection::default(),
        specs,
        layout,
        units: std::collections::BTreeMap::default(),
        metrics: std::collections::BTreeMap::default(),
        provenance: Provenance::default(),
        report: None,
        pictures: std::collections::BTreeMap::default(),
    })?)
}

/// Nanoseconds of processor time of all threads, which other programs on the machine do not disturb; 0 where the
/// system does not tell.
fn processor_ns() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let times = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    times.filter_map(|text| text.split(' ').next()?.parse::<u64>().ok()).sum()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_string());
    for (name, n_flat, n_lists, hidden) in [("tfaas", 27, 0, [1024, 1024]), ("tth", 42, 32, [128, 64])] {
        let chunk = events(256, n_flat, n_lists);
        let model = model(&chunk, &hidden)?;
        std::fs::write(
            Path::new(&folder).join(format!("{name}.onnx")),
            model.onnx_bytes().unwrap_or_default(),
        )?;
        let start = Instant::now();
        let predictor = Predictor::new(&model)?;
        println!("{name}: {} columns, loaded in {:?}", model.layout().n_columns(), start.elapsed());
        for n_rows in [1, 256] {
            let part = chunk.slice(0..n_rows);
            let start = Instant::now();
            predictor.predict(&part)?;
            let first = start.elapsed();
            let mut times = Vec::new();
            let processor_start = processor_ns();
            while start.elapsed().as_secs_f64() < 3.0 {
                let start = Instant::now();
                std::hint::black_box(predictor.predict(&part)?);
                times.push(start.elapsed());
            }
            times.sort();
            let processor_us = (processor_ns() - processor_start) as f64 / 1e3 / times.len() as f64;
            let (median, fastest) = (times[times.len() / 2], times[0]);
            println!(
                "  {n_rows:3} rows: median {median:?}, fastest {fastest:?}, processor {processor_us:.1} us; the first call {first:?}"
            );
        }
    }
    Ok(())
}
