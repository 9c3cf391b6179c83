//! How far the first pass looks into a file.
//!
//! As in the original: `nevts` limits it for each file. The original reads in steps of `chunk_size` and looks at the step
//! in which it reaches that number to its end, unless the first step is the larger one. After a selection, passing
//! events are counted, and how many values the events of the last step have counts only up to that number.
//! What lies behind is in no chunk, so that nothing there can be too wide for the matrix.

use crate::Parameters;

/// Which events of a file are measured, while it is read from front to back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstPass {
    /// The entry at which the measuring ends.
    pub(crate) end: u64,
    /// Entries of a step.
    step: u64,
    /// Passing events that are still wanted; all when absent.
    n_left: Option<u64>,
}

/// How many of the events that passed count, from the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Looked {
    /// For the number of values in an event.
    pub(crate) n_for_widths: usize,
    /// For minimum, maximum and all else; no fewer.
    pub(crate) n_for_ranges: usize,
}

impl FirstPass {
    /// Without a selection.
    pub(crate) fn of(n_entries: u64, parameters: &Parameters) -> Self {
        let all = Self::without_limit(n_entries, parameters);
        let end = match parameters.n_events {
            Some(n_events) if n_events < all.step => n_events,
            Some(n_events) => n_events.div_ceil(all.step).saturating_mul(all.step),
            None => all.end,
        };
        Self { end: end.min(all.end), ..all }
    }

    /// Of the events that pass a selection.
    pub(crate) fn of_selected(n_entries: u64, parameters: &Parameters) -> Self {
        Self { n_left: parameters.n_events, ..Self::without_limit(n_entries, parameters) }
    }

    fn without_limit(n_entries: u64, parameters: &Parameters) -> Self {
        let chunk_size = parameters.chunk_size.map(|chunk_size| chunk_size as u64);
        let end = match chunk_size {
            Some(chunk_size) if parameters.specs_from_two_chunks => chunk_size.saturating_mul(2),
            _ => n_entries,
        };
        let step = chunk_size.map_or(n_entries, |chunk_size| chunk_size.min(n_entries)).max(1);
        Self { end: end.min(n_entries), step, n_left: None }
    }

    /// Takes in the next entries, from `first_entry`, of which those at `kept` passed.
    pub(crate) fn take(&mut self, first_entry: u64, kept: &[u32]) -> Looked {
        let entry = |position: u32| first_entry + u64::from(position);
        let last_wanted = self.n_left.and_then(|n_left| n_left.checked_sub(1));
        if let Some(last) = last_wanted.and_then(|last| kept.get(usize::try_from(last).ok()?)) {
            let whole_steps = (entry(*last) / self.step + 1).saturating_mul(self.step);
            self.end = self.end.min(whole_steps);
        }
        let n_for_ranges = kept.partition_point(|position| entry(*position) < self.end);
        let Some(n_left) = &mut self.n_left else {
            return Looked { n_for_widths: n_for_ranges, n_for_ranges };
        };
        let n_for_widths = n_for_ranges.min(usize::try_from(*n_left).unwrap_or(usize::MAX));
        *n_left -= n_for_widths as u64;
        Looked { n_for_widths, n_for_ranges }
    }
}

/// What the specs of selected events depend on beside the selection; nothing where all of them are measured.
pub(crate) fn of_selected_in_words(parameters: &Parameters) -> String {
    let chunk_size = parameters.chunk_size.map_or_else(|| "all".to_string(), |size| size.to_string());
    match parameters.n_events {
        Some(n_events) => format!(" (the first {n_events} events, in steps of {chunk_size})"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(nevts: i64, chunk_size: i64) -> Parameters {
        let json = format!(r#"{{"nevts": {nevts}, "chunk_size": {chunk_size}}}"#);
        Parameters::from_json(&json, "params.json").unwrap()
    }

    #[test]
    fn entries_without_a_selection() {
        // As measured with the original's code, but for 0, on which it stops with an error.
        for (nevts, chunk_size, n_entries, end) in [
            (-1, 1000, 2421, 2421),
            (500, 200, 2421, 600),
            (500, 250, 2421, 500),
            (500, 300, 2421, 600),
            (50, 1000, 2421, 50),
            (1000, 1000, 2421, 1000),
            (50, -1, 2421, 50),
            (3000, 1000, 2421, 2421),
            (2400, 1000, 2421, 2421),
            (777, 100, 55, 55),
            (0, 200, 2421, 400),
            (0, -1, 2421, 2421),
            (10, 100, 0, 0),
        ] {
            assert_eq!(
                FirstPass::of(n_entries, &parameters(nevts, chunk_size)).end,
                end,
                "{nevts} {chunk_size}"
            );
        }
    }

    #[test]
    fn events_that_pass() {
        let take = |pass: &mut FirstPass, first_entry: u64, kept: &[u32]| {
            let Looked { n_for_widths, n_for_ranges } = pass.take(first_entry, kept);
            (n_for_widths, n_for_ranges)
        };
        let mut all = FirstPass::of_selected(1000, &parameters(-1, 10));
        assert_eq!(take(&mut all, 0, &[1, 5, 900]), (3, 3));
        // The third event lies at entry 12, so that the step from 10 to 20 is the last one.
        let mut three = FirstPass::of_selected(1000, &parameters(3, 10));
        assert_eq!(take(&mut three, 0, &[1, 5]), (2, 2));
        assert_eq!(take(&mut three, 10, &[2, 3]), (1, 2));
        assert_eq!(take(&mut three, 14, &[0, 5, 6, 7]), (0, 2));
        assert_eq!(take(&mut three, 30, &[0, 5, 6, 7]), (0, 0));
        // All in one call give the same.
        let mut three = FirstPass::of_selected(1000, &parameters(3, 10));
        assert_eq!(take(&mut three, 0, &[1, 5, 12, 13, 14, 19, 20, 21]), (3, 6));
    }
}
