//! New branches and cuts: what a physicist says, checked against the branches, run on whole chunks of events.
//!
//! A [`Selection`] is said in one of two forms. [`Selection::from_text`] reads lines:
//!
//! ```text
//! ht      = sum(jet_pt)                                   # a new branch
//! n_b     = count(jet_btag > 0.8)
//! good_pt = jet_pt[jet_pt > 30 and abs(jet_eta) < 2.4]    # elements of a list
//! lead_pt = jet_pt[0]                                     # NaN where there is no jet
//! n_b >= 1 and 200 < ht <= 1e3                            # a cut: events must pass all of them
//! drop jet_btag
//! ```
//!
//! [`Selection::from_original_json`] reads the pre-processing file of `MLaaS4HEP`. Both become the same steps, which
//! [`Selection::check`] checks against the branches of a tree and [`CheckedSelection::apply`] runs. Nothing is ever
//! handed to an interpreter.
//!
//! # What expressions mean
//!
//! * A branch is one value for each event, or a list (or list of lists) for each event; a fixed array is a list of
//!   constant length. One value for each event is repeated for the elements of a list beside it. Two lists must have
//!   the same lengths in every event.
//! * Types meet as in numpy: `i32 + f32` is `f64`, `i16 + f32` is `f32`; a number in the text takes the type of its
//!   partner (`jet_pt * 2.5` stays `f32`, `n * 2.5` is `f64`). Signed integers wrap at the ends of their type, as in
//!   numpy. A condition counts as 0 and 1.
//! * Sums, differences, products, powers and negatives of unsigned integers alone are signed: `i64`, and `f64` for those
//!   of 64 bits, so that 1 - 2 is -1. In the original's JSON they stay unsigned and wrap, as numpy has it.
//! * `/` is true division, also of integers; `//` and `%` round down. A power of integers stays an integer when the
//!   exponent is written in the text and is 0 to 64, else it is an `f64`. Functions of integers up to 16 bits give `f32`
//!   and of larger ones `f64`; 8-bit integers and conditions give `f64`, where numpy has half precision.
//! * Floats follow IEEE 754: a comparison with NaN is false (`!=` is true), division by zero is infinite or NaN, and
//!   nothing of that is an error. An event whose condition compares NaN is therefore cut away.
//! * Sums and means of floats are taken in `f64` in the order of the list, sums of integers in `i64`. Of an empty list,
//!   `sum`, `count` and `len` are 0, `any` is false, `all` is true, `min`, `max`, `mean`, `first`, `last` and positions
//!   beyond the end are NaN, `argmax` and `argmin` are -1. `min` and `max` skip NaN elements.
//! * Operators bind as in Python; `&&`, `||` and `!` are accepted for `and`, `or` and `not`, and comparisons chain.

mod check;
mod checked;
mod cut_flow;
mod evaluate;
mod expression;
mod functions;
mod kernels;
mod original;
mod parse;
mod plan;
mod rows;
mod selection;
mod source;
mod text;
mod token;
mod tree;
mod typing;
mod value;

pub use checked::{CheckedSelection, EvaluationError, Selected};
pub use cut_flow::{CutFlow, CutRow, OtherCuts};
pub use expression::{CheckedExpression, Expression};
pub use functions::{function_help, function_names};
pub use original::original_log_lines;
pub use selection::{Selection, SelectionError};
pub use source::ExpressionError;
pub use text::Statement;
