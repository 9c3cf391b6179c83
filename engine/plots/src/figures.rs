//! One file for each figure: its numbers, its picture, its text.

pub(crate) mod branch;
pub(crate) mod confusion;
pub(crate) mod correlation;
pub(crate) mod histogram;
pub(crate) mod histogram2d;
pub(crate) mod image;
pub(crate) mod importance;
pub(crate) mod loss;
pub(crate) mod response;
pub(crate) mod roc;
pub(crate) mod significance;

mod cells;
mod counts;
