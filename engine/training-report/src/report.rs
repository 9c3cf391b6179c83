//! The whole report: every part of the sample judged, the parts compared, and the history of the training. It is
//! one JSON object (serde) with a format name and a version, stored beside and inside the model.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::input::weight_of;
use crate::ranking::levels;
use crate::sum::sum;
use crate::{
    ClassScores, ConfusionMatrix, CorrelationMatrix, Importance, KolmogorovSmirnov, Part, RegressionScores,
    ReportError, ResponseHistogram, RocCurve, SignificanceCurve, SignificanceSettings, Task, class_scores,
    kolmogorov_smirnov, log_loss, regression_scores,
};

/// What a report is made from. A part that does not exist is `None`.
#[derive(Debug, Clone)]
pub struct ReportInput<'a> {
    /// How labels and scores are read.
    pub task: Task,
    /// Events that the model was fitted to.
    pub train: Option<Part<'a>>,
    /// Events that chose among models (early stopping, learning rate).
    pub validation: Option<Part<'a>>,
    /// Events that no decision has seen.
    pub test: Option<Part<'a>>,
    /// What the training said after each epoch.
    pub history: Vec<Epoch>,
}

/// Choices of the report.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportSettings {
    /// Scores from here on are decided to be signal (binary task). Default 0.5.
    pub threshold: f64,
    /// How the significance is computed.
    pub significance: SignificanceSettings,
    /// About how many points of each curve are stored. Default 200. What is computed from a curve is computed
    /// from all its points.
    pub n_curve_points: usize,
    /// Bins of the stored response histograms. Default 40, as TMVA has.
    pub n_response_bins: usize,
}

impl Default for ReportSettings {
    fn default() -> Self {
        let significance = SignificanceSettings::default();
        Self { threshold: 0.5, significance, n_curve_points: 200, n_response_bins: 40 }
    }
}

/// Numbers about a trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always [`Report::FORMAT`]; anything else is refused when read.
    #[serde(deserialize_with = "read_format")]
    pub format: String,
    /// [`Report::VERSION`] when written; grows when a reader of the older form would misread it. A newer one is
    /// refused when read.
    #[serde(deserialize_with = "read_version")]
    pub version: u32,
    /// What the model was trained for.
    pub task: Task,
    /// The choices made.
    pub settings: ReportSettings,
    /// Train, validation and test, as far as they exist.
    pub parts: Vec<PartReport>,
    /// Training response against test response (against validation where there is no test), for each class.
    pub overtraining: Vec<Overtraining>,
    /// Loss and metric of each epoch.
    pub history: Vec<Epoch>,
    /// Permutation importance of the branches, when the caller had it measured.
    #[serde(default)]
    pub importance: Vec<Importance>,
    /// Correlations of the inputs, when the caller had them computed.
    #[serde(default)]
    pub correlation: Option<CorrelationMatrix>,
}

/// Which events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartName {
    /// Events that the model was fitted to.
    Train,
    /// Events that chose among models.
    Validation,
    /// Events that no decision has seen.
    Test,
}

/// The numbers of one part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartReport {
    /// Which part.
    pub part: PartName,
    /// Events in it.
    pub n_events: u64,
    /// Sum of their weights; `None` where a weight is not finite.
    pub sum_weights: Option<f64>,
    /// Why this part could not be judged (no events, NaN scores, ..); the numbers below are then `None`.
    pub problem: Option<String>,
    /// Numbers of a classification.
    pub classification: Option<ClassificationPart>,
    /// Numbers of a regression.
    pub regression: Option<RegressionScores>,
    /// Distribution of the response: of the score for each true class; of the residual for a regression.
    pub responses: Vec<ResponseHistogram>,
}

/// How well classes are told apart in one part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassificationPart {
    /// Area under the ROC curve; for several classes the mean of one-against-the-rest over the classes. `None`
    /// where a class has no positive total weight.
    pub auc: Option<f64>,
    /// Mean of −ln(probability of the true class); `None` where a score is no probability.
    pub log_loss: Option<f64>,
    /// Decisions at the threshold (binary) or for the largest score.
    pub confusion: ConfusionMatrix,
    /// Precision, recall, F1, accuracy.
    pub scores: ClassScores,
    /// Curves: of class 1 for a binary task, of each class against the rest for several.
    pub separations: Vec<ClassSeparation>,
}

/// One class against all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassSeparation {
    /// The class that counts as signal.
    pub class: String,
    /// The ROC curve, thinned; `None` where this class or the rest has no positive total weight.
    pub roc: Option<RocCurve>,
    /// Significance against threshold, thinned; `None` where it cannot be scaled as the settings ask.
    pub significance: Option<SignificanceCurve>,
}

/// Does the model answer alike on events it has and has not seen?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overtraining {
    /// Whose responses are compared (the target's name for the residuals of a regression).
    pub class: String,
    /// What the training events are compared with.
    pub compared_with: PartName,
    /// The comparison; `None` where a side has no positive total weight.
    pub result: Option<KolmogorovSmirnov>,
}

/// What the training said after one epoch. A number that is not finite becomes `None` in the report.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Epoch {
    /// Number of the epoch, from 1.
    pub epoch: u32,
    /// Mean training loss.
    pub train_loss: Option<f64>,
    /// Mean validation loss.
    pub validation_loss: Option<f64>,
    /// Training metric (accuracy, AUC, ..).
    pub train_metric: Option<f64>,
    /// Validation metric.
    pub validation_metric: Option<f64>,
    /// Learning rate of this epoch.
    pub learning_rate: Option<f64>,
    /// Wall-clock time in seconds.
    pub seconds: Option<f64>,
}

impl Report {
    /// The value of `format`.
    pub const FORMAT: &'static str = "mlaas4hep-report";
    /// The value of `version`.
    pub const VERSION: u32 = 1;

    /// Judges all parts. A part that cannot be judged (no events, NaN scores) says so in its `problem`, and the
    /// other parts are judged all the same: a report never costs the user a trained model.
    ///
    /// # Errors
    /// Only what a caller gets wrong: lengths that do not belong together, and settings out of their range.
    pub fn new(input: &ReportInput<'_>, settings: ReportSettings) -> Result<Self, ReportError> {
        check_settings(&settings)?;
        let parts = named_parts(input);
        for (_, part) in &parts {
            part.check_lengths(input.task.n_columns())?;
        }
        let judge = Judge { task: &input.task, settings, range: response_range(&input.task, &parts) };
        Ok(Self {
            format: Self::FORMAT.to_owned(),
            version: Self::VERSION,
            task: input.task.clone(),
            settings,
            parts: parts.iter().map(|&(name, part)| judge.part(name, part)).collect(),
            overtraining: overtraining(input),
            history: input.history.iter().map(Epoch::finite).collect(),
            importance: Vec::new(),
            correlation: None,
        })
    }

    /// Returns the numbers of one part.
    pub fn part(&self, name: PartName) -> Option<&PartReport> {
        self.parts.iter().find(|part| part.part == name)
    }
}

impl PartName {
    /// Returns the word for people: `training`, `validation` or `test`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl Epoch {
    fn finite(&self) -> Self {
        let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
        Self {
            epoch: self.epoch,
            train_loss: finite(self.train_loss),
            validation_loss: finite(self.validation_loss),
            train_metric: finite(self.train_metric),
            validation_metric: finite(self.validation_metric),
            learning_rate: finite(self.learning_rate),
            seconds: finite(self.seconds),
        }
    }
}

/// More bins than these are a slip, and would not fit into memory.
const MOST_BINS: usize = 100_000;

fn check_settings(settings: &ReportSettings) -> Result<(), ReportError> {
    let what = "threshold";
    if !settings.threshold.is_finite() {
        return Err(ReportError::BadSetting { what, value: settings.threshold, allowed: "a finite number" });
    }
    if settings.n_response_bins > MOST_BINS {
        let value = settings.n_response_bins as f64;
        return Err(ReportError::BadSetting { what: "n_response_bins", value, allowed: "at most 100 000" });
    }
    settings.significance.check()
}

fn read_format<'de, D: Deserializer<'de>>(json: D) -> Result<String, D::Error> {
    let format = String::deserialize(json)?;
    if format == Report::FORMAT {
        return Ok(format);
    }
    Err(D::Error::custom(format!("the format is `{format}` where `{}` was expected", Report::FORMAT)))
}

fn read_version<'de, D: Deserializer<'de>>(json: D) -> Result<u32, D::Error> {
    let version = u32::deserialize(json)?;
    if (1..=Report::VERSION).contains(&version) {
        return Ok(version);
    }
    let known = Report::VERSION;
    Err(D::Error::custom(format!(
        "the report has version {version}, this program reads 1 to {known}: update it"
    )))
}

fn named_parts<'a>(input: &ReportInput<'a>) -> Vec<(PartName, Part<'a>)> {
    let all = [
        (PartName::Train, input.train),
        (PartName::Validation, input.validation),
        (PartName::Test, input.test),
    ];
    all.into_iter().filter_map(|(name, part)| Some((name, part?))).collect()
}

/// One range for the response of all parts, so that their histograms can be compared bin by bin: 0..1 where all
/// scores are in it, else from the smallest to the largest; for residuals five resolutions around the bias.
fn response_range(task: &Task, parts: &[(PartName, Part<'_>)]) -> (f64, f64) {
    if let Task::Regression { .. } = task {
        let scores = parts.iter().find_map(|(_, part)| regression_scores(*part).ok());
        return scores.map_or((-1.0, 1.0), |scores| {
            let reach = 5.0 * scores.resolution.filter(|&width| width > 0.0).unwrap_or(0.2);
            (scores.bias - reach, scores.bias + reach)
        });
    }
    // Ends beyond this would have an infinite distance.
    let scores = parts.iter().flat_map(|(_, part)| part.scores).filter(|score| score.abs() < 1e300);
    scores.fold((0.0, 1.0), |(low, high), &score| (score.min(low), score.max(high)))
}

struct Judge<'a> {
    task: &'a Task,
    settings: ReportSettings,
    range: (f64, f64),
}

impl Judge<'_> {
    fn part(&self, name: PartName, part: Part<'_>) -> PartReport {
        let sum_weights = sum((0..part.labels.len()).map(|row| part.weight(row)));
        let mut report = PartReport {
            part: name,
            n_events: part.labels.len() as u64,
            sum_weights: Some(sum_weights).filter(|sum| sum.is_finite()),
            problem: None,
            classification: None,
            regression: None,
            responses: Vec::new(),
        };
        if let Err(error) = self.fill(part, &mut report) {
            report.problem = Some(error.to_string());
        }
        report
    }

    fn fill(&self, part: Part<'_>, report: &mut PartReport) -> Result<(), ReportError> {
        if part.labels.is_empty() {
            return Err(ReportError::Empty { what: "events", wanted: "a report" });
        }
        part.check_finite(self.task.n_columns())?;
        let squares = sum((0..part.labels.len()).map(|row| part.weight(row).powi(2)));
        if !squares.is_finite() {
            return Err(ReportError::Overflow { what: "squared weights" });
        }
        if let Task::Regression { target } = self.task {
            report.regression = Some(regression_scores(part)?);
            let residuals = part.scores.iter().zip(part.labels).map(|(answer, target)| answer - target);
            report.responses = vec![self.histogram(target, residuals.enumerate(), part.weights)];
            return Ok(());
        }
        let truth = part.class_numbers(self.task.classes().len())?;
        report.classification = Some(self.classification(part, &truth)?);
        report.responses = (0..self.task.classes().len())
            .map(|class| {
                let rows = class_responses(self.task, part.scores, &truth, class);
                self.histogram(&self.task.classes()[class], rows, part.weights)
            })
            .collect();
        Ok(())
    }

    fn histogram(
        &self,
        class: &str,
        values: impl Iterator<Item = (usize, f64)>,
        weights: Option<&[f64]>,
    ) -> ResponseHistogram {
        ResponseHistogram::new(class, self.range, self.settings.n_response_bins, values, weights)
    }

    fn classification(&self, part: Part<'_>, truth: &[u32]) -> Result<ClassificationPart, ReportError> {
        let classes = self.task.classes();
        let n_columns = self.task.n_columns();
        let is_binary = matches!(self.task, Task::Binary { .. });
        let predicted = if is_binary {
            ConfusionMatrix::decide_binary(part.scores, self.settings.threshold)
        } else {
            ConfusionMatrix::decide_classes(part.scores, n_columns)
        };
        let confusion = ConfusionMatrix::new(classes.len(), truth, &predicted, part.weights)?;
        let signal_classes = if is_binary { 1..2 } else { 0..classes.len() };
        let mut separations = Vec::new();
        for class in signal_classes {
            let is_signal: Vec<bool> = truth.iter().map(|&truth| truth as usize == class).collect();
            let column = class % n_columns;
            let scores: Vec<f64> = part.scores.iter().skip(column).step_by(n_columns).copied().collect();
            let class = classes.get(class).cloned().unwrap_or_default();
            separations.push(self.separation(class, &is_signal, &scores, part.weights)?);
        }
        let areas: Option<Vec<f64>> =
            separations.iter().map(|separation| separation.roc.as_ref().map(|roc| roc.auc)).collect();
        Ok(ClassificationPart {
            auc: areas.filter(|areas| !areas.is_empty()).map(|a| a.iter().sum::<f64>() / a.len() as f64),
            log_loss: log_loss(classes.len(), truth, part.scores, part.weights).ok(),
            scores: class_scores(&confusion, classes),
            confusion,
            separations,
        })
    }

    fn separation(
        &self,
        class: String,
        is_signal: &[bool],
        scores: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<ClassSeparation, ReportError> {
        let levels = levels(is_signal, scores, weights)?;
        let n_points = self.settings.n_curve_points;
        let roc = RocCurve::from_levels(&levels).ok().map(|curve| curve.thinned(n_points));
        let significance = SignificanceCurve::from_levels(&levels, self.settings.significance).ok();
        Ok(ClassSeparation { class, roc, significance: significance.map(|curve| curve.thinned(n_points)) })
    }
}

/// The events of one true class with the score that speaks for it: the only one of a binary task, its own column
/// for several classes.
fn class_responses<'a>(
    task: &Task,
    scores: &'a [f64],
    truth: &'a [u32],
    class: usize,
) -> impl Iterator<Item = (usize, f64)> + 'a {
    let n_columns = task.n_columns();
    let column = if n_columns == 1 { 0 } else { class };
    let rows = truth.iter().enumerate().filter(move |&(_, &truth)| truth as usize == class);
    rows.map(move |(row, _)| (row, scores[row * n_columns + column]))
}

fn overtraining(input: &ReportInput<'_>) -> Vec<Overtraining> {
    let (Some(train), Some((compared_with, other))) = (
        input.train,
        input.test.map(|part| (PartName::Test, part)).or(input.validation.map(|p| (PartName::Validation, p))),
    ) else {
        return Vec::new();
    };
    let compare = |class: usize| -> Result<KolmogorovSmirnov, ReportError> {
        let (seen, seen_weights) = responses(&input.task, train, class)?;
        let (unseen, unseen_weights) = responses(&input.task, other, class)?;
        kolmogorov_smirnov((&seen, seen_weights.as_deref()), (&unseen, unseen_weights.as_deref()))
    };
    let names: Vec<String> = match &input.task {
        Task::Regression { target } => vec![target.clone()],
        task => task.classes().to_vec(),
    };
    let compared = names.into_iter().enumerate().map(|(class, name)| Overtraining {
        class: name,
        compared_with,
        result: compare(class).ok(),
    });
    compared.collect()
}

type Responses = (Vec<f64>, Option<Vec<f64>>);

fn responses(task: &Task, part: Part<'_>, class: usize) -> Result<Responses, ReportError> {
    if let Task::Regression { .. } = task {
        let residuals = part.scores.iter().zip(part.labels).map(|(answer, target)| answer - target);
        return Ok((residuals.collect(), part.weights.map(<[f64]>::to_vec)));
    }
    let truth = part.class_numbers(task.classes().len())?;
    let (rows, scores): (Vec<usize>, Vec<f64>) = class_responses(task, part.scores, &truth, class).unzip();
    let weights = part.weights.map(|_| rows.iter().map(|&row| weight_of(part.weights, row)).collect());
    Ok((scores, weights))
}
