//! SQL over event columns. polars parses and runs it; columns go there and come back without a copy where they can.
//!
//! ```
//! use event_columns::{EventChunk, Piece};
//!
//! let mut events = EventChunk::new(0, 3);
//! events.set("met", Piece::flat(vec![10.0_f32, 50.0, 70.0]).into());
//! let found = event_query::query(&[("signal", events)], "SELECT COUNT(*) AS n FROM signal WHERE met > 20")?;
//! assert_eq!(found.column("n").unwrap().to_f64(), [2.0]);
//! # Ok::<(), event_query::QueryError>(())
//! ```

use event_columns::EventChunk;
use event_frame::{FrameError, chunk_from_frame, frame_from_chunk};
use polars::error::PolarsError;
use polars::prelude::{DataType, IntoLazy, col};
use polars::sql::SQLContext;

/// Why a query gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The query cannot be understood or run.
    #[error("the query cannot be run: {0}")]
    Query(#[from] PolarsError),
    /// Columns could not change sides.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Runs one `SELECT` over tables by their names. Columns of types that events do not have (dates, decimals) come back as
/// 64-bit floats where they are numbers.
///
/// # Errors
/// [`QueryError`] with what polars said.
pub fn query(tables: &[(&str, EventChunk)], sql: &str) -> Result<EventChunk, QueryError> {
    let mut context = SQLContext::new();
    for (name, events) in tables {
        context.register(name, frame_from_chunk(events)?.lazy());
    }
    let found = context.execute(sql)?.collect()?;
    let wide: Vec<_> = found
        .schema()
        .iter()
        .filter(|(_, dtype)| matches!(dtype, DataType::Int128 | DataType::UInt128))
        .map(|(name, _)| col(name.clone()).cast(DataType::Float64))
        .collect();
    let found = if wide.is_empty() { found } else { found.lazy().with_columns(wide).collect()? };
    Ok(chunk_from_frame(found, 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::Piece;

    fn events() -> EventChunk {
        let mut events = EventChunk::new(0, 4);
        events.set("run", Piece::flat(vec![1_u32, 1, 2, 2]).into());
        events.set("met", Piece::flat(vec![10.0_f32, 20.0, 30.0, 50.0]).into());
        events.set("Jet_pt", Piece::jagged(&[vec![1.0_f32], vec![], vec![2.0, 3.0], vec![4.0]]).into());
        events
    }

    #[test]
    fn groups_filters_and_lists() {
        let run = |sql: &str| query(&[("signal", events())], sql).unwrap();
        let by_run = run("SELECT run, AVG(met) AS mean, COUNT(*) AS n FROM signal GROUP BY run ORDER BY run");
        assert_eq!(by_run.column("mean").unwrap().to_f64(), [15.0, 40.0]);
        assert_eq!(by_run.column("n").unwrap().to_f64(), [2.0, 2.0]);
        let lists = run("SELECT Jet_pt FROM signal WHERE met >= 30");
        assert_eq!(lists.column("Jet_pt").unwrap().values_per_entry(), [2, 1]);
        assert_eq!(run("SELECT SUM(run) AS s FROM signal").column("s").unwrap().to_f64(), [6.0]);
        assert_eq!(run("SELECT met FROM signal WHERE run IN (2) LIMIT 1").n_entries(), 1);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |sql: &str| query(&[("signal", events())], sql).unwrap_err().to_string();
        assert!(error("SELEC x").contains("cannot be run"));
        assert!(error("SELECT nothing FROM signal").contains("nothing"));
        assert!(error("SELECT met FROM other").contains("other"));
    }
}
