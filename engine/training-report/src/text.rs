//! The report for people: the blocks that the original prints (`Metrics on training set`, `AUC`, `Confusion
//! Matrix`, `Classification Report`), then what it does not have.

use std::fmt;

use crate::{
    BestThreshold, ClassScores, ClassificationPart, ConfusionMatrix, PartReport, RegressionScores, Report,
    SignificanceCurve, Task,
};

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            self.write_part(part, out)?;
            writeln!(out)?;
        }
        self.write_overtraining(out)?;
        self.write_history(out)?;
        self.write_importance(out)
    }
}

impl Report {
    fn write_part(&self, part: &PartReport, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "Metrics on {} set", part.part.word())?;
        let events = if part.n_events == 1 { "event" } else { "events" };
        write!(out, "{} {events}", part.n_events)?;
        match part.sum_weights {
            Some(sum) if sum == part.n_events as f64 => writeln!(out)?,
            Some(sum) => writeln!(out, ", sum of weights {}", number(Some(sum)))?,
            None => writeln!(out, ", sum of weights not finite")?,
        }
        if let Some(problem) = &part.problem {
            writeln!(out, "not judged: {problem}")?;
        }
        if let Some(scores) = &part.regression {
            write_regression(scores, out)?;
        }
        part.classification.as_ref().map_or(Ok(()), |part| self.write_classification(part, out))
    }

    fn write_classification(&self, part: &ClassificationPart, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_binary = matches!(self.task, Task::Binary { .. });
        writeln!(out, "AUC: {}", number(part.auc))?;
        if !is_binary {
            for separation in &part.separations {
                let auc = number(separation.roc.as_ref().map(|roc| roc.auc));
                writeln!(out, "  {} against the rest: {auc}", separation.class)?;
            }
        }
        writeln!(out, "Log loss: {}", number(part.log_loss))?;
        if let Some(separation) = part.separations.first().filter(|_| is_binary) {
            if let Some(roc) = &separation.roc {
                write_best_threshold(&roc.best_threshold, out)?;
            }
            if let Some(significance) = &separation.significance {
                write_significance(significance, out)?;
            }
        }
        if is_binary {
            writeln!(out, "Decided at threshold {}", self.settings.threshold)?;
        }
        write_confusion(&part.confusion, out)?;
        write_class_scores(&part.scores, out)
    }

    fn write_overtraining(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.overtraining.first() else { return Ok(()) };
        writeln!(
            out,
            "Over-training check: training against {} response (Kolmogorov-Smirnov)",
            first.compared_with.word()
        )?;
        let mut rows = vec![["", "distance", "p-value"].map(str::to_owned).to_vec()];
        for check in &self.overtraining {
            let (distance, p_value) = check.result.map(|r| (r.distance, r.p_value)).unzip();
            rows.push(vec![check.class.clone(), number(distance), number(p_value)]);
        }
        write_table(&rows, out)?;
        writeln!(out)
    }

    fn write_history(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.history.is_empty() {
            return Ok(());
        }
        let shown = evenly(self.history.len(), MOST_EPOCHS);
        match shown.len() {
            n_shown if n_shown < self.history.len() => {
                writeln!(out, "Training history, {n_shown} of {} epochs", self.history.len())?;
            }
            _ => writeln!(out, "Training history")?,
        }
        let header = ["epoch", "loss", "validation loss", "metric", "validation metric", "seconds"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for epoch in shown.into_iter().map(|at| &self.history[at]) {
            let numbers = [
                epoch.train_loss,
                epoch.validation_loss,
                epoch.train_metric,
                epoch.validation_metric,
                epoch.seconds,
            ];
            let mut row = vec![epoch.epoch.to_string()];
            row.extend(numbers.map(number));
            rows.push(row);
        }
        write_table(&rows, out)?;
        writeln!(out)
    }

    fn write_importance(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.importance.is_empty() {
            return Ok(());
        }
        writeln!(out, "Permutation importance (drop of the metric)")?;
        let mut rows = vec![["", "mean", "std"].map(str::to_owned).to_vec()];
        for branch in &self.importance {
            let (mean, std) = (number(Some(branch.mean)), number(Some(branch.standard_deviation)));
            rows.push(vec![branch.name.clone(), mean, std]);
        }
        write_table(&rows, out)?;
        writeln!(out)
    }
}

/// More epochs than these are left to the picture of the losses.
const MOST_EPOCHS: usize = 10;

/// Up to so many places of a list, evenly from the first to the last.
fn evenly(n_all: usize, most: usize) -> Vec<usize> {
    if n_all <= most {
        return (0..n_all).collect();
    }
    (0..most).map(|at| at * (n_all - 1) / (most - 1)).collect()
}

fn write_best_threshold(best: &BestThreshold, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(out, "Best Threshold={}, G-Mean={}", number(Some(best.threshold)), number(Some(best.g_mean)))
}

fn write_significance(curve: &SignificanceCurve, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(best) = curve.best_ams {
        writeln!(
            out,
            "Best AMS={} at threshold {} (b_r = {}, s = {}, b = {})",
            number(best.ams),
            number(Some(best.threshold)),
            curve.settings.background_regularisation,
            number(Some(best.signal)),
            number(Some(best.background)),
        )?;
    }
    curve.best_s_over_sqrt_s_plus_b.map_or(Ok(()), |best| {
        let (value, threshold) = (number(best.s_over_sqrt_s_plus_b), number(Some(best.threshold)));
        writeln!(out, "Best s/sqrt(s+b)={value} at threshold {threshold}")
    })
}

fn write_regression(scores: &RegressionScores, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let rows = [
        ("MSE", Some(scores.mse)),
        ("RMSE", scores.rmse),
        ("MAE", Some(scores.mae)),
        ("R2", scores.r2),
        ("bias", Some(scores.bias)),
        ("resolution", scores.resolution),
        ("response", scores.response),
        ("response resolution", scores.response_resolution),
    ];
    rows.iter().try_for_each(|(name, value)| writeln!(out, "{name}: {}", number(*value)))
}

/// The matrix in brackets, true classes downwards, as numpy prints it.
fn write_confusion(confusion: &ConfusionMatrix, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(out, "Confusion Matrix:")?;
    let is_whole = confusion.rows.iter().flatten().all(|sum| sum.fract() == 0.0);
    let decimals = if is_whole { 0 } else { 3 };
    let cells: Vec<Vec<String>> = confusion
        .rows
        .iter()
        .map(|row| row.iter().map(|sum| format!("{sum:.decimals$}")).collect())
        .collect();
    let width = cells.iter().flatten().map(String::len).max().unwrap_or(0);
    let last = cells.len().saturating_sub(1);
    for (at, row) in cells.iter().enumerate() {
        let row: Vec<String> = row.iter().map(|cell| format!("{cell:>width$}")).collect();
        let (open, close) = (if at == 0 { "[[" } else { " [" }, if at == last { "]]" } else { "]" });
        writeln!(out, "{open}{}{close}", row.join(" "))?;
    }
    Ok(())
}

fn write_class_scores(scores: &ClassScores, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(out, "Classification Report:")?;
    let two_digits = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    let mut rows = vec![["", "precision", "recall", "f1-score", "support"].map(str::to_owned).to_vec()];
    for class in &scores.classes {
        let numbers = [class.precision, class.recall, class.f1].map(two_digits);
        rows.push([vec![class.class.clone()], numbers.to_vec(), vec![weight(class.support)]].concat());
    }
    let blank = String::new;
    rows.push(vec![blank(); 5]);
    let all = weight(scores.support);
    rows.push(vec!["accuracy".to_owned(), blank(), blank(), two_digits(scores.accuracy), all.clone()]);
    for (name, average) in [("macro avg", scores.macro_average), ("weighted avg", scores.weighted_average)] {
        let numbers = [average.map(|a| a.precision), average.map(|a| a.recall), average.map(|a| a.f1)];
        rows.push([vec![name.to_owned()], numbers.map(two_digits).to_vec(), vec![all.clone()]].concat());
    }
    write_table(&rows, out)
}

/// Right-aligned columns two blanks apart; the first one is as wide as its longest name.
fn write_table(rows: &[Vec<String>], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}")).collect();
        writeln!(out, "{}", format!("  {}", cells.join("  ")).trim_end())?;
    }
    Ok(())
}

/// Six significant digits, `-` for what does not exist.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e9).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let digits_before = if magnitude < 1.0 { 0 } else { magnitude.log10().floor() as usize + 1 };
    let text = format!("{value:.*}", 6_usize.saturating_sub(digits_before));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A sum of weights: whole numbers as such.
fn weight(sum: f64) -> String {
    if sum.fract() == 0.0 && sum.abs() < 1e15 { format!("{sum:.0}") } else { number(Some(sum)) }
}

#[cfg(test)]
mod tests {
    use super::{evenly, number, weight};

    #[test]
    fn some_epochs_stand_for_all() {
        assert_eq!(evenly(3, 10), [0, 1, 2]);
        assert_eq!(evenly(200, 10), [0, 22, 44, 66, 88, 110, 132, 154, 176, 199]);
        assert_eq!(evenly(11, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]);
        assert_eq!(evenly(0, 10), [0_usize; 0]);
    }

    #[test]
    fn numbers_have_six_digits_and_no_idle_zeros() {
        let cases =
            [(0.5, "0.5"), (0.123_456_78, "0.123457"), (1234.5678, "1234.57"), (0.0, "0"), (1.0, "1")];
        for (value, text) in cases {
            assert_eq!(number(Some(value)), text);
        }
        assert_eq!(number(Some(123_456_789.0)), "123456789");
        assert_eq!(number(Some(1.5e-7)), "1.500e-7");
        assert_eq!(number(None), "-");
        assert_eq!((weight(12.0), weight(12.5)), ("12".to_owned(), "12.5".to_owned()));
    }
}
