//! What can go wrong in a training, seen from this side.

use std::{path::PathBuf, process::ExitStatus, time::Duration};

use training_protocol::{ConnectionError, NetworkBytesError, RingError};

use crate::BoxError;

/// Why there is no trained model.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The caller's callback said stop.
    #[error("the training was stopped{}", if *has_checkpoint { "; it can be resumed from its checkpoint" } else { "" })]
    Cancelled {
        /// Whether there is something to resume from.
        has_checkpoint: bool,
    },
    /// The program is not there or cannot be run.
    #[error(
        "cannot start the training worker {}; build it (it needs libtorch: see README) or say where it is",
        path.display()
    )]
    Start {
        /// The program.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A worker of another version, or another program.
    #[error("the training worker {} speaks version {found} of the protocol, version {expected} is needed: build both from the same sources", path.display())]
    Protocol {
        /// The program.
        path: PathBuf,
        /// What it speaks.
        found: u32,
        /// What is needed.
        expected: u32,
    },
    /// The worker has ended before its work was done.
    #[error("the training worker {} died while {attempt}: {end}", path.display())]
    Died {
        /// The program.
        path: PathBuf,
        /// What it was doing.
        attempt: &'static str,
        /// How it ended.
        end: WorkerEnd,
    },
    /// The worker lives and says nothing.
    #[error("the training worker {} gave no sign of life for {} s while {attempt} and was killed: {end}", path.display(), limit.as_secs())]
    Silent {
        /// The program.
        path: PathBuf,
        /// What it was doing.
        attempt: &'static str,
        /// How long was waited.
        limit: Duration,
        /// How it ended.
        end: WorkerEnd,
    },
    /// The worker says that it cannot go on.
    #[error("{reason}")]
    Worker {
        /// What was attempted and why it failed.
        reason: String,
    },
    /// A message out of turn.
    #[error("the training worker answered {found} while {attempt}: build both sides from the same sources")]
    OutOfTurn {
        /// What it was doing.
        attempt: &'static str,
        /// The start of the message.
        found: String,
    },
    /// The two sides cannot talk.
    #[error("lost contact with the training worker: {0}")]
    Connection(#[from] ConnectionError),
    /// There is no shared memory.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The rows did not come.
    #[error("the rows to train on could not be read")]
    Source(#[source] BoxError),
    /// The source broke its word.
    #[error(
        "a chunk has {n_train} + {n_validation} + {n_test} rows, the source announced at most {max_rows}"
    )]
    TooManyRows {
        /// Rows to train on.
        n_train: usize,
        /// Rows for validation.
        n_validation: usize,
        /// Rows for the test.
        n_test: usize,
        /// What was announced.
        max_rows: usize,
    },
    /// Nothing to learn from.
    #[error(
        "there are no rows to train on: {n_chunks} chunk(s) came, none with training rows; look at the cut flow"
    )]
    NoRows {
        /// Chunks that came.
        n_chunks: usize,
    },
    /// The network that came back is none.
    #[error(transparent)]
    Network(#[from] NetworkBytesError),
}

/// How a worker ended, and its last words.
#[derive(Clone, Debug)]
pub struct WorkerEnd {
    /// `None` where it could not be found out.
    pub status: Option<ExitStatus>,
    /// The last lines of its output, at most 100.
    pub last_lines: Vec<String>,
}

impl std::fmt::Display for WorkerEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => write!(f, "its exit status is unknown")?,
        }
        if self.last_lines.is_empty() {
            return write!(f, "; it printed nothing");
        }
        write!(f, "; its last lines:")?;
        self.last_lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
