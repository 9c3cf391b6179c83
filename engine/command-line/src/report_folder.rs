//! The report beside the model: `my.mlaas4hep` gets the folder `my-report`.

use crate::console::Console;
use crate::write_file;
use branch_specs::Specs;
use plots::Style;
use report_pictures::{NamedFigure, branch_figures, report_figures};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use training_pipeline::PipelineResult;

/// Writes `report.json`, `report.txt` and one SVG picture for each figure.
pub(crate) fn write(model: &Path, result: &PipelineResult, console: &mut Console) -> anyhow::Result<()> {
    let folder = folder_of(model);
    write_file::write(&folder.join("report.json"), &serde_json::to_vec_pretty(&result.report)?)?;
    write_file::write(&folder.join("report.txt"), result.report.to_string().as_bytes())?;
    let figures = report_figures(&result.report).into_iter().chain(branch_figures(&result.specs));
    let pictures = write_figures(&folder, figures)?;
    let n_pictures = pictures.len();
    remove_older(&folder, &pictures);
    console.event("report", &serde_json::json!({ "folder": folder }));
    console.line(&format!("wrote the report and {n_pictures} pictures to {}", folder.display()));
    Ok(())
}

/// Writes a histogram of each branch.
pub(crate) fn write_branches(folder: &Path, specs: &Specs, console: &mut Console) -> anyhow::Result<()> {
    let n_pictures = write_figures(folder, branch_figures(specs).into_iter())?.len();
    console.line(&format!("wrote {n_pictures} pictures to {}", folder.display()));
    Ok(())
}

/// The file names of the pictures.
fn write_figures(
    folder: &Path,
    figures: impl Iterator<Item = NamedFigure>,
) -> anyhow::Result<BTreeSet<String>> {
    let style = Style::default();
    let mut pictures = BTreeSet::new();
    for named in figures {
        let name = format!("{}.svg", named.name);
        write_file::write(&folder.join(&name), named.figure.to_svg(&style).as_bytes())?;
        pictures.insert(name);
    }
    Ok(pictures)
}

/// Pictures of branches that a report of before had, and this one has not, would pass for its own. Those that cannot be
/// removed stay: the report itself is written.
fn remove_older(folder: &Path, pictures: &BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let is_of_branch =
            name.starts_with("branch-") && path.extension().is_some_and(|ending| ending == "svg");
        if is_of_branch && !pictures.contains(&name) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The first file that a report beside this model writes.
pub(crate) fn first_file(model: &Path) -> PathBuf {
    folder_of(model).join("report.json")
}

fn folder_of(model: &Path) -> PathBuf {
    let stem = model.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy().into_owned());
    model.with_file_name(format!("{stem}-report"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_branches_that_are_gone_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["branch-met.svg", "branch-ht.svg", "branch-notes.txt", "roc.svg", "my-branch-met.svg"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        remove_older(folder.path(), &BTreeSet::from(["branch-ht.svg".to_string()]));
        let left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let left: BTreeSet<String> = left.map(|name| name.into_string().unwrap()).collect();
        let expected = ["branch-ht.svg", "branch-notes.txt", "my-branch-met.svg", "roc.svg"];
        assert_eq!(left, expected.map(String::from).into());
    }
}
