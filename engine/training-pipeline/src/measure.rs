//! The first pass: specs of every file, of the events that pass the selection, and the specs files.

use crate::first_pass::{self, FirstPass, Looked};
use crate::inputs::Input;
use crate::{OnEvent, PipelineError, PipelineEvent, PipelineRequest};
use branch_specs::{
    FileFingerprint, Fingerprint, MeasureRequest, MissingBranch, OriginalForm, Specs, SpecsBuilder,
    SpecsError, SpecsMode, original_file_name,
};
use byte_source::{FileFacts, FileOpener};
use event_columns::{ColumnType, EventTable, ReadError, StepReport, Unit, read_chunk};
use event_matrix::Compat;
use event_selection::{CheckedSelection, CutFlow};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// An open input with its selection, checked against the branches of this very file.
#[derive(Clone)]
pub struct Sample {
    /// The file and its branches.
    pub input: Input,
    /// New branches and cuts.
    pub selection: Option<Arc<CheckedSelection>>,
    /// How many events each cut left, once that is known.
    pub cut_flow: Option<CutFlow>,
}

impl Sample {
    /// Checks the selection against the branches of an input; a branch that it needs is read even when it is excluded.
    ///
    /// # Errors
    /// [`PipelineError::Selection`] with the place in the text and the nearest names.
    pub fn new(mut input: Input, request: &PipelineRequest) -> Result<Self, PipelineError> {
        let info = input.table.info();
        let readable = info.readable_branches();
        let Some(said) = request.selection.as_ref().filter(|selection| !selection.is_empty()) else {
            return Ok(Self { input, selection: None, cut_flow: None });
        };
        let problem = |cause| PipelineError::Selection { file: input.file.clone(), cause };
        let whole = said.check(&readable).map_err(problem)?;
        for name in whole.branches_read() {
            let position = info.branches.iter().position(|branch| branch.name == *name);
            input.branches.extend(position.filter(|position| !input.branches.contains(position)));
        }
        input.branches.sort_unstable();
        // Checked again against the branches that are read, so that its output is what will really be there.
        let read: Vec<(Arc<str>, ColumnType)> = readable
            .into_iter()
            .filter(|(name, _)| input.branches.iter().any(|position| info.branches[*position].name == *name))
            .collect();
        let checked = said
            .check(&read)
            .map_err(|cause| PipelineError::Selection { file: input.file.clone(), cause })?;
        Ok(Self { input, selection: Some(Arc::new(checked)), cut_flow: None })
    }

    /// The branches that events of this sample have after the selection.
    pub fn output_branches(&self) -> Vec<(Arc<str>, ColumnType)> {
        if let Some(selection) = &self.selection {
            return selection.output_branches().to_vec();
        }
        self.input.table.info().readable_among(&self.input.branches)
    }
}

/// Specs over all files, and the samples with their cut flows where they were measured.
pub(crate) struct MeasuredSamples {
    pub(crate) specs: Specs,
    pub(crate) samples: Vec<Sample>,
}

/// Takes specs from a file where there is a fresh one, and measures otherwise.
pub(crate) fn specs_of(
    mut samples: Vec<Sample>,
    request: &PipelineRequest,
    on_event: OnEvent<'_>,
) -> Result<MeasuredSamples, PipelineError> {
    let now = fingerprint(&samples, request)?;
    if let Some(path) = &request.specs {
        let mut specs = load(path, &samples, &request.opener)?;
        if specs.fingerprint.is_some() {
            let fingerprint = Some(now.clone());
            let now = with_checksums(now, &specs, &request.opener)?;
            specs = Specs { fingerprint, ..specs.clone().serving(&now)? };
        } else {
            let text =
                format!("{} does not say of which files it was made; it is used as given", path.display());
            note(on_event, &text)?;
        }
        tell(on_event, &PipelineEvent::SpecsLoaded { path })?;
        return Ok(MeasuredSamples { specs: arranged(specs, request), samples });
    }
    let global = request.folder.join("global-specs.json");
    if global.is_file() {
        match load(&global, &samples, &request.opener)
            .and_then(|specs| Ok(specs.check_fresh(&now).map(|()| specs)?))
        {
            Ok(specs) => {
                tell(on_event, &PipelineEvent::SpecsLoaded { path: &global })?;
                return Ok(MeasuredSamples { specs: arranged(specs, request), samples });
            }
            Err(error) => note(on_event, &format!("{} is not reused: {error}", global.display()))?,
        }
    }
    let specs = measure_all(&mut samples, request, now, on_event)?;
    write_specs(&global, &specs.to_json())?;
    tell(on_event, &PipelineEvent::SpecsWritten { path: &global })?;
    Ok(MeasuredSamples { specs, samples })
}

fn measure_all(
    samples: &mut [Sample],
    request: &PipelineRequest,
    now: Fingerprint,
    on_event: OnEvent<'_>,
) -> Result<Specs, PipelineError> {
    let mut parts = Vec::new();
    for sample in samples.iter_mut() {
        let specs = arranged(measure_one(sample, request, on_event)?, request);
        let path = request.folder.join(original_file_name(&sample.input.file));
        let form = match request.parameters.compat {
            Compat::Master => OriginalForm::PerFile,
            Compat::Uproot4 => OriginalForm::PerFileInOrder,
        };
        write_specs(&path, &specs.to_original_json(form))?;
        parts.push(specs);
    }
    let merged = Specs::merge(parts, MissingBranch::Error)?;
    if merged.specs.n_events() == 0 {
        return Err(PipelineError::NoEvents { files: request.files.join(", ") });
    }
    Ok(Specs { fingerprint: Some(now), ..merged.specs })
}

fn measure_one(
    sample: &mut Sample,
    request: &PipelineRequest,
    on_event: OnEvent<'_>,
) -> Result<Specs, PipelineError> {
    let start = Instant::now();
    let file = sample.input.file.clone();
    let mut n_entries = sample.input.table.info().n_entries;
    let mut specs = match sample.selection.clone() {
        None => {
            let first_pass = FirstPass::of(n_entries, &request.parameters);
            let mut specs = measure_unselected(sample, first_pass.end, on_event)?;
            // Also where the first pass looked at fewer: files are mixed in proportion to all their events.
            specs.files.iter_mut().for_each(|named| named.n_events = n_entries);
            n_entries = first_pass.end;
            specs
        }
        Some(selection) => {
            let first_pass = FirstPass::of_selected(n_entries, &request.parameters);
            measure_selected(sample, &selection, first_pass, on_event)?
        }
    };
    for named in &mut specs.files {
        named.name.clone_from(&file);
    }
    if let Some(cut_flow) = &sample.cut_flow {
        tell(on_event, &PipelineEvent::CutFlow { file: &file, cut_flow })?;
    }
    report_measured(&specs, sample, n_entries, request, start, on_event)?;
    Ok(specs)
}

fn measure_unselected(sample: &Sample, end: u64, on_event: OnEvent<'_>) -> Result<Specs, PipelineError> {
    let request =
        MeasureRequest { branches: sample.input.branches.clone(), entries: 0..end, mode: SpecsMode::Full };
    Specs::measure(&*sample.input.table, &request, &mut |report| {
        on_event(&PipelineEvent::Progress(report.clone()))
    })
    .map_err(|error| stopped_or(error.into()))
}

/// Measures the first events that pass, and counts all of them.
fn measure_selected(
    sample: &mut Sample,
    selection: &CheckedSelection,
    mut first_pass: FirstPass,
    on_event: OnEvent<'_>,
) -> Result<Specs, PipelineError> {
    let input = &sample.input;
    let builder = SpecsBuilder::new(selection.output_branches(), SpecsMode::Full);
    let mut cut_flow: Option<CutFlow> = None;
    let step = format!("reading specs of {}", input.file);
    let n_per_chunk = entries_per_chunk(&*input.table, &input.branches);
    let n_entries = input.table.info().n_entries;
    let (mut position, mut n_passed) = (0, 0);
    while position < n_entries {
        let end = n_entries.min(position + n_per_chunk);
        let chunk = read_chunk(&*input.table, &input.branches, position..end)
            .map_err(|error| read_error(&input.file, error))?;
        let selected = selection.apply(chunk).map_err(|cause| evaluation_error(&input.file, cause))?;
        n_passed += selected.kept.len() as u64;
        let Looked { n_for_widths, n_for_ranges } = first_pass.take(position, &selected.kept);
        builder.add_chunk(&selected.chunk.slice(0..n_for_widths))?;
        builder.add_chunk_without_widths(&selected.chunk.slice(n_for_widths..n_for_ranges))?;
        match &mut cut_flow {
            None => cut_flow = Some(selected.cut_flow),
            Some(sum) => {
                sum.merge(&selected.cut_flow).map_err(|cause| evaluation_error(&input.file, cause))?;
            }
        }
        position = end;
        let (done, total) = (position, Some(n_entries));
        tell(
            on_event,
            &PipelineEvent::Progress(StepReport { step: &step, done, total, unit: Unit::Events, note: "" }),
        )?;
    }
    let mut specs = builder.finish(&input.file);
    specs.files.iter_mut().for_each(|named| named.n_events = n_passed);
    sample.cut_flow = cut_flow;
    Ok(specs)
}

fn report_measured(
    specs: &Specs,
    sample: &Sample,
    n_entries: u64,
    request: &PipelineRequest,
    start: Instant,
    on_event: OnEvent<'_>,
) -> Result<(), PipelineError> {
    let features =
        || specs.branches.iter().filter(|branch| branch.is_numeric() && !specs.is_identifier(branch.name()));
    let n_flat = features().filter(|branch| !branch.is_jagged()).count();
    let n_jagged = features().count() - n_flat;
    let info = sample.input.table.info();
    let decoded: u64 =
        sample.input.branches.iter().map(|position| info.branches[*position].decoded_bytes).sum();
    let chunk_size = request.parameters.chunk_size.unwrap_or(usize::MAX) as u64;
    let measured = PipelineEvent::Measured {
        file: &sample.input.file,
        n_entries,
        n_selected: if sample.selection.is_some() { specs.n_events() } else { n_entries },
        n_flat,
        n_jagged,
        n_columns: features()
            .map(|branch| if branch.is_jagged() { branch.jdim() } else { branch.jdim().max(1) })
            .sum(),
        n_bytes: if info.n_entries == 0 {
            0
        } else {
            (decoded as f64 * n_entries as f64 / info.n_entries as f64) as u64
        },
        seconds: start.elapsed().as_secs_f64(),
        n_chunks: n_entries.div_ceil(chunk_size.max(1)),
    };
    tell(on_event, &measured)
}

/// So many entries that their decoded bytes stay near 64 MB: long enough for all threads, short enough for memory.
pub(crate) fn entries_per_chunk(table: &dyn EventTable, branches: &[usize]) -> u64 {
    table.info().entries_within(branches, 64 << 20)
}

/// With the identifier of the request. For the original's uproot4 branch also without branches of the identifier that are
/// read but were not selected, and in the order of the selection, which is that of its columns; branches that were not
/// selected, such as new ones, follow.
fn arranged(mut specs: Specs, request: &PipelineRequest) -> Specs {
    let parameters = &request.parameters;
    specs.identifier.clone_from(&parameters.identifier);
    if parameters.compat == Compat::Uproot4 && !parameters.selected_branches.is_empty() {
        let place = |name: &str| {
            parameters.selected_branches.iter().position(|pattern| crate::name_list::fits(pattern, name))
        };
        let identifier = &parameters.identifier;
        let is_unwanted = |name: &str| identifier.iter().any(|own| own == name) && place(name).is_none();
        specs.branches.retain(|branch| !is_unwanted(branch.name()));
        specs.branches.sort_by_key(|branch| place(branch.name()).unwrap_or(usize::MAX));
    }
    specs
}

fn load(path: &Path, samples: &[Sample], opener: &FileOpener) -> Result<Specs, PipelineError> {
    let text = opener.read_text_of(path).map_err(|cause| PipelineError::File {
        action: "read",
        path: path.to_path_buf(),
        cause,
    })?;
    let mut specs = Specs::from_json(&text)
        .map_err(|cause| PipelineError::Input { file: path.display().to_string(), cause: Box::new(cause) })?;
    for sample in samples {
        specs.adopt_types(&sample.output_branches());
    }
    Ok(specs)
}

fn fingerprint(samples: &[Sample], request: &PipelineRequest) -> Result<Fingerprint, PipelineError> {
    let mut files = Vec::new();
    for name in &request.files {
        files.push(fingerprint_of(name, false, &request.opener)?);
    }
    let branches = samples.first().map(Sample::output_branches).unwrap_or_default();
    let entries = |sample: &Sample| sample.input.table.info().n_entries;
    Ok(Fingerprint {
        files,
        tree: request.parameters.tree.clone(),
        branches: branches.iter().map(|(name, _)| name.to_string()).collect(),
        selection: request.selection.as_ref().filter(|selection| !selection.is_empty()).map(|selection| {
            selection.fingerprint() + &first_pass::of_selected_in_words(&request.parameters)
        }),
        max_entries: samples
            .iter()
            .map(|sample| FirstPass::of(entries(sample), &request.parameters).end)
            .zip(samples)
            .find(|(end, sample)| *end < entries(sample))
            .map(|(end, _)| end),
    })
}

/// What a file is today. A store afar knows the checksum; of a local file it is computed only where asked for.
///
/// # Errors
/// The file cannot be looked at.
pub fn fingerprint_of(
    name: &str,
    with_checksum: bool,
    opener: &FileOpener,
) -> Result<FileFingerprint, PipelineError> {
    let Some(afar) = opener.afar(name) else {
        let file = FileFingerprint::of_file(Path::new(name), with_checksum)?;
        return Ok(FileFingerprint { name: name.to_string(), ..file });
    };
    let facts = afar
        .facts(name)
        .map_err(|cause| PipelineError::Input { file: name.to_string(), cause: Box::new(cause) })?;
    let FileFacts { size_bytes, sha256, .. } = facts;
    Ok(FileFingerprint { name: name.to_string(), size_bytes, modified_ns: None, sha256 })
}

/// Also with the checksums of files that were written again, or copied, since the specs took theirs.
fn with_checksums(
    mut now: Fingerprint,
    specs: &Specs,
    opener: &FileOpener,
) -> Result<Fingerprint, PipelineError> {
    for file in &mut now.files {
        let then = specs.fingerprint.as_ref().and_then(|then| then.file(&file.name));
        if then.is_some_and(|then| then.sha256.is_some() && then.modified_ns != file.modified_ns) {
            file.sha256 = fingerprint_of(&file.name, true, opener)?.sha256;
        }
    }
    Ok(now)
}

fn write_specs(path: &Path, json: &str) -> Result<(), PipelineError> {
    write_whole(path, json.as_bytes())
}

/// Writes beside, then renames, so that nobody ever sees half a file.
///
/// # Errors
/// [`PipelineError::File`]; nothing is left behind then.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), PipelineError> {
    let mut beside = path.as_os_str().to_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, content).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // The error that matters is the one of writing; a leftover is only untidy.
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(|cause| PipelineError::File { action: "write", path: path.to_path_buf(), cause })
}

/// Hands an event to the caller; an answer of stop becomes the error that ends the pipeline.
pub(crate) fn tell(on_event: OnEvent<'_>, event: &PipelineEvent<'_>) -> Result<(), PipelineError> {
    if on_event(event).is_break() { Err(PipelineError::Stopped) } else { Ok(()) }
}

pub(crate) fn note(on_event: OnEvent<'_>, text: &str) -> Result<(), PipelineError> {
    tell(on_event, &PipelineEvent::Note(text))
}

pub(crate) fn read_error(file: &str, error: ReadError) -> PipelineError {
    match error {
        ReadError::Stopped => PipelineError::Stopped,
        error => PipelineError::Input { file: file.to_string(), cause: Box::new(error) },
    }
}

fn evaluation_error(file: &str, cause: impl std::error::Error + Send + Sync + 'static) -> PipelineError {
    PipelineError::Evaluation { file: file.to_string(), cause: Box::new(cause) }
}

fn stopped_or(error: PipelineError) -> PipelineError {
    match error {
        PipelineError::Specs(SpecsError::Stopped) => PipelineError::Stopped,
        error => error,
    }
}
