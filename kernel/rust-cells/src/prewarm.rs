//! Builds the seed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::cells::RustCells;
use crate::engine::EngineState;
use crate::options::RustOptions;
use crate::seed::{self, SeedNote};
use crate::sink::{CellSink, RustError};

/// Uses what cells use most, so that it is built.
const FIRST_CELL: &str =
    "use mlaas4hep::*;\nlet mut first = Histogram::new(\"x\", 10, 0.0, 1.0);\nfirst.fill(0.5);\nshow(&first)";

/// What [`prewarm`] made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrewarmReport {
    /// Where the seed lies.
    pub folder: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// How long it took.
    pub took: Duration,
}

/// A seed that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PrewarmError {
    /// The engine does not start.
    #[error("could not build the seed: {reason}")]
    Engine {
        /// Why.
        reason: String,
    },
    /// The first cell does not run.
    #[error("could not build the seed: its first cell failed: {0}")]
    Cell(#[from] RustError),
    /// The folder cannot be written.
    #[error("could not write the seed to {}: {source}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Builds `notebook-api` and a first cell into `folder`, with the compiler and the level that cells of `options` will
/// be built by; an image does this once for all kernels that are started from it. Its seed and its store are those
/// of `options` with `folder` in place of the seed.
///
/// # Errors
/// [`PrewarmError`] when there is no compiler, or the folder cannot be written.
pub fn prewarm(folder: &Path, options: RustOptions) -> Result<PrewarmReport, PrewarmError> {
    let began = Instant::now();
    let failed = |source| PrewarmError::Io { folder: folder.to_path_buf(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let folder = folder.canonicalize().map_err(failed)?;
    let options = RustOptions { seed: folder.clone(), ..options };
    let cells = RustCells::start(options.clone());
    let nobody = Nobody;
    if let Err(error) = cells.execute(FIRST_CELL, &nobody) {
        return Err(match cells.state() {
            EngineState::Failed(reason) | EngineState::Absent(reason) => PrewarmError::Engine { reason },
            _ => PrewarmError::Cell(error),
        });
    }
    let failed = |source| PrewarmError::Io { folder: folder.clone(), source };
    let size_bytes = seed::harvest(&options, cells.folder()).map_err(failed)?;
    cells.shutdown();
    debug_assert_eq!(SeedNote::read(&folder), SeedNote::current(&options));
    Ok(PrewarmReport { folder, size_bytes, took: began.elapsed() })
}

/// Looks at nothing: the first cell is run for what it builds.
pub(crate) struct Nobody;

impl CellSink for Nobody {
    fn stdout(&self, _: &str) {}
    fn stderr(&self, _: &str) {}
    fn display(&self, _: Option<&str>, _: bool, _: &Map<String, Value>) {}
    fn read_line(&self, _: &str, _: bool) -> Result<String, String> {
        Err("nobody is here".to_string())
    }
    fn is_interrupted(&self) -> bool {
        false
    }
}
