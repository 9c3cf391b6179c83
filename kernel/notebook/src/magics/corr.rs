//! `%corr`.

use crate::arguments::{CUT, Form, Free, SAMPLES, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo, with_causes};
use crate::notebook::{Context, watch};
use crate::session::{HistogramWish, Vocabulary};
use event_columns::Column;
use plots::CorrelationMatrix;
use training_report::correlation_matrix;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "corr",
    aliases: &[],
    form: Form::Line,
    group: Group::Pictures,
    summary: "Draw the correlations of branches or expressions.",
    details: "Without expressions, of all features that have one value for each event. Of a list, its first value counts.",
    free: Free::Expressions { name: "EXPRESSION", least: 0, most: None },
    options: &[
        SAMPLES,
        CUT,
        option("--export", "FILE", ValueKind::File, "Write the picture: .pdf, .svg or .png."),
        switch("--interactive", "A picture that can be pointed at."),
    ],
    examples: &["%corr", "%corr met, ht, Jet_pt, count(Jet_pt > 30) --sample signal"],
    action: Action::Session(run),
};

/// More columns than this cannot be read in a picture.
const MOST_COLUMNS: usize = 60;

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let arguments = &call.arguments;
    let expressions = if arguments.free.is_empty() {
        flat_features(context, arguments.values("--sample"))?
    } else {
        arguments.free.clone()
    };
    let wish = HistogramWish {
        cut: arguments.value("--cut").map(String::from),
        // Correlations of what is there; weights may be negative.
        weight: Some("1".to_string()),
        ..HistogramWish::default()
    };
    let texts: Vec<&str> = expressions.iter().map(String::as_str).collect();
    let samples = arguments.values("--sample").to_vec();
    let mut rows: Vec<f32> = Vec::new();
    let left_out = {
        let mut bar = context.progress();
        let mut on_progress = watch(&mut bar, context.output);
        context.session.each_block(&samples, &texts, &wish, &mut on_progress, &mut |_, values| {
            let columns: Vec<Vec<f32>> = values.columns.iter().map(first_values).collect();
            for event in 0..values.n_passed {
                rows.extend(columns.iter().map(|column| column[event]));
            }
        })?
    };
    context.say_left_out(&left_out);
    let matrix = correlation_matrix(expressions, &rows, None).map_err(|error| {
        MagicError::new("CorrelationError", with_causes(&error))
            .advise("Name other expressions, or look at what is left of the events: %cut.")
    })?;
    let figure = CorrelationMatrix { names: matrix.names, rows: matrix.rows };
    context.show_picture(&figure, arguments.has("--interactive"))?;
    context.export(&figure, None, arguments)?;
    Ok(())
}

fn flat_features(context: &Context<'_>, samples: &[String]) -> Result<Vec<String>, MagicError> {
    let chosen: Vec<&str> =
        context.session.chosen(samples)?.iter().map(|sample| sample.name.as_str()).collect();
    let vocabulary = Vocabulary::of(context.session);
    let is_flat = |branch: &&crate::session::KnownBranch| {
        branch.column_type.as_ref().is_ok_and(|column_type| {
            column_type.depth == 0 && column_type.width == 1 && column_type.is_numeric()
        }) && chosen.iter().all(|sample| branch.samples.iter().any(|own| own == sample))
            && context.session.branches.takes(&branch.name)
    };
    let mut names: Vec<String> =
        vocabulary.branches.iter().filter(is_flat).map(|branch| branch.name.to_string()).collect();
    names.dedup();
    names.truncate(MOST_COLUMNS);
    if names.len() < 2 {
        return Err(MagicError::new(
            "ArgumentError",
            "fewer than two features have one value for each event",
        )
        .advise("Name expressions: %corr met, max(Jet_pt)"));
    }
    Ok(names)
}

/// The first value of each entry; NaN where there is none.
fn first_values(column: &Column) -> Vec<f32> {
    let values = column.to_f64();
    let mut start = 0;
    let first = |n_values: usize| {
        let value = if n_values > 0 { values[start] as f32 } else { f32::NAN };
        start += n_values;
        value
    };
    column.values_per_entry().into_iter().map(first).collect()
}
