//! `%predict`.

use crate::arguments::{Form, Free, SAMPLES, ValueKind, option};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo, with_causes};
use crate::notebook::{Context, watch};
use crate::session::{ExtendedTable, Sample};
use event_columns::{Column, EventChunk, Piece};
use root_writer::{ScoreChunk, write_scores};
use std::convert::Infallible;
use std::path::Path;
use table_file::Format;
use text_table::TextTable;
use trained_model::{Scores, TrainedModel};
use training_pipeline::{PipelineEvent, score_chunk};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "predict",
    aliases: &["score"],
    form: Form::Line,
    group: Group::Learning,
    summary: "Score the events of the samples; the scores become a branch.",
    details: "The model selects, pads and normalises as training did. From then on `score` (or score_CLASS) is a branch \
              for pictures and cuts; events that the model's own cuts take away have NaN. --out writes a friend tree \
              with one entry for each event.",
    free: Free::None,
    options: &[
        SAMPLES,
        option("--as", "NAME", ValueKind::Text, "Name of the new branch; score by default."),
        option(
            "--out",
            "FILE",
            ValueKind::File,
            "Write the scores of one sample: .root, .parquet, .csv or .jsonl.",
        ),
    ],
    examples: &["%predict", "%predict --sample signal --out scores.root"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let trained = context.trained()?.clone();
    let samples: Vec<Sample> =
        context.session.chosen(call.arguments.values("--sample"))?.into_iter().cloned().collect();
    let out = call.arguments.value("--out").map(Path::new);
    if out.is_some() && samples.len() > 1 {
        return Err(MagicError::new("ArgumentError", "--out writes the scores of one sample")
            .advise(format!("Choose one: --sample {}", samples[0].name)));
    }
    let name = call.arguments.value("--as").unwrap_or("score");
    check_name(name, &samples, context)?;
    let mut table = TextTable::new(&["sample", ">events", ">scored", ">mean score"]);
    for sample in &samples {
        let scores = score(sample, &trained.model, context)?;
        table.row(summary(sample, &scores));
        if let Some(out) = out {
            let output = context.session.opener.output(out).map_err(|error| MagicError::output(&error))?;
            write(output.path(), &classes(&trained.model), &scores)?;
            output.publish().map_err(|error| MagicError::output(&error))?;
            context.line(&format!("wrote {}", out.display()));
        }
        let columns = scores.iter().map(|scores| columns(scores, &trained.model, name)).collect();
        context.session.add_scores(&sample.name, columns)?;
        context.session.history.push(format!("scored {}", sample.name));
    }
    context.show_table("", &table);
    Ok(())
}

/// Refuses to hide a branch of the files or a new one; scores may be made again.
fn check_name(name: &str, samples: &[Sample], context: &Context<'_>) -> Result<(), MagicError> {
    let is_stored = |sample: &Sample| {
        let branches = sample.tables.iter().flat_map(|table| &table.info().branches);
        branches.into_iter().any(|branch| *branch.name == *name && branch.codec != ExtendedTable::CODEC)
    };
    let is_new = context.session.steps.selection().new_branches().any(|new| new == name);
    if !is_new && !samples.iter().any(is_stored) {
        return Ok(());
    }
    Err(MagicError::new("NameError", format!("there is a branch `{name}` already"))
        .advise("Give the scores another name: %predict --as my_score"))
}

/// The scores of each file of a sample.
fn score(
    sample: &Sample,
    model: &TrainedModel,
    context: &mut Context<'_>,
) -> Result<Vec<Scores>, MagicError> {
    let worker = context.worker.map(|path| super::train::worker_at(path, context));
    let mut all = Vec::new();
    for table in &sample.tables {
        let mut bar = context.progress();
        let mut on_progress = watch(&mut bar, context.output);
        let mut on_event = |event: &PipelineEvent<'_>| match event {
            PipelineEvent::Progress(report) => on_progress(report),
            _ => crate::session::go_on_unless(context.output.is_interrupted()),
        };
        let mut joined = Scores::default();
        let mut sink = |_first: u64, scores: Scores| {
            joined.n_outputs = scores.n_outputs;
            joined.values.extend_from_slice(&scores.values);
            joined.passed.extend_from_slice(&scores.passed);
            Ok(())
        };
        training_pipeline::predict(model, table, worker.as_ref(), &mut on_event, &mut sink).map_err(
            |error| match error {
                training_pipeline::PipelineError::Stopped => {
                    MagicError::interrupted("stopped; no scores were kept")
                }
                error => MagicError::new("PredictionError", with_causes(&error)).advise("The samples must have the branches that the model was trained on: %export manifest FILE lists them."),
            },
        )?;
        all.push(joined);
    }
    Ok(all)
}

fn classes(model: &TrainedModel) -> Vec<String> {
    if model.manifest().task.n_outputs() > 1 { model.manifest().labels.clone() } else { Vec::new() }
}

fn summary(sample: &Sample, scores: &[Scores]) -> Vec<String> {
    let n_scored = scores.iter().flat_map(|scores| &scores.passed).filter(|passed| **passed).count();
    let n_outputs = scores.first().map_or(1, |scores| scores.n_outputs.max(1));
    let mean = |output: usize| {
        let of_output =
            scores.iter().flat_map(|scores| scores.rows().zip(&scores.passed)).filter(|(_, passed)| **passed);
        of_output.map(|(row, _)| f64::from(row[output])).sum::<f64>() / n_scored.max(1) as f64
    };
    let means: Vec<String> = (0..n_outputs).map(|output| format!("{:.4}", mean(output))).collect();
    vec![sample.name.clone(), sample.n_entries().to_string(), n_scored.to_string(), means.join(", ")]
}

fn columns(scores: &Scores, model: &TrainedModel, name: &str) -> Vec<(String, Column)> {
    let n_outputs = scores.n_outputs.max(1);
    let classes = classes(model);
    let column = |output: usize| -> Column {
        let of_event = scores.rows().zip(&scores.passed);
        let values: Vec<f32> =
            of_event.map(|(row, passed)| if *passed { row[output] } else { f32::NAN }).collect();
        Piece::flat(values).into()
    };
    (0..n_outputs)
        .map(|output| match classes.get(output) {
            Some(class) => (format!("{name}_{class}"), column(output)),
            None => (name.to_string(), column(output)),
        })
        .collect()
}

fn write(out: &Path, classes: &[String], scores: &[Scores]) -> Result<(), MagicError> {
    let problem = |reason: String| {
        MagicError::new("OutputError", format!("cannot write {}: {reason}", out.display()))
            .advise("Look whether the folder is there and has room, or write to another one.")
    };
    let mut first_entry = 0;
    let chunks: Vec<ScoreChunk> = scores
        .iter()
        .map(|scores| {
            let chunk = score_chunk(first_entry, scores);
            first_entry += scores.n_events() as u64;
            chunk
        })
        .collect();
    let extension = out.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_lowercase();
    if extension == "root" {
        let mut chunks = chunks.into_iter().map(Ok::<_, Infallible>);
        let go_on = &mut |_: &event_columns::StepReport<'_>| crate::session::go_on_unless(false);
        return write_scores(out, "scores", classes, &mut chunks, go_on)
            .map(|_| ())
            .map_err(|error| problem(with_causes(&error)));
    }
    let format = Format::from_path(out)
        .ok_or_else(|| problem("the name must end in .root, .parquet, .csv or .jsonl".to_string()))?;
    let events: Result<Vec<EventChunk>, String> =
        chunks.iter().map(|chunk| chunk.into_events(classes)).collect();
    table_file::write_table(out, format, events.map_err(problem)?)
        .map_err(|error| problem(with_causes(&error)))
}
