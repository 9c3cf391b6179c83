//! Trains the papers' network (300 inputs, 128, 64, dropout 0.5, Adam) on made-up events with the real worker, fed
//! through the ring, and prints what it took as one JSON object. `compare.py` runs it beside `PyTorch`.

use std::{ops::ControlFlow, path::PathBuf, time::Instant};

use clap::Parser;
use model_training::{BoxError, ChunkRows, ChunkSlot, ChunkSource, TrainingSettings, WorkerProgram, train};
use rustix::time::{ClockId, clock_gettime};

#[derive(Parser)]
struct Arguments {
    /// The program mlaas4hep-torch.
    #[arg(long)]
    worker: PathBuf,
    /// Events to train on, all in one chunk.
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// Columns of an event.
    #[arg(long, default_value_t = 300)]
    columns: usize,
    #[arg(long, default_value_t = 100)]
    batch_size: usize,
    #[arg(long, default_value_t = 5)]
    epochs: usize,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where to train: cpu or cuda.
    #[arg(long, default_value = "cpu")]
    device: String,
}

/// Events in memory, copied into the slot as a matrix of decoded columns would be.
struct Events {
    values: Vec<f32>,
    labels: Vec<f32>,
    n_columns: usize,
    is_done: bool,
}

impl Events {
    /// Two classes that differ by 0.1 in every column; numbers from a linear congruential generator.
    fn make(n_events: usize, n_columns: usize) -> Self {
        let mut state = 1_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
        };
        let labels: Vec<f32> = (0..n_events).map(|event| (event % 2) as f32).collect();
        let values = labels.iter().flat_map(|label| vec![0.1 * label; n_columns]).map(|shift| draw() + shift);
        Self { values: values.collect(), labels, n_columns, is_done: false }
    }
}

impl ChunkSource for Events {
    fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn max_rows(&self) -> usize {
        self.labels.len()
    }

    fn rewind(&mut self) -> Result<(), BoxError> {
        self.is_done = false;
        Ok(())
    }

    fn next_chunk(&mut self, slot: &mut ChunkSlot<'_>) -> Result<Option<ChunkRows>, BoxError> {
        if std::mem::replace(&mut self.is_done, true) {
            return Ok(None);
        }
        slot.values.copy_from_slice(&self.values);
        slot.mask.fill(0);
        slot.labels.copy_from_slice(&self.labels);
        slot.weights.fill(1.0);
        Ok(Some(ChunkRows { n_train: self.labels.len(), n_validation: 0, n_test: 0 }))
    }
}

#[expect(clippy::print_stdout, reason = "the result is for compare.py")]
fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut events = Events::make(arguments.events, arguments.columns);
    let settings = serde_json::json!({
        "model": {"network": {"layers": [
            {"type": "dense", "units": 128, "activation": "relu"}, {"type": "dropout", "rate": 0.5},
            {"type": "dense", "units": 64, "activation": "relu"}, {"type": "dropout", "rate": 0.5},
            {"type": "dense", "units": 1},
        ]}},
        "epochs": arguments.epochs, "batch_size": arguments.batch_size, "threads": arguments.threads,
        "device": arguments.device,
    });
    let settings = TrainingSettings::from_json(&settings.to_string())?.check()?;
    let preparation_cpu_seconds = cpu_seconds();
    let start = Instant::now();
    let worker = WorkerProgram::at(arguments.worker);
    let trained = train(&settings, &mut events, &worker, &mut |_| ControlFlow::Continue(()))?;
    let result = serde_json::json!({
        "preparation_cpu_seconds": preparation_cpu_seconds,
        "pipeline_cpu_seconds": cpu_seconds() - preparation_cpu_seconds,
        "wall_seconds": start.elapsed().as_secs_f64(),
        "epoch_wall_seconds": trained.history.iter().map(|record| record.seconds).collect::<Vec<_>>(),
        "loss": trained.history.last().map(|record| record.train_loss),
    });
    println!("{result}");
    Ok(())
}

/// Processor time of this process; that of the worker is counted by whoever waits for this one.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
