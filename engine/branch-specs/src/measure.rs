//! Measuring a table in one parallel pass.

use crate::accumulate::measure_piece;
use crate::{BranchSpecs, FileEvents, Specs, SpecsError, SpecsMode};
use event_columns::{
    BranchInfo, EventTable, GoOn, OnProgress, PieceAt, ReadError, StepReport, TableInfo, Unit,
};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// What is to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureRequest {
    /// Positions of the branches in the table.
    pub branches: Vec<usize>,
    /// Entries, half-open; clipped to the table.
    pub entries: Range<u64>,
    /// How much.
    pub mode: SpecsMode,
}

impl MeasureRequest {
    /// All entries of all branches that can be read.
    pub fn all(info: &TableInfo, mode: SpecsMode) -> Self {
        let readable = |position: &usize| info.branches[*position].column_type.is_ok();
        let branches = (0..info.branches.len()).filter(readable).collect();
        Self { branches, entries: 0..info.n_entries, mode }
    }
}

/// Whether the number of values in an event counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Widths {
    Measured,
    Ignored,
}

/// One branch while it is being measured, by several threads.
pub(crate) struct Measuring {
    branch: Mutex<BranchSpecs>,
    /// Resolution of the distribution; read without the lock, and therefore at times an older, finer one.
    resolution: AtomicU32,
}

impl Measuring {
    pub(crate) fn new(branch: BranchSpecs) -> Self {
        let resolution = branch.distribution.as_ref().map_or(0, crate::ValueSketch::resolution);
        Self { branch: Mutex::new(branch), resolution: AtomicU32::new(resolution) }
    }

    /// Takes in one piece.
    pub(crate) fn add(&self, piece: &event_columns::Piece, mode: SpecsMode, widths: Widths) {
        if !piece.column_type().is_numeric() {
            return;
        }
        let mut found = measure_piece(piece, mode, self.resolution.load(Ordering::Relaxed));
        if widths == Widths::Ignored {
            found.width = 0;
            found.widths.clear();
        }
        let mut branch = self.branch.lock().unwrap_or_else(PoisonError::into_inner);
        branch.add(&found);
        if let Some(distribution) = &branch.distribution {
            self.resolution.store(distribution.resolution(), Ordering::Relaxed);
        }
    }

    pub(crate) fn finish(self) -> BranchSpecs {
        self.branch.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Specs {
    /// Measures branches of a table in one pass over its stored pieces, on the rayon pool of the caller. Text
    /// branches are listed without numbers. Reports progress in events, from the thread of the caller
    /// when that thread is outside of the pool.
    ///
    /// # Errors
    /// [`SpecsError::Read`] when a branch cannot be read, [`SpecsError::Stopped`] when `on_progress` said stop.
    pub fn measure(
        table: &dyn EventTable,
        request: &MeasureRequest,
        on_progress: OnProgress<'_>,
    ) -> Result<Self, SpecsError> {
        let info = table.info();
        let entries = request.entries.start.min(info.n_entries)..request.entries.end.min(info.n_entries);
        let measured = start(info, request)?;
        let numeric: Vec<usize> = request
            .branches
            .iter()
            .copied()
            .filter(|&branch| info.readable_type(branch).is_ok_and(|column_type| column_type.is_numeric()))
            .collect();
        let n_events = entries.end.saturating_sub(entries.start);
        let (done, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let sink = |piece: PieceAt| {
            if let Some(Some(measuring)) = measured.get(piece.branch) {
                measuring.add(&piece.piece, request.mode, Widths::Measured);
            }
            done.fetch_add(piece.piece.n_entries() as u64, Ordering::Relaxed);
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let step = format!("reading specs of {}", info.display_name());
        let mut report = || {
            let done = done.load(Ordering::Relaxed).checked_div(numeric.len() as u64).unwrap_or(n_events);
            let total = Some(n_events);
            let answer = on_progress(&StepReport { step: &step, done, total, unit: Unit::Events, note: "" });
            if answer.is_break() {
                stop.store(true, Ordering::Relaxed);
            }
            answer
        };
        run_and_report(|| table.visit(&numeric, entries.clone(), &sink), &mut report).map_err(|cause| {
            match cause {
                ReadError::Stopped => SpecsError::Stopped,
                cause => SpecsError::Read { cause },
            }
        })?;
        let mut measured = measured;
        let branches = request
            .branches
            .iter()
            .filter_map(|&branch| measured.get_mut(branch).and_then(Option::take))
            .map(Measuring::finish)
            .collect();
        let files = vec![FileEvents { name: info.source.clone(), n_events }];
        let identifier = Self::default_identifier();
        Ok(Self { mode: request.mode, identifier, files, branches, fingerprint: None })
    }
}

/// An accumulator for each asked branch, at the branch's position in the table.
fn start(info: &TableInfo, request: &MeasureRequest) -> Result<Vec<Option<Measuring>>, SpecsError> {
    let mut measured: Vec<Option<Measuring>> = Vec::new();
    measured.resize_with(info.branches.len(), || None);
    for &branch in &request.branches {
        let column_type = info.readable_type(branch)?;
        let BranchInfo { name, type_name, .. } = &info.branches[branch];
        let specs = BranchSpecs::new(Arc::clone(name), type_name.clone(), column_type, request.mode);
        measured[branch] = Some(Measuring::new(specs));
    }
    Ok(measured)
}

/// Runs `work` on the rayon pool and calls `report` now and then from this thread meanwhile, and once at the end.
fn run_and_report<E: Send>(
    work: impl FnOnce() -> Result<(), E> + Send,
    report: &mut dyn FnMut() -> GoOn,
) -> Result<(), E> {
    let finished = (Mutex::new(None), Condvar::new());
    let lock = || finished.0.lock().unwrap_or_else(PoisonError::into_inner);
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| {
            let result = work();
            *lock() = Some(result);
            finished.1.notify_all();
        });
        loop {
            // A thread of the pool that only waited could keep the pool from ever doing the work.
            if rayon::yield_now().is_some() && lock().is_none() {
                let _ = report();
                continue;
            }
            let result = lock();
            if result.is_some() {
                break;
            }
            let waited = finished.1.wait_timeout(result, REPORT_EVERY);
            let is_done = waited.unwrap_or_else(PoisonError::into_inner).0.is_some();
            let _ = report();
            if is_done {
                break;
            }
        }
    });
    let result = lock().take();
    result.unwrap_or(Ok(()))
}
