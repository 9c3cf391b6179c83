//! Scores beside the events: a friend tree in a ROOT file, or a table.

use crate::console::Console;
use event_columns::EventChunk;
use root_writer::{ScoreChunk, write_scores};
use std::convert::Infallible;
use std::path::Path;
use table_file::Format;

/// The table format that the name of an output asks for; none for a ROOT file.
pub(crate) fn format_of(out: &Path) -> anyhow::Result<Option<Format>> {
    let extension = out.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_lowercase();
    match extension.as_str() {
        "root" => Ok(None),
        "parquet" => Ok(Some(Format::Parquet)),
        "csv" => Ok(Some(Format::Csv)),
        "jsonl" | "json" | "ndjson" => Ok(Some(Format::JsonLines)),
        _ => anyhow::bail!(
            "{}: the name must end in .root, .parquet, .csv or .jsonl (or .json, .ndjson: the same)",
            out.display()
        ),
    }
}

/// Writes all scores, and gives how many events they are of; the format follows from the name.
pub(crate) fn write(
    out: &Path,
    tree: &str,
    classes: &[String],
    chunks: Vec<ScoreChunk>,
    console: &mut Console,
) -> anyhow::Result<usize> {
    let format = format_of(out)?;
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
    Ok(n_events)
}
