//! A model from its making over its file to its scores.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

#[path = "integration/example.rs"]
mod example;
#[path = "integration/file.rs"]
mod file;
#[path = "integration/onnxruntime.rs"]
mod onnxruntime;
#[path = "integration/scores.rs"]
mod scores;
