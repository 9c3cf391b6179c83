//! From a request to a mixer that is ready to give rows: everything before training.

use crate::branch_patterns::note_unknown;
use crate::inputs::open_all;
use crate::labels::{CheckedLabels, check_labels};
use crate::listed_twice::need_each_once;
use crate::measure::{MeasuredSamples, Sample, note, specs_of, tell};
use crate::mixed_samples::{label_word, mixed_samples, need_events, parts_to_mix};
use crate::{Labels, ModelRequest, OnEvent, Parameters, PipelineError, PipelineEvent, PipelineRequest};
use branch_specs::Specs;
use event_columns::CachedTable;
use event_matrix::{
    ClassWeights, MatrixLayout, MatrixSettings, MixSettings, Mixer, Scaling, SplitRule, SplitSettings,
    WidthCap,
};
use event_selection::CutFlow;
use network::Task;
use std::sync::Arc;

/// Everything that training needs, and what was learned on the way.
pub struct Prepared {
    /// The samples in the order of the files; files without an entry are left out.
    pub samples: Vec<Sample>,
    /// How many events of each sample pass its selection.
    pub n_events: Vec<u64>,
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
    need_events(samples.iter().map(|sample| &*sample.input.file), &labels, request)?;
    let MeasuredSamples { specs, samples } = specs_of(samples, request, on_event)?;
    let whole = mixed_samples(&samples, &specs, &labels, request, on_event)?;
    let n_events = whole.iter().map(|own| own.n_events).collect();
    let layout = Arc::new(MatrixLayout::check(&matrix_settings(request, &specs)?, &specs)?);
    check_identifier(&samples, parameters)?;
    note_constants(&layout, on_event)?;
    note_texts(&specs, on_event)?;
    let mixed = parts_to_mix(whole, &samples, &labels, request, &mix)?;
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
    let mut mixer = Mixer::new(mixed, Arc::clone(&layout), mix)?;
    mixer.check_parts()?;
    for ((file, label), n_events) in shares.iter().zip(mixer.plan().n_used()) {
        tell(on_event, &PipelineEvent::Share { file, label, n_events })?;
    }
    Ok(Prepared { samples, n_events, specs, layout, labels, mixer })
}

fn check_files(files: &[String]) -> Result<(), PipelineError> {
    if files.is_empty() {
        return Err(PipelineError::NoInputs);
    }
    need_each_once(files)
}

fn open_samples(request: &PipelineRequest, on_event: OnEvent<'_>) -> Result<Vec<Sample>, PipelineError> {
    let (parameters, format) = (&request.parameters, request.format);
    let inputs = open_all(&request.files, &request.opened, parameters, format, &request.opener)?;
    let new_branches: Vec<&str> =
        request.selection.iter().flat_map(event_selection::Selection::new_branches).collect();
    note_unknown(&inputs, &new_branches, &request.parameters, on_event)?;
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
            note(on_event, &format!("{}: it holds no event and is left out", input.file))?;
            continue;
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
