//! From a request to a mixer that is ready to give rows: everything before training.

use crate::inputs::open_all;
use crate::labels::{CheckedLabels, check_labels};
use crate::measure::{Sample, entries_per_chunk, note, read_error, specs_of, tell};
use crate::{Labels, ModelRequest, OnEvent, Parameters, PipelineError, PipelineEvent, PipelineRequest};
use branch_specs::Specs;
use event_columns::{CachedTable, EventChunk, EventTable, read_chunk};
use event_matrix::{
    BoxError, ChunkRule, ClassWeights, LabelSource, MatrixLayout, MatrixSettings, MixSettings, Mixer,
    Scaling, SelectEvents, SelectedEvents, SplitRule, SplitSettings, WidthCap,
};
use event_selection::{CheckedSelection, CutFlow, Selection};
use network::Task;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything that training needs, and what was learned on the way.
pub struct Prepared {
    /// The samples in the order of the files.
    pub samples: Vec<Sample>,
    /// Specs over all files, of the selected events.
    pub specs: Specs,
    /// The columns.
    pub layout: Arc<MatrixLayout>,
    /// Labels as numbers.
    pub labels: CheckedLabels,
    /// Gives the rows.
    pub mixer: Mixer,
}

impl Prepared {
    /// Cut flow of each file, where there are cuts and they were counted in this run.
    pub fn cut_flows(&self) -> Vec<(String, CutFlow)> {
        let of = |sample: &Sample| Some((sample.input.file.clone(), sample.cut_flow.clone()?));
        self.samples.iter().filter_map(of).collect()
    }
}

/// What is learned from a request's model.
pub(crate) fn task_of(model: &ModelRequest) -> Task {
    match model {
        ModelRequest::Network(description) => description.task,
        ModelRequest::TorchScript(script) => script.task,
    }
}

/// Opens the files, measures them (or takes specs that are fresh), lays out the columns and plans the chunks.
///
/// # Errors
/// [`PipelineError`].
pub fn prepare(request: &PipelineRequest, on_event: OnEvent<'_>) -> Result<Prepared, PipelineError> {
    let mix = mix_settings(request, task_of(&request.model));
    prepare_with(request, mix, on_event)
}

/// As [`prepare`], with other rules of mixing; the chunk size is the request's.
///
/// # Errors
/// [`PipelineError`].
pub fn prepare_with(
    request: &PipelineRequest,
    mut mix: MixSettings,
    on_event: OnEvent<'_>,
) -> Result<Prepared, PipelineError> {
    let parameters = &request.parameters;
    check_files(&request.files)?;
    let labels = check_labels(&request.labels, &request.files, task_of(&request.model))?;
    let samples = open_samples(request, on_event)?;
    let measured = specs_of(samples, request, on_event)?;
    let (specs, samples) = (measured.specs, measured.samples);
    let layout = Arc::new(MatrixLayout::check(&matrix_settings(request, &specs)?, &specs)?);
    check_identifier(&samples, parameters)?;
    note_constants(&layout, on_event)?;
    note_texts(&specs, on_event)?;
    let mut mixed = Vec::new();
    for (position, sample) in samples.iter().enumerate() {
        let whole = mixer_sample(sample, &specs, &labels, position, request, on_event)?;
        match &request.labels {
            Labels::Branch(name) if !labels.classes.is_empty() && mix.rule != ChunkRule::Original => {
                mixed.extend(by_class(whole, sample, name, labels.classes.len())?);
            }
            _ => mixed.push(whole),
        }
    }
    let shares: Vec<(String, String)> = mixed
        .iter()
        .map(|own| (own.name.clone(), label_word(own, &request.labels, &request.files)))
        .collect();
    let total: u64 = mixed.iter().map(|sample| sample.n_events).sum();
    mix.chunk_size = parameters
        .chunk_size
        .unwrap_or(total as usize)
        .min(usize::try_from(total).unwrap_or(usize::MAX))
        .max(1);
    let mixer = Mixer::new(mixed, Arc::clone(&layout), mix)?;
    for ((file, label), n_events) in shares.iter().zip(mixer.plan().n_used()) {
        tell(on_event, &PipelineEvent::Share { file, label, n_events })?;
    }
    Ok(Prepared { samples, specs, layout, labels, mixer })
}

fn label_word(sample: &event_matrix::Sample, labels: &Labels, files: &[String]) -> String {
    match (labels, &sample.label) {
        (Labels::Branch(_), LabelSource::Value(class)) => class.to_string(),
        (Labels::Branch(name), LabelSource::Branch(_)) => name.clone(),
        (Labels::PerFile(words), _) => {
            let position = files.iter().position(|own| *own == sample.name);
            position.and_then(|position| words.get(position)).cloned().unwrap_or_default()
        }
    }
}

fn check_files(files: &[String]) -> Result<(), PipelineError> {
    if files.is_empty() {
        return Err(PipelineError::NoInputs);
    }
    let mut seen = BTreeSet::new();
    match files.iter().find(|file| !seen.insert(*file)) {
        None => Ok(()),
        Some(twice) => {
            Err(PipelineError::Settings { problem: format!("{twice} is listed twice; list every file once") })
        }
    }
}

fn open_samples(request: &PipelineRequest, on_event: OnEvent<'_>) -> Result<Vec<Sample>, PipelineError> {
    let inputs = open_all(&request.files, &request.parameters, request.format)?;
    let budget_bytes = request.parameters.memory_budget_bytes / inputs.len().max(1);
    let mut samples = Vec::new();
    for mut input in inputs {
        let n_branches = input.branches.len();
        let n_entries = input.table.info().n_entries;
        tell(
            on_event,
            &PipelineEvent::Opened { file: &input.file, n_entries, n_branches, excluded: &input.excluded },
        )?;
        for reason in &input.unreadable {
            note(on_event, &format!("{}: left out: {reason}", input.file))?;
        }
        if n_entries == 0 {
            return Err(PipelineError::Settings { problem: format!("{} holds no event", input.file) });
        }
        input.table = Arc::new(CachedTable::new(input.table, budget_bytes));
        samples.push(Sample::new(input, request)?);
    }
    Ok(samples)
}

/// Label and weight are no features, nor is what the selection dropped.
fn matrix_settings(request: &PipelineRequest, specs: &Specs) -> Result<MatrixSettings, PipelineError> {
    let parameters = &request.parameters;
    let mut exclude: Vec<String> = Vec::new();
    if let Labels::Branch(name) = &request.labels {
        specs.branch(name)?;
        exclude.push(name.clone());
    }
    if let Some(name) = &parameters.weight_branch {
        let named = |error| PipelineError::Settings { problem: format!("the parameter `weight`: {error}") };
        specs.branch(name).map_err(named)?;
        exclude.push(name.clone());
    }
    let is_feature =
        |name: &str| parameters.selected_branches.iter().any(|pattern| crate::name_list::fits(pattern, name));
    let is_new = |name: &str| {
        request.selection.iter().flat_map(event_selection::Selection::new_branches).any(|new| new == name)
    };
    let is_excluded =
        |name: &str| parameters.excluded_branches.iter().any(|pattern| crate::name_list::fits(pattern, name));
    for branch in &specs.branches {
        let name = &**branch.name();
        let unwanted =
            if parameters.selected_branches.is_empty() { is_excluded(name) } else { !is_feature(name) };
        // A branch may be read only because the selection needs it.
        if unwanted && !is_new(name) && !exclude.iter().any(|own| own == name) {
            exclude.push(name.to_string());
        }
    }
    Ok(MatrixSettings {
        compat: parameters.compat,
        exclude,
        scaling: scaling(&parameters.scaler),
        width_cap: width_cap(parameters),
        ..MatrixSettings::default()
    })
}

fn scaling(word: &str) -> Scaling {
    match word {
        "standard" => Scaling::Standard,
        "robust" => Scaling::Robust,
        _ => Scaling::MinMax,
    }
}

/// With `nevts` 0 an event that was not looked at may have more values than those that were; they are cut.
fn width_cap(parameters: &Parameters) -> WidthCap {
    match parameters.width_cap.as_deref() {
        None if parameters.specs_from_two_chunks => WidthCap::AtMost(usize::MAX),
        None => WidthCap::Widest,
        Some("p99") => WidthCap::P99,
        Some(number) => number.parse().map_or(WidthCap::Widest, WidthCap::AtMost),
    }
}

/// The rules of mixing and splitting for training.
pub fn mix_settings(request: &PipelineRequest, task: Task) -> MixSettings {
    let parameters = &request.parameters;
    let rule = match (parameters.split_by_identifier, task) {
        (true, _) => SplitRule::EventIdentifier,
        (false, Task::Regression) => SplitRule::Random,
        (false, _) => SplitRule::Stratified,
    };
    MixSettings {
        chunk_size: parameters.chunk_size.unwrap_or(usize::MAX),
        n_events: parameters.n_events,
        seed: parameters.seed,
        class_weights: if parameters.balanced_classes { ClassWeights::Balanced } else { ClassWeights::None },
        identifier: identifier(parameters),
        split: Some(SplitSettings { rule, ..SplitSettings::default() }),
        ..MixSettings::default()
    }
}

/// Run, luminosity block, event: the names of the parameters, each in the place that its name tells; others take what
/// is left. A place that nobody takes is empty.
fn identifier(parameters: &Parameters) -> [String; 3] {
    let mut places: [Option<&String>; 3] = [None; 3];
    let mut others = Vec::new();
    for name in &parameters.identifier {
        let lower = name.to_lowercase();
        let place = ["run", "lumi", "ev"].iter().position(|fragment| lower.contains(fragment));
        match place.map(|place| &mut places[place]) {
            Some(place @ None) => *place = Some(name),
            _ => others.push(name),
        }
    }
    let mut others = others.into_iter();
    places.map(|place| place.or_else(|| others.next()).cloned().unwrap_or_default())
}

/// Splitting by identifier needs one.
fn check_identifier(samples: &[Sample], parameters: &Parameters) -> Result<(), PipelineError> {
    let has_one = |sample: &Sample| {
        let branches = sample.output_branches();
        branches.iter().any(|(name, _)| parameters.identifier.iter().any(|own| **own == **name))
    };
    match samples.iter().find(|sample| parameters.split_by_identifier && !has_one(sample)) {
        None => Ok(()),
        Some(sample) => Err(PipelineError::Settings {
            problem: format!(
                "`split_by` is \"identifier\", but {} has none of the branches of `identifier` ({})",
                sample.input.file,
                parameters.identifier.join(", ")
            ),
        }),
    }
}

fn mixer_sample(
    sample: &Sample,
    specs: &Specs,
    labels: &CheckedLabels,
    position: usize,
    request: &PipelineRequest,
    on_event: OnEvent<'_>,
) -> Result<event_matrix::Sample, PipelineError> {
    let input = &sample.input;
    let table: Arc<dyn EventTable> = Arc::clone(&input.table);
    let mut mixed = event_matrix::Sample::new(input.file.clone(), table, input.branches.clone(), 0.0);
    mixed.label = match (&request.labels, labels.of_files.get(position)) {
        (Labels::Branch(name), _) => LabelSource::Branch(name.clone()),
        (Labels::PerFile(_), label) => LabelSource::Value(label.copied().unwrap_or(0.0)),
    };
    mixed.weight_branch.clone_from(&request.parameters.weight_branch);
    if let Some(selection) = &sample.selection {
        let counted = specs.files.iter().find(|file| file.name == input.file).map(|file| file.n_events);
        mixed.n_events = match counted {
            Some(n_events) if specs.fingerprint.is_some() => n_events,
            _ => count_selected(sample, selection, on_event)?,
        };
        mixed.select = Some(select_events(Arc::clone(selection)));
    }
    if mixed.n_events == 0 {
        return Err(PipelineError::NoEvents { file: input.file.clone() });
    }
    Ok(mixed)
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
    let n_entries = whole.entries.end.min(whole.table.info().n_entries);
    let n_per_chunk = entries_per_chunk(&*whole.table, &whole.branches);
    let mut position = whole.entries.start;
    while position < n_entries {
        let end = n_entries.min(position + n_per_chunk);
        let mut chunk = read_chunk(&*whole.table, &whole.branches, position..end)
            .map_err(|error| read_error(&whole.name, error))?;
        if let Some(select) = &whole.select {
            let evaluation = |cause| PipelineError::Evaluation { file: whole.name.clone(), cause };
            chunk = select(chunk).map_err(evaluation)?.chunk;
        }
        let labels = chunk.column(label_branch).map(event_columns::Column::to_f64).unwrap_or_default();
        for class in labels.iter().filter(|label| label.fract() == 0.0 && **label >= 0.0) {
            if let Some(n_events) = n_of_class.get_mut(*class as usize) {
                *n_events += 1;
            }
        }
        position = end;
    }
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

/// Text is no feature: one bad cell of a CSV file makes its column text.
fn note_texts(specs: &Specs, on_event: OnEvent<'_>) -> Result<(), PipelineError> {
    let texts: Vec<&str> =
        specs.branches.iter().filter(|branch| !branch.is_numeric()).map(|branch| &**branch.name()).collect();
    if texts.is_empty() {
        return Ok(());
    }
    note(on_event, &format!("left out, as they hold text: {}", texts.join(", ")))
}

/// Branches of one value teach nothing, and with the original's scaling they reach the network as they are.
fn note_constants(layout: &MatrixLayout, on_event: OnEvent<'_>) -> Result<(), PipelineError> {
    const MOST_NAMES: usize = 8;
    let constant: Vec<&str> = layout
        .features()
        .iter()
        .filter(|feature| feature.constant && feature.shift == 0.0)
        .map(|feature| feature.branch.as_str())
        .collect();
    if constant.is_empty() {
        return Ok(());
    }
    let more = if constant.len() > MOST_NAMES { ", .." } else { "" };
    let names = constant[..constant.len().min(MOST_NAMES)].join(", ");
    let text = format!(
        "{} branch(es) have one value only and are not scaled ({names}{more}); leave them out with `exclude_branches`, \
         or set `scaler` to \"standard\"",
        constant.len()
    );
    note(on_event, &text)
}

fn select_events(selection: Arc<CheckedSelection>) -> SelectEvents {
    Arc::new(move |chunk: EventChunk| -> Result<SelectedEvents, BoxError> {
        let selected = selection.apply(chunk)?;
        Ok(SelectedEvents { chunk: selected.chunk, kept: selected.kept })
    })
}

/// Counts the events that pass, where the specs do not say it.
fn count_selected(
    sample: &Sample,
    selection: &CheckedSelection,
    on_event: OnEvent<'_>,
) -> Result<u64, PipelineError> {
    note(on_event, "--- Computing the number of events which satisfies the cuts on the whole file ---")?;
    let input = &sample.input;
    let n_entries = input.table.info().n_entries;
    let n_per_chunk = entries_per_chunk(&*input.table, &input.branches);
    let (mut position, mut n_events) = (0, 0);
    while position < n_entries {
        let end = n_entries.min(position + n_per_chunk);
        let chunk = read_chunk(&*input.table, &input.branches, position..end)
            .map_err(|error| read_error(&input.file, error))?;
        let selected = selection.apply(chunk).map_err(|cause| PipelineError::Evaluation {
            file: input.file.clone(),
            cause: Box::new(cause),
        })?;
        n_events += selected.kept.len() as u64;
        position = end;
    }
    Ok(n_events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_find_their_places() {
        let check = |names: &[&str], expected: [&str; 3]| {
            let identifier_names = names.iter().map(ToString::to_string).collect();
            let parameters = Parameters { identifier: identifier_names, ..Parameters::default() };
            assert_eq!(identifier(&parameters), expected.map(str::to_string), "{names:?}");
        };
        check(&["run", "event", "luminosityBlock"], ["run", "luminosityBlock", "event"]);
        check(&["evtNo", "runNo"], ["runNo", "", "evtNo"]);
        check(&["idx"], ["idx", "", ""]);
        check(&["MET_pt", "run"], ["run", "MET_pt", ""]);
        check(&[], ["", "", ""]);
    }
}
