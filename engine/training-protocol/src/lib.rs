//! What the pipeline and a training worker say to each other.
//!
//! The pipeline starts the worker as a program of its own, with one end of a Unix stream socket as the worker's
//! standard input, and they take turns as follows. Small things are messages ([`ToWorker`], [`FromWorker`]): a line
//! of JSON behind its length, with a block of bytes after it where a network or the like goes along
//! ([`Connection`]). Matrices never travel: they are written into a [`Ring`] of shared-memory slots that is mapped
//! once on each side and used again and again, because fresh memory for every chunk costs five times as much as
//! all the rest.
//!
//! ```text
//! pipeline                                   worker
//! hello {protocol}                     ->
//!                                      <-    hello {protocol, program, devices}
//! ring {shape}  + file descriptor      ->
//! train {plan}                         ->
//!                                      <-    ready {skip_chunks}
//! chunk {slot, rows}                   ->
//! chunk {slot, rows}                   ->
//!                                      <-    progress, epoch, slot_free {slot}
//! end_of_pass                          ->
//!                                      <-    pass_done {another}      with `another`, chunks come once more
//!                                      <-    trained {model} + weights
//! ```
//! Prediction is `predict {model}` + weights, then chunks, each answered by `slot_free` when the scores stand in
//! the slot. Whatever goes wrong in the worker is `failed {reason}`, and its end is the end of the stream.

mod connection;
mod messages;
mod network_bytes;
mod plan;
mod ring;

pub use connection::{Connection, ConnectionError, Received};
pub use messages::{
    ChunkRows, EpochRecord, FromWorker, ModelToRun, PROTOCOL_VERSION, ToWorker, TrainedModel,
};
pub use network_bytes::{NetworkBytesError, network_from_bytes, network_to_bytes};
pub use plan::{
    ChunkOrder, Device, EarlyStopping, LearningRateSchedule, ModelDescription, OutputMeaning,
    TorchScriptModel, TrainingPlan, partial_path,
};
pub use ring::{ChunkSlot, Ring, RingError, RingShape};
