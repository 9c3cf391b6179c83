//! Samples that lie in memory: tables that Rust cells hand back, and events that they are given.

use super::Session;
use crate::magic::MagicError;
use crate::session::Sample;
use event_columns::{Column, EventChunk, EventTable, MemoryTable, ReadError, read_chunk_unless};
use std::sync::Arc;

/// Whether a branch is wanted.
type IsWanted<'a> = &'a dyn Fn(&str) -> bool;
/// Whether the user has stopped the cell.
type IsStopped<'a> = &'a (dyn Fn() -> bool + Sync);

/// More decoded bytes than these are not copied for Rust cells without being asked for.
const MOST_SHARED_BYTES: u64 = 2_000_000_000;

impl Sample {
    /// A sample of events in memory.
    pub fn in_memory(name: &str, events: EventChunk) -> Self {
        let table: Arc<dyn EventTable> = Arc::new(MemoryTable::new(&format!("memory: {name}"), events));
        Self {
            name: name.to_string(),
            files: Vec::new(),
            tree: String::new(),
            label: name.to_string(),
            weight: None,
            colour: None,
            is_data: false,
            added: Vec::new(),
            tables: vec![table],
            stamps: Vec::new(),
        }
    }
}

impl Session {
    /// A word that changes when the events that Rust cells see of a sample change.
    ///
    /// # Errors
    /// There is no such sample.
    pub(crate) fn shared_state(&self, name: &str) -> Result<String, MagicError> {
        let sample = self.sample(name)?;
        let tables: Vec<usize> =
            sample.tables.iter().map(|table| Arc::as_ptr(table).cast::<()>() as usize).collect();
        Ok(format!("{tables:?} {} {:?}", self.selection_of(sample)?.fingerprint(), self.branches))
    }

    /// The events of a sample that pass the cuts, with the branches that are features and the new ones.
    ///
    /// # Errors
    /// Events that cannot be read, or more of them than fit; [`MagicError::interrupted`].
    pub(crate) fn events_to_share(
        &self,
        name: &str,
        is_stopped: IsStopped<'_>,
    ) -> Result<EventChunk, MagicError> {
        self.events_with(name, &|branch| self.branches.takes(branch), is_stopped)
    }

    /// Asks for the memory of all events of a sample with the branches that are wanted: once as they are read, once as
    /// they are handed on.
    ///
    /// # Errors
    /// There is no such sample, or its events would go over the limit of this server.
    pub(crate) fn memory_for(
        &self,
        name: &str,
        is_wanted: IsWanted<'_>,
    ) -> Result<Option<String>, MagicError> {
        let n_bytes: u64 =
            self.sample(name)?.tables.iter().map(|table| decoded_bytes(&**table, is_wanted)).sum();
        self.memory.ask(n_bytes.saturating_mul(2), &format!("holding all events of {name} at once"))
    }

    /// The events of a sample that pass the cuts, with the branches that are wanted.
    ///
    /// # Errors
    /// Events that cannot be read, or more of them than fit; [`MagicError::interrupted`].
    pub(crate) fn events_with(
        &self,
        name: &str,
        is_wanted: IsWanted<'_>,
        is_stopped: IsStopped<'_>,
    ) -> Result<EventChunk, MagicError> {
        let sample = self.sample(name)?;
        let n_bytes: u64 = sample.tables.iter().map(|table| decoded_bytes(&**table, is_wanted)).sum();
        if n_bytes > MOST_SHARED_BYTES {
            let message = format!(
                "{name} takes {} decoded, too much to be held at once",
                text_table::human_bytes(n_bytes)
            );
            return Err(
                MagicError::new("MemoryError", message).advise("Choose its branches: %select BRANCH ..")
            );
        }
        let mut parts = Vec::new();
        for table in &sample.tables {
            parts.push(self.selected_events(sample, &**table, is_wanted, is_stopped)?);
        }
        joined(parts)
    }

    fn selected_events(
        &self,
        sample: &Sample,
        table: &dyn EventTable,
        is_wanted: IsWanted<'_>,
        is_stopped: IsStopped<'_>,
    ) -> Result<EventChunk, MagicError> {
        let input = |error: &dyn std::error::Error| MagicError::input(error);
        let info = table.info();
        let selection = self.selection_of(sample)?;
        let checked = selection.check(&info.readable_branches()).map_err(|error| input(&error))?;
        let branches: Vec<usize> = (0..info.branches.len())
            .filter(|at| info.branches[*at].column_type.is_ok())
            .filter(|at| {
                let name = &info.branches[*at].name;
                is_wanted(name) || checked.branches_read().contains(name)
            })
            .collect();
        let chunk = read_chunk_unless(table, &branches, 0..info.n_entries, is_stopped);
        let chunk = chunk.map_err(|error| match error {
            ReadError::Stopped => {
                MagicError::interrupted(format!("stopped while reading {}; nothing was changed", info.source))
            }
            error => input(&error),
        })?;
        let mut events = checked.apply(chunk).map_err(|error| input(&error))?.chunk;
        let surplus: Vec<Arc<str>> = events.names().iter().filter(|name| !is_wanted(name)).cloned().collect();
        for name in surplus.iter().filter(|name| !selection.new_branches().any(|new| new == &***name)) {
            events.remove(name);
        }
        Ok(events)
    }
}

fn decoded_bytes(table: &dyn EventTable, is_wanted: IsWanted<'_>) -> u64 {
    let wanted = table.info().branches.iter().filter(|branch| is_wanted(&branch.name));
    wanted.map(|branch| branch.decoded_bytes).sum()
}

/// The events of several files one after the other, with the branches that all have; nothing is copied.
pub(crate) fn joined(parts: Vec<EventChunk>) -> Result<EventChunk, MagicError> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Ok(EventChunk::new(0, 0)) };
    let rest: Vec<EventChunk> = parts.collect();
    if rest.is_empty() {
        return Ok(first);
    }
    let n_events = first.n_entries() + rest.iter().map(EventChunk::n_entries).sum::<usize>();
    let mut all = EventChunk::new(0, n_events);
    for (name, column) in first.columns() {
        let Some(others) = rest.iter().map(|part| part.column(name)).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let pieces = [column].into_iter().chain(others).flat_map(|column| column.pieces().to_vec()).collect();
        let column = Column::new(column.column_type(), pieces).map_err(|error| {
            MagicError::new("InputError", format!("branch {name}: {error}"))
                .advise("The files of the sample differ: open them as samples of their own.")
        })?;
        all.set(name.clone(), column);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::Piece;

    #[test]
    fn files_are_joined_by_their_common_branches() {
        let chunk = |values: Vec<i32>, with_other: bool| {
            let mut chunk = EventChunk::new(0, values.len());
            chunk.set("x", Piece::flat(values.clone()).into());
            if with_other {
                chunk.set("y", Piece::flat(values).into());
            }
            chunk
        };
        let all = joined(vec![chunk(vec![1, 2], true), chunk(vec![3], false)]).unwrap();
        assert_eq!(all.column("x").unwrap().to_f64(), [1.0, 2.0, 3.0]);
        assert!(all.column("y").is_none());
    }
}
