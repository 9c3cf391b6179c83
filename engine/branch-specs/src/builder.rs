//! Measuring events that come in chunks, such as those that a selection lets pass.

use crate::measure::{Measuring, Widths};
use crate::{BranchSpecs, FileEvents, Specs, SpecsError, SpecsMode};
use event_columns::{ColumnType, EventChunk};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Collects the numbers of chunks; several threads may add at the same time.
pub struct SpecsBuilder {
    mode: SpecsMode,
    branches: Vec<(Arc<str>, ColumnType, Measuring)>,
    n_events: AtomicU64,
}

impl SpecsBuilder {
    /// Starts with the branches that every chunk will have.
    pub fn new(branches: &[(Arc<str>, ColumnType)], mode: SpecsMode) -> Self {
        let branches = branches
            .iter()
            .map(|(name, column_type)| {
                let type_name = column_type.to_string();
                let specs = BranchSpecs::new(Arc::clone(name), type_name, *column_type, mode);
                (Arc::clone(name), *column_type, Measuring::new(specs))
            })
            .collect();
        Self { mode, branches, n_events: AtomicU64::new(0) }
    }

    /// Takes in the events of a chunk, its columns in parallel on the rayon pool of the caller.
    ///
    /// # Errors
    /// [`SpecsError::Chunk`] when the chunk lacks a branch or has it in another type; then nothing is taken in.
    pub fn add_chunk(&self, chunk: &EventChunk) -> Result<(), SpecsError> {
        self.add(chunk, Widths::Measured)
    }

    /// As [`SpecsBuilder::add_chunk`], but how many values an event has does not count: `jdim` and the distribution of
    /// widths stay as they are.
    ///
    /// # Errors
    /// As [`SpecsBuilder::add_chunk`].
    pub fn add_chunk_without_widths(&self, chunk: &EventChunk) -> Result<(), SpecsError> {
        self.add(chunk, Widths::Ignored)
    }

    fn add(&self, chunk: &EventChunk, widths: Widths) -> Result<(), SpecsError> {
        let misfit = |reason| SpecsError::Chunk { first_entry: chunk.first_entry(), reason };
        let mut work = Vec::with_capacity(self.branches.len());
        for (name, column_type, measuring) in &self.branches {
            let column = chunk.column(name).ok_or_else(|| misfit(format!("it has no branch `{name}`")))?;
            let found = column.column_type();
            if found != *column_type {
                return Err(misfit(format!("branch `{name}` is {found} and not {column_type}")));
            }
            work.push((column, measuring));
        }
        work.par_iter().for_each(|(column, measuring)| {
            column.pieces().iter().for_each(|piece| measuring.add(piece, self.mode, widths));
        });
        self.n_events.fetch_add(chunk.n_entries() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// The numbers of all chunks, as those of the file `source`.
    pub fn finish(self, source: &str) -> Specs {
        let files = vec![FileEvents { name: source.to_string(), n_events: self.n_events.into_inner() }];
        let branches = self.branches.into_iter().map(|(_, _, measuring)| measuring.finish()).collect();
        let identifier = Specs::default_identifier();
        Specs { mode: self.mode, identifier, files, branches, fingerprint: None }
    }
}
