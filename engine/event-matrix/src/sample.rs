//! One sample: a table, its label and weight, and which of its events count.

use crate::{BoxError, MatrixError};
use event_columns::{EventChunk, EventTable, ReadError, read_chunk};
use std::ops::Range;
use std::sync::Arc;

/// What a selection lets pass.
#[derive(Clone, Debug)]
pub struct SelectedEvents {
    /// The events, with new columns where the selection makes some.
    pub chunk: EventChunk,
    /// Positions of these events in the chunk that came in, rising.
    pub kept: Vec<u32>,
}

/// Selects events of a chunk; called from one thread at a time for each sample.
pub type SelectEvents = Arc<dyn Fn(EventChunk) -> Result<SelectedEvents, BoxError> + Send + Sync>;

/// Where the label of an event comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelSource {
    /// All events of the sample have this one: a class number, or a target.
    Value(f32),
    /// The value of a flat branch.
    Branch(String),
}

/// A table of events with a label.
#[derive(Clone)]
pub struct Sample {
    /// Name for messages, such as the file.
    pub name: String,
    /// The events. Wrapped in a [`event_columns::CachedTable`], a second epoch decodes nothing that fits the cache.
    pub table: Arc<dyn EventTable>,
    /// Branches to read. They must give all columns of the matrix, after the selection.
    pub branches: Vec<usize>,
    /// Entries to use, half-open.
    pub entries: Range<u64>,
    /// Number of these entries that pass the selection; all of them without one.
    pub n_events: u64,
    /// Where the label comes from.
    pub label: LabelSource,
    /// Factor on the weight of all events, such as cross-section times luminosity over generated events.
    pub weight: f64,
    /// A flat branch with the weight of each event, of either sign; 1 when absent.
    pub weight_branch: Option<String>,
    /// Sum of the values of the weight branch over these events; balanced classes need it where there is such a branch.
    pub weight_sum: Option<f64>,
    /// Which events count; all of them when absent.
    pub select: Option<SelectEvents>,
}

impl Sample {
    /// All events of a table with one label and weight 1. `branches` are the positions of those to read.
    pub fn new(
        name: impl Into<String>,
        table: Arc<dyn EventTable>,
        branches: Vec<usize>,
        label: f32,
    ) -> Self {
        let n_events = table.info().n_entries;
        Self {
            name: name.into(),
            table,
            branches,
            entries: 0..n_events,
            n_events,
            label: LabelSource::Value(label),
            weight: 1.0,
            weight_branch: None,
            weight_sum: None,
            select: None,
        }
    }
}

/// Selected events with their entry numbers.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) chunk: EventChunk,
    /// Entry number of each event; the first entry alone when they follow one another.
    entries: Entries,
}

#[derive(Clone, Debug)]
enum Entries {
    From(u64),
    List(Vec<u64>),
}

impl Block {
    pub(crate) fn entry(&self, position: usize) -> u64 {
        match &self.entries {
            Entries::From(first) => first + position as u64,
            Entries::List(entries) => entries.get(position).copied().unwrap_or_default(),
        }
    }

    fn slice(&self, range: Range<usize>) -> Self {
        let entries = match &self.entries {
            Entries::From(first) => Entries::From(first + range.start as u64),
            Entries::List(entries) => Entries::List(entries[range.clone()].to_vec()),
        };
        Self { chunk: self.chunk.slice(range), entries }
    }
}

/// A sample that is being read from front to back.
pub(crate) struct Stream {
    sample: Sample,
    /// Entries that are read at once, at least.
    block_entries: u64,
    next_entry: u64,
    n_given: u64,
    /// Events that were selected but not asked for yet.
    waiting: Option<Block>,
}

impl Stream {
    /// Starts at the front; reads blocks of about `budget_bytes`.
    pub(crate) fn new(sample: Sample, budget_bytes: usize) -> Self {
        let info = sample.table.info();
        let bytes: u64 = sample
            .branches
            .iter()
            .filter_map(|branch| info.branches.get(*branch))
            .map(|branch| branch.decoded_bytes)
            .fold(0, u64::saturating_add);
        let bytes_per_entry = (bytes / info.n_entries.max(1)).max(1);
        let block_entries = (budget_bytes as u64 / bytes_per_entry).max(1);
        let next_entry = sample.entries.start;
        Self { sample, block_entries, next_entry, n_given: 0, waiting: None }
    }

    pub(crate) fn sample(&self) -> &Sample {
        &self.sample
    }

    /// Goes back to the front.
    pub(crate) fn rewind(&mut self) {
        (self.next_entry, self.n_given, self.waiting) = (self.sample.entries.start, 0, None);
    }

    /// The next events that pass the selection, exactly `n_events` of them, in blocks.
    pub(crate) fn take(&mut self, n_events: u64) -> Result<Vec<Block>, MatrixError> {
        let mut blocks = Vec::new();
        let mut n_missing = n_events as usize;
        while n_missing > 0 {
            let block = match self.waiting.take() {
                Some(block) => block,
                None => self.read_block(n_missing as u64)?,
            };
            let n_block = block.chunk.n_entries();
            let n_taken = n_block.min(n_missing);
            if n_taken < n_block {
                self.waiting = Some(block.slice(n_taken..n_block));
            }
            if n_taken > 0 {
                blocks.push(block.slice(0..n_taken));
            }
            n_missing -= n_taken;
            self.n_given += n_taken as u64;
        }
        Ok(blocks)
    }

    fn read_block(&mut self, n_missing: u64) -> Result<Block, MatrixError> {
        let sample = &self.sample;
        let end = sample.entries.end.min(sample.table.info().n_entries);
        if self.next_entry >= end {
            let (sample, found) = (sample.name.clone(), self.n_given);
            return Err(MatrixError::FewerEvents { sample, expected: self.sample.n_events, found });
        }
        let n_entries = self.block_entries.max(n_missing).min(end - self.next_entry);
        let entries = self.next_entry..self.next_entry + n_entries;
        self.next_entry = entries.end;
        let chunk = read_chunk(&*sample.table, &sample.branches, entries.clone())
            .map_err(|cause: ReadError| MatrixError::Read { sample: sample.name.clone(), cause })?;
        let Some(select) = &sample.select else {
            return Ok(Block { chunk, entries: Entries::From(entries.start) });
        };
        let failed =
            |cause| MatrixError::Selection { sample: sample.name.clone(), first_entry: entries.start, cause };
        let SelectedEvents { chunk, kept } = select(chunk).map_err(failed)?;
        if kept.len() != chunk.n_entries() {
            let cause = format!("{} events came back with {} positions", chunk.n_entries(), kept.len());
            return Err(failed(cause.into()));
        }
        let kept = kept.into_iter().map(|position| entries.start + u64::from(position)).collect();
        Ok(Block { chunk, entries: Entries::List(kept) })
    }
}
