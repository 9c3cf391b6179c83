//! Where the training worker is.

use crate::failure::{self, Kind};
use model_training::WorkerProgram;
use std::path::PathBuf;

/// The worker beside this program, or where `MLAAS4HEP_TORCH` says.
pub(crate) fn find() -> anyhow::Result<WorkerProgram> {
    if let Some(path) = std::env::var_os("MLAAS4HEP_TORCH") {
        return Ok(WorkerProgram::at(PathBuf::from(path)));
    }
    let beside = std::env::current_exe().map(|program| program.with_file_name("mlaas4hep-torch"));
    match beside {
        Ok(path) if path.is_file() => Ok(WorkerProgram::at(path)),
        _ => Err(failure::of(Kind::Training)(anyhow::anyhow!(
            "the training worker mlaas4hep-torch is not beside this program; build it with \
             `cargo build --release -p torch-trainer` (scripts/start does), or set MLAAS4HEP_TORCH to its path"
        ))),
    }
}
