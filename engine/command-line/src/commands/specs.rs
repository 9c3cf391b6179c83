//! `mlaas4hep specs FILES --tree T`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use crate::write_file::{self, Folder};
use anyhow::Context;
use branch_specs::{
    FileFingerprint, Fingerprint, MeasureRequest, MissingBranch, Specs as BranchSpecsOfFiles, SpecsMode,
};
use event_columns::EventTable;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use text_table::{TextTable, human_number_or_dash};
use training_pipeline::{name_list, need_each_once, open_table};

/// Measure every branch: type, kind, counts, range, mean, widest event.
///
/// Numbers are over finite values; booleans count as 0 and 1. `jdim` is the largest number of values in one event.
/// Several files are measured together. With --out the specs are written in a form that `workflow --specs` takes, for the
/// same files and any of their branches, and that the original's tools read too.
#[derive(clap::Args)]
pub(crate) struct Specs {
    /// ROOT, CSV, JSON lines or Parquet files.
    #[arg(required = true)]
    files: Vec<String>,
    /// Path of the tree in the ROOT files.
    #[arg(long, default_value = "Events")]
    tree: String,
    /// Where to write the specs.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object: the original's keys, and under `branches` the numbers of each branch.
    #[arg(long)]
    json: bool,
    /// Leave out branches that some files do not have, instead of ending with an error.
    #[arg(long)]
    common: bool,
}

impl Specs {
    /// Measures and prints.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let files = name_list::expand(&self.files, &shared::opener()).map_err(failure::of_pipeline)?;
        need_each_once(&files).map_err(failure::of_pipeline)?;
        if let Some(out) = &self.out {
            write_file::check(out, Folder::IsMade, files.iter().map(Path::new))?;
        }
        let mut specs = self.measure(&files, console).map_err(failure::of(Kind::Input))?;
        if let Some(out) = &self.out {
            specs.fingerprint = self.fingerprint(&files, &specs).map_err(failure::of(Kind::Input))?;
            write_file::write(out, specs.to_json().as_bytes())?;
        }
        if self.json {
            console.line(&specs.to_shown_json().to_string());
        } else {
            show(&specs, console);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What the specs speak of; nothing where an input is no plain file, which may give other events the next time.
    fn fingerprint(
        &self,
        files: &[String],
        specs: &BranchSpecsOfFiles,
    ) -> anyhow::Result<Option<Fingerprint>> {
        if files.iter().any(|file| !Path::new(file).is_file()) {
            return Ok(None);
        }
        let files = files.iter().map(|file| FileFingerprint::of_file(Path::new(file), true));
        Ok(Some(Fingerprint {
            files: files.collect::<Result<_, _>>()?,
            tree: self.tree.clone(),
            branches: specs.branches.iter().map(|branch| branch.name().to_string()).collect(),
            selection: None,
            max_entries: None,
        }))
    }

    fn measure(&self, files: &[String], console: &mut Console) -> anyhow::Result<BranchSpecsOfFiles> {
        let mut parts = Vec::new();
        for file in files {
            let table = open_table(file, &self.tree, None, "", &shared::opener())?;
            for branch in &table.info().branches {
                if let Err(reason) = &branch.column_type {
                    let (name, type_name) = (&branch.name, &branch.type_name);
                    console.message(&format!("{file}: branch {name} ({type_name}) is left out: {reason}"));
                }
            }
            let request = MeasureRequest::all(table.info(), SpecsMode::Full);
            let mut specs =
                BranchSpecsOfFiles::measure(&*table, &request, &mut |report| console.progress(report))?;
            if let [only] = specs.files.as_mut_slice() {
                only.name.clone_from(file);
            }
            parts.push(specs);
        }
        let policy = if self.common { MissingBranch::Intersect } else { MissingBranch::Error };
        let merged = BranchSpecsOfFiles::merge(parts, policy)
            .context("the files do not have the same branches (--common keeps those that all have)")?;
        for dropped in &merged.dropped {
            console.message(&format!(
                "branch {} is left out: {} does not have it",
                dropped.branch, dropped.missing_in
            ));
        }
        Ok(merged.specs)
    }
}

/// Prints specs as a table.
pub(crate) fn show(specs: &BranchSpecsOfFiles, console: &mut Console) {
    console.line(&format!("{} events in {} file(s)", specs.n_events(), specs.files.len()));
    let heading =
        ["branch", "type", "kind", ">values", ">NaN", ">inf", ">min", ">max", ">mean", ">std", ">jdim"];
    let mut table = TextTable::new(&heading);
    for branch in &specs.branches {
        table.row(vec![
            branch.name().to_string(),
            branch.type_name().to_string(),
            branch.kind().to_string(),
            branch.n().to_string(),
            branch.n_nan().to_string(),
            branch.n_inf().to_string(),
            human_number_or_dash(branch.min()),
            human_number_or_dash(branch.max()),
            human_number_or_dash(branch.mean()),
            human_number_or_dash(branch.std()),
            branch.jdim().to_string(),
        ]);
    }
    table.lines().iter().for_each(|line| console.line(line));
}
