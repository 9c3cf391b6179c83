//! A range of events with some of their branches.

use crate::Column;
use std::ops::Range;
use std::sync::Arc;

/// Columns over the same entries, in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub struct EventChunk {
    first_entry: u64,
    n_entries: usize,
    names: Vec<Arc<str>>,
    columns: Vec<Column>,
}

impl EventChunk {
    /// A chunk of `n_entries` events, of which the first is entry `first_entry` of its tree, without columns yet.
    pub fn new(first_entry: u64, n_entries: usize) -> Self {
        Self { first_entry, n_entries, names: Vec::new(), columns: Vec::new() }
    }

    /// Adds a column, or replaces the one of the same name in its place.
    ///
    /// # Panics
    /// When the column has another number of entries: that is a mistake of the caller, not of the input.
    pub fn set(&mut self, name: impl Into<Arc<str>>, column: Column) {
        let name = name.into();
        assert_eq!(column.n_entries(), self.n_entries, "entries of column {name}");
        if let Some(position) = self.position(&name) {
            self.columns[position] = column;
        } else {
            self.names.push(name);
            self.columns.push(column);
        }
    }

    /// Takes a column out; nothing where there is none of that name.
    pub fn remove(&mut self, name: &str) -> Option<Column> {
        let position = self.position(name)?;
        self.names.remove(position);
        Some(self.columns.remove(position))
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.position(name).map(|position| &self.columns[position])
    }

    /// Names and columns in order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Column)> {
        self.names.iter().zip(&self.columns)
    }

    /// Names in order.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// Number of the first entry in its tree. After a selection, of the first entry looked at.
    pub fn first_entry(&self) -> u64 {
        self.first_entry
    }

    /// Number of events.
    pub fn n_entries(&self) -> usize {
        self.n_entries
    }

    /// The events between two positions, half-open, counted from the start of the chunk; shares all buffers.
    ///
    /// # Panics
    /// When the range leaves the chunk.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self {
            first_entry: self.first_entry + range.start as u64,
            n_entries: range.end - range.start,
            names: self.names.clone(),
            columns: self.columns.iter().map(|column| column.slice(range.clone())).collect(),
        }
    }

    /// Bytes that the columns keep alive.
    pub fn buffer_bytes(&self) -> usize {
        self.columns.iter().map(Column::buffer_bytes).sum()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| &**own == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Piece;

    #[test]
    fn set_replaces_in_place() {
        let mut chunk = EventChunk::new(10, 2);
        chunk.set("a", Piece::flat(vec![1_i32, 2]).into());
        chunk.set("b", Piece::flat(vec![3_i32, 4]).into());
        chunk.set("a", Piece::flat(vec![5_i32, 6]).into());
        let names: Vec<&str> = chunk.names().iter().map(|name| &**name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(chunk.column("a").unwrap().to_f64(), [5.0, 6.0]);
        assert_eq!(chunk.slice(1..2).first_entry(), 11);
        assert!(chunk.remove("c").is_none());
    }
}
