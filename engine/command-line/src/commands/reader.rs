//! `mlaas4hep reader`: the original's reader of one file.

use super::specs::show;
use crate::console::Console;
use crate::failure::{self, Kind};
use crate::report_folder;
use crate::write_file;
use branch_specs::{MeasureRequest, OriginalForm, Specs, SpecsMode};
use event_columns::{EventTable, read_chunk};
use event_selection::CheckedSelection;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use training_pipeline::{Input, Parameters, name_list, open_all, read_selection};

/// Read one file as the original's reader does: show its branches, write its specs, draw its values.
///
/// With --info the numbers of flat and jagged branches are printed, with --verbose=1 the range of each branch. --fout
/// writes the specs as the original's JSON. --hists draws a histogram of each branch into ./pdfs/ (as SVG). Without
/// any of these the first --nevts events are printed.
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
    /// Events to read; -1: all.
    #[arg(long, default_value_t = 5, allow_negative_numbers = true)]
    nevts: i64,
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

impl Reader {
    /// Reads and shows.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        if self.nan != "nan" {
            console.message("--nan has no effect: missing values are NaN");
        }
        let input = self.open().map_err(failure::of(Kind::Input))?;
        let info = input.table.info();
        let n_entries = info.n_entries.min(u64::try_from(self.nevts).unwrap_or(u64::MAX));
        if !(self.info || self.hists || self.fout.is_some()) {
            print_events(&input, n_entries, console)?;
            return Ok(ExitCode::SUCCESS);
        }
        let specs = self.specs(&input, console)?;
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
        parameters.resolve_branch_files()?;
        let mut inputs = open_all(std::slice::from_ref(&self.fin), &parameters, None)?;
        inputs.pop().ok_or_else(|| anyhow::anyhow!("no input file"))
    }

    /// The first pass looks at all events unless `--nevts` was given above its default, as in the original.
    fn specs(&self, input: &Input, console: &mut Console) -> anyhow::Result<Specs> {
        let mut specs = if let Some(path) = &self.specs {
            Specs::from_json(&std::fs::read_to_string(path)?)?
        } else if let Some(selection) = self.selection(input)? {
            self.measure_selected(input, &selection)?
        } else {
            let entries = 0..input.table.info().n_entries;
            let request = MeasureRequest { branches: input.branches.clone(), entries, mode: SpecsMode::Full };
            Specs::measure(&*input.table, &request, &mut |report| console.progress(report))?
        };
        specs.identifier = name_list::commas(&self.identifier);
        Ok(specs)
    }

    fn selection(&self, input: &Input) -> anyhow::Result<Option<CheckedSelection>> {
        let Some(path) = &self.preproc else { return Ok(None) };
        let info = input.table.info();
        let branches: Vec<_> = input
            .branches
            .iter()
            .filter_map(|position| {
                let branch = &info.branches[*position];
                Some((Arc::clone(&branch.name), *branch.column_type.as_ref().ok()?))
            })
            .collect();
        Ok(Some(read_selection(path)?.check(&branches)?))
    }

    fn measure_selected(&self, input: &Input, selection: &CheckedSelection) -> anyhow::Result<Specs> {
        let builder = branch_specs::SpecsBuilder::new(selection.output_branches(), SpecsMode::Full);
        let n_entries = input.table.info().n_entries;
        let step = self.chunk_size.max(1);
        for start in (0..n_entries).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            let chunk = read_chunk(&*input.table, &input.branches, start..(start + step).min(n_entries))?;
            builder.add_chunk(&selection.apply(chunk)?.chunk)?;
        }
        Ok(builder.finish(&self.fin))
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

fn print_events(input: &Input, n_entries: u64, console: &mut Console) -> anyhow::Result<()> {
    let chunk = read_chunk(&*input.table, &input.branches, 0..n_entries)?;
    for entry in 0..chunk.n_entries() {
        console.line(&format!("event {entry}"));
        for (name, column) in chunk.columns() {
            let one = column.slice(entry..entry + 1);
            let values: Vec<String> =
                one.to_f64().iter().map(|value| crate::table::human_number(*value)).collect();
            console.line(&format!("  {name} = [{}]", values.join(", ")));
        }
    }
    Ok(())
}
