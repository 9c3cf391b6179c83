//! How good the model is: scores of all rows by part, importance of the branches, correlations.

use crate::measure::tell;
use crate::prepare::{Prepared, task_of};
use crate::rows::{KeptRows, MixedRows, RowLog};
use crate::run::stopped_or;
use crate::{Labels, OnEvent, PipelineError, PipelineEvent, PipelineRequest};
use event_columns::StepReport;
use event_matrix::MatrixLayout;
use model_training::{
    BoxError, CheckedSettings, ChunkRows, ChunkSlot, ChunkSource, EpochRecord, ModelDescription,
    PredictionSettings, Trained, TrainedModel, WorkerProgram, predict,
};
use network::Task;
use training_report::{
    ColumnGroup, ColumnPermutation, Epoch, Part, PartName, Report, ReportError, ReportInput, ReportSettings,
    correlation_matrix, permutation_importance,
};

/// So many test events are enough for the second digit of an importance, and cost seconds.
const IMPORTANCE_ROWS: usize = 2_000;
const IMPORTANCE_REPEATS: usize = 3;
/// More branches than this make a correlation matrix that nobody can read.
const MOST_CORRELATED: usize = 30;

/// How good the model is, as far as there was time for it.
pub(crate) struct Judged {
    pub(crate) report: Report,
    /// What the caller's stop left out of the report.
    pub(crate) left_out: Option<LeftOut>,
}

/// What a stop after the training leaves out of a report. The model is there all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The importance of the branches and their correlations.
    Importance,
    /// Everything but the losses.
    Scores,
}

impl LeftOut {
    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Importance => "the importance of the branches",
            Self::Scores => "the scores of the events and the importance of the branches",
        }
    }
}

/// Scores all rows with the trained model and reports. A stop leaves out what is not done yet: the training took the
/// time, and is not lost by it.
pub(crate) fn judge(
    request: &PipelineRequest,
    prepared: &mut Prepared,
    settings: &CheckedSettings,
    trained: &Trained,
    worker: &WorkerProgram,
    on_event: OnEvent<'_>,
) -> Result<Judged, PipelineError> {
    let scorer = Scorer { model: trained_model(trained, settings)?, settings, worker };
    let task = report_task(request, prepared);
    let n_rows = prepared.mixer.plan().n_used().iter().sum();
    let mut rows = MixedRows::new(&mut prepared.mixer, None).keeping_test_rows(IMPORTANCE_ROWS);
    let scores = unless_stopped(scorer.scores(&mut rows, n_rows, "scoring all events", on_event))?;
    let (log, kept) = (rows.log, rows.kept);
    let parts = scores.as_ref().map(|scores| PartRows::of(&log, scores, task.n_columns()));
    let part = |at: usize| parts.as_ref().and_then(|parts| parts[at].part());
    let input = ReportInput {
        task: task.clone(),
        train: part(0),
        validation: part(1),
        test: part(2),
        history: trained.history.iter().map(epoch).collect(),
    };
    let report_settings =
        ReportSettings { threshold: request.parameters.threshold, ..ReportSettings::default() };
    let mut report = Report::new(&input, report_settings)?;
    if scores.is_none() {
        return Ok(Judged { report, left_out: Some(LeftOut::Scores) });
    }
    if !request.parameters.importance || kept.n_rows() == 0 {
        return Ok(Judged { report, left_out: None });
    }
    let seed = request.parameters.seed;
    let Some(found) = unless_stopped(importance(&kept, &prepared.layout, &task, &scorer, seed, on_event))?
    else {
        return Ok(Judged { report, left_out: Some(LeftOut::Importance) });
    };
    report.importance = found;
    report.correlation = correlation(&kept, &prepared.layout, &report)?;
    Ok(Judged { report, left_out: None })
}

/// Nothing where the caller stopped it.
fn unless_stopped<T>(result: Result<T, PipelineError>) -> Result<Option<T>, PipelineError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(PipelineError::Stopped) => Ok(None),
        Err(error) => Err(error),
    }
}

fn trained_model<'a>(
    trained: &'a Trained,
    settings: &CheckedSettings,
) -> Result<TrainedModel<'a>, PipelineError> {
    if let Some(network) = &trained.network {
        return Ok(TrainedModel::Network(network));
    }
    let (Some(path), ModelDescription::Torchscript(script)) = (&trained.torchscript, &settings.said().model)
    else {
        return Err(PipelineError::Settings { problem: "the worker returned no model; train again".into() });
    };
    Ok(TrainedModel::Torchscript {
        path: path.clone(),
        task: script.task,
        mask: script.mask,
        outputs: script.outputs,
    })
}

fn report_task(request: &PipelineRequest, prepared: &Prepared) -> training_report::Task {
    let classes = prepared.labels.classes.clone();
    match (task_of(&request.model), &request.labels) {
        (Task::Binary, _) => {
            let mut names = classes.into_iter();
            let mut next = |default: &str| names.next().unwrap_or_else(|| default.to_string());
            training_report::Task::Binary { classes: [next("0"), next("1")] }
        }
        (Task::Classes(_), _) => training_report::Task::Classes { classes },
        (Task::Regression, Labels::Branch(name)) => {
            training_report::Task::Regression { target: name.clone() }
        }
        (Task::Regression, Labels::PerFile(_)) => {
            training_report::Task::Regression { target: "label".into() }
        }
    }
}

fn epoch(record: &EpochRecord) -> Epoch {
    Epoch {
        epoch: record.epoch as u32,
        train_loss: Some(record.train_loss),
        validation_loss: record.validation_loss,
        train_metric: Some(record.train_metric),
        validation_metric: record.validation_metric,
        learning_rate: Some(record.learning_rate),
        seconds: Some(record.seconds),
    }
}

/// Runs the trained model in the worker.
struct Scorer<'a> {
    model: TrainedModel<'a>,
    settings: &'a CheckedSettings,
    worker: &'a WorkerProgram,
}

impl Scorer<'_> {
    fn scores(
        &self,
        rows: &mut dyn ChunkSource,
        n_rows: u64,
        step: &str,
        on_event: OnEvent<'_>,
    ) -> Result<Vec<f32>, PipelineError> {
        let said = self.settings.said();
        let settings = PredictionSettings { device: said.device, threads: said.threads };
        // A source of chunks does not know beforehand how many rows it has.
        let mut on_progress = |report: &StepReport<'_>| {
            on_event(&PipelineEvent::Progress(StepReport { step, total: Some(n_rows), ..report.clone() }))
        };
        let scores =
            predict(&self.model, settings, rows, self.worker, &mut on_progress).map_err(stopped_or)?;
        Ok(scores.values)
    }
}

/// Labels, scores and weights of one part, in 64 bits as the report wants them.
#[derive(Default)]
struct PartRows {
    labels: Vec<f64>,
    scores: Vec<f64>,
    weights: Vec<f64>,
}

impl PartRows {
    /// Train, validation and test.
    fn of(log: &RowLog, scores: &[f32], n_outputs: usize) -> [Self; 3] {
        let mut parts = [Self::default(), Self::default(), Self::default()];
        let mut row = 0;
        for chunk in &log.chunks {
            for (part, n_rows) in parts.iter_mut().zip([chunk.n_train, chunk.n_validation, chunk.n_test]) {
                let end = row + n_rows;
                part.labels.extend(log.labels[row..end].iter().copied().map(f64::from));
                part.weights.extend(log.weights[row..end].iter().copied().map(f64::from));
                let of_part = scores.get(row * n_outputs..end * n_outputs).unwrap_or_default();
                part.scores.extend(of_part.iter().copied().map(f64::from));
                row = end;
            }
        }
        parts
    }

    fn part(&self) -> Option<Part<'_>> {
        let part = Part { labels: &self.labels, scores: &self.scores, weights: Some(&self.weights) };
        (!self.labels.is_empty()).then_some(part)
    }
}

/// A figure of merit that is larger for a better model: AUC, or minus the root of the mean squared error.
fn merit(
    task: &training_report::Task,
    labels: &[f64],
    scores: &[f64],
    weights: &[f64],
) -> Result<f64, ReportError> {
    let test = Some(Part { labels, scores, weights: Some(weights) });
    let input = ReportInput { task: task.clone(), train: None, validation: None, test, history: Vec::new() };
    let report = Report::new(
        &input,
        ReportSettings { n_curve_points: 2, n_response_bins: 2, ..ReportSettings::default() },
    )?;
    let part = report.part(PartName::Test);
    let auc = part.and_then(|part| part.classification.as_ref()?.auc);
    let error = part.and_then(|part| part.regression.as_ref()?.rmse);
    Ok(auc.or(error.map(|error| -error)).unwrap_or(0.0))
}

/// All shuffled matrices go to the worker in one session: the first walk over the permutations only writes them down,
/// the second one reads their merits.
fn importance(
    kept: &KeptRows,
    layout: &MatrixLayout,
    task: &training_report::Task,
    scorer: &Scorer<'_>,
    seed: u64,
    on_event: OnEvent<'_>,
) -> Result<Vec<training_report::Importance>, PipelineError> {
    tell(on_event, &PipelineEvent::Note("measuring how much each branch matters"))?;
    let shape = (kept.n_rows(), kept.n_columns);
    let feature_group = |feature: &event_matrix::Feature| ColumnGroup {
        name: feature.branch.clone(),
        columns: feature.first_column..feature.first_column + feature.width,
    };
    let groups: Vec<ColumnGroup> = layout.features().iter().map(feature_group).collect();
    let mut shuffles: Vec<Option<Shuffle>> = Vec::new();
    let mut write_down = |permutation: Option<ColumnPermutation<'_>>| -> Result<f64, ReportError> {
        shuffles.push(permutation.map(|of| Shuffle { columns: of.columns.clone(), rows: of.rows.to_vec() }));
        Ok(0.0)
    };
    permutation_importance(shape, &groups, IMPORTANCE_REPEATS, seed, &mut write_down)?;
    let mut source = ShuffledRows { kept, shuffles: &shuffles, next: 0 };
    let n_rows = (kept.n_rows() * shuffles.len()) as u64;
    let scores = scorer.scores(&mut source, n_rows, "measuring importance", on_event)?;
    let n_per_matrix = kept.n_rows() * task.n_columns();
    let labels: Vec<f64> = kept.labels.iter().copied().map(f64::from).collect();
    let weights: Vec<f64> = kept.weights.iter().copied().map(f64::from).collect();
    let mut matrices = scores.chunks_exact(n_per_matrix.max(1));
    let read_merit = |_: Option<ColumnPermutation<'_>>| -> Result<f64, ReportError> {
        let scores: Vec<f64> = matrices.next().unwrap_or_default().iter().copied().map(f64::from).collect();
        merit(task, &labels, &scores, &weights)
    };
    Ok(permutation_importance(shape, &groups, IMPORTANCE_REPEATS, seed, read_merit)?)
}

/// One permutation, written down.
struct Shuffle {
    columns: std::ops::Range<usize>,
    rows: Vec<u32>,
}

/// The kept rows once for each permutation, each time as one chunk.
struct ShuffledRows<'a> {
    kept: &'a KeptRows,
    shuffles: &'a [Option<Shuffle>],
    next: usize,
}

impl ChunkSource for ShuffledRows<'_> {
    fn n_columns(&self) -> usize {
        self.kept.n_columns
    }

    fn max_rows(&self) -> usize {
        self.kept.n_rows()
    }

    fn rewind(&mut self) -> Result<(), BoxError> {
        self.next = 0;
        Ok(())
    }

    fn next_chunk(&mut self, slot: &mut ChunkSlot<'_>) -> Result<Option<ChunkRows>, BoxError> {
        let Some(shuffle) = self.shuffles.get(self.next) else { return Ok(None) };
        self.next += 1;
        let (n_rows, n_columns) = (self.kept.n_rows(), self.kept.n_columns);
        slot.values[..n_rows * n_columns].copy_from_slice(&self.kept.values);
        slot.mask[..n_rows * n_columns].copy_from_slice(&self.kept.mask);
        slot.labels[..n_rows].copy_from_slice(&self.kept.labels);
        slot.weights[..n_rows].copy_from_slice(&self.kept.weights);
        for (row, from) in shuffle.iter().flat_map(|shuffle| shuffle.rows.iter().enumerate()) {
            let columns = shuffle.as_ref().map_or(0..0, |shuffle| shuffle.columns.clone());
            let from = *from as usize * n_columns;
            let (start, end) = (row * n_columns + columns.start, row * n_columns + columns.end);
            slot.values[start..end]
                .copy_from_slice(&self.kept.values[from + columns.start..from + columns.end]);
            slot.mask[start..end].copy_from_slice(&self.kept.mask[from + columns.start..from + columns.end]);
        }
        Ok(Some(ChunkRows { n_train: 0, n_validation: 0, n_test: n_rows }))
    }
}

/// Correlations of the first column of the most important branches.
fn correlation(
    kept: &KeptRows,
    layout: &MatrixLayout,
    report: &Report,
) -> Result<Option<training_report::CorrelationMatrix>, PipelineError> {
    let chosen: Vec<&str> =
        report.importance.iter().take(MOST_CORRELATED).map(|importance| importance.name.as_str()).collect();
    let features: Vec<_> =
        layout.features().iter().filter(|feature| chosen.contains(&feature.branch.as_str())).collect();
    let names: Vec<String> = features.iter().filter_map(|feature| feature.column_names().next()).collect();
    let columns: Vec<usize> = features.iter().map(|feature| feature.first_column).collect();
    let values: Vec<f32> = kept
        .values
        .chunks_exact(kept.n_columns)
        .flat_map(|row| columns.iter().map(|column| row[*column]))
        .collect();
    Ok(if names.len() < 2 { None } else { Some(correlation_matrix(names, &values, None)?) })
}
