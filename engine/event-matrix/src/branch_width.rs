//! How many columns a branch gets.

use crate::{MatrixError, WidthCap};
use branch_specs::BranchSpecs;
use event_columns::ColumnType;

/// The number of columns of a branch under a cap. A fixed array without lists is never capped by the 99 % rule, for all
/// its entries are equally wide.
pub(crate) fn width_of(
    branch: &BranchSpecs,
    column_type: ColumnType,
    cap: WidthCap,
) -> Result<usize, MatrixError> {
    let widest = if column_type.is_jagged() { branch.jdim() } else { column_type.width };
    match cap {
        WidthCap::AtMost(0) => Err(MatrixError::Setting {
            setting: "the width cap",
            value: "0".to_string(),
            reason: "a branch needs at least one column; exclude it instead",
        }),
        WidthCap::AtMost(width) => Ok(widest.min(width)),
        WidthCap::P99 if column_type.is_jagged() => {
            let needs_full =
                MatrixError::NeedsFullSpecs { branch: branch.name().to_string(), what: "the 99 % width cap" };
            let widths = branch.widths().ok_or(needs_full)?;
            Ok(widths.whole_quantile(0.99).map_or(widest, |width| widest.min(width.max(1) as usize)))
        }
        WidthCap::P99 | WidthCap::Widest => Ok(widest),
    }
}
