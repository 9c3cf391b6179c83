//! The passes that are measured.

use crate::clock::Clock;
use anyhow::Context;
use branch_specs::{MeasureRequest, Specs, SpecsMode};
use event_columns::{CachedTable, EventTable, read_chunk};
use event_matrix::{Compat, MatrixBatch, MatrixLayout, MatrixSettings};
use rayon::prelude::*;
use root_file::RootTree;
use serde_json::{Value, json};
use std::ops::ControlFlow;

/// A pass over the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Pass {
    /// Smallest and largest value and widest entry of every branch.
    Specs,
    /// The same with mean, standard deviation and distribution.
    FullSpecs,
    /// A matrix of 32-bit floats for each chunk, scaled to 0 .. 1, NaN where there is no value, and its mask.
    Fill,
    /// Specs and fill as one job, in which every basket is decoded once.
    Both,
    /// Decompression of every basket and nothing else: what the codec allows.
    Inflate,
    /// Opening the file and the tree, the mean of a hundred times.
    Open,
}

/// How the passes are run.
pub(crate) struct Work {
    pub(crate) chunk: u64,
    pub(crate) keep_bytes: usize,
    pub(crate) check: bool,
}

/// What the matrices add up to.
#[derive(Default)]
struct Sums {
    width: usize,
    sum: f64,
    n_nan: u64,
}

impl Work {
    /// Runs one pass; `specs` passes from one to the next.
    pub(crate) fn run(
        &self,
        pass: Pass,
        tree: &RootTree,
        specs: &mut Option<Specs>,
        open: &(dyn Fn() -> anyhow::Result<RootTree> + Sync),
    ) -> anyhow::Result<Value> {
        let mut sums = Sums::default();
        let mut n_events = tree.n_entries();
        let clock = Clock::start();
        match pass {
            Pass::Specs => *specs = Some(measure(tree, SpecsMode::Fast)?),
            Pass::FullSpecs => *specs = Some(measure(tree, SpecsMode::Full)?),
            Pass::Fill => {
                let specs = specs.as_ref().context("the pass fill comes after specs")?;
                sums = self.fill(tree, specs)?;
            }
            Pass::Both => {
                let table = CachedTable::new(Shared(tree), self.keep_bytes);
                let specs = measure(&table, SpecsMode::Fast)?;
                sums = self.fill(&table, &specs)?;
            }
            Pass::Inflate => {
                tree.decompress_only(&readable(tree))?;
            }
            Pass::Open => {
                n_events = 100;
                for _ in 0..n_events {
                    open()?;
                }
            }
        }
        let reading = clock.stop();
        let name = clap::ValueEnum::to_possible_value(&pass).map(|value| value.get_name().to_string());
        let mut line = json!({
            "pass": name, "events": n_events, "cpu_s": reading.cpu_s, "wall_s": reading.wall_s,
            "peak_anonymous_mb": reading.peak_anonymous_mb,
        });
        if self.check && matches!(pass, Pass::Fill | Pass::Both) {
            line["width"] = sums.width.into();
            line["sum"] = sums.sum.into();
            line["nan"] = sums.n_nan.into();
        }
        Ok(line)
    }

    /// Reads chunk after chunk and fills one matrix, used again for each.
    fn fill(&self, table: &dyn EventTable, specs: &Specs) -> anyhow::Result<Sums> {
        let info = table.info();
        let branches = readable(table);
        let features = branches.iter().map(|branch| info.branches[*branch].name.to_string()).collect();
        let settings = MatrixSettings { features, compat: Compat::Uproot4, ..MatrixSettings::default() };
        let layout = MatrixLayout::check(&settings, specs)?;
        let mut batch = MatrixBatch::<f32>::default();
        let mut sums = Sums { width: layout.n_columns(), ..Sums::default() };
        let mut start = 0;
        while start < info.n_entries {
            let end = (start + self.chunk).min(info.n_entries);
            let chunk = read_chunk(table, &branches, start..end)?;
            layout.fill_batch(&chunk, &mut batch)?;
            if self.check {
                sums.sum += batch
                    .values
                    .iter()
                    .filter(|value| !value.is_nan())
                    .map(|value| f64::from(*value))
                    .sum::<f64>();
                sums.n_nan += batch.mask.par_iter().map(|mask| u64::from(*mask)).sum::<u64>();
            }
            start = end;
        }
        Ok(sums)
    }
}

fn measure(table: &dyn EventTable, mode: SpecsMode) -> anyhow::Result<Specs> {
    let request = MeasureRequest::all(table.info(), mode);
    let mut specs = Specs::measure(table, &request, &mut |_| ControlFlow::Continue(()))?;
    // The peers know no identifier: every branch is a column.
    specs.identifier.clear();
    Ok(specs)
}

fn readable(table: &dyn EventTable) -> Vec<usize> {
    let branches = &table.info().branches;
    (0..branches.len()).filter(|branch| branches[*branch].column_type.is_ok()).collect()
}

/// A table that is lent.
struct Shared<'a>(&'a RootTree);

impl EventTable for Shared<'_> {
    fn info(&self) -> &event_columns::TableInfo {
        self.0.info()
    }

    fn visit(
        &self,
        branches: &[usize],
        entries: std::ops::Range<u64>,
        sink: event_columns::PieceSink<'_>,
    ) -> Result<(), event_columns::ReadError> {
        self.0.visit(branches, entries, sink)
    }
}
