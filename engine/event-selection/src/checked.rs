//! A selection that fits its tree, and what it does to a chunk of events.

use crate::cut_flow::{CutFlow, CutRow};
use crate::evaluate::{Columns, evaluate};
use crate::plan::Plan;
use crate::rows::gather;
use crate::value::{Value, conditions_of};
use event_columns::{Column, ColumnType, EventChunk};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A selection that was checked against the branches of a tree. Holds no data and can be used from many threads.
#[derive(Clone, Debug)]
pub struct CheckedSelection {
    steps: Vec<CheckedStep>,
    branches_read: Vec<(Arc<str>, ColumnType)>,
    names_read: Vec<Arc<str>>,
    output: Vec<(Arc<str>, ColumnType)>,
    defined: BTreeSet<Arc<str>>,
    dropped: BTreeSet<Arc<str>>,
}

#[derive(Clone, Debug)]
pub(crate) enum CheckedStep {
    Define { name: Arc<str>, plan: Plan },
    Cut { said: String, plan: Plan },
}

/// What is left of a chunk.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// The events that pass all cuts, with the new branches and without the dropped ones. May have no event.
    pub chunk: EventChunk,
    /// Positions of these events in the chunk that was given, rising.
    pub kept: Vec<u32>,
    /// What each cut did.
    pub cut_flow: CutFlow,
}

/// Why a selection could not be run on a chunk.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// The chunk was read without a branch that the selection needs.
    #[error("the events were read without branch `{name}`, which the selection needs")]
    MissingColumn {
        /// The branch.
        name: String,
    },
    /// A branch has another type than when the selection was checked, as in another file.
    #[error("branch `{name}` holds {found}, but the selection was checked for {expected}")]
    OtherType {
        /// The branch.
        name: String,
        /// Its type in the chunk.
        found: ColumnType,
        /// Its type when checked.
        expected: ColumnType,
    },
    /// Lists that are combined differ in length.
    #[error(
        "`{left}` and `{right}` cannot be combined element by element: list {list} of the chunk has {n_left} and \
         {n_right} elements. Reduce one of them first (sum, max, [0]), or filter both by the same condition"
    )]
    Shapes {
        /// Branch or filter on the left.
        left: String,
        /// Branch or filter on the right.
        right: String,
        /// Position of the first list that differs, from 0: the event, for lists of one level.
        list: usize,
        /// Elements on the left.
        n_left: usize,
        /// Elements on the right.
        n_right: usize,
    },
    /// Columns could not change sides.
    #[error(transparent)]
    Frame(#[from] event_frame::FrameError),
    /// polars refused an operation.
    #[error("polars could not compute the selection")]
    Polars(#[from] polars::error::PolarsError),
    /// A mistake of this crate: please report it.
    #[error("the selection could not be computed: {reason}; please report this")]
    Internal {
        /// What was found.
        reason: String,
    },
}

impl CheckedSelection {
    pub(crate) fn new(
        steps: Vec<CheckedStep>,
        branches_read: Vec<(Arc<str>, ColumnType)>,
        output: Vec<(Arc<str>, ColumnType)>,
        defined: BTreeSet<Arc<str>>,
        dropped: BTreeSet<Arc<str>>,
    ) -> Self {
        let names_read = branches_read.iter().map(|(name, _)| name.clone()).collect();
        Self { steps, branches_read, names_read, output, defined, dropped }
    }

    /// The branches of the tree that the expressions need, in the order of the tree. A chunk to apply the selection to
    /// must hold them, and may hold others.
    pub fn branches_read(&self) -> &[Arc<str>] {
        &self.names_read
    }

    /// The branches after the selection: those it was checked against in their order, less the dropped ones, and the
    /// new ones.
    pub fn output_branches(&self) -> &[(Arc<str>, ColumnType)] {
        &self.output
    }

    /// Computes new branches and cuts for all events of a chunk, then keeps the events that pass.
    ///
    /// # Errors
    /// [`EvaluationError`] when the chunk misses a branch or holds another type, or lists differ in length.
    pub fn apply(&self, chunk: EventChunk) -> Result<Selected, EvaluationError> {
        let n_entries = chunk.n_entries();
        let mut columns = load(&chunk, &self.branches_read)?;
        let mut cut_flow = CutFlow { n_events: n_entries as u64, rows: Vec::new() };
        let mut passing: Option<Vec<bool>> = None;
        for step in &self.steps {
            match step {
                CheckedStep::Define { name, plan } => {
                    let value = evaluate(plan, &columns)?;
                    columns.insert(name.clone(), value);
                }
                CheckedStep::Cut { said, plan } => {
                    let alone = one_for_each_event(&evaluate(plan, &columns)?, n_entries)?;
                    let n_alone = count(&alone);
                    let left = match passing.take() {
                        None => alone,
                        Some(mut left) => {
                            left.iter_mut().zip(&alone).for_each(|(left, alone)| *left &= alone);
                            left
                        }
                    };
                    cut_flow.rows.push(CutRow { name: said.clone(), n_alone, n_left: count(&left) });
                    passing = Some(left);
                }
            }
        }
        let chunk = self.with_new_branches(chunk, columns)?;
        let Some(passing) = passing else {
            return Ok(Selected { chunk, kept: (0..n_entries as u32).collect(), cut_flow });
        };
        let kept: Vec<u32> = passing
            .iter()
            .enumerate()
            .filter(|(_, passes)| **passes)
            .map(|(position, _)| position as u32)
            .collect();
        let chunk = if kept.len() == n_entries { chunk } else { keep(&chunk, &kept)? };
        Ok(Selected { chunk, kept, cut_flow })
    }

    fn with_new_branches(
        &self,
        chunk: EventChunk,
        mut columns: Columns,
    ) -> Result<EventChunk, EvaluationError> {
        let mut chunk = chunk;
        let n_entries = chunk.n_entries();
        columns.retain(|name, _| self.defined.contains(name));
        // In the order of the output, so that the order of the columns is the order of `output_branches`.
        for (name, _) in &self.output {
            if let Some(value) = columns.remove(name) {
                chunk.set(name.clone(), value.into_column(n_entries)?);
            }
        }
        for name in &self.dropped {
            chunk.remove(name);
        }
        Ok(chunk)
    }
}

/// The columns of a chunk that expressions need.
pub(crate) fn load(
    chunk: &EventChunk,
    branches: &[(Arc<str>, ColumnType)],
) -> Result<Columns, EvaluationError> {
    let mut columns = Columns::new();
    for (name, expected) in branches {
        let Some(column) = chunk.column(name) else {
            return Err(EvaluationError::MissingColumn { name: name.to_string() });
        };
        let found = column.column_type();
        if found != *expected {
            return Err(EvaluationError::OtherType { name: name.to_string(), found, expected: *expected });
        }
        columns.insert(name.clone(), Value::from_column(name, column)?);
    }
    Ok(columns)
}

fn one_for_each_event(value: &Value, n_entries: usize) -> Result<Vec<bool>, EvaluationError> {
    let conditions = conditions_of(&value.data)?;
    match conditions.as_slice() {
        [one] if value.is_constant => Ok(vec![*one; n_entries]),
        _ => Ok(conditions),
    }
}

fn count(conditions: &[bool]) -> u64 {
    conditions.iter().filter(|condition| **condition).count() as u64
}

fn keep(chunk: &EventChunk, kept: &[u32]) -> Result<EventChunk, EvaluationError> {
    let columns: Vec<(&Arc<str>, &Column)> = chunk.columns().collect();
    let gathered = columns
        .par_iter()
        .map(|(name, column)| Ok(((*name).clone(), gather(column, kept)?)))
        .collect::<Result<Vec<_>, event_columns::PieceError>>()
        .map_err(|cause| EvaluationError::Internal { reason: cause.to_string() })?;
    let mut left = EventChunk::new(chunk.first_entry(), kept.len());
    for (name, column) in gathered {
        left.set(name, column);
    }
    Ok(left)
}
