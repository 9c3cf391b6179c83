//! The friend tree of a prediction: one entry for each event of the tree that was read.

use crate::{BoxError, WriteError, WrittenTree, write_tree};
use event_columns::{EventChunk, OnProgress, Piece};
use std::path::Path;

/// Scores of a run of events of the input tree, for those that the selection kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreChunk {
    /// Entry of the first event in the input tree.
    pub first_entry: u64,
    /// Number of events, kept or not.
    pub n_entries: usize,
    /// Positions of the kept events, counted from the first event, rising.
    pub kept: Vec<u32>,
    /// Scores of the kept events: for each event one, or one for each class.
    pub scores: Vec<f32>,
}

impl ScoreChunk {
    /// The columns of the friend tree: `entry` (number in the input tree), `passed` (kept by the selection), and
    /// `score`, or `score_CLASS` for each class. The score of an event that was cut away is NaN.
    ///
    /// `classes` names the scores of an event in order; empty or of one name: there is one score. A letter
    /// that no branch name can have becomes `_`.
    ///
    /// # Errors
    /// A sentence when positions or number of scores do not fit, or two classes give one branch.
    pub fn into_events(&self, classes: &[String]) -> Result<EventChunk, String> {
        let branches = score_branches(classes)?;
        let n_classes = branches.len();
        if self.kept.len().checked_mul(n_classes) != Some(self.scores.len()) {
            let (n_kept, n_scores) = (self.kept.len(), self.scores.len());
            return Err(format!("{n_scores} scores do not fit {n_kept} events with {n_classes} each"));
        }
        let rising = self.kept.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || self.kept.last().is_some_and(|last| *last as usize >= self.n_entries) {
            return Err(format!("the kept events are not rising positions below {}", self.n_entries));
        }
        let end = self.first_entry.checked_add(self.n_entries as u64).ok_or("the entries overflow")?;
        let mut events = EventChunk::new(self.first_entry, self.n_entries);
        events.set("entry", Piece::flat((self.first_entry..end).collect::<Vec<u64>>()).into());
        let mut passed = vec![false; self.n_entries];
        self.kept.iter().for_each(|position| passed[*position as usize] = true);
        events.set("passed", Piece::flat(passed).into());
        for (class, branch) in branches.iter().enumerate() {
            let mut column = vec![f32::NAN; self.n_entries];
            for (position, scores) in self.kept.iter().zip(self.scores.chunks_exact(n_classes)) {
                column[*position as usize] = scores[class];
            }
            events.set(branch.as_str(), Piece::flat(column).into());
        }
        Ok(events)
    }
}

/// The branches that hold the scores of these classes: `score`, or `score_CLASS` for each of several. A letter that no
/// branch name can have becomes `_`.
///
/// # Errors
/// A sentence when two classes give one branch.
pub fn score_branches(classes: &[String]) -> Result<Vec<String>, String> {
    if classes.len() < 2 {
        return Ok(vec!["score".to_string()]);
    }
    let clean = |letter: char| if letter.is_alphanumeric() { letter } else { '_' };
    let mut branches: Vec<String> = Vec::new();
    for class in classes {
        let branch = format!("score_{}", class.chars().map(clean).collect::<String>());
        if branches.contains(&branch) {
            return Err(format!("two classes would share the branch {branch}; rename class {class:?}"));
        }
        branches.push(branch);
    }
    Ok(branches)
}

/// Writes scores as a tree that can be made a friend of the input tree: entry for entry the same events, also
/// those that the selection cut away.
///
/// The chunks must follow each other from entry 0 on without a gap. For the branches see
/// [`ScoreChunk::into_events`].
///
/// # Errors
/// [`WriteError`]; in every case no file is left and an older one is untouched.
pub fn write_scores<E: Into<BoxError>>(
    path: &Path,
    tree: &str,
    classes: &[String],
    chunks: &mut dyn Iterator<Item = Result<ScoreChunk, E>>,
    on_progress: OnProgress<'_>,
) -> Result<WrittenTree, WriteError> {
    let mut next_entry = 0;
    let mut events = chunks.map(|scores| -> Result<EventChunk, BoxError> {
        let scores = scores.map_err(Into::into)?;
        if scores.first_entry != next_entry {
            let found = scores.first_entry;
            return Err(format!("scores of entry {found} came where entry {next_entry} was due").into());
        }
        let events = scores.into_events(classes)?;
        next_entry += scores.n_entries as u64;
        Ok(events)
    });
    write_tree(path, tree, &mut events, on_progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(n_entries: usize, kept: &[u32], scores: &[f32]) -> ScoreChunk {
        ScoreChunk { first_entry: 7, n_entries, kept: kept.to_vec(), scores: scores.to_vec() }
    }

    #[test]
    fn events_that_were_cut_away_have_no_score() {
        let events = chunk(3, &[0, 2], &[0.25, 0.75]).into_events(&[]).unwrap();
        let column = |name: &str| events.column(name).unwrap().to_f64();
        assert_eq!(column("entry"), [7.0, 8.0, 9.0]);
        assert_eq!(column("passed"), [1.0, 0.0, 1.0]);
        let score = column("score");
        assert!((score[0], score[2]) == (0.25, 0.75) && score[1].is_nan());
    }

    #[test]
    fn one_branch_for_each_class() {
        let classes = ["ttH(bb)".to_string(), "tt+jets".to_string()];
        let events = chunk(1, &[0], &[0.25, 0.75]).into_events(&classes).unwrap();
        let names: Vec<&str> = events.names().iter().map(|name| &**name).collect();
        assert_eq!(names, ["entry", "passed", "score_ttH_bb_", "score_tt_jets"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let check = |scores: ScoreChunk, classes: &[&str], message: &str| {
            let classes: Vec<String> = classes.iter().map(ToString::to_string).collect();
            let error = scores.into_events(&classes).unwrap_err();
            assert!(error.contains(message), "{error}");
        };
        check(chunk(3, &[0], &[0.5, 0.5]), &[], "2 scores do not fit 1 events");
        check(chunk(3, &[3], &[0.5]), &[], "rising positions below 3");
        check(chunk(3, &[1, 1], &[0.5, 0.5]), &[], "rising");
        check(chunk(1, &[0], &[0.5, 0.5]), &["a+", "a-"], "share the branch score_a_");
    }
}
