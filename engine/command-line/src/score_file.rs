//! Scores beside the events: a friend tree in a ROOT file, or a table.

use crate::console::Console;
use event_columns::EventChunk;
use root_writer::{ScoreChunk, write_scores};
use std::convert::Infallible;
use std::path::Path;
use table_file::Format;
use trained_model::Scores;

/// The scores of the events that passed, for the writers.
pub(crate) fn chunk(first_entry: u64, scores: &Scores) -> ScoreChunk {
    let n_entries = scores.n_events();
    let kept: Vec<u32> = (0..n_entries as u32).filter(|position| scores.passed[*position as usize]).collect();
    let passed = scores.rows().zip(&scores.passed).filter(|(_, passed)| **passed);
    let scores = passed.flat_map(|(row, _)| row.iter().copied()).collect();
    ScoreChunk { first_entry, n_entries, kept, scores }
}

/// Writes all scores; the format follows from the name.
pub(crate) fn write(
    out: &Path,
    tree: &str,
    classes: &[String],
    chunks: Vec<ScoreChunk>,
    console: &mut Console,
) -> anyhow::Result<()> {
    let extension = out.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_lowercase();
    let format = match extension.as_str() {
        "root" => None,
        "parquet" => Some(Format::Parquet),
        "csv" => Some(Format::Csv),
        "jsonl" | "json" | "ndjson" => Some(Format::JsonLines),
        _ => anyhow::bail!("{}: the name must end in .root, .parquet, .csv or .jsonl", out.display()),
    };
    let n_events: usize = chunks.iter().map(|chunk| chunk.n_entries).sum();
    match format {
        None => {
            let mut chunks = chunks.into_iter().map(Ok::<_, Infallible>);
            write_scores(out, tree, classes, &mut chunks, &mut |report| console.progress(report))?;
        }
        Some(format) => {
            let events: Result<Vec<EventChunk>, String> =
                chunks.into_iter().map(|chunk| chunk.into_events(classes)).collect();
            let events = events.map_err(anyhow::Error::msg)?;
            table_file::write_table(out, format, events)?;
        }
    }
    console.line(&format!("wrote the scores of {n_events} events to {}", out.display()));
    Ok(())
}
