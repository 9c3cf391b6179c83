//! One expression on its own: for plots, and the parts of a selection.

use crate::check::{Scope, check_tree};
use crate::checked::{EvaluationError, load};
use crate::evaluate::evaluate;
use crate::parse::parse_expression;
use crate::plan::Plan;
use crate::source::{ExpressionError, Source};
use crate::tree::Tree;
use event_columns::{Column, ColumnType, EventChunk};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// An expression as it was written. Two are equal when they mean the same tree, wherever they were written.
#[derive(Clone, Debug)]
pub struct Expression {
    pub(crate) tree: Tree,
    pub(crate) source: Source,
}

/// An expression that fits the branches it was checked against.
#[derive(Clone, Debug)]
pub struct CheckedExpression {
    pub(crate) plan: Plan,
    pub(crate) branches_read: Vec<(Arc<str>, ColumnType)>,
}

impl Expression {
    /// Parses one expression.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Self::parse_at("expression", text, None)
    }

    /// Parses one expression of a larger text; `odd_name` is a branch name that may stand there without quotes.
    pub(crate) fn parse_at(place: &str, text: &str, odd_name: Option<&str>) -> Result<Self, ExpressionError> {
        Self::parse_below(place, text, odd_name, 0)
    }

    /// As [`Expression::parse_at`], for an expression that will stand `n_levels` deep in another one.
    pub(crate) fn parse_below(
        place: &str,
        text: &str,
        odd_name: Option<&str>,
        n_levels: usize,
    ) -> Result<Self, ExpressionError> {
        let source = Source::new(place, text);
        let tree = parse_expression(&source, odd_name, n_levels)?;
        Ok(Self { tree, source })
    }

    /// Checks names, types and shapes against the branches of a tree.
    ///
    /// # Errors
    /// What does not fit, with line and column, and the nearest names.
    pub fn check(&self, branches: &[(Arc<str>, ColumnType)]) -> Result<CheckedExpression, ExpressionError> {
        let mut scope = Scope { columns: branches.to_vec(), ..Scope::default() };
        let plan = check_tree(&self.tree, &self.source, &mut scope)?;
        let branches_read = branches.iter().filter(|(name, _)| scope.used.contains(name)).cloned().collect();
        Ok(CheckedExpression { plan, branches_read })
    }
}

impl CheckedExpression {
    /// What the expression gives for one event.
    pub fn column_type(&self) -> ColumnType {
        ColumnType { element: self.plan.element, depth: self.plan.depth, width: 1 }
    }

    /// The branches that the expression needs, in the order of the tree.
    pub fn branches_read(&self) -> impl ExactSizeIterator<Item = &Arc<str>> {
        self.branches_read.iter().map(|(name, _)| name)
    }

    /// The values for the events of a chunk.
    ///
    /// # Errors
    /// [`EvaluationError`] when the chunk misses a branch, or lists that are combined differ in length.
    pub fn evaluate(&self, chunk: &EventChunk) -> Result<Column, EvaluationError> {
        let columns = load(chunk, &self.branches_read)?;
        evaluate(&self.plan, &columns)?.into_column(chunk.n_entries())
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.tree.fmt(formatter)
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_at("stored selection", &text, None).map_err(serde::de::Error::custom)
    }
}
