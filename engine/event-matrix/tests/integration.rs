//! The matrix against an independent program, and mixing of samples.

#[path = "integration/compat.rs"]
mod compat;
#[path = "integration/filling.rs"]
mod filling;
#[path = "integration/mixing.rs"]
mod mixing;
