//! `%hist`.

use crate::arguments::{
    Arguments, CUT, Form, Free, SAMPLES, ValueKind, option, split_top_level_commas, switch,
};
use crate::display::picture_bundle;
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::{FilledSamples, HistogramWish, Session};
use event_histogram::{Binning, Filled};
use plots::{Histogram, HistogramFigure, OutsideBins, Sample};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use text_table::{TextTable, human_number, human_number_or_dash};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "hist",
    aliases: &["plot"],
    form: Form::Both,
    group: Group::Pictures,
    summary: "Draw histograms of branches or expressions, one for each sample.",
    details: "Expressions stand with commas, or one a line below %%hist; each gets its own picture. Of a list, every \
              value counts. Samples are laid over each other, and \
              those that lack a branch are left out; --stack puts them on each other, and samples that are \
              data are points. Bins suit the values where nothing is said; values outside are counted, and shown with \
              --overflow. The picture appears while the files are read; an interrupt keeps what was filled.",
    free: Free::Expressions { name: "EXPRESSION", least: 0, most: None },
    options: &[
        option(
            "--bins",
            "N",
            ValueKind::Count,
            "Number of bins; without --range their width is a round number.",
        ),
        option("--range", "LOW,HIGH", ValueKind::Range, "Ends of the axis."),
        option("--edges", "EDGES", ValueKind::Text, "All bin edges, with commas."),
        SAMPLES,
        CUT,
        option(
            "--weight",
            "EXPRESSION",
            ValueKind::Expression,
            "Weight of an event, instead of that of the sample; 1 for none.",
        ),
        switch("--stack", "Stack the samples."),
        switch("--ratio", "Add a panel: data over simulation, or each sample over the first."),
        switch("--log", "Logarithmic vertical axis."),
        switch("--norm", "Scale to unit area."),
        option(
            "--overflow",
            "HOW",
            ValueKind::Choice(&["hide", "fold", "write"]),
            "What becomes of values outside.",
        ),
        option(
            "--title",
            "TEXT",
            ValueKind::Text,
            "Title of the horizontal axis; formulas stand between dollars.",
        ),
        option(
            "--export",
            "FILE",
            ValueKind::File,
            "Write the picture: .pdf, .svg, .png, or .json with the numbers.",
        ),
        switch("--interactive", "A picture that can be zoomed and pointed at."),
        switch("--numbers", "Show the numbers of values, means and widths too."),
    ],
    examples: &[
        "%hist met",
        "%hist Jet_pt, sum(Jet_pt) --bins 40 --range 0,400 --stack --log",
        "%%hist --sample signal,background --norm\nmet\nmax(Jet_pt)",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let mut expressions = call.arguments.free.clone();
    for line in call.body.iter().flat_map(|body| body.lines()).map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            expressions.extend(split_top_level_commas(line).into_iter().map(|(_, text)| text.to_string()));
        }
    }
    if expressions.is_empty() {
        return Err(MagicError::new("ArgumentError", "%hist needs a branch or an expression")
            .advise("For example: %hist met. Tab completes the names of the branches."));
    }
    if expressions.len() > 1 && call.arguments.has("--export") {
        return Err(MagicError::new("ArgumentError", "--export writes one picture")
            .advise("Draw one expression at a time."));
    }
    expressions.iter().try_for_each(|expression| draw(expression, &call.arguments, context))
}

fn draw(expression: &str, arguments: &Arguments, context: &mut Context<'_>) -> Result<(), MagicError> {
    let wish = wish(expression, arguments)?;
    let id = context.display_id();
    let mut live = Live::new();
    let is_interactive = arguments.has("--interactive");
    let filled = {
        let session = &*context.session;
        let output = context.output;
        session.fill(&wish, &mut |report, so_far| {
            if output.is_interrupted() {
                return ControlFlow::Break(());
            }
            if live.is_due()
                && let Some(part) = so_far()
                && let Ok(figure) = figure(expression, &part, arguments, session)
                && let Ok(bundle) = picture_bundle(&figure, &session.settings, false)
            {
                let percent = 100.0 * report.done as f64 / report.total.unwrap_or(1).max(1) as f64;
                let text = format!(
                    "{percent:.0} % of the events\n{}",
                    bundle.data["text/plain"].as_str().unwrap_or_default()
                );
                live.show(output, &id, &bundle.with("text/plain", text));
            }
            ControlFlow::Continue(())
        })?
    };
    let figure = figure(expression, &filled, arguments, context.session)?;
    let bundle = picture_bundle(&figure, &context.session.settings, is_interactive)?;
    live.show(context.output, &id, &bundle);
    context.say_left_out(&filled.left_out);
    for line in left_out(&filled) {
        context.output.stderr(&format!("{line}\n"));
    }
    if arguments.has("--numbers") {
        context.show_table("", &numbers(&filled));
    }
    context.export(&figure, Some(figure.to_json()), arguments)?;
    context.session.history.push(format!("histogram of {expression}"));
    if filled.is_whole() {
        return Ok(());
    }
    let percent = 100.0 * filled.n_read as f64 / filled.n_events.max(1) as f64;
    Err(MagicError::interrupted(format!(
        "stopped; the picture holds {percent:.0} % of the events ({} of {})",
        filled.n_read, filled.n_events
    )))
}

/// Shows the picture the first time, and updates it after that.
struct Live {
    start: Instant,
    shown: Option<Instant>,
}

impl Live {
    fn new() -> Self {
        Self { start: Instant::now(), shown: None }
    }

    /// Fast pictures are drawn once; slow ones four times a second.
    fn is_due(&self) -> bool {
        match self.shown {
            None => self.start.elapsed() > Duration::from_millis(500),
            Some(shown) => shown.elapsed() > Duration::from_millis(250),
        }
    }

    fn show(&mut self, output: &jupyter_kernel::Output, id: &str, bundle: &jupyter_kernel::MimeBundle) {
        match self.shown {
            None => output.display_with_id(id, bundle),
            Some(_) => output.update_display(id, bundle),
        }
        self.shown = Some(Instant::now());
    }
}

fn wish(expression: &str, arguments: &Arguments) -> Result<HistogramWish, MagicError> {
    Ok(HistogramWish {
        expression: expression.to_string(),
        samples: arguments.values("--sample").to_vec(),
        binning: binning(arguments)?,
        weight: arguments.value("--weight").map(String::from),
        cut: arguments.value("--cut").map(String::from),
    })
}

fn binning(arguments: &Arguments) -> Result<Binning, MagicError> {
    let edges = match arguments.value("--edges") {
        None => None,
        Some(text) => {
            let edges: Result<Vec<f64>, _> = text.split(',').map(|edge| edge.trim().parse()).collect();
            let problem = |_| {
                MagicError::new(
                    "ArgumentError",
                    format!("--edges {text}: edges are numbers with commas between them"),
                )
                .advise("For example: --edges 0,10,20,50,100.")
            };
            Some(edges.map_err(problem)?)
        }
    };
    Ok(Binning { n_bins: arguments.count("--bins"), range: arguments.range("--range"), edges })
}

fn figure(
    expression: &str,
    filled: &FilledSamples,
    arguments: &Arguments,
    session: &Session,
) -> Result<HistogramFigure, MagicError> {
    let mut samples = Vec::new();
    let mut data = None;
    let mut colours = BTreeMap::new();
    for (name, histogram) in &filled.histograms {
        let sample = Sample { label: name.clone(), histogram: histogram_of(histogram)? };
        let known = session.samples.iter().find(|own| own.name == *name);
        colours.extend(session.colour_of(name).map(|colour| (name.clone(), colour)));
        if known.is_some_and(|own| own.is_data) && data.is_none() {
            data = Some(sample);
        } else {
            samples.push(sample);
        }
    }
    Ok(HistogramFigure {
        x_title: arguments.value("--title").unwrap_or(expression).to_string(),
        y_title: String::new(),
        samples,
        is_stacked: arguments.has("--stack"),
        data,
        has_ratio: arguments.has("--ratio"),
        is_log: arguments.has("--log"),
        is_normalised: arguments.has("--norm"),
        x_range: None,
        outside: match arguments.value("--overflow") {
            Some("fold") => OutsideBins::Folded,
            Some("write") => OutsideBins::Written,
            _ => OutsideBins::LeftOut,
        },
        colours,
    })
}

fn histogram_of(filled: &Filled) -> Result<Histogram, MagicError> {
    let Filled { edges, sum_w, sum_w2, underflow, overflow, .. } = filled.clone();
    Histogram::new(edges, sum_w, sum_w2, underflow, overflow).map_err(|error| MagicError::binning(&error))
}

/// What a picture cannot show, one line for each sample that has it.
fn left_out(filled: &FilledSamples) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, one) in &filled.histograms {
        let all = one.n_values + one.n_nan + one.n_bad_weights;
        if one.n_nan > 0 {
            lines.push(format!("{name}: {} of {all} values are no number and left out", one.n_nan));
        }
        if one.n_bad_weights > 0 {
            lines.push(format!(
                "{name}: {} of {all} values have a weight that is not finite and are left out",
                one.n_bad_weights
            ));
        }
    }
    lines
}

fn numbers(filled: &FilledSamples) -> TextTable {
    let mut table =
        TextTable::new(&["sample", ">values", ">NaN", ">below", ">above", ">sum", ">mean", ">std"]);
    for (name, one) in &filled.histograms {
        let sum = one.sum_w.iter().sum::<f64>() + one.underflow + one.overflow;
        table.row(vec![
            name.clone(),
            one.n_values.to_string(),
            one.n_nan.to_string(),
            human_number(one.underflow),
            human_number(one.overflow),
            human_number(sum),
            human_number_or_dash(one.mean),
            human_number_or_dash(one.standard_deviation),
        ]);
    }
    table
}
