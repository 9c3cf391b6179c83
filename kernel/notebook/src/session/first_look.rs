//! A quick look at the first events of a branch, where nothing was measured yet.

use super::{KnownBranch, Session, go_on_unless};
use event_columns::ElementType;
use event_histogram::{Binning, Filled, Filler};

/// What the first events hold.
#[derive(Clone, Debug)]
pub struct FirstLook {
    /// Events that were looked at.
    pub n_events: u64,
    /// Those of them that pass the cuts.
    pub n_passed: u64,
    /// Their values; nothing where none is a finite number.
    pub histogram: Option<FirstValues>,
}

/// Values, and their ends.
#[derive(Clone, Debug)]
pub struct FirstValues {
    /// The smallest finite value.
    pub smallest: f64,
    /// The largest finite value.
    pub largest: f64,
    /// All of them, without weights.
    pub bins: Filled,
}

/// So many events are read at most, so that the answer is there before the hand has left the key.
const MOST_EVENTS: u64 = 4_000;
/// Fewer where events are large.
const MOST_BYTES: u64 = 8 << 20;
const N_BINS: usize = 40;

impl Session {
    /// Reads the first events of a branch of a sample; nothing where it cannot be read or holds no numbers.
    pub fn first_look(&self, sample: &str, branch: &KnownBranch) -> Option<FirstLook> {
        let column_type = branch.column_type.as_ref().ok()?;
        if !column_type.is_numeric() || branch.name.contains('`') {
            return None;
        }
        let sample = self.sample(sample).ok().filter(|sample| sample.check_files().is_ok())?;
        let table = sample.tables.first()?;
        let checked = self.variables(sample, &[&format!("`{}`", branch.name)], Some("1"), None).ok()?;
        let variables = checked.first()?;
        let n_events = table.info().entries_within(variables.branches(), MOST_BYTES).min(MOST_EVENTS);
        let n_events = n_events.min(table.info().n_entries);
        let is_whole = !matches!(column_type.element, ElementType::F32 | ElementType::F64);
        let binning = Binning { n_bins: (!is_whole).then_some(N_BINS), ..Binning::default() };
        let mut filler = Filler::new(binning, 1, is_whole).ok()?;
        let (mut n_passed, mut ends) = (0, None);
        let mut sink = |values: event_histogram::EventValues| {
            n_passed += values.n_passed as u64;
            let (values, _) = values.flattened(0);
            for value in values.iter().copied().filter(|value| value.is_finite()) {
                let (low, high) = ends.unwrap_or((value, value));
                ends = Some((value.min(low), value.max(high)));
            }
            // Bins that do not suit leave the look without a histogram.
            let _ = filler.add(0, values, None);
        };
        variables.visit(&**table, 0..n_events, &mut |_| go_on_unless(false), &mut sink).ok()?;
        let bins = filler.finish().ok().and_then(|filled| filled.into_iter().next());
        let histogram =
            ends.zip(bins).map(|((smallest, largest), bins)| FirstValues { smallest, largest, bins });
        Some(FirstLook { n_events, n_passed, histogram })
    }
}
