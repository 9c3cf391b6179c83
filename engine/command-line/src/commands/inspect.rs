//! `mlaas4hep inspect FILE`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use anyhow::Context;
use event_columns::{BranchInfo, EventTable, TableInfo};
use root_file::{FileEntry, RootFile};
use serde_json::{Value, json};
use std::process::ExitCode;
use text_table::{TextTable, human_bytes};

/// Show what is in a file: trees, branches, types, codecs and sizes.
///
/// For a ROOT file every object is listed, and every branch of each tree with its C++ type, its kind (flat, fixed,
/// jagged, doubly jagged, text), the sizes in the file and in memory, and its codec. A branch that cannot be read is
/// shown with the reason. CSV, JSON lines and Parquet files are shown as one tree.
#[derive(clap::Args)]
pub(crate) struct Inspect {
    /// The file to look at.
    file: String,
    /// Show only the branches of this tree (path, with or without cycle).
    #[arg(long)]
    tree: Option<String>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    /// Prints the contents.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let seen = self.look().map_err(failure::of(Kind::Input))?;
        if self.json {
            console.line(&serde_json::to_string_pretty(&seen.to_json())?);
        } else {
            seen.to_lines().iter().for_each(|line| console.line(line));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn look(&self) -> anyhow::Result<Seen> {
        let opener = shared::opener();
        let n_bytes = match opener.afar(&self.file) {
            Some(afar) => afar.facts(&self.file)?.size_bytes,
            None => {
                std::fs::metadata(&self.file).with_context(|| format!("cannot open {}", self.file))?.len()
            }
        };
        if training_pipeline::is_root_name(&self.file) {
            return self.look_into_root(n_bytes);
        }
        let table = training_pipeline::open_table(&self.file, "", None, "", &opener)?;
        let trees = vec![(None, Ok(table.info().clone()))];
        Ok(Seen { file: self.file.clone(), n_bytes, objects: Vec::new(), trees })
    }

    fn look_into_root(&self, n_bytes: u64) -> anyhow::Result<Seen> {
        let file = training_pipeline::open_root(&self.file, &shared::opener())?;
        let trees = match &self.tree {
            Some(name) => vec![(None, Ok(file.tree(name)?.info().clone()))],
            None => file.trees().map(|entry| (Some(entry.clone()), info_of(&file, entry))).collect(),
        };
        Ok(Seen { file: self.file.clone(), n_bytes, objects: file.entries().to_vec(), trees })
    }
}

fn info_of(file: &RootFile, entry: &FileEntry) -> Result<TableInfo, String> {
    file.tree(&entry.key_name()).map(|tree| tree.info().clone()).map_err(|error| error.to_string())
}

/// What was found; a tree that is damaged does not hide the others.
struct Seen {
    file: String,
    n_bytes: u64,
    objects: Vec<FileEntry>,
    trees: Vec<(Option<FileEntry>, Result<TableInfo, String>)>,
}

impl Seen {
    fn to_json(&self) -> Value {
        let objects = self.objects.iter().map(|entry| {
            json!({ "name": entry.path, "cycle": entry.cycle, "class": entry.class_name, "title": entry.title,
                "stored_bytes": entry.stored_bytes })
        });
        let trees = self.trees.iter().map(|(entry, info)| match info {
            Ok(info) => json!({ "tree": info.tree, "title": entry.as_ref().map(|entry| entry.title.clone()),
                "entries": info.n_entries, "branches": info.branches.iter().map(branch_json).collect::<Vec<_>>() }),
            Err(reason) => json!({ "tree": entry.as_ref().map(FileEntry::key_name), "problem": reason }),
        });
        json!({ "file": self.file, "bytes": self.n_bytes, "objects": objects.collect::<Vec<_>>(),
            "trees": trees.collect::<Vec<_>>() })
    }

    fn to_lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}  {}", self.file, human_bytes(self.n_bytes))];
        let others: Vec<&FileEntry> = self.objects.iter().filter(|entry| !entry.is_tree()).collect();
        if !others.is_empty() {
            lines.push(String::new());
            let mut table = TextTable::new(&["object", "class", ">in file", "title"]);
            for entry in others {
                table.row(vec![
                    entry.key_name(),
                    entry.class_name.clone(),
                    human_bytes(entry.stored_bytes),
                    entry.title.clone(),
                ]);
            }
            lines.extend(table.lines());
        }
        for (entry, info) in &self.trees {
            lines.push(String::new());
            match info {
                Ok(info) => lines.extend(tree_lines(info)),
                Err(reason) => {
                    let name = entry.as_ref().map_or_else(String::new, FileEntry::key_name);
                    lines.push(format!("tree {name} cannot be read: {reason}"));
                }
            }
        }
        lines
    }
}

fn tree_lines(info: &TableInfo) -> Vec<String> {
    let sum = |of: fn(&BranchInfo) -> u64| human_bytes(info.branches.iter().map(of).sum());
    let name = if info.tree.is_empty() { "table".to_string() } else { format!("tree {}", info.tree) };
    let mut lines = vec![format!(
        "{name}: {} events, {} branches, {} in file, {} in memory",
        info.n_entries,
        info.branches.len(),
        sum(|branch| branch.stored_bytes),
        sum(|branch| branch.decoded_bytes),
    )];
    let mut table =
        TextTable::new(&["branch", "C++ type", "kind", "values", ">in file", ">in memory", "codec"]);
    for branch in &info.branches {
        let (kind, values) = match &branch.column_type {
            Ok(column_type) => (column_type.kind().to_string(), column_type.to_string()),
            Err(reason) => ("unreadable".to_string(), reason.clone()),
        };
        let (stored, decoded) = (human_bytes(branch.stored_bytes), human_bytes(branch.decoded_bytes));
        table.row(vec![
            branch.name.to_string(),
            branch.type_name.clone(),
            kind,
            values,
            stored,
            decoded,
            branch.codec.clone(),
        ]);
    }
    lines.extend(table.lines());
    lines
}

fn branch_json(branch: &BranchInfo) -> Value {
    let mut value = json!({ "name": &*branch.name, "type": branch.type_name, "stored_bytes": branch.stored_bytes,
        "decoded_bytes": branch.decoded_bytes, "codec": branch.codec });
    match &branch.column_type {
        Ok(column_type) => {
            value["kind"] = column_type.kind().into();
            value["element"] = column_type.element.name().into();
            value["depth"] = column_type.depth.into();
            value["width"] = column_type.width.into();
        }
        Err(reason) => value["problem"] = reason.clone().into(),
    }
    value
}
