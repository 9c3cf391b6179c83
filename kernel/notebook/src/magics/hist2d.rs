//! `%hist2d`.

use crate::arguments::{CUT, Form, Free, SAMPLES, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::{Context, watch};
use crate::session::HistogramWish;
use event_histogram::{Binning, FilledPlane};
use plots::Histogram2d;
use text_table::human_number;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "hist2d",
    aliases: &[],
    form: Form::Line,
    group: Group::Pictures,
    summary: "Draw two expressions against each other, as a map of colours.",
    details: "Of two lists, the values at the same place make a pair; one value for each event is repeated beside a list. \
              All chosen samples are added up. Without a range, half a percent of the values at either end is left out, and \
              how many pairs that are is said below the picture.",
    free: Free::Expressions { name: "X, Y", least: 2, most: Some(2) },
    options: &[
        option("--bins", "N", ValueKind::Count, "Bins along x, and along y where --ybins says nothing."),
        option("--ybins", "N", ValueKind::Count, "Bins along y."),
        option("--range", "LOW,HIGH", ValueKind::Range, "Ends of the x axis."),
        option("--yrange", "LOW,HIGH", ValueKind::Range, "Ends of the y axis."),
        SAMPLES,
        CUT,
        option(
            "--weight",
            "EXPRESSION",
            ValueKind::Expression,
            "Weight of an event, instead of that of the sample.",
        ),
        switch("--log", "Colours follow the logarithm."),
        option("--export", "FILE", ValueKind::File, "Write the picture: .pdf, .svg or .png."),
        switch("--interactive", "A picture that can be zoomed and pointed at."),
    ],
    examples: &["%hist2d Jet_eta, Jet_phi --bins 40 --log"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let arguments = &call.arguments;
    let [x, y] = arguments.free.as_slice() else { return Ok(()) };
    let n_bins = arguments.count("--bins");
    let binning =
        |n_bins: Option<usize>, range: &str| Binning { n_bins, range: arguments.range(range), edges: None };
    let wish = HistogramWish {
        expression: x.clone(),
        samples: arguments.values("--sample").to_vec(),
        binning: binning(n_bins, "--range"),
        weight: arguments.value("--weight").map(String::from),
        cut: arguments.value("--cut").map(String::from),
    };
    let y_binning = binning(arguments.count("--ybins").or(n_bins), "--yrange");
    let (plane, left_out) = {
        let mut bar = context.progress();
        let mut on_progress = watch(&mut bar, context.output);
        context.session.fill_plane(&wish, y, &y_binning, &mut on_progress)?
    };
    let outside = outside(&plane);
    let figure = Histogram2d {
        x_title: x.clone(),
        y_title: y.clone(),
        z_title: String::new(),
        x_edges: plane.x_edges,
        y_edges: plane.y_edges,
        counts: plane.sum_w,
        n_outside: plane.outside,
        is_log: arguments.has("--log"),
    };
    context.show_picture(&figure, arguments.has("--interactive"))?;
    context.say_left_out(&left_out);
    for line in outside {
        context.output.stderr(&format!("{line}\n"));
    }
    context.export(&figure, None, arguments)?;
    context.session.history.push(format!("histogram of {x} and {y}"));
    Ok(())
}

/// What the picture cannot show.
fn outside(plane: &FilledPlane) -> Vec<String> {
    let mut lines = Vec::new();
    let n_all = plane.n_pairs + plane.n_nan;
    let mut sides = Vec::new();
    for (axis, (n_below, n_above), edges) in
        [("x", plane.n_outside.x, &plane.x_edges), ("y", plane.n_outside.y, &plane.y_edges)]
    {
        let [low, .., high] = edges.as_slice() else { continue };
        for (n_pairs, word, edge) in [(n_below, "below", low), (n_above, "from", high)] {
            if n_pairs > 0 {
                sides.push(format!("{n_pairs} with {axis} {word} {}", human_number(*edge)));
            }
        }
    }
    if plane.n_outside.n_pairs > 0 {
        let n_outside = plane.n_outside.n_pairs;
        lines.push(format!("{n_outside} of {n_all} pairs lie outside the picture: {}", sides.join(", ")));
    }
    if plane.n_nan > 0 {
        lines.push(format!(
            "{} of {n_all} pairs have a value that is no number and are left out",
            plane.n_nan
        ));
    }
    lines
}
