//! Progress and cancel in one callback.

use std::ops::ControlFlow;

/// How far a transfer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// The parts of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The checksum of the local file is computed.
    Checksum,
    /// Bytes travel.
    Transfer,
}

impl Step {
    /// One word for bars: `checksum`, `transfer`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Checksum => "checksum",
            Self::Transfer => "transfer",
        }
    }
}

/// Hears how far a transfer has come; what it returns says go on or stop.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;
