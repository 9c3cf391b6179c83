//! New branches and cuts, one line each, that can be taken back.

use crate::magic::MagicError;
use event_columns::EventTable;
use event_selection::{Selection, SelectionError};
use std::sync::Arc;

/// The lines of the selection, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    lines: Vec<String>,
}

impl Steps {
    /// The lines as they were said.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Adds lines after checking that all of them together fit the branches of every table.
    ///
    /// # Errors
    /// What is wrong, with its place and the nearest names; nothing is added then.
    pub fn add(&mut self, text: &str, tables: &[Arc<dyn EventTable>]) -> Result<(), MagicError> {
        let problem = |error: SelectionError| MagicError::new("SelectionError", error.to_string());
        // On its own first: the place in the message is then that in the cell.
        Selection::from_text(text).map_err(problem)?;
        let mut lines = self.lines.clone();
        lines.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from));
        let selection = Selection::from_text(&lines.join("\n")).map_err(problem)?;
        let n_before = self.lines.len();
        for table in tables {
            selection.check(&table.info().readable_branches()).map_err(|error| {
                let error = counted_from(error, n_before);
                MagicError::new("SelectionError", format!("{}: {error}", table.info().display_name()))
            })?;
        }
        self.lines = lines;
        Ok(())
    }

    /// Takes back the last line; what it was.
    pub fn undo(&mut self) -> Option<String> {
        self.lines.pop()
    }

    /// Takes back all lines.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// All lines as a selection.
    ///
    /// # Errors
    /// None in practice: every line was checked when it was added.
    pub fn selection(&self) -> Result<Selection, MagicError> {
        Selection::from_text(&self.lines.join("\n"))
            .map_err(|error| MagicError::new("SelectionError", error.to_string()))
    }
}

/// The error with the line in what was added, where it lies there.
fn counted_from(error: SelectionError, n_before: usize) -> SelectionError {
    match error {
        SelectionError::Expression(mut place) if place.line > n_before => {
            place.line -= n_before;
            SelectionError::Expression(place)
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::{EventChunk, MemoryTable, Piece};

    fn tables() -> Vec<Arc<dyn EventTable>> {
        let mut chunk = EventChunk::new(0, 1);
        chunk.set("pt", Piece::jagged(&[vec![1.0_f32]]).into());
        vec![Arc::new(MemoryTable::new("made", chunk))]
    }

    #[test]
    fn lines_are_checked_together_and_taken_back() {
        let mut steps = Steps::default();
        steps.add("ht = sum(pt)", &tables()).unwrap();
        steps.add("ht > 10\n\nht < 20", &tables()).unwrap();
        assert_eq!(steps.lines(), ["ht = sum(pt)", "ht > 10", "ht < 20"]);
        let error = steps.add("h > 3", &tables()).unwrap_err().to_string();
        assert!(error.contains("did you mean ht"), "{error}");
        assert_eq!(steps.undo().as_deref(), Some("ht < 20"));
        assert_eq!(steps.selection().unwrap().n_cuts(), 1);
    }
}
