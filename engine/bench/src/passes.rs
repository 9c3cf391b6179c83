//! The passes that are measured.

use crate::clock::Clock;
use anyhow::Context;
use branch_specs::{MeasureRequest, Specs, SpecsMode};
use event_columns::{CachedTable, EventTable, read_chunk};
use event_matrix::{Compat, MatrixLayout, MatrixSettings};
use root_file::RootTree;
use serde_json::{Value, json};
use std::ops::{ControlFlow, Range};

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
                sums = self.fill(tree, specs, &tree.cluster_starts(&readable(tree))?)?;
            }
            Pass::Both => {
                let table = CachedTable::new(Shared(tree), self.keep_bytes);
                let specs = measure(&table, SpecsMode::Fast)?;
                sums = self.fill(&table, &specs, &tree.cluster_starts(&readable(tree))?)?;
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

    /// Reads cluster after cluster of the file and fills their events into one matrix, used again when it is full:
    /// so no basket is decoded twice where a matrix ends within a cluster, and only one cluster is in memory.
    fn fill(&self, table: &dyn EventTable, specs: &Specs, clusters: &[u64]) -> anyhow::Result<Sums> {
        let info = table.info();
        let branches = readable(table);
        let features = branches.iter().map(|branch| info.branches[*branch].name.to_string()).collect();
        let settings = MatrixSettings { features, compat: Compat::Uproot4, ..MatrixSettings::default() };
        let layout = MatrixLayout::check(&settings, specs)?;
        let (width, most) = (layout.n_columns(), self.chunk.max(1) as usize);
        let mut values = vec![0.0_f32; most.min(info.n_entries as usize) * width];
        let mut mask = vec![0_u8; values.len()];
        let mut sums = Sums { width, ..Sums::default() };
        let mut n_rows = 0;
        for range in ranges(clusters, self.chunk.max(1)) {
            let chunk = read_chunk(table, &branches, range)?;
            let mut start = 0;
            while start < chunk.n_entries() {
                let end = (start + most - n_rows).min(chunk.n_entries());
                let places = n_rows * width..(n_rows + end - start) * width;
                layout.fill(&chunk.slice(start..end), &mut values[places.clone()], &mut mask[places])?;
                n_rows += end - start;
                start = end;
                if n_rows == most {
                    self.hand_over(&mut sums, &values, &mask, &mut n_rows);
                }
            }
        }
        self.hand_over(&mut sums, &values, &mask, &mut n_rows);
        Ok(sums)
    }

    /// Where a full matrix would go on to the training.
    fn hand_over(&self, sums: &mut Sums, values: &[f32], mask: &[u8], n_rows: &mut usize) {
        if self.check {
            let n_places = *n_rows * sums.width;
            let known = values[..n_places].iter().filter(|value| !value.is_nan());
            sums.sum += known.map(|value| f64::from(*value)).sum::<f64>();
            sums.n_nan += mask[..n_places].iter().map(|mask| u64::from(*mask)).sum::<u64>();
        }
        *n_rows = 0;
    }
}

/// Ranges of whole clusters of at least an eighth of a matrix where that is possible, and at most a whole one.
fn ranges(clusters: &[u64], most: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    let Some((&first, rest)) = clusters.split_first() else { return ranges };
    let mut start = first;
    for &end in rest {
        while end - start > most {
            ranges.push(start..start + most);
            start += most;
        }
        if end - start >= most / 8 || Some(&end) == rest.last() {
            ranges.push(start..end);
            start = end;
        }
    }
    ranges
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
        entries: Range<u64>,
        sink: event_columns::PieceSink<'_>,
    ) -> Result<(), event_columns::ReadError> {
        self.0.visit(branches, entries, sink)
    }
}
