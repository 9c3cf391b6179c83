//! The first pass over events: what every branch holds, from where to where, and how wide.
//!
//! [`Specs::measure`] looks at each piece of each branch once and in parallel; [`SpecsBuilder`] does the same for
//! chunks that come out of a selection. All numbers are over finite values, booleans count as 0 and 1, and every
//! accumulator is order independent (sums are exact), so that neither the number of threads nor the cutting into
//! parts changes a digit of `n`, `min`, `max`, `sum` and `jdim`.
//!
//! The stored form ([`Specs::to_json`]) has the keys of the original at its top level (`jdim`, `minv`,
//! `maxv`, `fkeys`, `jkeys`, `nans`, `events`), so that its tools read our files; our own numbers stand under
//! `branches`, and `fingerprint` says of what the file speaks. [`Specs::from_json`] reads ours and the original's.

mod accumulate;
mod branch;
mod builder;
mod error;
mod exact_sum;
mod fingerprint;
mod format;
mod key_counts;
mod measure;
mod sketch;
mod specs;

pub use branch::BranchSpecs;
pub use builder::SpecsBuilder;
pub use error::SpecsError;
pub use exact_sum::ExactSum;
pub use fingerprint::{FileFingerprint, Fingerprint};
pub use format::{OriginalForm, original_file_name};
pub use measure::MeasureRequest;
pub use sketch::{Histogram, ValueSketch};
pub use specs::{DroppedBranch, FileEvents, Merged, MissingBranch, Specs, SpecsMode};
