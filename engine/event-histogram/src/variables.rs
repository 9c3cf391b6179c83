//! Which numbers are wanted of which events, and the reading of them.

use event_columns::{
    Column, ColumnType, ElementType, EventChunk, EventTable, OnProgress, ReadError, StepReport, Unit,
    read_chunk,
};
use event_selection::{
    CheckedExpression, CheckedSelection, CutFlow, EvaluationError, Expression, ExpressionError, Selection,
    SelectionError,
};
use std::ops::Range;

/// Expressions and a weight over the events that pass a selection.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// What is evaluated for each event; may use the new branches of the selection.
    pub expressions: Vec<Expression>,
    /// The weight of an event (or of each value, where its lists are as long as those of the expressions).
    pub weight: Option<Expression>,
    /// New branches and cuts.
    pub selection: Selection,
}

/// Why values could not be had.
#[derive(Debug, thiserror::Error)]
pub enum VariablesError {
    /// The caller asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// The selection does not fit the branches.
    #[error("the selection does not fit {table}: {cause}")]
    Selection {
        /// File and tree.
        table: String,
        /// What does not fit.
        #[source]
        cause: SelectionError,
    },
    /// An expression does not fit the branches.
    #[error("{table}: {cause}")]
    Expression {
        /// File and tree.
        table: String,
        /// What does not fit, with its place in the text.
        #[source]
        cause: ExpressionError,
    },
    /// The weight is not one number for each event.
    #[error("{table}: the weight `{weight}` gives {found} for each event; one number is needed")]
    Weight {
        /// File and tree.
        table: String,
        /// The weight as it was said.
        weight: String,
        /// What it gives.
        found: ColumnType,
    },
    /// Events could not be read.
    #[error(transparent)]
    Read(ReadError),
    /// Events could not be evaluated.
    #[error("{table}: {cause}")]
    Evaluation {
        /// File and tree.
        table: String,
        /// What happened.
        #[source]
        cause: EvaluationError,
    },
}

impl VariablesError {
    /// The branch that was named and does not exist, where that is what is wrong.
    pub fn missing_branch(&self) -> Option<&str> {
        match self {
            Self::Selection { cause, .. } => cause.missing_branch(),
            Self::Expression { cause, .. } => cause.missing_branch.as_deref(),
            _ => None,
        }
    }
}

/// Variables that fit a table.
#[derive(Clone, Debug)]
pub struct CheckedVariables {
    selection: CheckedSelection,
    expressions: Vec<CheckedExpression>,
    weight: Option<CheckedExpression>,
    /// Positions in the table of the branches that are read.
    branches: Vec<usize>,
}

/// The values of a block of events that passed.
#[derive(Clone, Debug)]
pub struct EventValues {
    /// Entry numbers of the events that were looked at, half-open.
    pub entries: Range<u64>,
    /// One column for each expression, over the events that passed.
    pub columns: Vec<Column>,
    /// The weights of the events that passed; all 1 where absent.
    pub weights: Option<Vec<f64>>,
    /// Number of events that passed.
    pub n_passed: usize,
}

impl Variables {
    /// Checks everything against the branches of a table.
    ///
    /// # Errors
    /// [`VariablesError`] with the place in the text and the nearest names.
    pub fn check(&self, table: &dyn EventTable) -> Result<CheckedVariables, VariablesError> {
        let info = table.info();
        let readable = info.readable_branches();
        let name = || info.display_name();
        let selection = self
            .selection
            .without_drops()
            .check(&readable)
            .map_err(|cause| VariablesError::Selection { table: name(), cause })?;
        let check = |expression: &Expression| {
            expression
                .check(selection.output_branches())
                .map_err(|cause| VariablesError::Expression { table: name(), cause })
        };
        let expressions = self.expressions.iter().map(check).collect::<Result<Vec<_>, _>>()?;
        let weight = self.weight.as_ref().map(check).transpose()?;
        if let (Some(said), Some(checked)) = (&self.weight, &weight)
            && (checked.column_type().depth > 0 || checked.column_type().element == ElementType::Text)
        {
            let (weight, found) = (said.to_string(), checked.column_type());
            return Err(VariablesError::Weight { table: name(), weight, found });
        }
        let needed = |branch: &str| {
            selection.branches_read().iter().any(|own| &**own == branch)
                || expressions
                    .iter()
                    .chain(&weight)
                    .any(|one| one.branches_read().any(|own| &**own == branch))
        };
        let branches = (0..info.branches.len())
            .filter(|position| info.branches[*position].column_type.is_ok())
            .filter(|position| needed(&info.branches[*position].name))
            .collect();
        Ok(CheckedVariables { selection, expressions, weight, branches })
    }
}

impl CheckedVariables {
    /// What each expression gives for one event, in order.
    pub fn column_types(&self) -> impl Iterator<Item = ColumnType> + '_ {
        self.expressions.iter().map(CheckedExpression::column_type)
    }

    /// Positions in the table of the branches that are read.
    pub fn branches(&self) -> &[usize] {
        &self.branches
    }

    /// Reads a half-open range of entries from front to back, clipped to the table, and hands out the values block by
    /// block. Returns the cut flow of all of them.
    ///
    /// # Errors
    /// [`VariablesError::Stopped`] when the progress was answered so, else what could not be read or evaluated.
    pub fn visit(
        &self,
        table: &dyn EventTable,
        entries: Range<u64>,
        on_progress: OnProgress<'_>,
        sink: &mut dyn FnMut(EventValues),
    ) -> Result<CutFlow, VariablesError> {
        let info = table.info();
        let end = entries.end.min(info.n_entries);
        let step = format!("reading {}", info.source);
        // Short enough to show something soon.
        let n_per_block = info.entries_within(&self.branches, 32 << 20);
        let mut cut_flow = CutFlow::default();
        let mut position = entries.start.min(end);
        let n_entries = end - position;
        let first = position;
        while position < end {
            let block = position..end.min(position + n_per_block);
            let (values, flow) = self.block(table, block.clone())?;
            // Blocks of one selection have the same cuts.
            cut_flow.merge(&flow).unwrap_or_default();
            sink(values);
            position = block.end;
            let report = StepReport {
                step: &step,
                done: position - first,
                total: Some(n_entries),
                unit: Unit::Events,
                note: "",
            };
            if on_progress(&report).is_break() {
                return Err(VariablesError::Stopped);
            }
        }
        Ok(cut_flow)
    }

    fn block(
        &self,
        table: &dyn EventTable,
        entries: Range<u64>,
    ) -> Result<(EventValues, CutFlow), VariablesError> {
        let chunk = if self.branches.is_empty() {
            EventChunk::new(entries.start, (entries.end - entries.start) as usize)
        } else {
            read_chunk(table, &self.branches, entries.clone()).map_err(|error| match error {
                ReadError::Stopped => VariablesError::Stopped,
                error => VariablesError::Read(error),
            })?
        };
        let failed = |cause| VariablesError::Evaluation { table: table.info().display_name(), cause };
        let selected = self.selection.apply(chunk).map_err(failed)?;
        let evaluate = |expression: &CheckedExpression| expression.evaluate(&selected.chunk).map_err(failed);
        let columns = self.expressions.iter().map(evaluate).collect::<Result<Vec<_>, _>>()?;
        let weights = self.weight.as_ref().map(evaluate).transpose()?.map(|column| column.to_f64());
        let n_passed = selected.kept.len();
        Ok((EventValues { entries, columns, weights, n_passed }, selected.cut_flow))
    }
}

impl EventValues {
    /// The values of one expression, all levels together, and the weight of each (that of its event); no weights where
    /// all are 1.
    ///
    /// # Panics
    /// When there is no such expression.
    pub fn flattened(&self, expression: usize) -> (Vec<f64>, Option<Vec<f64>>) {
        let column = &self.columns[expression];
        let values = column.to_f64();
        let weights = self.weights.as_ref().map(|weights| {
            if values.len() == weights.len() && !column.column_type().is_jagged() {
                return weights.clone();
            }
            let repeated = column.values_per_entry().into_iter().zip(weights);
            repeated.flat_map(|(n_values, weight)| std::iter::repeat_n(*weight, n_values)).collect()
        });
        (values, weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::{MemoryTable, Piece};
    use std::ops::ControlFlow;

    fn table() -> MemoryTable {
        let mut chunk = EventChunk::new(0, 4);
        chunk.set("n", Piece::flat(vec![1_i32, 2, 3, 4]).into());
        chunk.set("w", Piece::flat(vec![0.5_f32, 1.0, -1.0, 2.0]).into());
        chunk.set("pt", Piece::jagged(&[vec![10.0_f32], vec![], vec![20.0, 30.0], vec![40.0]]).into());
        MemoryTable::new("made", chunk)
    }

    fn variables(expressions: &[&str], weight: Option<&str>, selection: &str) -> Variables {
        Variables {
            expressions: expressions.iter().map(|text| Expression::parse(text).unwrap()).collect(),
            weight: weight.map(|text| Expression::parse(text).unwrap()),
            selection: Selection::from_text(selection).unwrap(),
        }
    }

    #[test]
    fn values_and_weights_of_events_that_pass() {
        let checked =
            variables(&["pt", "2 * ht"], Some("w"), "ht = sum(pt)\nn >= 2").check(&table()).unwrap();
        let mut seen = Vec::new();
        let flow = checked
            .visit(&table(), 0..99, &mut |_| ControlFlow::Continue(()), &mut |values| seen.push(values))
            .unwrap();
        assert_eq!((flow.n_events, flow.n_left()), (4, 3));
        let [block] = seen.as_slice() else { panic!("{} blocks", seen.len()) };
        assert_eq!(block.n_passed, 3);
        assert_eq!(block.flattened(0), (vec![20.0, 30.0, 40.0], Some(vec![-1.0, -1.0, 2.0])));
        assert_eq!(block.flattened(1), (vec![0.0, 100.0, 80.0], Some(vec![1.0, -1.0, 2.0])));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let problem = |variables: Variables| variables.check(&table()).unwrap_err().to_string();
        assert!(problem(variables(&["p"], None, "")).contains("did you mean pt"));
        assert!(problem(variables(&["pt"], Some("pt"), "")).contains("one number is needed"));
        assert!(problem(variables(&["pt"], None, "m > 3")).contains("no branch `m`"));
    }

    #[test]
    fn a_stop_is_heard() {
        let checked = variables(&["n"], None, "").check(&table()).unwrap();
        let stopped = checked.visit(&table(), 0..4, &mut |_| ControlFlow::Break(()), &mut |_| {});
        assert!(matches!(stopped, Err(VariablesError::Stopped)));
    }
}
