//! Specs of the samples, remembered until the selection changes.

use super::{Sample, Session};
use crate::magic::MagicError;
use branch_specs::{MeasureRequest, MissingBranch, Specs, SpecsBuilder, SpecsError, SpecsMode};
use event_columns::{EventTable, GoOn, StepReport, Unit, read_chunk};
use event_selection::{CheckedSelection, Selection};
use std::sync::Arc;

type OnProgress<'a> = &'a mut dyn FnMut(&StepReport<'_>) -> GoOn;

impl Session {
    /// Specs of a sample under the session's selection, measured when they are not known yet.
    ///
    /// # Errors
    /// Files that cannot be read, a selection that does not fit, [`MagicError::interrupted`].
    pub fn specs_of(&mut self, name: &str, on_progress: OnProgress<'_>) -> Result<Arc<Specs>, MagicError> {
        let selection = self.selection_of(self.sample(name)?)?;
        let key = (name.to_string(), selection.fingerprint());
        if let Some(specs) = self.specs.get(&key) {
            return Ok(Arc::clone(specs));
        }
        let specs = Arc::new(measure(self.sample(name)?, &selection, on_progress)?);
        self.specs.insert(key, Arc::clone(&specs));
        Ok(specs)
    }

    /// Specs that were measured before, of any selection that still holds.
    pub fn known_specs(&self, name: &str) -> Option<Arc<Specs>> {
        let fingerprint = self.selection_of(self.sample(name).ok()?).ok()?.fingerprint();
        self.specs.get(&(name.to_string(), fingerprint)).cloned()
    }
}

fn measure(sample: &Sample, selection: &Selection, on_progress: OnProgress<'_>) -> Result<Specs, MagicError> {
    let mut parts = Vec::new();
    for table in &sample.tables {
        let specs = if selection.is_empty() {
            let request = MeasureRequest::all(table.info(), SpecsMode::Full);
            Specs::measure(&**table, &request, on_progress).map_err(problem)?
        } else {
            let readable = table.info().readable_branches();
            let checked = selection.check(&readable);
            let checked = checked.map_err(|error| MagicError::selection(&error))?;
            measure_selected(&**table, &checked, on_progress)?
        };
        parts.push(specs);
    }
    Ok(Specs::merge(parts, MissingBranch::Intersect).map_err(problem)?.specs)
}

fn measure_selected(
    table: &dyn EventTable,
    selection: &CheckedSelection,
    on_progress: OnProgress<'_>,
) -> Result<Specs, MagicError> {
    let info = table.info();
    let branches: Vec<usize> =
        (0..info.branches.len()).filter(|position| info.branches[*position].column_type.is_ok()).collect();
    let builder = SpecsBuilder::new(selection.output_branches(), SpecsMode::Full);
    let step = format!("measuring {}", info.source);
    let n_per_block = info.entries_within(&branches, 64 << 20);
    let mut position = 0;
    while position < info.n_entries {
        let end = info.n_entries.min(position + n_per_block);
        let input = |error: &dyn std::error::Error| MagicError::input(error);
        let chunk = read_chunk(table, &branches, position..end).map_err(|error| input(&error))?;
        let selected = selection.apply(chunk).map_err(|error| input(&error))?;
        builder.add_chunk(&selected.chunk).map_err(problem)?;
        position = end;
        let report = StepReport {
            step: &step,
            done: position,
            total: Some(info.n_entries),
            unit: Unit::Events,
            note: "",
        };
        if on_progress(&report).is_break() {
            return Err(MagicError::interrupted("stopped; the specs are not known"));
        }
    }
    Ok(builder.finish(&info.source))
}

fn problem(error: SpecsError) -> MagicError {
    match error {
        SpecsError::Stopped => MagicError::interrupted("stopped; the specs are not known"),
        error => MagicError::input(&error),
    }
}
