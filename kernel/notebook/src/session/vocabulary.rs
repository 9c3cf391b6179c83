//! The names that can be typed, in a form that completion may read while a cell runs.

use super::Session;
use event_columns::ColumnType;
use event_selection::Statement;
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
    let said = |name: &str| {
        let defines = |statement: &&Statement| statement.selection.new_branches().any(|new| new == name);
        let statement = session.steps.statements().iter().rev().find(defines);
        statement.map_or_else(|| "new branch".to_string(), |statement| format!("%define {}", statement.said))
    };
    let mut branches: Vec<KnownBranch> = Vec::new();
    for sample in session.samples.iter().filter(|sample| sample.is_selected()) {
        let Some(table) = sample.tables.first() else { continue };
        let Ok(selection) = session.selection_of(sample) else { continue };
        let Ok(checked) = selection.check(&table.info().readable_branches()) else { continue };
        for name in selection.new_branches() {
            let known = branches.iter_mut().find(|branch| &*branch.name == name);
            let output = checked.output_branches().iter().find(|(own, _)| &**own == name);
            match (known, output) {
                (Some(branch), _) if branch.samples.contains(&sample.name) => {}
                (Some(branch), _) => branch.samples.push(sample.name.clone()),
                (None, Some((own, column_type))) => branches.push(KnownBranch {
                    name: Arc::clone(own),
                    said: said(name),
                    column_type: Ok(*column_type),
                    samples: vec![sample.name.clone()],
                }),
                (None, None) => {}
            }
        }
    }
    branches
}
