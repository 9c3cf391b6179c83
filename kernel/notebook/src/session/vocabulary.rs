//! The names that can be typed, in a form that completion may read while a cell runs.

use super::Session;
use event_columns::ColumnType;
use std::collections::HashMap;
use std::sync::Arc;

/// A branch, as completion and Shift-Tab show it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownBranch {
    /// Its name.
    pub name: Arc<str>,
    /// Type in the file, or the definition of a new branch.
    pub said: String,
    /// What an event holds, or why it cannot be read.
    pub column_type: Result<ColumnType, String>,
    /// The samples that have it.
    pub samples: Vec<String>,
}

/// Names of branches and samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vocabulary {
    /// Branches of all samples, new ones at the end.
    pub branches: Vec<KnownBranch>,
    /// Names of the samples.
    pub samples: Vec<String>,
}

impl Vocabulary {
    /// The names of a session as it is now.
    pub fn of(session: &Session) -> Self {
        let mut branches: Vec<KnownBranch> = Vec::new();
        let mut places: HashMap<Arc<str>, usize> = HashMap::new();
        for sample in &session.samples {
            let Some(table) = sample.tables.first() else { continue };
            for branch in &table.info().branches {
                if let Some(place) = places.get(&branch.name) {
                    branches[*place].samples.push(sample.name.clone());
                    continue;
                }
                places.insert(Arc::clone(&branch.name), branches.len());
                branches.push(KnownBranch {
                    name: Arc::clone(&branch.name),
                    said: branch.type_name.clone(),
                    column_type: branch.column_type.clone(),
                    samples: vec![sample.name.clone()],
                });
            }
        }
        branches.extend(new_branches(session));
        Self { branches, samples: session.samples.iter().map(|sample| sample.name.clone()).collect() }
    }

    /// A branch by its name.
    pub fn branch(&self, name: &str) -> Option<&KnownBranch> {
        // The newest definition counts.
        self.branches.iter().rev().find(|branch| &*branch.name == name)
    }
}

fn new_branches(session: &Session) -> Vec<KnownBranch> {
    let Ok(selection) = session.steps.selection() else { return Vec::new() };
    let Some(table) =
        session.samples.iter().find(|sample| sample.is_selected()).and_then(|sample| sample.tables.first())
    else {
        return Vec::new();
    };
    let Ok(checked) = selection.check(&table.info().readable_branches()) else { return Vec::new() };
    let said = |name: &str| {
        let line =
            session.steps.lines().iter().rev().find(|line| {
                line.split_once('=').is_some_and(|(head, _)| head.trim().trim_matches('`') == name)
            });
        line.map_or_else(|| "new branch".to_string(), |line| format!("%define {line}"))
    };
    selection
        .new_branches()
        .filter_map(|name| {
            let (own, column_type) = checked.output_branches().iter().find(|(own, _)| &**own == name)?;
            Some(KnownBranch {
                name: Arc::clone(own),
                said: said(name),
                column_type: Ok(*column_type),
                samples: session.samples.iter().map(|sample| sample.name.clone()).collect(),
            })
        })
        .collect()
}
