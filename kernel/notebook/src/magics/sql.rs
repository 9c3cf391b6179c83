//! `%sql`.

use crate::arguments::{Form, Free, ValueKind, option};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::Sample;
use event_columns::EventChunk;
use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How often a query that runs is asked whether it should.
const LOOK_FOR_INTERRUPT: Duration = Duration::from_millis(20);

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "sql",
    aliases: &[],
    form: Form::Both,
    group: Group::Data,
    summary: "Ask the samples in SQL; each is a table of the events that pass the cuts.",
    details: "polars runs it. Only the branches that the query names are read. --as keeps the answer as a sample in memory, \
              for pictures and Rust cells. An interrupt leaves the query, which ends by itself in the background.",
    free: Free::Text { name: "QUERY", kind: ValueKind::Query, is_needed: false },
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
    if !["select", "with"].iter().any(|word| starts_with_word(sql.trim(), word)) {
        return Err(MagicError::new("SqlError", "only SELECT is possible: samples are not changed by SQL")
            .advise("Begin with SELECT or WITH; %define and %cut change what the samples show."));
    }
    let output = context.output;
    let is_stopped = || output.is_interrupted();
    let mut tables: Vec<(String, EventChunk)> = Vec::new();
    for sample in context.session.chosen(&[])? {
        if sql.contains(&sample.name) {
            let wanted = branches_of(&sql, sample);
            crate::notebook::warn(
                context.output,
                context.session.memory_for(&sample.name, &|branch| wanted.contains(branch))?,
            );
            let events =
                context.session.events_with(&sample.name, &|branch| wanted.contains(branch), &is_stopped)?;
            tables.push((sample.name.clone(), events));
        }
    }
    let answer = match answer_of(tables, sql.trim().to_string(), &is_stopped)? {
        Ok(answer) => answer,
        Err(reason) => {
            let names: Vec<&str> =
                context.session.samples.iter().map(|sample| sample.name.as_str()).collect();
            return Err(MagicError::new("SqlError", reason).advise(format!(
                "The tables are {}; names with other signs than letters stand in \"..\".",
                names.join(", ")
            )));
        }
    };
    let n_rows =
        call.arguments.count("--rows").unwrap_or(context.session.settings.n_rows).min(answer.n_entries());
    // Rows of an answer are no events: they have no numbers of their own.
    let rows = crate::show::event_rows(&answer.slice(0..n_rows), None, 6);
    let n_more = answer.n_entries() - n_rows;
    let rest = format!("and {n_more} more rows; --rows N shows more");
    context.show_table_above(
        &format!("{} rows", answer.n_entries()),
        &rows,
        if n_more > 0 { &rest } else { "" },
    );
    if let Some(name) = call.arguments.value("--as") {
        if context.session.samples.iter().any(|sample| sample.name == name && !sample.files.is_empty()) {
            return Err(MagicError::new(
                "ArgumentError",
                format!("{name} is a sample with files; --as takes a new name"),
            )
            .advise("%dataset lists the names that are taken."));
        }
        context.session.set_sample(Sample::in_memory(name, answer));
        context.session.history.push(format!("{name}: {}", sql.trim()));
    }
    Ok(())
}

/// Runs a query beside the cell, which an interrupt leaves at once: polars cannot stop a query. What the left query
/// finds is dropped.
fn answer_of(
    tables: Vec<(String, EventChunk)>,
    sql: String,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Result<EventChunk, String>, MagicError> {
    let (found, answer) = channel();
    let query = move || {
        let named: Vec<(&str, EventChunk)> =
            tables.iter().map(|(name, events)| (name.as_str(), events.clone())).collect();
        // Nobody listens after an interrupt.
        let _ = found.send(event_query::query(&named, &sql).map_err(|error| error.to_string()));
    };
    let started = std::thread::Builder::new().name("sql".into()).spawn(query);
    started.map_err(|error| {
        MagicError::new("SqlError", format!("the query could not be started: {error}"))
            .advise("Run it again when the machine has fewer threads and more memory to spare.")
    })?;
    loop {
        match answer.recv_timeout(LOOK_FOR_INTERRUPT) {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(Err("polars broke down over the query; the samples are as they were".into()));
            }
            Err(RecvTimeoutError::Timeout) if is_stopped() => {
                return Err(MagicError::interrupted("the query was left; the samples are as they were").advise(
                    "polars cannot stop a query: it ends by itself in the background and takes processor and memory until then.",
                ));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn starts_with_word(sql: &str, word: &str) -> bool {
    let is_word = sql.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    is_word && !sql[word.len()..].starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
}

/// The branches that a query may need: those that it names, all where it has a `*` that is not the one of `COUNT(*)`,
/// and otherwise a small one, for a table must have a column to have its length.
fn branches_of(sql: &str, sample: &Sample) -> BTreeSet<String> {
    let Some(table) = sample.tables.first() else { return BTreeSet::new() };
    let branches = &table.info().branches;
    let without_count: String =
        sql.split_whitespace().collect::<String>().to_lowercase().replace("count(*)", "");
    if without_count.contains('*') {
        return branches.iter().map(|branch| branch.name.to_string()).collect();
    }
    let words: BTreeSet<&str> =
        sql.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).collect();
    let is_named = |name: &str| words.contains(name) || (name.contains('.') && sql.contains(name));
    let mut wanted: BTreeSet<String> =
        branches.iter().map(|branch| branch.name.to_string()).filter(|name| is_named(name)).collect();
    if wanted.is_empty() {
        let readable = branches.iter().filter(|branch| branch.column_type.is_ok());
        let smallest = readable.min_by_key(|branch| branch.decoded_bytes);
        wanted.extend(smallest.map(|branch| branch.name.to_string()));
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::{answer_of, starts_with_word};
    use event_columns::{EventChunk, Piece};
    use std::time::{Duration, Instant};

    #[test]
    fn an_interrupt_leaves_the_query() {
        let mut events = EventChunk::new(0, 3000);
        events.set("x", Piece::flat((0..3000_i32).collect()).into());
        let ask = |sql: &str, is_stopped: bool| {
            let tables = vec![("a".to_string(), events.clone()), ("b".to_string(), events.clone())];
            answer_of(tables, sql.to_string(), &|| is_stopped)
        };
        let start = Instant::now();
        let error = ask("SELECT SIN(a.x * b.x) AS y FROM a CROSS JOIN b ORDER BY y", true).unwrap_err();
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
        assert_eq!((error.name, error.message.starts_with("the query was left")), ("Interrupted", true));
        assert!(error.advice.contains("ends by itself"), "{}", error.advice);
        assert_eq!(ask("SELECT COUNT(*) AS n FROM a", false).unwrap().unwrap().n_entries(), 1);
        assert!(ask("SELECT z FROM a", false).unwrap().unwrap_err().contains('z'));
    }

    #[test]
    fn only_questions() {
        assert!(starts_with_word("SELECT x", "select") && starts_with_word("select\n*", "select"));
        assert!(!starts_with_word("selected", "select") && !starts_with_word("DROP", "select"));
    }
}
