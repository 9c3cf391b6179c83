//! The log lines of the original, which other tools search for, made from the events of the pipeline.

use crate::console::Console;
use event_columns::GoOn;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;
use text_table::human_bytes;
use training_pipeline::PipelineEvent;

/// Prints events as lines of the original, and as JSON where that was asked for.
pub(crate) struct LogLines {
    verbosity: u8,
    n_measured: usize,
}

impl LogLines {
    /// `verbosity` as in `params.json`.
    pub(crate) fn new(verbosity: u8) -> Self {
        Self { verbosity, n_measured: 0 }
    }

    /// Shows one event; the answer says stop once Ctrl-C was pressed.
    pub(crate) fn show(&mut self, event: &PipelineEvent<'_>, console: &mut Console) -> GoOn {
        if let PipelineEvent::Progress(report) = event {
            return console.progress(report);
        }
        self.lines(event).iter().for_each(|line| console.line(line));
        match event {
            PipelineEvent::Opened { excluded, .. } if !excluded.is_empty() && !console.is_quiet() => {
                console.line(&excluded_line(excluded));
            }
            // This one announces a step, the others are facts about the input.
            PipelineEvent::Note(note) if note.starts_with("measuring ") => console.step(note),
            PipelineEvent::Note(note) => console.message(note),
            _ => {}
        }
        emit(event, console);
        if crate::console::is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn lines(&mut self, event: &PipelineEvent<'_>) -> Vec<String> {
        match event {
            PipelineEvent::Opened { file, .. } => vec![format!("Reading {file}")],
            PipelineEvent::Measured { .. } => self.measured(event),
            PipelineEvent::SpecsWritten { path } => vec![format!("write {}", path.display())],
            PipelineEvent::SpecsLoaded { path } => vec![format!("load specs from {}", path.display())],
            PipelineEvent::CutFlow { file, cut_flow } => {
                let mut lines = vec![format!("cut flow of {file}")];
                lines.extend(cut_flow.to_string().lines().map(str::to_string));
                lines
            }
            PipelineEvent::Share { file, label, n_events } => {
                let base = Path::new(file)
                    .file_name()
                    .map_or(String::new(), |name| name.to_string_lossy().into_owned());
                vec![format!("label {label}, file <{base}>, going to read {n_events} events")]
            }
            PipelineEvent::Chunk { n_rows, n_train, n_columns, seconds, .. } => vec![
                format!("Time for handling a chunk: {seconds:.3}"),
                format!("x_mask chunk of ({n_rows}, {n_columns}) shape"),
                format!("x_train chunk of ({n_train}, {n_columns}) shape"),
                format!("y_train chunk of ({n_train},) shape"),
            ],
            PipelineEvent::Epoch(record) => vec![epoch_line(record)],
            PipelineEvent::BeforeTraining { seconds } => vec![format!("####Time pre ml: {seconds:.3}")],
            PipelineEvent::Trained { seconds } => vec![format!("####Time for training: {seconds:.3}")],
            PipelineEvent::Saved { path } => vec![format!("saved the model to {}", path.display())],
            PipelineEvent::Progress(_) | PipelineEvent::Note(_) => Vec::new(),
        }
    }

    fn measured(&mut self, event: &PipelineEvent<'_>) -> Vec<String> {
        let PipelineEvent::Measured {
            n_entries,
            n_selected,
            n_flat,
            n_jagged,
            n_columns,
            n_bytes,
            seconds,
            n_chunks,
            ..
        } = event
        else {
            return Vec::new();
        };
        self.n_measured += 1;
        let after_cuts =
            if n_selected == n_entries { String::new() } else { format!(" {n_selected} events after cut,") };
        let n_branches = n_flat + n_jagged;
        let megabytes = *n_bytes as f64 / 1e6;
        let (per_second, kilohertz) = (megabytes / seconds, *n_entries as f64 / seconds / 1000.0);
        let mut lines = vec![
            format!(
                "# {n_entries} entries,{after_cuts} {n_branches} branches, {megabytes:.3} MB, {seconds:.3} sec, \
                 {per_second:.3} MB/sec, {kilohertz:.3} kHz"
            ),
            format!(
                "###total time elapsed for reading + specs computing: {seconds:.3}; number of chunks {n_chunks}"
            ),
            format!(
                "--- first pass: {n_entries} events, ({n_flat}-flat, {n_jagged}-jagged) branches, {n_columns} attrs"
            ),
        ];
        if self.verbosity > 0 {
            lines.push(format!("decoded {} in memory", human_bytes(*n_bytes)));
        }
        lines
    }
}

/// Trees have hundreds of branches; a line is for reading.
const MOST_EXCLUDED: usize = 12;

fn excluded_line(excluded: &[String]) -> String {
    let shown = &excluded[..excluded.len().min(MOST_EXCLUDED)];
    match excluded.len() - shown.len() {
        0 => format!("Excluded branches: {shown:?}"),
        n_more => format!("Excluded branches: {shown:?} and {n_more} more"),
    }
}

fn epoch_line(record: &model_training::EpochRecord) -> String {
    let chunk = record.chunk.map_or_else(String::new, |chunk| format!(", chunk {chunk}"));
    let of_validation = |name: &str, number: Option<f64>| {
        number.map_or_else(String::new, |number| format!(", validation {name} {number:.4}"))
    };
    format!(
        "epoch {}{chunk}: loss {:.4}, metric {:.4}{}{}",
        record.epoch,
        record.train_loss,
        record.train_metric,
        of_validation("loss", record.validation_loss),
        of_validation("metric", record.validation_metric),
    )
}

/// The same facts for programs.
fn emit(event: &PipelineEvent<'_>, console: &mut Console) {
    let (name, fields) = match event {
        PipelineEvent::Opened { file, n_entries, n_branches, .. } => {
            ("opened", json!({ "file": file, "entries": n_entries, "branches": n_branches }))
        }
        PipelineEvent::Measured { file, n_entries, n_selected, n_columns, seconds, .. } => (
            "measured",
            json!({ "file": file, "entries": n_entries, "selected": n_selected, "columns": n_columns, "seconds": seconds }),
        ),
        PipelineEvent::SpecsLoaded { path } => ("specs_loaded", json!({ "path": path })),
        PipelineEvent::SpecsWritten { path } => ("specs_written", json!({ "path": path })),
        PipelineEvent::CutFlow { file, cut_flow } => {
            ("cut_flow", json!({ "file": file, "cut_flow": cut_flow }))
        }
        PipelineEvent::Share { file, label, n_events } => {
            ("share", json!({ "file": file, "label": label, "events": n_events }))
        }
        PipelineEvent::Chunk { number, n_rows, n_columns, seconds, .. } => {
            ("chunk", json!({ "number": number, "rows": n_rows, "columns": n_columns, "seconds": seconds }))
        }
        PipelineEvent::Epoch(record) => ("epoch", json!(record)),
        PipelineEvent::BeforeTraining { seconds } => ("before_training", json!({ "seconds": seconds })),
        PipelineEvent::Trained { seconds } => ("trained", json!({ "seconds": seconds })),
        PipelineEvent::Saved { path } => ("saved", json!({ "path": path })),
        PipelineEvent::Progress(_) | PipelineEvent::Note(_) => return,
    };
    console.event(name, &fields);
}
