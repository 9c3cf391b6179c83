//! Histograms of expressions over the samples of a session.

use super::{LeftOut, Sample, Session};
use crate::magic::MagicError;
use event_columns::{ElementType, GoOn, StepReport};
use event_histogram::{
    Binning, CheckedVariables, Filled, FilledPlane, Filler, PlaneFiller, Variables, VariablesError,
};
use event_selection::{CutFlow, Expression, Selection};
use std::ops::ControlFlow;

/// Which histograms are wanted.
#[derive(Clone, Debug, Default)]
pub struct HistogramWish {
    /// One expression; over the new branches of the session too.
    pub expression: String,
    /// Samples by name; all when empty.
    pub samples: Vec<String>,
    /// What is known of the bins.
    pub binning: Binning,
    /// A weight for all samples instead of their own.
    pub weight: Option<String>,
    /// A further cut, for this histogram only.
    pub cut: Option<String>,
}

/// Histograms of one expression, one for each sample.
#[derive(Clone, Debug)]
pub struct FilledSamples {
    /// Name of each sample and its histogram.
    pub histograms: Vec<(String, Filled)>,
    /// Events that were read, and all of them.
    pub n_read: u64,
    /// Events of all samples.
    pub n_events: u64,
    /// Samples that lack a branch and have no histogram.
    pub left_out: Vec<LeftOut>,
}

/// Samples and what is evaluated for each of their tables.
pub(crate) struct CheckedSamples<'a> {
    pub(crate) samples: Vec<(&'a Sample, Vec<CheckedVariables>)>,
    /// Those that lack a branch.
    pub(crate) left_out: Vec<LeftOut>,
}

impl FilledSamples {
    /// Whether all events were read.
    pub fn is_whole(&self) -> bool {
        self.n_read == self.n_events
    }
}

/// Called while reading: how far, and the histograms so far where they are asked for.
pub type OnPart<'a> = &'a mut dyn FnMut(&StepReport<'_>, &mut dyn FnMut() -> Option<FilledSamples>) -> GoOn;

impl Session {
    /// Fills histograms. When the caller stops it, what was filled is returned.
    ///
    /// # Errors
    /// Anything that does not fit the branches, and files that cannot be read.
    pub fn fill(&self, wish: &HistogramWish, on_part: OnPart<'_>) -> Result<FilledSamples, MagicError> {
        let CheckedSamples { samples, left_out } = self.checked(&wish.samples, &[&wish.expression], wish)?;
        let is_whole =
            samples.iter().flat_map(|(_, checked)| checked).all(|variables| is_whole(variables, 0));
        let mut filler = Filler::new(wish.binning.clone(), samples.len(), is_whole).map_err(bins)?;
        let n_events = samples.iter().map(|(sample, _)| sample.n_entries()).sum();
        let names: Vec<String> = samples.iter().map(|(sample, _)| sample.name.clone()).collect();
        let mut n_read = 0;
        let mut bad_bins = None;
        'samples: for (position, (sample, checked)) in samples.iter().enumerate() {
            for (table, variables) in sample.tables.iter().zip(checked) {
                let n_before = n_read;
                // The filler is wanted by the reading and by the report of progress, never at the same time.
                let shared = std::cell::RefCell::new((&mut filler, &mut n_read));
                let mut on_progress = |report: &StepReport<'_>| {
                    let report =
                        StepReport { done: n_before + report.done, total: Some(n_events), ..report.clone() };
                    *shared.borrow_mut().1 = report.done;
                    let mut so_far = || {
                        let histograms = shared.borrow().0.so_far().ok()?;
                        let histograms = names.iter().cloned().zip(histograms).collect();
                        Some(FilledSamples {
                            histograms,
                            n_read: report.done,
                            n_events,
                            left_out: Vec::new(),
                        })
                    };
                    on_part(&report, &mut so_far)
                };
                let mut sink = |values: event_histogram::EventValues| {
                    let (values, weights) = values.flattened(0);
                    if let Err(error) = shared.borrow_mut().0.add(position, values, weights) {
                        bad_bins = Some(error);
                    }
                };
                match variables.visit(&**table, 0..u64::MAX, &mut on_progress, &mut sink) {
                    Ok(_) => {}
                    Err(VariablesError::Stopped) => break 'samples,
                    Err(error) => return Err(problem(error)),
                }
            }
        }
        if let Some(error) = bad_bins {
            return Err(bins(error));
        }
        let histograms = names.into_iter().zip(filler.finish().map_err(bins)?).collect();
        Ok(FilledSamples { histograms, n_read, n_events, left_out })
    }

    /// Fills a plane of two expressions over the chosen samples together; also says which of them were left out.
    ///
    /// # Errors
    /// As [`Session::fill`]; and [`MagicError::interrupted`] when the caller stops it.
    pub fn fill_plane(
        &self,
        wish: &HistogramWish,
        other: &str,
        other_binning: &Binning,
        on_progress: &mut dyn FnMut(&StepReport<'_>) -> GoOn,
    ) -> Result<(FilledPlane, Vec<LeftOut>), MagicError> {
        let mut filler: Option<PlaneFiller> = None;
        let mut lengths_differ = false;
        let expressions = [wish.expression.as_str(), other];
        let left_out =
            self.each_block(&wish.samples, &expressions, wish, on_progress, &mut |variables, values| {
                let (x, weights) = values.flattened(0);
                let (y, other_weights) = values.flattened(1);
                let Some((x, y, weights)) = pairs(&values, x, y, weights, other_weights) else {
                    lengths_differ = true;
                    return;
                };
                let filler = filler.get_or_insert_with(|| {
                    let whole = (is_whole(variables, 0), is_whole(variables, 1));
                    PlaneFiller::new(wish.binning.clone(), other_binning.clone(), whole)
                });
                filler.add(&x, &y, weights.as_deref());
            })?;
        if lengths_differ {
            let message = format!("`{}` and `{other}` have lists of different lengths", wish.expression);
            return Err(
                MagicError::new("ShapeError", message).advise("Reduce one of them, as in max(x) or x[0].")
            );
        }
        let filler = filler
            .unwrap_or_else(|| PlaneFiller::new(wish.binning.clone(), other_binning.clone(), (false, false)));
        Ok((filler.finish().map_err(bins)?, left_out))
    }

    /// Runs the selection over the samples and counts.
    ///
    /// # Errors
    /// As [`Session::fill_plane`].
    pub fn cut_flows(
        &self,
        samples: &[String],
        on_progress: &mut dyn FnMut(&StepReport<'_>) -> GoOn,
    ) -> Result<Vec<(String, CutFlow)>, MagicError> {
        let mut flows = Vec::new();
        for sample in self.chosen(samples)? {
            let mut flow = CutFlow::default();
            let checked = self.variables(sample, &[], None, None)?;
            for (table, variables) in sample.tables.iter().zip(&checked) {
                let found =
                    variables.visit(&**table, 0..u64::MAX, on_progress, &mut |_| {}).map_err(problem)?;
                // Tables of a sample have the same cuts.
                flow.merge(&found).unwrap_or_default();
            }
            flows.push((sample.name.clone(), flow));
        }
        Ok(flows)
    }

    /// Hands out the values of expressions block by block; returns the samples that were left out.
    pub(crate) fn each_block(
        &self,
        samples: &[String],
        expressions: &[&str],
        wish: &HistogramWish,
        on_progress: &mut dyn FnMut(&StepReport<'_>) -> GoOn,
        sink: &mut dyn FnMut(&CheckedVariables, event_histogram::EventValues),
    ) -> Result<Vec<LeftOut>, MagicError> {
        let CheckedSamples { samples, left_out } = self.checked(samples, expressions, wish)?;
        for (sample, checked) in &samples {
            for (table, variables) in sample.tables.iter().zip(checked) {
                variables
                    .visit(&**table, 0..u64::MAX, on_progress, &mut |values| sink(variables, values))
                    .map_err(problem)?;
            }
        }
        Ok(left_out)
    }

    /// Expressions, weight and cut of a wish checked against the samples. Those that lack a branch are left out, as long
    /// as one has all of them.
    fn checked(
        &self,
        names: &[String],
        expressions: &[&str],
        wish: &HistogramWish,
    ) -> Result<CheckedSamples<'_>, MagicError> {
        let mut samples = Vec::new();
        let mut left_out = Vec::new();
        let mut first_error = None;
        for sample in self.chosen(names)? {
            let found = self.unchecked(sample, expressions, wish.weight.as_deref(), wish.cut.as_deref())?;
            let tables = sample.tables.iter();
            let checked: Result<Vec<_>, VariablesError> = tables.map(|table| found.check(&**table)).collect();
            match checked {
                Ok(checked) => samples.push((sample, checked)),
                Err(error) => {
                    let missing = error.missing_branch().map(String::from);
                    let Some(branch) = missing else { return Err(problem(error)) };
                    first_error.get_or_insert_with(|| problem(error));
                    left_out.push(LeftOut { sample: sample.name.clone(), statement: String::new(), branch });
                }
            }
        }
        match first_error.filter(|_| samples.is_empty()) {
            Some(error) => Err(error),
            None => Ok(CheckedSamples { samples, left_out }),
        }
    }

    /// Expressions checked against every table of a sample.
    pub(crate) fn variables(
        &self,
        sample: &Sample,
        expressions: &[&str],
        weight: Option<&str>,
        cut: Option<&str>,
    ) -> Result<Vec<CheckedVariables>, MagicError> {
        let variables = self.unchecked(sample, expressions, weight, cut)?;
        sample.tables.iter().map(|table| variables.check(&**table).map_err(problem)).collect()
    }

    fn unchecked(
        &self,
        sample: &Sample,
        expressions: &[&str],
        weight: Option<&str>,
        cut: Option<&str>,
    ) -> Result<Variables, MagicError> {
        let parse = |text: &&str| Expression::parse(text).map_err(|error| MagicError::expression(&error));
        let weight = match weight {
            Some(text) => Some(parse(&text)?),
            None => sample.weight.clone(),
        };
        let mut selection = self.selection_of(sample)?;
        if let Some(cut) = cut {
            parse(&cut)?;
            let further = Selection::from_text(cut);
            selection.append(&further.map_err(|error| MagicError::selection(&error))?);
        }
        Ok(Variables {
            expressions: expressions.iter().map(parse).collect::<Result<_, _>>()?,
            weight,
            selection,
        })
    }
}

/// Whether an expression gives whole numbers.
pub(crate) fn is_whole(variables: &CheckedVariables, expression: usize) -> bool {
    let element = variables.column_types().nth(expression).map(|column_type| column_type.element);
    element.is_some_and(|element| !matches!(element, ElementType::F32 | ElementType::F64))
}

type Pairs = (Vec<f64>, Vec<f64>, Option<Vec<f64>>);

/// One value for each event is repeated beside a list; two lists must be of the same lengths.
fn pairs(
    values: &event_histogram::EventValues,
    x: Vec<f64>,
    y: Vec<f64>,
    weights: Option<Vec<f64>>,
    other_weights: Option<Vec<f64>>,
) -> Option<Pairs> {
    let is_jagged = |at: usize| values.columns[at].column_type().is_jagged();
    let repeat = |short: &[f64], at: usize| -> Vec<f64> {
        let lengths = values.columns[at].values_per_entry();
        lengths.into_iter().zip(short).flat_map(|(n, value)| std::iter::repeat_n(*value, n)).collect()
    };
    match (is_jagged(0), is_jagged(1)) {
        (true, false) => {
            let y = repeat(&y, 0);
            (x.len() == y.len()).then_some((x, y, weights))
        }
        (false, true) => {
            let x = repeat(&x, 1);
            (x.len() == y.len()).then_some((x, y, other_weights))
        }
        _ => {
            let same = values.columns[0].values_per_entry() == values.columns[1].values_per_entry();
            same.then_some((x, y, weights))
        }
    }
}

pub(crate) fn problem(error: VariablesError) -> MagicError {
    match error {
        VariablesError::Stopped => MagicError::interrupted("stopped; nothing was changed"),
        VariablesError::Expression { .. } => MagicError::expression(&error),
        VariablesError::Selection { .. } => MagicError::selection(&error),
        error => MagicError::input(&error),
    }
}

fn bins(error: event_histogram::AxisError) -> MagicError {
    MagicError::binning(&error)
}

/// An answer to a report of progress.
pub fn go_on_unless(is_stopped: bool) -> GoOn {
    if is_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
