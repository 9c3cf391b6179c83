//! Rows made up for tests, and the worker.

use std::{io::Write, ops::ControlFlow, path::PathBuf};

use model_training::{
    BoxError, ChunkRows, ChunkSlot, ChunkSource, Trained, TrainingError, TrainingSettings, WorkerProgram,
    train,
};

/// The worker, or `None` with a word about it.
pub(crate) fn worker(test: &str) -> Option<WorkerProgram> {
    let path = std::env::var_os("MLAAS4HEP_TORCH");
    if path.is_none() {
        // Past what the test harness captures, so that it is seen.
        let why = "MLAAS4HEP_TORCH does not name the program mlaas4hep-torch";
        let _said = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
    }
    path.map(|path| WorkerProgram::at(PathBuf::from(path)))
}

/// Where the tests train: `cpu`, or what `MLAAS4HEP_TEST_DEVICE` says (`cuda` on a machine with a GPU).
pub(crate) fn device() -> String {
    std::env::var("MLAAS4HEP_TEST_DEVICE").unwrap_or_else(|_| "cpu".to_owned())
}

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) values: Vec<f32>,
    pub(crate) label: f32,
    pub(crate) weight: f32,
}

pub(crate) fn row(values: &[f32], label: f32) -> Row {
    Row { values: values.to_vec(), label, weight: 1.0 }
}

/// A chunk: rows to train on, for validation, for the test.
pub(crate) type Chunk = (Vec<Row>, Vec<Row>, Vec<Row>);

/// Chunks in memory.
pub(crate) struct Rows {
    pub(crate) chunks: Vec<Chunk>,
    next: usize,
    pub(crate) n_rewinds: usize,
    n_columns: usize,
}

impl Rows {
    pub(crate) fn new(chunks: Vec<Chunk>) -> Self {
        let n_columns = chunks
            .iter()
            .flat_map(|(train, validation, test)| train.iter().chain(validation).chain(test))
            .map(|row| row.values.len())
            .next()
            .unwrap_or(1);
        Self { chunks, next: 0, n_rewinds: 0, n_columns }
    }

    pub(crate) fn train_only(rows: Vec<Row>) -> Self {
        Self::new(vec![(rows, Vec::new(), Vec::new())])
    }
}

impl ChunkSource for Rows {
    fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn max_rows(&self) -> usize {
        self.chunks.iter().map(|(a, b, c)| a.len() + b.len() + c.len()).max().unwrap_or(0).max(1)
    }

    fn rewind(&mut self) -> Result<(), BoxError> {
        self.next = 0;
        self.n_rewinds += 1;
        Ok(())
    }

    fn next_chunk(&mut self, slot: &mut ChunkSlot<'_>) -> Result<Option<ChunkRows>, BoxError> {
        let Some((train, validation, test)) = self.chunks.get(self.next) else { return Ok(None) };
        self.next += 1;
        for (i, row) in train.iter().chain(validation).chain(test).enumerate() {
            let place = i * self.n_columns..(i + 1) * self.n_columns;
            slot.values[place.clone()].copy_from_slice(&row.values);
            slot.mask[place].fill(0);
            slot.labels[i] = row.label;
            slot.weights[i] = row.weight;
        }
        Ok(Some(ChunkRows { n_train: train.len(), n_validation: validation.len(), n_test: test.len() }))
    }
}

/// Numbers that look random enough (a linear congruential generator), in `-1 .. 1`.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// Roughly normal with deviation 1: a sum of twelve.
    pub(crate) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.next()).sum::<f32>() / 2.0
    }
}

/// Two clouds, one at -1 and one at 1 in every column: the best possible accuracy with two columns is 0.921.
pub(crate) fn two_clouds(n_rows: usize, n_columns: usize, seed: u64) -> Vec<Row> {
    let mut numbers = Numbers(seed);
    (0..n_rows)
        .map(|i| {
            let centre = if i % 2 == 0 { -1.0 } else { 1.0 };
            let values: Vec<f32> = (0..n_columns).map(|_| centre + numbers.normal()).collect();
            row(&values, (i % 2) as f32)
        })
        .collect()
}

/// Settings in JSON around a model.
pub(crate) fn settings(model: &str, others: &str) -> TrainingSettings {
    let device = device();
    let json = format!(r#"{{"model": {{"network": {{{model}}}}}, "device": "{device}"{others}}}"#);
    TrainingSettings::from_json(&json).unwrap()
}

pub(crate) fn run(
    settings: TrainingSettings,
    rows: &mut Rows,
    worker: &WorkerProgram,
) -> Result<Trained, TrainingError> {
    train(&settings.check().unwrap(), rows, worker, &mut |_| ControlFlow::Continue(()))
}
