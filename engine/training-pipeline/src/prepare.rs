//! From a request to a mixer that is ready to give rows: everything before training.

use crate::inputs::open_all;
use crate::labels::{CheckedLabels, check_labels};
use crate::measure::{Sample, entries_per_chunk, note, read_error, specs_of, tell};
use crate::{Labels, ModelRequest, OnEvent, Parameters, PipelineError, PipelineEvent, PipelineRequest};
use branch_specs::Specs;
use event_columns::{CachedTable, EventChunk, EventTable, read_chunk};
use event_matrix::{
    BoxError, ClassWeights, LabelSource, MatrixLayout, MatrixSettings, MixSettings, Mixer, Scaling,
    SelectEvents, SelectedEvents, SplitRule, SplitSettings, WidthCap,
};
use event_selection::{CheckedSelection, CutFlow};
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
    let mut mixed = Vec::new();
    for (position, sample) in samples.iter().enumerate() {
        mixed.push(mixer_sample(sample, &specs, &labels, position, request, on_event)?);
    }
    let total: u64 = mixed.iter().map(|sample| sample.n_events).sum();
    mix.chunk_size = parameters
        .chunk_size
        .unwrap_or(total as usize)
        .min(usize::try_from(total).unwrap_or(usize::MAX))
        .max(1);
    let mixer = Mixer::new(mixed, Arc::clone(&layout), mix)?;
    for (sample, n_events) in samples.iter().zip(mixer.plan().n_used()) {
        let label = label_word(&request.labels, &request.files, &sample.input.file);
        tell(on_event, &PipelineEvent::Share { file: &sample.input.file, label: &label, n_events })?;
    }
    Ok(Prepared { samples, specs, layout, labels, mixer })
}

fn label_word(labels: &Labels, files: &[String], file: &str) -> String {
    match labels {
        Labels::Branch(name) => name.clone(),
        Labels::PerFile(words) => {
            let position = files.iter().position(|own| own == file);
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
        specs.branch(name)?;
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

/// Run, luminosity block, event: the names of the parameters in the order in which they are recognised.
fn identifier(parameters: &Parameters) -> [String; 3] {
    let names = &parameters.identifier;
    let find = |fragment: &str, default: &str| {
        let found = names.iter().find(|name| name.to_lowercase().contains(fragment));
        found.cloned().unwrap_or_else(|| default.to_string())
    };
    [find("run", "run"), find("lumi", "luminosityBlock"), find("ev", "event")]
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
