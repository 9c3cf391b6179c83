//! What figures of counts share: the range of the vertical axis, with room for a legend above the data.

use crate::frame::Range;
use crate::lines::extent;

/// Chooses the vertical range for counts and their errors: from zero (or the most negative one) to the largest,
/// such that the largest stays below `legend_share` of the height. A logarithmic axis starts below the smallest
/// positive value, but never shows more than twelve decades.
pub(crate) fn count_range(
    values: impl Iterator<Item = f64> + Clone,
    is_log: bool,
    legend_share: f64,
) -> Range {
    let legend_share = legend_share.clamp(0.0, 0.6);
    if is_log {
        let positive = values.filter(|&value| value > 0.0);
        let (low, high) = extent(positive).unwrap_or((0.1, 1.0));
        let low = low.max(high * 1e-12) * 0.5;
        // The next decade below, unless that would leave much empty.
        let low = if high / low > 20.0 { 10_f64.powf(low.log10().floor()).max(low / 3.0) } else { low };
        let decades = (high / low).log10().max(0.5);
        let high = (high.log10() + 0.08 * decades + decades * legend_share / (1.0 - legend_share)).min(300.0);
        return Range::log(low, 10_f64.powf(high));
    }
    let (low, high) = extent(values).unwrap_or((0.0, 1.0));
    let (low, high) = (low.min(0.0), high.max(0.0));
    let span = if high > low { high - low } else { 1.0 };
    let low = if low < 0.0 { low - 0.05 * span } else { 0.0 };
    Range::linear(low, low + (high.max(low + span) - low) * 1.06 / (1.0 - legend_share))
}
