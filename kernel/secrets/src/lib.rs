//! Secrets of the environment: which variables hold them, and texts without their values.
//!
//! A server of a hub hands its token to the kernel in the environment. Nothing that a cell shows, and nothing that is
//! remembered or logged, may hold it. [`is_secret`] is the one list of names; [`Mask`] takes values out of texts.

mod mask;
mod names;

pub use mask::{HIDDEN, Mask};
pub use names::{is_secret, variables};
