//! Labels: from the words of the user to the numbers that training needs.

use crate::{Labels, PipelineError};
use network::Task;

/// The label of each file as a number, and the names of the classes.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedLabels {
    /// The label of each file; empty where a branch holds the label.
    pub of_files: Vec<f32>,
    /// Names of the classes in the order of their numbers; empty for a regression.
    pub classes: Vec<String>,
}

impl CheckedLabels {
    /// The label of one of the files; nothing where a branch holds the label.
    pub fn of_file(&self, files: &[String], file: &str) -> Option<f32> {
        let position = files.iter().position(|own| own == file)?;
        self.of_files.get(position).copied()
    }
}

/// Checks that labels, files and task fit together.
///
/// Whole numbers 0 .. n-1 are the classes themselves. Other words become classes: for a binary task the first file's
/// word is class 1 (signal comes first in a list), for several classes the order is that of first appearance.
///
/// # Errors
/// [`PipelineError::Labels`].
pub fn check_labels(labels: &Labels, files: &[String], task: Task) -> Result<CheckedLabels, PipelineError> {
    let problem = |problem: String| Err(PipelineError::Labels { problem });
    let Labels::PerFile(words) = labels else { return Ok(from_branch(task)) };
    if words.len() != files.len() {
        return problem(format!(
            "{} labels for {} files: there must be one label for each file, in the same order",
            words.len(),
            files.len()
        ));
    }
    let numbers: Option<Vec<f32>> =
        words.iter().map(|word| word.parse::<f32>().ok().filter(|number| number.is_finite())).collect();
    if task == Task::Regression {
        return match numbers {
            Some(of_files) => Ok(CheckedLabels { of_files, classes: Vec::new() }),
            None => problem(
                "a regression needs numbers as labels, or the name of the branch that holds the target"
                    .into(),
            ),
        };
    }
    let n_classes = n_classes(task);
    match numbers {
        Some(of_files) => from_numbers(of_files, n_classes),
        None => from_words(words, n_classes),
    }
}

fn n_classes(task: Task) -> usize {
    match task {
        Task::Classes(n_classes) => n_classes,
        Task::Binary | Task::Regression => 2,
    }
}

fn from_branch(task: Task) -> CheckedLabels {
    let classes = if task == Task::Regression { 0 } else { n_classes(task) };
    CheckedLabels { of_files: Vec::new(), classes: (0..classes).map(|class| class.to_string()).collect() }
}

fn from_numbers(of_files: Vec<f32>, n_classes: usize) -> Result<CheckedLabels, PipelineError> {
    let is_class = |label: &f32| label.fract() == 0.0 && (0.0..n_classes as f32).contains(label);
    if let Some(wrong) = of_files.iter().find(|label| !is_class(label)) {
        return Err(PipelineError::Labels {
            problem: format!(
                "label {wrong} is no class: the model has {n_classes} classes, numbered 0 to {}; \
                 set `task` in the model, or use names as labels",
                n_classes - 1
            ),
        });
    }
    need_two(of_files.iter().map(|label| *label as usize))?;
    Ok(CheckedLabels { of_files, classes: (0..n_classes).map(|class| class.to_string()).collect() })
}

fn from_words(words: &[String], n_classes: usize) -> Result<CheckedLabels, PipelineError> {
    let mut classes: Vec<String> = Vec::new();
    for word in words {
        if !classes.contains(word) {
            classes.push(word.clone());
        }
    }
    // With two outputs and more, each class is a branch of the scores.
    if n_classes > 2 {
        root_writer::score_branches(&classes).map_err(|problem| PipelineError::Labels { problem })?;
    }
    need_two(words.iter().filter_map(|word| classes.iter().position(|class| class == word)))?;
    if classes.len() != n_classes {
        return Err(PipelineError::Labels {
            problem: format!(
                "the labels name {} classes ({}), the model has {n_classes}; set `task` in the model to {{\"classes\": {}}}",
                classes.len(),
                classes.join(", "),
                classes.len()
            ),
        });
    }
    if n_classes == 2 {
        classes.reverse();
    }
    let number = |word: &String| classes.iter().position(|class| class == word).unwrap_or(0) as f32;
    Ok(CheckedLabels { of_files: words.iter().map(number).collect(), classes: classes.clone() })
}

fn need_two(labels: impl Iterator<Item = usize>) -> Result<(), PipelineError> {
    let distinct: std::collections::BTreeSet<usize> = labels.collect();
    if distinct.len() < 2 {
        return Err(PipelineError::Labels {
            problem:
                "all files have the same label: nothing can be learned; give files of at least two classes"
                    .into(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &[&str], task: Task, expected: &str) {
        let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
        let files: Vec<String> = vec!["a.root".into(), "b.root".into(), "c.root".into()];
        let found =
            match check_labels(&Labels::PerFile(labels.clone()), &files[..labels.len().clamp(2, 3)], task) {
                Ok(checked) => format!("{:?} {:?}", checked.of_files, checked.classes),
                Err(error) => error.to_string(),
            };
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn labels() {
        check(&["1", "0"], Task::Binary, r#"[1.0, 0.0] ["0", "1"]"#);
        check(&["signal", "background"], Task::Binary, r#"[1.0, 0.0] ["background", "signal"]"#);
        check(&["ttH", "tt", "W"], Task::Classes(3), r#"[0.0, 1.0, 2.0] ["ttH", "tt", "W"]"#);
        check(&["1"], Task::Binary, "1 labels for 2 files");
        check(&["1", "1"], Task::Binary, "same label");
        check(&["2", "0"], Task::Binary, "numbered 0 to 1");
        check(&["a", "b", "c"], Task::Binary, "\"classes\": 3");
        check(
            &["t-t", "t t", "W"],
            Task::Classes(3),
            "two classes would share the branch score_t_t; rename class \"t t\"",
        );
        check(&["1.5", "2.5"], Task::Regression, "[1.5, 2.5] []");
        check(&["a", "b"], Task::Regression, "needs numbers");
    }
}
