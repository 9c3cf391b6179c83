//! How many events each cut leaves.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The cuts in order, with events counted before and after. Flows of several chunks or files are merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutFlow {
    /// Events before any cut.
    pub n_events: u64,
    /// One row for each cut, in the order in which they are applied.
    pub rows: Vec<CutRow>,
}

/// One cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutRow {
    /// The cut as it was written.
    pub name: String,
    /// Events that pass this cut, whatever the others say.
    pub n_alone: u64,
    /// Events that pass this cut and all before it.
    pub n_left: u64,
}

/// Two flows with different cuts cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cut flows are of different selections: `{own}` beside `{other}`")]
pub struct OtherCuts {
    /// The first cut that differs, or nothing where there is none.
    pub own: String,
    /// The same of the other flow.
    pub other: String,
}

impl CutFlow {
    /// Events that pass all cuts.
    pub fn n_left(&self) -> u64 {
        self.rows.last().map_or(self.n_events, |row| row.n_left)
    }

    /// Adds the counts of further events. An empty flow (the default) takes over the cuts of the other.
    ///
    /// # Errors
    /// [`OtherCuts`] when the other flow has other cuts; nothing is added then.
    pub fn merge(&mut self, other: &Self) -> Result<(), OtherCuts> {
        if *self == Self::default() {
            self.clone_from(other);
            return Ok(());
        }
        let name =
            |rows: &[CutRow], position: usize| rows.get(position).map_or("", |row| &row.name).to_string();
        for position in 0..self.rows.len().max(other.rows.len()) {
            let (own, other) = (name(&self.rows, position), name(&other.rows, position));
            if own != other {
                return Err(OtherCuts { own, other });
            }
        }
        self.n_events += other.n_events;
        for (own, other) in self.rows.iter_mut().zip(&other.rows) {
            own.n_alone += other.n_alone;
            own.n_left += other.n_left;
        }
        Ok(())
    }
}

impl fmt::Display for CutFlow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FIRST: &str = "all events";
        // Longer cuts are shown up to here; their counts must stay on one line.
        const WIDEST: usize = 60;
        let shown = |name: &str| -> String {
            let name = name.replace('\n', " ");
            if name.chars().count() <= WIDEST {
                return name;
            }
            name.chars().take(WIDEST - 1).chain(['…']).collect()
        };
        let names: Vec<String> = self.rows.iter().map(|row| shown(&row.name)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(FIRST.len());
        let digits = self.n_events.to_string().len().max("alone".len());
        let percent = |n: u64| if self.n_events == 0 { 0.0 } else { 100.0 * n as f64 / self.n_events as f64 };
        writeln!(formatter, "{:<width$}  {:>digits$}  {:>digits$}   left %", "cut", "alone", "left")?;
        write!(
            formatter,
            "{FIRST:<width$}  {:>digits$}  {:>digits$}   {:>6.2}",
            "",
            self.n_events,
            percent(self.n_events)
        )?;
        for (name, row) in names.iter().zip(&self.rows) {
            let percent = percent(row.n_left);
            write!(
                formatter,
                "\n{name:<width$}  {:>digits$}  {:>digits$}   {percent:>6.2}",
                row.n_alone, row.n_left
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(n_events: u64, n_alone: u64, n_left: u64) -> CutFlow {
        CutFlow { n_events, rows: vec![CutRow { name: "n_b >= 1".to_string(), n_alone, n_left }] }
    }

    #[test]
    fn flows_of_parts_add_up() {
        let mut whole = CutFlow::default();
        whole.merge(&flow(100, 30, 20)).unwrap();
        whole.merge(&flow(12_345, 200, 100)).unwrap();
        assert_eq!(whole.n_left(), 120);
        let expected = [
            "cut         alone   left   left %",
            "all events         12445   100.00",
            "n_b >= 1      230    120     0.96",
        ];
        assert_eq!(whole.to_string(), expected.join("\n"));
        let other = CutFlow { n_events: 1, rows: vec![] };
        assert_eq!(
            whole.merge(&other).unwrap_err(),
            OtherCuts { own: "n_b >= 1".into(), other: String::new() }
        );
        assert_eq!(whole.n_events, 12_445);
    }

    #[test]
    fn no_event_at_all() {
        assert!(flow(0, 0, 0).to_string().ends_with("0.00"));
        assert_eq!(CutFlow::default().n_left(), 0);
    }
}
