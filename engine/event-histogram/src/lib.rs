//! Values of expressions over the events that pass a selection, and histograms of them.
//!
//! [`Variables`] is what was said (expressions, a weight, a selection), [`CheckedVariables`] what fits the branches of
//! one table; its [`CheckedVariables::visit`] reads the table once, in blocks, and hands out the values. [`Filler`]
//! turns the values of several samples into histograms with the same bins, also while the reading still goes on.
//! Knows no picture and no file format.

mod axis;
mod fill;
mod plane;
mod variables;

pub use axis::{Axis, AxisError, Binning};
pub use fill::{Filled, Filler};
pub use plane::{FilledPlane, OutsidePairs, PlaneFiller};
pub use variables::{CheckedVariables, EventValues, Variables, VariablesError};
