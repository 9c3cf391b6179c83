//! Events per CPU second of the specs and of the fill on columns in memory: 22 flat and 52 jagged branches, 298
//! columns, as in the ttH-like data set. `cargo run --release -p event-matrix --example fill_speed [events]`
#![expect(clippy::print_stdout, reason = "an example prints its figures")]

use branch_specs::{Specs, SpecsBuilder, SpecsMode};
use event_columns::{ColumnType, EventChunk, Number, Piece, Slice, Values};
use event_matrix::{MatrixBatch, MatrixLayout, MatrixSettings, Rng};
use std::sync::Arc;
use std::time::Instant;

/// Entries of a piece, about those of a basket.
const PIECE_ENTRIES: usize = 20_000;
const REPEATS: usize = 5;

fn main() {
    let n_events = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let chunk = make_chunk(n_events);
    let branches: Vec<(Arc<str>, ColumnType)> =
        chunk.columns().map(|(name, column)| (Arc::clone(name), column.column_type())).collect();
    let measure = |mode| -> Specs {
        let builder = SpecsBuilder::new(&branches, mode);
        builder.add_chunk(&chunk).expect("the chunk has its own branches");
        builder.finish("memory")
    };
    let mut specs = report("specs, fast", n_events, || measure(SpecsMode::Fast));
    report("specs, full", n_events, || measure(SpecsMode::Full));
    specs.identifier.clear();
    let layout = MatrixLayout::check(&MatrixSettings::default(), &specs).expect("a layout");
    println!("{} columns", layout.n_columns());
    let mut batch = MatrixBatch::<f32>::default();
    layout.fill_batch(&chunk, &mut batch).expect("rows");
    report("fill, f32", n_events, || layout.fill_batch(&chunk, &mut batch).expect("rows"));
    let mut batch = MatrixBatch::<f64>::default();
    layout.fill_batch(&chunk, &mut batch).expect("rows");
    report("fill, f64", n_events, || layout.fill_batch(&chunk, &mut batch).expect("rows"));
}

/// The best of some runs.
fn report<R>(what: &str, n_events: usize, mut work: impl FnMut() -> R) -> R {
    let (mut best_cpu, mut best_wall, mut result) = (f64::INFINITY, f64::INFINITY, None);
    for _ in 0..REPEATS {
        let (cpu, wall) = (cpu_seconds(), Instant::now());
        result = Some(work());
        best_cpu = best_cpu.min(cpu_seconds() - cpu);
        best_wall = best_wall.min(wall.elapsed().as_secs_f64());
    }
    let rate = |seconds: f64| n_events as f64 / seconds / 1e6;
    println!("{what}: {:.2} M events per CPU second, {:.2} M per second", rate(best_cpu), rate(best_wall));
    result.expect("at least one run")
}

/// CPU time of all threads, in steps of the kernel's clock only where nothing finer is there.
fn cpu_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    nanoseconds.sum::<u64>() as f64 * 1e-9
}

fn make_chunk(n_events: usize) -> EventChunk {
    let mut rng = Rng::new(1, 0);
    let mut chunk = EventChunk::new(0, n_events);
    let mut uniform = move || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    for branch in 0..12 {
        let values: Vec<f32> = (0..n_events).map(|_| -120.0 * (1.0 - uniform()).ln() as f32).collect();
        set_flat(&mut chunk, &format!("flat_f{branch}"), &values);
    }
    for branch in 0..8 {
        let values: Vec<i32> = (0..n_events).map(|_| (uniform() * 25.0) as i32).collect();
        set_flat(&mut chunk, &format!("flat_i{branch}"), &values);
    }
    set_flat(&mut chunk, "genWeight", &(0..n_events).map(|_| 1.0 + 0.1 * uniform()).collect::<Vec<f64>>());
    set_flat(&mut chunk, "event", &(0..n_events as i64).collect::<Vec<_>>());
    for (name, n_branches, n_integers, widest, least, mean) in
        [("jet", 28, 4, 6, 1, 0.8), ("lep", 12, 2, 4, 0, 0.6), ("gen", 12, 2, 5, 0, 1.1)]
    {
        let mut draw = || (least + (-mean * (1.0 - uniform()).ln()) as usize).min(widest);
        let widths: Vec<usize> = (0..n_events).map(|_| draw()).collect();
        let n_values: usize = widths.iter().sum();
        for branch in 0..n_branches {
            let column = format!("{name}_{branch}");
            if branch < n_branches - n_integers {
                let values: Vec<f32> = (0..n_values).map(|_| (uniform() * 90.0 + 30.0) as f32).collect();
                set_jagged(&mut chunk, &column, &widths, &values);
            } else {
                let values: Vec<i32> = (0..n_values).map(|_| (uniform() * 64.0) as i32).collect();
                set_jagged(&mut chunk, &column, &widths, &values);
            }
        }
    }
    chunk
}

fn set_flat<T: Number>(chunk: &mut EventChunk, name: &str, values: &[T])
where
    Values: From<Vec<T>>,
{
    let pieces: Vec<Piece> = values.chunks(PIECE_ENTRIES).map(|part| Piece::flat(part.to_vec())).collect();
    let column = event_columns::Column::new(ColumnType::flat(T::ELEMENT), pieces).expect("one type");
    chunk.set(name, column);
}

fn set_jagged<T: Number>(chunk: &mut EventChunk, name: &str, widths: &[usize], values: &[T])
where
    Values: From<Vec<T>>,
{
    let column_type = ColumnType::jagged(T::ELEMENT);
    let mut start = 0;
    let mut pieces = Vec::new();
    for widths in widths.chunks(PIECE_ENTRIES) {
        let mut offsets = vec![0_i64];
        for width in widths {
            offsets.push(offsets[offsets.len() - 1] + *width as i64);
        }
        let end = start + offsets[offsets.len() - 1] as usize;
        let values = values[start..end].to_vec().into();
        pieces.push(Piece::new(column_type, vec![Slice::from(offsets)], values).expect("whole buffers"));
        start = end;
    }
    chunk.set(name, event_columns::Column::new(column_type, pieces).expect("one type"));
}
