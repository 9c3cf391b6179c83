//! What was said: new branches, cuts and branches to drop, in order.

use crate::check::{Scope, check_tree};
use crate::checked::{CheckedSelection, CheckedStep};
use crate::expression::Expression;
use crate::source::ExpressionError;
use crate::typing::Unsigned;
use event_columns::{ColumnType, nearest_names};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// Changes whenever the same text comes to mean something else: specs that were measured before are stale then.
const MEANING: &str = "2: unsigned integers alone are signed in sums and differences\n";

/// New branches, cuts and branches to drop. An empty one (the default) keeps all events and branches.
///
/// As JSON it is its list of steps, each expression as text; it comes back equal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    Define {
        name: String,
        definition: Expression,
        /// What the original's file declares, with its text; checked and shown in its log lines.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        declared: Option<Declared>,
    },
    Cut {
        /// The cut as it was written: its name in the cut flow.
        said: String,
        condition: Expression,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        section: Option<CutSection>,
        /// The branch under which the cut stands in the original's file; it must exist.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
    },
    Drop {
        name: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Declared {
    pub(crate) said: String,
    pub(crate) is_jagged: Option<bool>,
}

/// Where a cut stands in the original's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CutSection {
    FlatCut,
    JaggedCut,
    NewBranch(String),
}

/// Why a selection cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SelectionError {
    /// An expression cannot be read or does not fit the branches.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// The file is not JSON.
    #[error("the pre-processing file is not JSON: line {line}, column {column}: {reason}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was found.
        reason: String,
    },
    /// A part of the pre-processing JSON is not what it should be.
    #[error("{place}: {reason}")]
    Section {
        /// Section, branch and key.
        place: String,
        /// What is wrong and what to write.
        reason: String,
    },
    /// A branch to drop does not exist.
    #[error("there is no branch `{name}` to drop{hint}")]
    UnknownDrop {
        /// The name.
        name: String,
        /// Names that look like it.
        hint: String,
    },
}

impl SelectionError {
    /// The branch that was named and does not exist, where that is what is wrong.
    pub fn missing_branch(&self) -> Option<&str> {
        match self {
            Self::Expression(error) => error.missing_branch.as_deref(),
            Self::UnknownDrop { name, .. } => Some(name),
            Self::Json { .. } | Self::Section { .. } => None,
        }
    }
}

impl Step {
    /// Steps of the original's file count as numpy does; those of the plain form as a physicist does.
    fn unsigned(&self) -> Unsigned {
        match self {
            Self::Define { declared: Some(_), .. } | Self::Cut { section: Some(_), .. } => Unsigned::Wraps,
            _ => Unsigned::BecomesSigned,
        }
    }
}

impl Selection {
    /// Adds the steps of another selection after the own ones.
    pub fn append(&mut self, next: &Self) {
        self.steps.extend(next.steps.iter().cloned());
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The same selection for readers that read only what is used: it keeps the branches that it would drop at the
    /// end, and does not ask for the branches under which cuts stand in the original's file.
    #[must_use]
    pub fn without_drops(&self) -> Self {
        let kept = |step: &Step| match step.clone() {
            Step::Drop { .. } => None,
            Step::Cut { said, condition, section, .. } => {
                Some(Step::Cut { said, condition, section, branch: None })
            }
            step @ Step::Define { .. } => Some(step),
        };
        Self { steps: self.steps.iter().filter_map(kept).collect() }
    }

    /// Names of the new branches, in order.
    pub fn new_branches(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Define { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }

    /// Names of the branches that are dropped, in order.
    pub fn dropped_branches(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Drop { name } => Some(name.as_str()),
            _ => None,
        })
    }

    /// The cuts as they were written, in order; the rows of a cut flow have these names.
    pub fn cut_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Cut { said, .. } => Some(said.as_str()),
            _ => None,
        })
    }

    /// Number of cuts.
    pub fn n_cuts(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Cut { .. })).count()
    }

    /// A word that changes when the meaning does, also by a change of this program: 32 hexadecimal digits. Spacing, comments and the form in which the
    /// selection was said do not count; that the original's form lets unsigned integers wrap is not told apart.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::new().chain_update(MEANING).chain_update(self.to_text()).finalize();
        hex::encode(&digest[..16])
    }

    /// The plain text that says the same.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            let _ = match step {
                Step::Define { name, definition, .. } => writeln!(text, "{} = {definition}", quoted(name)),
                Step::Cut { condition, .. } => writeln!(text, "{condition}"),
                Step::Drop { name } => writeln!(text, "drop {}", quoted(name)),
            };
        }
        text
    }

    /// Checks every step against the branches of a tree and those defined before it.
    ///
    /// # Errors
    /// [`SelectionError`]: unknown names with the nearest ones, types and shapes that do not fit, with line and column.
    pub fn check(&self, branches: &[(Arc<str>, ColumnType)]) -> Result<CheckedSelection, SelectionError> {
        let mut scope = Scope { columns: branches.to_vec(), ..Scope::default() };
        let mut steps = Vec::with_capacity(self.steps.len());
        let mut defined: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut dropped: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut read: BTreeSet<Arc<str>> = BTreeSet::new();
        for step in &self.steps {
            scope.used.clear();
            scope.unsigned = step.unsigned();
            match step {
                Step::Define { name, definition, declared } => {
                    let name: Arc<str> = name.as_str().into();
                    let plan = check_tree(&definition.tree, &definition.source, &mut scope)?;
                    read.extend(scope.used.iter().filter(|name| !defined.contains(*name)).cloned());
                    let column_type = ColumnType { element: plan.element, depth: plan.depth, width: 1 };
                    check_declared(&name, declared.as_ref(), column_type)?;
                    scope.set(&name, column_type);
                    defined.insert(name.clone());
                    dropped.remove(&name);
                    steps.push(CheckedStep::Define { name, plan });
                }
                Step::Cut { said, condition, branch, .. } => {
                    if let Some(branch) = branch {
                        check_headed(branch, condition, &mut scope)?;
                    }
                    let plan = check_tree(&condition.tree, &condition.source, &mut scope)?;
                    read.extend(scope.used.iter().filter(|name| !defined.contains(*name)).cloned());
                    check_cut(condition, plan.is_bool(), plan.depth)?;
                    steps.push(CheckedStep::Cut { said: said.clone(), plan });
                }
                Step::Drop { name } => {
                    if scope.find(name).is_none() {
                        let (name, hint) = (name.clone(), scope.hint(name, false));
                        return Err(SelectionError::UnknownDrop { name, hint });
                    }
                    dropped.insert(name.as_str().into());
                }
            }
        }
        let branches_read: Vec<_> =
            branches.iter().filter(|(name, _)| read.contains(name)).cloned().collect();
        let output = scope.columns.into_iter().filter(|(name, _)| !dropped.contains(name)).collect();
        Ok(CheckedSelection::new(steps, branches_read, output, defined, dropped))
    }
}

fn check_declared(name: &str, declared: Option<&Declared>, found: ColumnType) -> Result<(), SelectionError> {
    match declared.and_then(|declared| declared.is_jagged) {
        Some(is_jagged) if is_jagged != found.is_jagged() => {
            let words = |is_jagged| if is_jagged { "jagged" } else { "flat" };
            let (said, found) = (words(is_jagged), words(found.is_jagged()));
            Err(SelectionError::Section {
                place: format!("new_branch \"{name}\""),
                reason: format!(
                    "`type` says {said}, but the definition is {found}: write \"type\": \"{found}\""
                ),
            })
        }
        _ => Ok(()),
    }
}

/// The branch under which a cut stands counts as used: the cut is about it.
fn check_headed(branch: &str, condition: &Expression, scope: &mut Scope) -> Result<(), SelectionError> {
    if scope.find(branch).is_none() {
        let place = condition.source.place.to_string();
        let reason = format!("there is no branch `{branch}`{}", scope.hint(branch, false));
        return Err(SelectionError::Section { place, reason });
    }
    scope.used.insert(branch.into());
    Ok(())
}

fn check_cut(condition: &Expression, is_bool: bool, depth: usize) -> Result<(), ExpressionError> {
    let message = match (is_bool, depth) {
        (true, 0) => return Ok(()),
        (true, _) => format!(
            "this cut says yes or no for each element, not for each event; write any({condition}), all({condition}) or \
             count({condition}) >= 1"
        ),
        _ => format!(
            "a cut must be a condition; compare `{condition}` with something, or define a branch: name = {condition}"
        ),
    };
    Err(condition.source.error(condition.tree.span, message))
}

/// A name as it can stand in the plain text.
fn quoted(name: &str) -> String {
    let node = crate::tree::Node::Name(name.into());
    crate::tree::Tree::new(node, crate::source::Span::default()).to_string()
}

/// An error about a key of the pre-processing JSON that is not known.
pub(crate) fn unknown_key<'a>(
    place: &str,
    key: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> SelectionError {
    let nearest = nearest_names(key, known.clone(), 1);
    let known = known.into_iter().collect::<Vec<&str>>().join(", ");
    let hint = nearest
        .first()
        .map_or_else(|| format!("known keys are {known}"), |name| format!("did you mean `{name}`?"));
    SelectionError::Section {
        place: place.to_string(),
        reason: format!("the key `{key}` is not known; {hint}"),
    }
}
