//! The report beside the model: `my.mlaas4hep` gets the folder `my-report`.

use crate::console::Console;
use crate::write_file;
use plots::Style;
use report_pictures::{branch_figures, report_figures};
use std::path::{Path, PathBuf};
use training_pipeline::PipelineResult;

/// Writes `report.json`, `report.txt` and one SVG picture for each figure.
pub(crate) fn write(model: &Path, result: &PipelineResult, console: &mut Console) -> anyhow::Result<()> {
    let folder = folder_of(model);
    write_file::write(&folder.join("report.json"), &serde_json::to_vec_pretty(&result.report)?)?;
    write_file::write(&folder.join("report.txt"), result.report.to_string().as_bytes())?;
    let style = Style::default();
    let figures = report_figures(&result.report).into_iter().chain(branch_figures(&result.specs));
    let mut n_pictures = 0;
    for named in figures {
        write_file::write(&folder.join(format!("{}.svg", named.name)), named.figure.to_svg(&style).as_bytes())?;
        n_pictures += 1;
    }
    console.line(&format!("wrote the report and {n_pictures} pictures to {}", folder.display()));
    Ok(())
}

fn folder_of(model: &Path) -> PathBuf {
    let stem = model.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy().into_owned());
    model.with_file_name(format!("{stem}-report"))
}
