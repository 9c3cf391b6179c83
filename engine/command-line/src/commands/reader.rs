//! `mlaas4hep reader`: the original's reader of one file.

use super::specs::show;
use crate::console::Console;
use crate::failure::{self, Kind};
use crate::report_folder;
use crate::shared;
use crate::write_file::{self, Folder};
use anyhow::Context;
use branch_specs::{MeasureRequest, OriginalForm, Specs, SpecsMode};
use event_columns::{EventChunk, EventTable, read_chunk};
use event_selection::CheckedSelection;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use training_pipeline::{Input, OpenedTables, Parameters, name_list, open_all, read_selection};

/// Read one file as the original's reader does: show its branches, write its specs, draw its values.
///
/// With --info the numbers of flat and jagged branches are printed, with --verbose=1 the range of each branch. --fout
/// writes the specs as the original's JSON. --hists draws a histogram of each branch into ./pdfs/ (as SVG). Without
/// any of these the first events are printed; with --preproc those that pass its cuts, with the new branches.
#[derive(clap::Args)]
pub(crate) struct Reader {
    /// Input file.
    #[arg(long)]
    fin: String,
    /// Where to write the specs.
    #[arg(long)]
    fout: Option<PathBuf>,
    /// New branches and cuts.
    #[arg(long)]
    preproc: Option<PathBuf>,
    /// Accepted for the original's sake; missing values are NaN.
    #[arg(long, default_value = "nan")]
    nan: String,
    /// Path of the tree.
    #[arg(long, default_value = "Events")]
    branch: String,
    /// Branches that tell events apart.
    #[arg(long, default_value = "run,event,luminosityBlock")]
    identifier: String,
    /// Branches to read, with commas; all by default.
    #[arg(long, default_value = "")]
    branches: String,
    /// Branches not to read, with commas, or a file with one a line.
    #[arg(long, default_value = "")]
    exclude_branches: String,
    /// Events to read; -1: all. Without it all events are measured, or five are printed.
    #[arg(long, allow_negative_numbers = true)]
    nevts: Option<i64>,
    /// Events read at a time.
    #[arg(long, default_value_t = 1000)]
    chunk_size: u64,
    /// Specs to show instead of measuring.
    #[arg(long)]
    specs: Option<PathBuf>,
    /// Put before names that do not exist here; reading from afar is not built yet.
    #[arg(long, default_value = "")]
    redirector: String,
    /// Print what the file holds.
    #[arg(long)]
    info: bool,
    /// Draw a histogram of each branch.
    #[arg(long)]
    hists: bool,
    /// 0, 1 or 2.
    #[arg(long, default_value_t = 0)]
    verbose: u8,
}

/// Events that are printed where nobody said how many.
const N_PRINTED: usize = 5;

impl Reader {
    /// Reads and shows.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        if self.nan != "nan" {
            console.message("--nan has no effect: missing values are NaN");
        }
        if let Some(fout) = &self.fout {
            let given = [&self.preproc, &self.specs].into_iter().flatten().map(PathBuf::as_path);
            write_file::check(fout, Folder::IsMade, given.chain([Path::new(&self.fin)]))?;
        }
        if self.hists {
            write_file::check(&Path::new("pdfs").join("branch.svg"), Folder::IsMade, [])?;
        }
        let input = self.open().map_err(failure::of(Kind::Input))?;
        let limit = self.nevts.and_then(|n_events| u64::try_from(n_events).ok());
        let n_entries = input.table.info().n_entries.min(limit.unwrap_or(u64::MAX));
        let selection = self.selection(&input).map_err(failure::of(Kind::Settings))?;
        if !(self.info || self.hists || self.fout.is_some()) {
            self.print_events(&input, selection.as_ref(), n_entries, console)
                .map_err(failure::of(Kind::Input))?;
            return Ok(ExitCode::SUCCESS);
        }
        let specs =
            self.specs(&input, selection.as_ref(), n_entries, console).map_err(failure::of(Kind::Input))?;
        if self.info {
            self.print_info(&specs, console);
        }
        if let Some(fout) = &self.fout {
            write_file::write(fout, specs.to_original_json(OriginalForm::PerFile).as_bytes())?;
            console.line(&format!("write {}", fout.display()));
        }
        if self.hists {
            report_folder::write_branches(&PathBuf::from("pdfs"), &specs, console)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn open(&self) -> anyhow::Result<Input> {
        let mut parameters = Parameters {
            tree: self.branch.clone(),
            identifier: name_list::commas(&self.identifier),
            selected_branches: name_list::commas(&self.branches),
            excluded_branches: name_list::commas(&self.exclude_branches),
            redirector: self.redirector.clone(),
            ..Parameters::default()
        };
        parameters.resolve_branch_files(&shared::opener())?;
        let (files, opened) = (std::slice::from_ref(&self.fin), OpenedTables::default());
        let mut inputs = open_all(files, &opened, &parameters, None, &shared::opener())?;
        inputs.pop().ok_or_else(|| anyhow::anyhow!("no input file"))
    }

    fn specs(
        &self,
        input: &Input,
        selection: Option<&CheckedSelection>,
        n_entries: u64,
        console: &mut Console,
    ) -> anyhow::Result<Specs> {
        let mut specs = if let Some(path) = &self.specs {
            let problem = || format!("cannot read the specs {}", path.display());
            let text = shared::opener().read_text_of(path).with_context(problem)?;
            Specs::from_json(&text).with_context(problem)?
        } else if let Some(selection) = selection {
            self.measure_selected(input, selection, n_entries)?
        } else {
            let (branches, entries) = (input.branches.clone(), 0..n_entries);
            let request = MeasureRequest { branches, entries, mode: SpecsMode::Full };
            Specs::measure(&*input.table, &request, &mut |report| console.progress(report))?
        };
        specs.identifier = name_list::commas(&self.identifier);
        Ok(specs)
    }

    fn selection(&self, input: &Input) -> anyhow::Result<Option<CheckedSelection>> {
        let Some(path) = &self.preproc else { return Ok(None) };
        let branches = input.table.info().readable_among(&input.branches);
        Ok(Some(read_selection(path, &shared::opener())?.check(&branches)?))
    }

    /// Ranges of entries that are read at a time.
    fn steps(&self, n_entries: u64) -> impl Iterator<Item = Range<u64>> {
        let step = self.chunk_size.max(1);
        let starts = (0..n_entries).step_by(usize::try_from(step).unwrap_or(usize::MAX));
        starts.map(move |start| start..start.saturating_add(step).min(n_entries))
    }

    fn measure_selected(
        &self,
        input: &Input,
        selection: &CheckedSelection,
        n_entries: u64,
    ) -> anyhow::Result<Specs> {
        let builder = branch_specs::SpecsBuilder::new(selection.output_branches(), SpecsMode::Full);
        for entries in self.steps(n_entries) {
            let chunk = read_chunk(&*input.table, &input.branches, entries)?;
            builder.add_chunk(&selection.apply(chunk)?.chunk)?;
        }
        Ok(builder.finish(&self.fin))
    }

    /// Prints the events that pass among the first `n_entries`; only a few of them unless `--nevts` says otherwise.
    fn print_events(
        &self,
        input: &Input,
        selection: Option<&CheckedSelection>,
        n_entries: u64,
        console: &mut Console,
    ) -> anyhow::Result<()> {
        let mut n_left = if self.nevts.is_some() { usize::MAX } else { N_PRINTED };
        let mut n_printed = 0;
        for entries in self.steps(n_entries) {
            let start = entries.start;
            let mut chunk = read_chunk(&*input.table, &input.branches, entries)?;
            let mut kept: Vec<u32> = (0..chunk.n_entries() as u32).collect();
            if let Some(selection) = selection {
                let selected = selection.apply(chunk)?;
                (chunk, kept) = (selected.chunk, selected.kept);
            }
            for (position, entry) in kept.into_iter().enumerate().take(n_left) {
                print_event(start + u64::from(entry), &chunk.slice(position..position + 1), console);
                (n_left, n_printed) = (n_left - 1, n_printed + 1);
            }
            if n_left == 0 || crate::console::is_stopped() {
                break;
            }
        }
        if n_printed == 0 {
            console.message(&format!("none of {n_entries} events passes the cuts"));
        }
        Ok(())
    }

    fn print_info(&self, specs: &Specs, console: &mut Console) {
        let features = || specs.branches.iter().filter(|branch| branch.is_numeric());
        let (jagged, flat): (Vec<_>, Vec<_>) = features().partition(|branch| branch.is_jagged());
        console.line(&format!("Number of events  : {}", specs.n_events()));
        for (word, branches) in [("flat", flat), ("jagged", jagged)] {
            console.line(&format!("# {word} branches   : {}", branches.len()));
            for branch in branches.iter().filter(|_| self.verbose > 0) {
                let dim = if branch.is_jagged() { branch.jdim().to_string() } else { "N/A".to_string() };
                let range =
                    |value: Option<f64>| value.map_or_else(|| "none".to_string(), |value| value.to_string());
                let (min, max) = (range(branch.min()), range(branch.max()));
                console.line(&format!("{} values in [{min}, {max}] range, dim={dim}", branch.name()));
            }
        }
        if self.verbose > 1 {
            show(specs, console);
        }
    }
}

fn print_event(entry: u64, event: &EventChunk, console: &mut Console) {
    console.line(&format!("event {entry}"));
    for (name, column) in event.columns() {
        let values: Vec<String> =
            column.to_f64().iter().map(|value| text_table::human_number(*value)).collect();
        console.line(&format!("  {name} = [{}]", values.join(", ")));
    }
}
