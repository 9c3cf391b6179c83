//! The report beside the model: `my.mlaas4hep` gets the folder `my-report`.

use crate::console::Console;
use crate::write_file;
use branch_specs::Specs;
use plots::Style;
use report_pictures::{NamedFigure, branch_figures, report_figures};
use std::path::{Path, PathBuf};
use training_pipeline::PipelineResult;

/// Writes `report.json`, `report.txt` and one SVG picture for each figure.
pub(crate) fn write(model: &Path, result: &PipelineResult, console: &mut Console) -> anyhow::Result<()> {
    let folder = folder_of(model);
    write_file::write(&folder.join("report.json"), &serde_json::to_vec_pretty(&result.report)?)?;
    write_file::write(&folder.join("report.txt"), result.report.to_string().as_bytes())?;
    let figures = report_figures(&result.report).into_iter().chain(branch_figures(&result.specs));
    let n_pictures = write_figures(&folder, figures)?;
    console.event("report", &serde_json::json!({ "folder": folder }));
    console.line(&format!("wrote the report and {n_pictures} pictures to {}", folder.display()));
    Ok(())
}

/// Writes a histogram of each branch.
pub(crate) fn write_branches(folder: &Path, specs: &Specs, console: &mut Console) -> anyhow::Result<()> {
    let n_pictures = write_figures(folder, branch_figures(specs).into_iter())?;
    console.line(&format!("wrote {n_pictures} pictures to {}", folder.display()));
    Ok(())
}

fn write_figures(folder: &Path, figures: impl Iterator<Item = NamedFigure>) -> anyhow::Result<usize> {
    let style = Style::default();
    let mut n_pictures = 0;
    for named in figures {
        write_file::write(
            &folder.join(format!("{}.svg", named.name)),
            named.figure.to_svg(&style).as_bytes(),
        )?;
        n_pictures += 1;
    }
    Ok(n_pictures)
}

/// The first file that a report beside this model writes.
pub(crate) fn first_file(model: &Path) -> PathBuf {
    folder_of(model).join("report.json")
}

fn folder_of(model: &Path) -> PathBuf {
    let stem = model.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy().into_owned());
    model.with_file_name(format!("{stem}-report"))
}
