//! What can go wrong in the worker. All of it ends as one `failed` message, so the sentences are for people.

use std::path::PathBuf;

use tch::TchError;
use training_protocol::{ConnectionError, NetworkBytesError, RingError};

/// libtorch prints whole tensors into its errors, megabytes of them.
const MAX_CHARACTERS: usize = 600;

/// Why the worker gives up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrainerError {
    #[error("libtorch cannot do this: {0}")]
    Torch(String),
    #[error("cannot use the TorchScript file {}: {problem}", path.display())]
    Script { path: PathBuf, problem: String },
    #[error(
        "the TorchScript model gave {found} for {n_rows} rows, it must give one row of {n_outputs} number(s) for each"
    )]
    ScriptOutput { found: String, n_rows: i64, n_outputs: usize },
    #[error("the TorchScript model has no parameters that could be trained")]
    NothingToTrain,
    #[error("there is no GPU to train on: {0}; set the device to `auto` or `cpu`")]
    NoGpu(&'static str),
    #[error("the {what} of row {row} of chunk {chunk} is {value}, {needed}")]
    Row { what: &'static str, row: usize, chunk: usize, value: f32, needed: String },
    #[error("column {column} (from 0) of row {row} of chunk {chunk} is infinite; cut or cap such values")]
    Infinite { column: usize, row: usize, chunk: usize },
    #[error("all training rows of chunk {chunk} have the weight 0: there is nothing to learn from")]
    ZeroWeights { chunk: usize },
    #[error(
        "the loss became {loss} in epoch {epoch} of chunk {chunk}; try a lower learning rate, gradient clipping or \
         scaled inputs"
    )]
    Diverged { loss: f64, epoch: usize, chunk: usize },
    #[error("cannot {attempt} the checkpoint {}: {problem}", path.display())]
    Checkpoint { attempt: &'static str, path: PathBuf, problem: String },
    #[error(
        "the checkpoint {} was made with another {field}; set `resume` to false or use the same settings",
        path.display()
    )]
    OtherCheckpoint { path: PathBuf, field: &'static str },
    #[error("the model has {found} input columns, the rows have {needed}")]
    Columns { found: usize, needed: usize },
    #[error("message out of turn: {0}")]
    OutOfTurn(String),
    #[error(transparent)]
    Network(#[from] NetworkBytesError),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Ring(#[from] RingError),
}

impl From<TchError> for TrainerError {
    fn from(error: TchError) -> Self {
        Self::Torch(cut(&error))
    }
}

/// The first line and a bit more of an error of libtorch, without its C++ stack.
pub(crate) fn cut(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let text = text.split("\nException raised from").next().unwrap_or_default().trim_end();
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_errors_are_cut_and_stacks_left_out() {
        assert_eq!(cut(&"bad shape\nException raised from f at x.cpp:1\nframe #0"), "bad shape");
        let long = cut(&"é".repeat(5000));
        assert_eq!(long.chars().count(), MAX_CHARACTERS + 4);
    }
}
