//! Trees as they are written, read back by oxyroot, uproot and ROOT.
//!
//! The parts that need Python use the interpreter named by `MLAAS4HEP_TEST_PYTHON` (with uproot, and ROOT where
//! it is installed) and are skipped, saying so, where that is not set.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

#[path = "integration/every_type.rs"]
mod every_type;
#[path = "integration/failures.rs"]
mod failures;
#[path = "integration/python.rs"]
mod python;
#[path = "integration/scores.rs"]
mod scores;
