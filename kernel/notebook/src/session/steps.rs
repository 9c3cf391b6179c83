//! New branches and cuts, one statement each, that can be taken back.

use crate::magic::MagicError;
use event_columns::EventTable;
use event_selection::{Selection, SelectionError, Statement};
use std::sync::Arc;

/// The statements of the selection, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    statements: Vec<Statement>,
}

/// The tables of a sample that statements must fit.
pub type TablesOfSample<'a> = (&'a str, &'a [Arc<dyn EventTable>]);

/// A statement, or a sample, that something was not done for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The sample.
    pub sample: String,
    /// The statement as it was said; empty where the whole sample was left out.
    pub statement: String,
    /// The branch that the sample lacks.
    pub branch: String,
}

impl Steps {
    /// The statements as they were said.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.statements.iter().map(|statement| statement.said.as_str())
    }

    /// The statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Adds statements after checking that they fit the samples. One that a sample lacks a branch for does not hold for
    /// that sample, which is returned; it must hold for one at least.
    ///
    /// # Errors
    /// What is wrong, with its place and the nearest names; nothing is added then.
    pub fn add(&mut self, text: &str, samples: &[TablesOfSample<'_>]) -> Result<Vec<LeftOut>, MagicError> {
        let mut steps = self.clone();
        steps.statements.extend(Selection::statements(text).map_err(|error| problem(&error))?);
        let n_before = self.statements.len();
        let mut left_out = Vec::new();
        let mut holds = vec![samples.is_empty(); steps.statements.len()];
        let mut first_error: Option<MagicError> = None;
        for (name, tables) in samples {
            let mut selection = Selection::default();
            for (at, statement) in steps.statements.iter().enumerate() {
                match fits(&selection, statement, tables) {
                    Ok(with) => {
                        selection = with;
                        holds[at] = true;
                    }
                    Err((table, error)) => {
                        let said = MagicError::new("SelectionError", format!("{table}: {error}")).advise("Tab completes branches and functions; %define? and docs/selection.md explain the language.");
                        let Some(branch) = error.missing_branch() else { return Err(said) };
                        if at >= n_before {
                            first_error.get_or_insert(said);
                            left_out.push(LeftOut {
                                sample: (*name).to_string(),
                                statement: statement.said.clone(),
                                branch: branch.to_string(),
                            });
                        }
                    }
                }
            }
        }
        match first_error.filter(|_| holds[n_before..].contains(&false)) {
            Some(error) => Err(error),
            None => {
                *self = steps;
                Ok(left_out)
            }
        }
    }

    /// What holds for the tables of a sample, and what does not.
    ///
    /// # Errors
    /// A statement that does not fit for another reason than a branch that is not there.
    pub fn fitting(
        &self,
        (name, tables): TablesOfSample<'_>,
    ) -> Result<(Selection, Vec<LeftOut>), MagicError> {
        let mut selection = Selection::default();
        let mut left_out = Vec::new();
        for statement in &self.statements {
            match fits(&selection, statement, tables) {
                Ok(with) => selection = with,
                Err((table, error)) => {
                    let Some(branch) = error.missing_branch() else {
                        return Err(MagicError::new("SelectionError", format!("{table}: {error}")).advise(
                            "%cut --undo takes the last definition or cut back, --clear all of them.",
                        ));
                    };
                    left_out.push(LeftOut {
                        sample: name.to_string(),
                        statement: statement.said.clone(),
                        branch: branch.to_string(),
                    });
                }
            }
        }
        Ok((selection, left_out))
    }

    /// Takes back the last statement; what it was.
    pub fn undo(&mut self) -> Option<String> {
        self.statements.pop().map(|statement| statement.said)
    }

    /// Takes back all statements.
    pub fn clear(&mut self) {
        self.statements.clear();
    }

    /// All statements as a selection.
    pub fn selection(&self) -> Selection {
        let mut selection = Selection::default();
        self.statements.iter().for_each(|statement| selection.append(&statement.selection));
        selection
    }
}

impl LeftOut {
    /// `background has no branch `x`, so that `y = 2 * x` does not hold for it`.
    pub fn line(&self) -> String {
        let Self { sample, statement, branch } = self;
        if statement.is_empty() {
            return format!("{sample} is left out: it has no branch `{branch}`");
        }
        format!("{sample} has no branch `{branch}`: `{statement}` does not hold for it")
    }
}

/// The selection with one more statement, where that fits all tables; else the first table that it does not fit.
fn fits(
    selection: &Selection,
    statement: &Statement,
    tables: &[Arc<dyn EventTable>],
) -> Result<Selection, (String, SelectionError)> {
    let mut with = selection.clone();
    with.append(&statement.selection);
    for table in tables {
        with.check(&table.info().readable_branches())
            .map_err(|error| (table.info().display_name(), error))?;
    }
    Ok(with)
}

fn problem(error: &SelectionError) -> MagicError {
    MagicError::selection(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::{EventChunk, MemoryTable, Piece};

    fn table(branch: &str) -> Vec<Arc<dyn EventTable>> {
        let mut chunk = EventChunk::new(0, 1);
        chunk.set(branch, Piece::jagged(&[vec![1.0_f32]]).into());
        vec![Arc::new(MemoryTable::new("made", chunk))]
    }

    fn lines(steps: &Steps) -> Vec<&str> {
        steps.lines().collect()
    }

    #[test]
    fn statements_are_checked_together_and_taken_back() {
        let made = table("pt");
        let samples = [("made", made.as_slice())];
        let mut steps = Steps::default();
        steps.add("ht = sum(\npt)", &samples).unwrap();
        steps.add("ht > 10\n\nht < 20", &samples).unwrap();
        assert_eq!(lines(&steps), ["ht = sum(\npt)", "ht > 10", "ht < 20"]);
        let error = steps.add("\nh > 3", &samples).unwrap_err().to_string();
        assert!(error.contains("line 2, column 1") && error.contains("did you mean ht"), "{error}");
        assert_eq!(steps.undo().as_deref(), Some("ht < 20"));
        assert_eq!(steps.selection().n_cuts(), 1);
    }

    #[test]
    fn a_statement_holds_for_the_samples_that_have_its_branches() {
        let (one, other) = (table("pt"), table("eta"));
        let samples = [("one", one.as_slice()), ("other", other.as_slice())];
        let mut steps = Steps::default();
        let left_out = steps.add("ht = sum(pt)\nht > 3\nlen(eta) > 0", &samples).unwrap();
        let said: Vec<String> = left_out.iter().map(LeftOut::line).collect();
        assert_eq!(
            said,
            [
                "one has no branch `eta`: `len(eta) > 0` does not hold for it",
                "other has no branch `pt`: `ht = sum(pt)` does not hold for it",
                "other has no branch `ht`: `ht > 3` does not hold for it"
            ]
        );
        assert_eq!(steps.fitting(samples[1]).unwrap().0.to_text(), "len(eta) > 0\n");
        assert!(steps.add("sum(mass) > 3", &samples).unwrap_err().message.contains("no branch `mass`"));
        // Of the wrong shape: an error though the other sample lacks the branch.
        assert!(steps.add("pt > 3", &samples).is_err());
        assert_eq!(steps.lines().len(), 3);
    }
}
