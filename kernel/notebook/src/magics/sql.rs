//! `%sql`.

use crate::arguments::{Form, Free, ValueKind, option};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::Sample;
use event_columns::EventChunk;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "sql",
    aliases: &[],
    form: Form::Both,
    group: Group::Data,
    summary: "Ask the samples in SQL; each is a table of the events that pass the cuts.",
    details: "polars runs it. Only the branches that the query names are read. --as keeps the answer as a sample in memory, \
              for pictures and Rust cells.",
    free: Free::Text { name: "QUERY", kind: ValueKind::Expression, is_needed: false },
    options: &[
        option("--as", "NAME", ValueKind::Text, "Keep the answer as a sample of this name."),
        option("--rows", "N", ValueKind::Count, "Most rows that are shown; 20 by default."),
    ],
    examples: &[
        "%sql SELECT nJet, COUNT(*) AS events, AVG(MET_pt) AS mean FROM signal GROUP BY nJet ORDER BY nJet",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let sql = super::define::said(call);
    if sql.trim().is_empty() {
        return Err(MagicError::new("ArgumentError", "%sql needs a query")
            .advise("For example: %sql SELECT COUNT(*) AS n FROM signal"));
    }
    let words: Vec<&str> =
        sql.split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '.'))).collect();
    let is_wanted = |branch: &str| sql.contains('*') && sql.contains("SELECT *") || words.contains(&branch);
    let mut tables: Vec<(String, EventChunk)> = Vec::new();
    for sample in context.session.chosen(&[])? {
        if words.contains(&sample.name.as_str()) {
            tables.push((
                sample.name.clone(),
                with_a_column(context.session.events_with(&sample.name, &is_wanted)?),
            ));
        }
    }
    let named: Vec<(&str, EventChunk)> =
        tables.iter().map(|(name, events)| (name.as_str(), events.clone())).collect();
    let answer = event_query::query(&named, sql.trim()).map_err(|error| {
        let names: Vec<&str> = context.session.samples.iter().map(|sample| sample.name.as_str()).collect();
        MagicError::new("SqlError", error.to_string()).advise(format!("The tables are {}.", names.join(", ")))
    })?;
    let n_rows =
        call.arguments.count("--rows").unwrap_or(context.session.settings.n_rows).min(answer.n_entries());
    let entries: Vec<u64> = (0..n_rows as u64).collect();
    let rows = crate::show::event_rows(&answer.slice(0..n_rows), &entries, 6);
    context.show_table(&format!("{} rows", answer.n_entries()), &rows);
    if let Some(name) = call.arguments.value("--as") {
        context.session.set_sample(Sample::in_memory(name, answer));
        context.session.history.push(format!("{name}: {}", sql.trim()));
    }
    Ok(())
}

/// `SELECT COUNT(*)` names no branch; a table must have a column all the same to have its length.
fn with_a_column(mut events: EventChunk) -> EventChunk {
    if events.names().is_empty() {
        let entries = vec![1_u8; events.n_entries()];
        events.set("any", event_columns::Piece::flat(entries).into());
    }
    events
}
