//! The opened files as samples for the mixer: their labels, how many events each of them gives, and their weights.

use crate::labels::CheckedLabels;
use crate::measure::{Sample, entries_per_chunk, note, read_error};
use crate::{Labels, OnEvent, PipelineError, PipelineRequest};
use branch_specs::Specs;
use event_columns::{Column, EventChunk, EventTable, read_chunk};
use event_matrix::{
    BoxError, ChunkRule, ClassWeights, LabelSource, MixSettings, SelectEvents, SelectedEvents,
};
use event_selection::{CheckedSelection, Selection};
use std::sync::Arc;

/// One sample for each file, with the number of its events that pass the selection; a file that gives none is said.
pub(crate) fn mixed_samples(
    samples: &[Sample],
    specs: &Specs,
    labels: &CheckedLabels,
    request: &PipelineRequest,
    on_event: OnEvent<'_>,
) -> Result<Vec<event_matrix::Sample>, PipelineError> {
    let mut mixed = Vec::new();
    for sample in samples {
        let own = mixed_sample(sample, specs, labels, request, on_event)?;
        if own.n_events == 0 {
            note(on_event, &format!("{}: no event passes the cuts; it is left out", own.name))?;
        }
        mixed.push(own);
    }
    let giving = mixed.iter().filter(|own| own.n_events > 0).map(|own| own.name.as_str());
    need_events(giving, labels, request)?;
    Ok(mixed)
}

/// Refuses to go on where no file gives events, or no file of one label; `giving` are the files that give some.
pub(crate) fn need_events<'a>(
    giving: impl Iterator<Item = &'a str>,
    labels: &CheckedLabels,
    request: &PipelineRequest,
) -> Result<(), PipelineError> {
    let giving: Vec<&str> = giving.collect();
    if giving.is_empty() {
        return Err(PipelineError::NoEvents { files: request.files.join(", ") });
    }
    let Labels::PerFile(words) = &request.labels else { return Ok(()) };
    for (word, label) in words.iter().zip(&labels.of_files) {
        let of_label = request.files.iter().zip(&labels.of_files).filter(|(_, own)| *own == label);
        let files: Vec<&str> = of_label.map(|(file, _)| file.as_str()).collect();
        if !files.iter().any(|file| giving.contains(file)) {
            return Err(PipelineError::NoEventsOfLabel { label: word.clone(), files: files.join(", ") });
        }
    }
    Ok(())
}

fn mixed_sample(
    sample: &Sample,
    specs: &Specs,
    labels: &CheckedLabels,
    request: &PipelineRequest,
    on_event: OnEvent<'_>,
) -> Result<event_matrix::Sample, PipelineError> {
    let input = &sample.input;
    let table: Arc<dyn EventTable> = Arc::clone(&input.table);
    let mut mixed = event_matrix::Sample::new(input.file.clone(), table, input.branches.clone(), 0.0);
    mixed.label = match &request.labels {
        Labels::Branch(name) => LabelSource::Branch(name.clone()),
        Labels::PerFile(_) => {
            LabelSource::Value(labels.of_file(&request.files, &input.file).unwrap_or_default())
        }
    };
    mixed.weight_branch.clone_from(&request.parameters.weight_branch);
    if let Some(selection) = &sample.selection {
        mixed.select = Some(select_events(Arc::clone(selection)));
        let counted = specs.files.iter().find(|file| file.name == input.file).map(|file| file.n_events);
        mixed.n_events = match counted {
            Some(n_events) if specs.fingerprint.is_some() => n_events,
            _ => count_selected(&mixed, on_event)?,
        };
    }
    Ok(mixed)
}

/// The samples that the mixer gets: those with events, one for each class where a branch holds the label, and with
/// the sum of their weights where classes are balanced.
pub(crate) fn parts_to_mix(
    whole: Vec<event_matrix::Sample>,
    samples: &[Sample],
    labels: &CheckedLabels,
    request: &PipelineRequest,
    mix: &MixSettings,
) -> Result<Vec<event_matrix::Sample>, PipelineError> {
    let mut mixed = Vec::new();
    for (own, sample) in whole.into_iter().zip(samples).filter(|(own, _)| own.n_events > 0) {
        match &request.labels {
            Labels::Branch(name) if !labels.classes.is_empty() && mix.rule != ChunkRule::Original => {
                mixed.extend(by_class(own, sample, name, labels.classes.len())?);
            }
            _ => mixed.push(own),
        }
    }
    if mix.class_weights == ClassWeights::Balanced {
        for own in &mut mixed {
            own.weight_sum = sum_of_weights(own)?;
        }
    }
    Ok(mixed)
}

/// The label of a sample in the words of the user.
pub(crate) fn label_word(sample: &event_matrix::Sample, labels: &Labels, files: &[String]) -> String {
    match (labels, &sample.label) {
        (Labels::Branch(_), LabelSource::Value(class)) => class.to_string(),
        (Labels::Branch(name), LabelSource::Branch(_)) => name.clone(),
        (Labels::PerFile(words), _) => {
            let position = files.iter().position(|own| *own == sample.name);
            position.and_then(|position| words.get(position)).cloned().unwrap_or_default()
        }
    }
}

/// Counts the events that pass, where the specs do not say it.
fn count_selected(sample: &event_matrix::Sample, on_event: OnEvent<'_>) -> Result<u64, PipelineError> {
    note(on_event, "--- Computing the number of events which satisfies the cuts on the whole file ---")?;
    let mut n_events = 0;
    for_each_chunk(sample, &sample.branches, &mut |chunk| n_events += chunk.n_entries() as u64)?;
    Ok(n_events)
}

/// The sum of the weights of all events of a sample that has a weight branch. A weight that is no number does not
/// count here; the mixer names its event.
fn sum_of_weights(sample: &event_matrix::Sample) -> Result<Option<f64>, PipelineError> {
    let Some(branch) = &sample.weight_branch else { return Ok(None) };
    let info = sample.table.info();
    let branches = match &sample.select {
        Some(_) => sample.branches.clone(),
        None => info.branches.iter().position(|own| *own.name == **branch).into_iter().collect(),
    };
    let mut sum = 0.0;
    for_each_chunk(sample, &branches, &mut |chunk| {
        let weights = chunk.column(branch).map(Column::to_f64).unwrap_or_default();
        sum += weights.iter().filter(|weight| weight.is_finite()).sum::<f64>();
    })?;
    Ok(Some(sum))
}

/// Reads these branches of a sample from front to back, and hands on what passes its selection.
fn for_each_chunk(
    sample: &event_matrix::Sample,
    branches: &[usize],
    visit: &mut dyn FnMut(&EventChunk),
) -> Result<(), PipelineError> {
    let n_entries = sample.entries.end.min(sample.table.info().n_entries);
    let n_per_chunk = entries_per_chunk(&*sample.table, branches);
    let mut position = sample.entries.start;
    while position < n_entries {
        let end = n_entries.min(position + n_per_chunk);
        let mut chunk = read_chunk(&*sample.table, branches, position..end)
            .map_err(|error| read_error(&sample.name, error))?;
        if let Some(select) = &sample.select {
            let evaluation = |cause| PipelineError::Evaluation { file: sample.name.clone(), cause };
            chunk = select(chunk).map_err(evaluation)?.chunk;
        }
        visit(&chunk);
        position = end;
    }
    Ok(())
}

/// One sample for each class that the label branch names, so that the chunks hold all classes in proportion, in whatever
/// order the file has them. A file with labels that are no class stays whole: training will name the event.
fn by_class(
    whole: event_matrix::Sample,
    sample: &Sample,
    label_branch: &str,
    n_classes: usize,
) -> Result<Vec<event_matrix::Sample>, PipelineError> {
    let mut n_of_class = vec![0_u64; n_classes];
    for_each_chunk(&whole, &whole.branches, &mut |chunk| {
        let labels = chunk.column(label_branch).map(Column::to_f64).unwrap_or_default();
        for class in labels.iter().filter(|label| label.fract() == 0.0 && **label >= 0.0) {
            if let Some(n_events) = n_of_class.get_mut(*class as usize) {
                *n_events += 1;
            }
        }
    })?;
    let cut = |class: usize| {
        let text = format!("get(\"{label_branch}\") == {class}");
        Selection::from_text(&text).ok()?.check(&sample.output_branches()).ok()
    };
    let cuts: Option<Vec<CheckedSelection>> = (0..n_classes).map(cut).collect();
    let Some(cuts) = cuts.filter(|_| n_of_class.iter().sum::<u64>() == whole.n_events) else {
        return Ok(vec![whole]);
    };
    let of_class = |(class, cut): (usize, CheckedSelection)| event_matrix::Sample {
        n_events: n_of_class[class],
        label: LabelSource::Value(class as f32),
        select: Some(both(whole.select.clone(), Arc::new(cut))),
        ..whole.clone()
    };
    Ok(cuts.into_iter().enumerate().filter(|(class, _)| n_of_class[*class] > 0).map(of_class).collect())
}

/// The events that pass one selection and then another.
fn both(first: Option<SelectEvents>, second: Arc<CheckedSelection>) -> SelectEvents {
    Arc::new(move |chunk: EventChunk| -> Result<SelectedEvents, BoxError> {
        let n_entries = chunk.n_entries();
        let first = match &first {
            Some(select) => select(chunk)?,
            None => SelectedEvents { chunk, kept: (0..n_entries as u32).collect() },
        };
        let second = second.apply(first.chunk)?;
        let kept = second.kept.iter().filter_map(|position| first.kept.get(*position as usize).copied());
        Ok(SelectedEvents { chunk: second.chunk, kept: kept.collect() })
    })
}

fn select_events(selection: Arc<CheckedSelection>) -> SelectEvents {
    Arc::new(move |chunk: EventChunk| -> Result<SelectedEvents, BoxError> {
        let selected = selection.apply(chunk)?;
        Ok(SelectedEvents { chunk: selected.chunk, kept: selected.kept })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::{MemoryTable, Piece};

    fn sample() -> event_matrix::Sample {
        let mut chunk = EventChunk::new(0, 4);
        chunk.set("x", Piece::flat(vec![1_i32, 2, 3, 4]).into());
        chunk.set("w", Piece::flat(vec![0.5_f64, -2.0, 4.0, f64::NAN]).into());
        let table = Arc::new(MemoryTable::new("memory", chunk));
        let weight_branch = Some("w".to_string());
        event_matrix::Sample { weight_branch, ..event_matrix::Sample::new("memory", table, vec![0, 1], 1.0) }
    }

    #[test]
    fn negative_weights_subtract_and_events_that_are_cut_do_not_count() {
        assert_eq!(sum_of_weights(&sample()).unwrap(), Some(2.5));
        let info = sample().table.info().clone();
        let branches: Vec<_> = info
            .branches
            .iter()
            .map(|own| (Arc::clone(&own.name), own.column_type.clone().unwrap()))
            .collect();
        let selection = Selection::from_text("x >= 2").unwrap().check(&branches).unwrap();
        let select = Some(select_events(Arc::new(selection)));
        assert_eq!(sum_of_weights(&event_matrix::Sample { select, ..sample() }).unwrap(), Some(2.0));
        assert_eq!(sum_of_weights(&event_matrix::Sample { weight_branch: None, ..sample() }).unwrap(), None);
    }
}
