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
    #[error(
        "the model and its batches do not fit into the memory{}: use fewer units in its layers, a smaller batch_size, or \
         fewer branches",
        wanted.as_ref().map_or_else(String::new, |wanted| format!(" ({wanted} were asked for at once)"))
    )]
    Memory { wanted: Option<String> },
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
        let text = cut(&error);
        if is_about_memory(&text) {
            Self::Memory { wanted: bytes_wanted(&text) }
        } else {
            Self::Torch(first_sentence(&text))
        }
    }
}

/// Whether libtorch did not get the memory that it wanted.
fn is_about_memory(text: &str) -> bool {
    let signs = ["can't allocate memory", "out of memory", "Storage size calculation overflowed"];
    signs.iter().any(|sign| text.contains(sign))
}

/// What libtorch `tried to allocate`, as it says it: `80000 bytes`, `20.00 GiB`.
fn bytes_wanted(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("ried to allocate ")?;
    let words: Vec<&str> = rest.split_whitespace().take(2).collect();
    let [number, unit] = words.as_slice() else { return None };
    Some(format!("{number} {}", unit.trim_end_matches('.')))
}

/// Up to the end of the line or of its first sentence.
fn first_sentence(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.split_once(". ").map_or(line, |(sentence, _)| sentence).trim_end_matches('.').to_string()
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
        assert_eq!(
            first_sentence("shapes (2x3) and (4x1) differ. Look there.\nmore"),
            "shapes (2x3) and (4x1) differ"
        );
        let long = cut(&"é".repeat(5000));
        assert_eq!(long.chars().count(), MAX_CHARACTERS + 4);
    }

    #[test]
    fn too_little_memory_is_said_with_what_helps() {
        let check = |text: &str, expected: &str| {
            let said = TrainerError::from(TchError::Torch(text.to_string())).to_string();
            assert!(
                said.starts_with("the model and its batches do not fit into the memory")
                    && said.contains(expected),
                "{said}"
            );
        };
        let cpu = "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to \
                   allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)";
        check(cpu, "(4000000000000 bytes were asked for at once): use fewer units");
        check(
            "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has",
            "(20.00 GiB were asked for at once)",
        );
        check("Storage size calculation overflowed with sizes=[1, 2]", "memory: use fewer units");
    }
}
