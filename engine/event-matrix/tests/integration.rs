//! The matrix against an independent program, and mixing of samples.

#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]

#[path = "integration/compat.rs"]
mod compat;
#[path = "integration/filling.rs"]
mod filling;
#[path = "integration/mixing.rs"]
mod mixing;
