//! Scaling numbers of a branch, and the rule of 32 and 64 bits.
//!
//! The original normalises flat branches in 64 bits and jagged branches of 32-bit floats in 32 bits, with minimum and
//! maximum rounded to 32 bits first; jagged integers minus a Python float are 64 bits in numpy. A branch of one
//! value only passes as it is. We keep that rule for all scalings.

use crate::{MatrixError, Scaling};
use branch_specs::BranchSpecs;

/// `(x - shift) / scale`; 0 and 1 leave a value as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) shift: f64,
    pub(crate) divisor: f64,
    pub(crate) constant: bool,
}

const AS_IT_IS: Scale = Scale { shift: 0.0, divisor: 1.0, constant: false };

impl Scale {
    /// The scaling of a branch; `in_f32` says that it is computed in 32 bits.
    pub(crate) fn of(branch: &BranchSpecs, scaling: Scaling, in_f32: bool) -> Result<Self, MatrixError> {
        let (Some(min), Some(max)) = (branch.min(), branch.max()) else {
            return Ok(Self { constant: true, ..AS_IT_IS });
        };
        if min == max {
            // The original lets the value of a constant branch through; the other scalings put their centre at 0.
            let shift = if matches!(scaling, Scaling::Standard | Scaling::Robust) { min } else { 0.0 };
            let shift = if in_f32 { f64::from(shift as f32) } else { shift };
            return Ok(Self { shift, divisor: 1.0, constant: true });
        }
        let missing = |what| MatrixError::NeedsFullSpecs { branch: branch.name().to_string(), what };
        let quantile = |q: f64| branch.quantile(q).ok_or_else(|| missing("the robust scaling"));
        let (shift, spread) = match scaling {
            Scaling::None => return Ok(AS_IT_IS),
            Scaling::MinMax if in_f32 => (min, f64::from(max as f32 - min as f32)),
            Scaling::MinMax => (min, max - min),
            Scaling::Standard => {
                let what = "the standard scaling";
                (branch.mean().ok_or_else(|| missing(what))?, branch.std().ok_or_else(|| missing(what))?)
            }
            Scaling::Robust => {
                (quantile(0.5)?, branch.interquartile_range().ok_or_else(|| missing("the robust scaling"))?)
            }
        };
        let (shift, spread) =
            if in_f32 { (f64::from(shift as f32), f64::from(spread as f32)) } else { (shift, spread) };
        // A spread that vanishes or overflows cannot scale: such a branch is only shifted.
        let divisor = if spread > 0.0 && spread.is_finite() { spread } else { 1.0 };
        Ok(Self { shift: if shift.is_finite() { shift } else { 0.0 }, divisor, constant: false })
    }
}
