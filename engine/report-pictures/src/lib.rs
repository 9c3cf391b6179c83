//! Which figures a report and specs have: the numbers of `training-report` and `branch-specs` handed to `plots`.
//!
//! The command line writes them as files, a notebook shows them. Every function gives no figure where the report has
//! no numbers for it.

use branch_specs::{BranchSpecs, Specs};
use plots::{
    BranchHistogram, Figure, Histogram, HistogramFigure, ImportanceBar, ImportanceBars, LossCurves,
    OutsideBins, ResponseByClass, RocCurves, Sample, Series,
};
use std::collections::BTreeMap;
use training_report::{ClassSeparation, PartName, PartReport, Report, ResponseHistogram, Task};

/// A figure and the name of its file, without extension.
pub struct NamedFigure {
    /// Such as `roc` or `branch-Jet_pt`; letters, digits, `-` and `_` only.
    pub name: String,
    /// The figure.
    pub figure: Box<dyn Figure>,
}

/// All figures of a report, in the order in which one looks at them.
pub fn report_figures(report: &Report) -> Vec<NamedFigure> {
    report_figures_in(report, &BTreeMap::new())
}

/// As [`report_figures`], with colours for classes by their names; the others have those of the palette.
pub fn report_figures_in(report: &Report, colours: &BTreeMap<String, String>) -> Vec<NamedFigure> {
    let mut figures = Vec::new();
    let mut add = |name: &str, figure: Option<Box<dyn Figure>>| {
        figures.extend(figure.map(|figure| NamedFigure { name: name.to_string(), figure }));
    };
    add("response", response(report, colours));
    add("roc", roc(report, colours));
    add("loss", loss(report));
    add("significance", significance(report));
    add("confusion", confusion(report));
    add("importance", importance(report));
    add("correlation", correlation(report));
    figures
}

/// A histogram of each branch that full specs have a distribution of; none of branches that only tell events apart.
pub fn branch_figures(specs: &Specs) -> Vec<NamedFigure> {
    let shown = specs.branches.iter().filter(|branch| !specs.is_identifier(branch.name()));
    shown.filter_map(branch_figure).collect()
}

/// The distribution of one branch as a histogram of at most fifty bins over a robust range: the few values far outside
/// are underflow and overflow, whole numbers have bins around them. None where the specs hold no distribution.
pub fn branch_histogram(branch: &BranchSpecs) -> Option<Histogram> {
    let bins = branch.histogram()?;
    let n_bins = bins.counts.len();
    let edge = |at: usize| bins.low + (bins.high - bins.low) * at as f64 / n_bins as f64;
    let edges = (0..=n_bins).map(edge).collect();
    let (below, above) = (bins.n_below.round(), bins.n_above.round());
    Histogram::new(edges, bins.counts.clone(), bins.counts, below, above).ok()
}

/// The distribution of one branch as a figure of one sample, to which further samples, a range or a logarithmic axis can
/// be given; underflow and overflow are written into the legend. None where the specs hold no distribution.
pub fn branch_sample_figure(branch: &BranchSpecs, sample: &str) -> Option<HistogramFigure> {
    let samples = vec![Sample { label: sample.to_string(), histogram: branch_histogram(branch)? }];
    Some(HistogramFigure {
        x_title: branch.name().to_string(),
        y_title: "Values".to_string(),
        samples,
        outside: OutsideBins::Written,
        ..HistogramFigure::default()
    })
}

/// The picture of one branch with a box of its numbers; none where the specs hold no distribution.
pub fn branch_figure(branch: &BranchSpecs) -> Option<NamedFigure> {
    let histogram = branch_histogram(branch)?;
    let figure = BranchHistogram {
        branch: branch.name().to_string(),
        histogram,
        n_values: branch.n(),
        n_nan: branch.n_nan(),
        mean: branch.mean(),
        standard_deviation: branch.std(),
        is_log: false,
    };
    Some(NamedFigure { name: format!("branch-{}", file_safe(branch.name())), figure: Box::new(figure) })
}

/// Letters that file systems and shells do not like become `_`.
fn file_safe(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' })
        .collect()
}

fn response(report: &Report, colours: &BTreeMap<String, String>) -> Option<Box<dyn Figure>> {
    let train = report.part(PartName::Train)?;
    let test = report.part(PartName::Test).or_else(|| report.part(PartName::Validation));
    let mut classes = Vec::new();
    for of_train in &train.responses {
        let of_test =
            test.and_then(|part| part.responses.iter().find(|response| response.class == of_train.class));
        let agreement = report.overtraining.iter().find(|agreement| agreement.class == of_train.class);
        classes.push(plots::ClassResponse {
            class: of_train.class.clone(),
            train: normalised(of_train)?,
            test: of_test.and_then(normalised),
            p_value: agreement.and_then(|agreement| agreement.result.as_ref()).map(|result| result.p_value),
            colour: colours.get(&of_train.class).cloned(),
        });
    }
    let x_title = match &report.task {
        Task::Binary { classes } => format!("Score for {}", classes[1]),
        Task::Classes { .. } => "Score for the true class".to_string(),
        Task::Regression { target } => format!("Predicted - true {target}"),
    };
    (!classes.is_empty())
        .then(|| Box::new(ResponseByClass { x_title, classes, is_log: false }) as Box<dyn Figure>)
}

/// Scaled to a sum of one, so that train and test of different sizes can be laid over each other.
fn normalised(response: &ResponseHistogram) -> Option<Histogram> {
    let sum: f64 = response.counts.iter().sum::<f64>() + response.underflow + response.overflow;
    let factor = if sum > 0.0 { 1.0 / sum } else { 1.0 };
    let counts = response.counts.iter().map(|count| count * factor).collect();
    let sum_w2 = response.sum_w2.iter().map(|variance| variance * factor * factor).collect();
    Histogram::new(
        response.edges.clone(),
        counts,
        sum_w2,
        response.underflow * factor,
        response.overflow * factor,
    )
    .ok()
}

fn separations(part: &PartReport) -> impl Iterator<Item = &ClassSeparation> {
    part.classification.iter().flat_map(|classification| &classification.separations)
}

fn roc(report: &Report, colours: &BTreeMap<String, String>) -> Option<Box<dyn Figure>> {
    let mut curves = Vec::new();
    let mut best = None;
    for part in &report.parts {
        for separation in separations(part) {
            let Some(curve) = &separation.roc else { continue };
            best = Some((curve.best_threshold.false_positive_rate, curve.best_threshold.true_positive_rate));
            curves.push(plots::RocCurve {
                label: separation.class.clone(),
                part: part_word(part.part).to_string(),
                false_positive_rate: curve.false_positive_rate.clone(),
                true_positive_rate: curve.true_positive_rate.clone(),
                auc: Some(curve.auc),
                colour: colours.get(&separation.class).cloned(),
            });
        }
    }
    (!curves.is_empty()).then(|| Box::new(RocCurves { curves, best }) as Box<dyn Figure>)
}

fn part_word(part: PartName) -> &'static str {
    match part {
        PartName::Train => "train",
        PartName::Validation => "validation",
        PartName::Test => "test",
    }
}

fn loss(report: &Report) -> Option<Box<dyn Figure>> {
    let figure = loss_curves(report.history.iter().map(|epoch| (epoch.train_loss, epoch.validation_loss)));
    (!figure.series.is_empty()).then(|| Box::new(figure) as Box<dyn Figure>)
}

/// Curves of the training and the validation loss, from those of each epoch; a curve without any point is left out. By
/// chunk, epochs count from 1 in every chunk; the curves show them one after the other.
pub fn loss_curves(losses: impl Iterator<Item = (Option<f64>, Option<f64>)>) -> LossCurves {
    let mut curves =
        ["train", "validation"].map(|label| Series { label: label.to_string(), ..Series::default() });
    for (at, (train, validation)) in losses.enumerate() {
        for (curve, loss) in curves.iter_mut().zip([train, validation]) {
            curve.x.extend(loss.map(|_| at as f64 + 1.0));
            curve.y.extend(loss);
        }
    }
    let series = curves.into_iter().filter(|series| !series.x.is_empty()).collect();
    LossCurves { y_title: "loss".to_string(), series, best_epoch: None }
}

fn last_part(report: &Report) -> Option<&PartReport> {
    report
        .part(PartName::Test)
        .or_else(|| report.part(PartName::Validation))
        .or_else(|| report.part(PartName::Train))
}

fn significance(report: &Report) -> Option<Box<dyn Figure>> {
    let separation = separations(last_part(report)?).find(|separation| separation.significance.is_some())?;
    let curve = separation.significance.as_ref()?;
    let points = |of: fn(&training_report::SignificancePoint) -> Option<f64>| -> (Vec<f64>, Vec<f64>) {
        curve.points.iter().filter_map(|point| Some((point.threshold, of(point)?))).unzip()
    };
    let (ams_x, ams_y) = points(|point| point.ams);
    let (simple_x, simple_y) = points(|point| point.s_over_sqrt_s_plus_b);
    let series = vec![
        Series { label: "AMS".to_string(), x: ams_x, y: ams_y },
        Series { label: "$s / \\sqrt{s + b}$".to_string(), x: simple_x, y: simple_y },
    ];
    let best = curve.best_ams.as_ref().and_then(|point| Some((point.threshold, point.ams?)));
    Some(Box::new(plots::SignificanceCurve { series, best }))
}

fn confusion(report: &Report) -> Option<Box<dyn Figure>> {
    let rows = last_part(report)?.classification.as_ref()?.confusion.rows.clone();
    Some(Box::new(plots::ConfusionMatrix { classes: report.task.classes().to_vec(), rows }))
}

fn importance(report: &Report) -> Option<Box<dyn Figure>> {
    /// More bars than this cannot be read.
    const MOST_BARS: usize = 25;
    let bar = |importance: &training_report::Importance| ImportanceBar {
        branch: importance.name.clone(),
        value: importance.mean,
        error: importance.standard_deviation,
    };
    let bars: Vec<ImportanceBar> = report.importance.iter().take(MOST_BARS).map(bar).collect();
    let x_title = "permutation importance".to_string();
    (!bars.is_empty()).then(|| Box::new(ImportanceBars { x_title, bars }) as Box<dyn Figure>)
}

fn correlation(report: &Report) -> Option<Box<dyn Figure>> {
    let matrix = report.correlation.as_ref()?;
    Some(Box::new(plots::CorrelationMatrix { names: matrix.names.clone(), rows: matrix.rows.clone() }))
}
