//! Branches that Rust cells hand back.

use super::{Sample, Session};
use crate::magic::MagicError;
use event_columns::{Column, ElementType, EventTable, Piece, read_chunk};

impl Session {
    /// Adds a column to a sample as a branch. It has a value for each event that passes the cuts now; events that do not
    /// pass have none (NaN).
    ///
    /// # Errors
    /// There is no such sample, the numbers of events differ, or a column of lists comes while cuts hold.
    pub fn add_branch(&mut self, sample: &str, name: &str, column: &Column) -> Result<(), MagicError> {
        let own = self.sample(sample)?;
        let passing = own.tables.iter().map(|table| self.passing(own, &**table));
        let passing: Vec<Passing> = passing.collect::<Result<_, _>>()?;
        let n_passing: usize = passing.iter().map(Passing::n_passing).sum();
        if column.n_entries() != n_passing {
            let message = format!(
                "branch {name} has {} values where {n_passing} events of {sample} pass the cuts",
                column.n_entries()
            );
            return Err(MagicError::new("BranchError", message).advise(format!(
                "Take the events as they are now: let events = mlaas4hep::table(\"{sample}\")?;"
            )));
        }
        let (mut columns, mut start) = (Vec::new(), 0);
        for passing in &passing {
            let part = column.slice(start..start + passing.n_passing());
            start += passing.n_passing();
            columns.push(vec![(name.to_string(), passing.spread(name, &part)?)]);
        }
        self.add_scores(sample, columns)?;
        if let Some(own) = self.samples.iter_mut().find(|own| own.name == sample) {
            own.added.retain(|other| other != name);
            own.added.push(name.to_string());
        }
        self.history.push(format!("branch {name} of {sample} came from a Rust cell"));
        Ok(())
    }

    /// Which events of a file pass the cuts.
    fn passing(&self, sample: &Sample, table: &dyn EventTable) -> Result<Passing, MagicError> {
        let input = |error: &dyn std::fmt::Display| MagicError::new("InputError", error.to_string());
        let info = table.info();
        let n_entries = usize::try_from(info.n_entries).map_err(|error| input(&error))?;
        let selection = self.selection_of(sample)?;
        if selection.is_empty() {
            return Ok(Passing { n_entries, kept: None });
        }
        let checked = selection.check(&info.readable_branches()).map_err(|error| input(&error))?;
        let branches: Vec<usize> = (0..info.branches.len())
            .filter(|at| checked.branches_read().contains(&info.branches[*at].name))
            .collect();
        let chunk = read_chunk(table, &branches, 0..info.n_entries).map_err(|error| input(&error))?;
        let kept = checked.apply(chunk).map_err(|error| input(&error))?.kept;
        let kept = (kept.len() < n_entries).then(|| kept.iter().map(|entry| *entry as usize).collect());
        Ok(Passing { n_entries, kept })
    }
}

/// The events of one file that pass the cuts.
struct Passing {
    n_entries: usize,
    /// Their entries; `None` where all pass.
    kept: Option<Vec<usize>>,
}

impl Passing {
    fn n_passing(&self) -> usize {
        self.kept.as_ref().map_or(self.n_entries, Vec::len)
    }

    /// A column of the events that pass as one of all events.
    fn spread(&self, name: &str, column: &Column) -> Result<Column, MagicError> {
        let Some(kept) = &self.kept else { return Ok(column.clone()) };
        let of = column.column_type();
        if of.depth > 0 || of.width != 1 || of.element == ElementType::Text {
            return Err(MagicError::new(
                "BranchError",
                format!("branch {name} has lists, and not all events pass the cuts"),
            )
            .advise("Hand back one number for each event, or take the cuts back first: %cut --clear"));
        }
        let mut all = vec![f64::NAN; self.n_entries];
        for (entry, value) in kept.iter().zip(column.to_f64()) {
            all[*entry] = value;
        }
        let is_exact = matches!(
            of.element,
            ElementType::F32
                | ElementType::Bool
                | ElementType::I8
                | ElementType::U8
                | ElementType::I16
                | ElementType::U16
        );
        if !is_exact {
            return Ok(Piece::flat(all).into());
        }
        Ok(Piece::flat(all.into_iter().map(|value| value as f32).collect::<Vec<f32>>()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_do_not_pass_have_no_value() {
        let some = Passing { n_entries: 4, kept: Some(vec![1, 3]) };
        let spread = some.spread("x", &Piece::flat(vec![5_u8, 6]).into()).unwrap();
        assert_eq!(spread.column_type().element, ElementType::F32);
        let values = spread.to_f64();
        assert!(values[0].is_nan() && values[2].is_nan());
        assert_eq!([values[1], values[3]], [5.0, 6.0]);
        let lists = Piece::jagged(&[vec![1.0_f32], vec![]]).into();
        assert!(some.spread("x", &lists).unwrap_err().advice.contains("%cut --clear"));
        let all = Passing { n_entries: 2, kept: None };
        assert_eq!(all.spread("x", &lists).unwrap().n_entries(), 2);
    }
}
