//! `mlaas4hep matrix`: the chunks that training would see, as `NumPy` files.

use super::workflow::{read_format, read_parameters};
use crate::console::Console;
use crate::failure::{self, Kind};
use crate::image_options::ImageOptions;
use crate::log_lines::LogLines;
use crate::npy;
use crate::shared;
use crate::write_file::{self, Folder};
use anyhow::Context;
use event_matrix::{ChunkRule, ChunkTarget, Compat, ImageLayout, MatrixValue, MixSettings, RowOrder};
use network::{NetworkDescription, Task};
use plots::{Figure, Style};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use training_pipeline::{
    Labels, ModelRequest, OpenedTables, PipelineRequest, Prepared, mix_settings, name_list, prepare_with,
    read_selection,
};

/// Write the normalised, padded chunks as `NumPy` files.
///
/// For each chunk: matrix-NNNN.npy (events x columns; NaN where an event has no value), mask-NNNN.npy (1 = padded) and
/// labels-NNNN.npy; once: columns.json with the names and scalings of the columns, global-specs.json, and
/// specs-NAME.json for each file. With --compat the chunks are the
/// original's: its proportions, its order of files and columns; with --dtype f64 to the last bit. The original leaves
/// some events out when files are mixed; so does --compat, and says how many.
#[derive(clap::Args)]
pub(crate) struct Matrix {
    /// Input files: a text file with one name a line, or names with commas.
    #[arg(long)]
    files: String,
    /// Labels in the order of the files: a text file with one a line, labels with commas, or the name of a branch.
    #[arg(long)]
    labels: String,
    /// Parameters (docs/parameters.md).
    #[arg(long, default_value = "params.json")]
    params: PathBuf,
    /// New branches and cuts.
    #[arg(long)]
    preproc: Option<PathBuf>,
    /// Specs to use instead of the first pass.
    #[arg(long)]
    specs: Option<PathBuf>,
    /// Type of the numbers in the matrix.
    #[arg(long, value_parser = ["f32", "f64"], default_value = "f32")]
    dtype: String,
    /// Give the chunks of this generation of the original. Without it: every event once, mixed at random.
    #[arg(long, value_parser = ["master", "uproot4"])]
    compat: Option<String>,
    /// Format of the input files, where their names do not tell.
    #[arg(long, value_name = "json|csv|parquet|root")]
    input_type: Option<String>,
    /// Folder for the output; made where it does not exist.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    image: ImageOptions,
}

impl Matrix {
    /// Writes the chunks.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let out = self.out.join("columns.json");
        let given = [&self.preproc, &self.specs].into_iter().flatten().map(PathBuf::as_path);
        write_file::check(&out, Folder::IsMade, given.chain([&*self.params]))?;
        let image = self.image.layout().map_err(failure::of(Kind::Settings))?;
        write_file::make_folder(&self.out)?;
        let request = self.request(console).map_err(failure::of(Kind::Settings))?;
        let mut lines = LogLines::new(request.parameters.verbosity);
        let mix = self.mix(&request);
        let prepared = prepare_with(&request, mix, &mut |event| lines.show(event, console))
            .map_err(failure::of_pipeline)?;
        if self.compat.is_some() && request.parameters.n_events.is_none() {
            note_lost_events(&prepared, console);
        }
        let mut columns = json!({ "columns": prepared.layout.column_names(), "layout": &*prepared.layout });
        if let Some(image) = &image {
            for name in [&image.x.branch, &image.y.branch].into_iter().chain(&image.value) {
                prepared.specs.branch(name).map_err(|error| failure::of_pipeline(error.into()))?;
            }
            columns["image"] = json!(image);
        }
        write_file::write(&out, columns.to_string().as_bytes())?;
        let written = if self.dtype == "f64" {
            write_chunks::<f64>(prepared, image.as_ref(), &self.out, console)?
        } else {
            write_chunks::<f32>(prepared, image.as_ref(), &self.out, console)?
        };
        let figure =
            image.and_then(|image| self.image.picture(&image, &written.sum_of_images, written.n_rows));
        if let Some(figure) = figure {
            write_file::write(&self.out.join("image.svg"), figure.to_svg(&Style::default()).as_bytes())?;
        }
        console.line(&format!("wrote {} chunk(s) to {}", written.n_chunks, self.out.display()));
        Ok(ExitCode::SUCCESS)
    }

    fn request(&self, console: &mut Console) -> anyhow::Result<PipelineRequest> {
        let opener = shared::opener();
        let files = name_list::read_files(&self.files, false, &opener).map_err(failure::of_pipeline)?;
        let labels = name_list::read(&self.labels, &opener)
            .with_context(|| format!("cannot read the list {}", self.labels))?;
        let mut parameters = read_parameters(&self.params, console)?;
        if let Some(compat) = &self.compat {
            parameters.compat = if compat == "uproot4" { Compat::Uproot4 } else { Compat::Master };
        }
        let labels = Labels::said(labels, files.len());
        Ok(PipelineRequest {
            opened: OpenedTables::default(),
            model: ModelRequest::Network(any_network(&labels)),
            labels,
            files,
            selection: self.preproc.as_deref().map(|path| read_selection(path, &opener)).transpose()?,
            parameters,
            specs: self.specs.clone(),
            format: self.input_type.as_deref().map(read_format).transpose()?.flatten(),
            out: None,
            folder: self.out.clone(),
            opener,
            created: String::new(),
        })
    }

    fn mix(&self, request: &PipelineRequest) -> MixSettings {
        let mut mix = mix_settings(request, Task::Regression);
        mix.split = None;
        if self.compat.is_some() {
            mix.rule = ChunkRule::Original;
            mix.order = RowOrder::FileAfterFile;
        }
        mix
    }
}

/// The original ends with the chunk in which a file would come to its end; what is left of the files before it is lost.
fn note_lost_events(prepared: &Prepared, console: &mut Console) {
    // A file without events is no sample of the mixer.
    let samples = prepared.samples.iter().zip(&prepared.n_events).filter(|(_, n_events)| **n_events > 0);
    for ((sample, n_events), n_used) in samples.zip(prepared.mixer.plan().n_used()) {
        let (name, n_lost) = (&sample.input.file, n_events.saturating_sub(n_used));
        if n_lost > 0 {
            console.message(&format!(
                "{name}: {n_lost} of {n_events} events are in no chunk, as in the original; without --compat all are"
            ));
        }
    }
}

/// Labels are taken as they are: no model says which of them are classes. Words become classes in the order in which
/// they come up.
fn any_network(labels: &Labels) -> NetworkDescription {
    let words: std::collections::BTreeSet<&String> = match labels {
        Labels::PerFile(words) if words.iter().any(|word| word.parse::<f64>().is_err()) => {
            words.iter().collect()
        }
        _ => std::collections::BTreeSet::new(),
    };
    let task = match words.len() {
        0 => Task::Regression,
        1 | 2 => Task::Binary,
        n_classes => Task::Classes(n_classes),
    };
    NetworkDescription {
        layers: Vec::new(),
        task,
        loss: None,
        mask: network::MaskUse::Zero,
        optimizer: network::Optimizer::default(),
    }
}

/// Room for a chunk; an error where one wide event makes all rows wider than memory.
fn zeros<T: Clone + Default>(n_rows: usize, n_columns: usize) -> anyhow::Result<Vec<T>> {
    let refuse = || {
        format!(
            "a chunk of {n_rows} events and {n_columns} columns does not fit into memory; set `chunk_size` or `width_cap`"
        )
    };
    let n_places = n_rows.checked_mul(n_columns).with_context(refuse)?;
    let mut places = Vec::new();
    places.try_reserve_exact(n_places).with_context(refuse)?;
    places.resize(n_places, T::default());
    Ok(places)
}

/// What was written.
#[derive(Default)]
struct Written {
    n_chunks: usize,
    n_rows: usize,
    /// The pixels of all images, one on the other; empty without images.
    sum_of_images: Vec<f64>,
}

fn write_chunks<T: MatrixValue + npy::Element>(
    mut prepared: Prepared,
    image: Option<&ImageLayout>,
    folder: &Path,
    console: &mut Console,
) -> anyhow::Result<Written> {
    let (max_rows, n_columns) = (prepared.mixer.max_rows(), prepared.layout.n_columns());
    let n_pixels = image.map_or(0, ImageLayout::n_pixels);
    let (mut values, mut mask) = (zeros::<T>(max_rows, n_columns)?, zeros::<u8>(max_rows, n_columns)?);
    let (mut labels, mut weights) = (vec![0.0_f32; max_rows], vec![0.0_f32; max_rows]);
    let mut pixels = zeros::<f32>(max_rows, n_pixels)?;
    let mut written = Written { sum_of_images: vec![0.0; n_pixels], ..Written::default() };
    loop {
        let target =
            ChunkTarget { values: &mut values, mask: &mut mask, labels: &mut labels, weights: &mut weights };
        let filled = match image {
            Some(image) => prepared.mixer.next_chunk_with_images(target, image, &mut pixels),
            None => prepared.mixer.next_chunk(target),
        };
        let Some(filled) = filled.map_err(|error| failure::of_pipeline(error.into()))? else { break };
        let n_rows = filled.n_rows();
        let [matrix_path, mask_path, labels_path, image_path] = chunk_paths(folder, written.n_chunks);
        npy::write(&matrix_path, &[n_rows, n_columns], &values[..n_rows * n_columns])?;
        npy::write(&mask_path, &[n_rows, n_columns], &mask[..n_rows * n_columns])?;
        npy::write(&labels_path, &[n_rows], &labels[..n_rows])?;
        if let Some(image) = image {
            let drawn = &pixels[..n_rows * n_pixels];
            npy::write(&image_path, &[n_rows, image.y.n_bins, image.x.n_bins], drawn)?;
            add_images(drawn, &mut written.sum_of_images);
        }
        console.line(&format!("x_mask chunk of ({n_rows}, {n_columns}) shape"));
        (written.n_chunks, written.n_rows) = (written.n_chunks + 1, written.n_rows + n_rows);
        anyhow::ensure!(
            !crate::console::is_stopped(),
            "stopped on request; the chunks written so far are complete"
        );
    }
    remove_left_over(folder, written.n_chunks, image.is_some())?;
    Ok(written)
}

fn add_images(drawn: &[f32], sum: &mut [f64]) {
    for picture in drawn.chunks_exact(sum.len().max(1)) {
        sum.iter_mut().zip(picture).for_each(|(sum, pixel)| *sum += f64::from(*pixel));
    }
}

fn chunk_paths(folder: &Path, number: usize) -> [PathBuf; 4] {
    ["matrix", "mask", "labels", "image"].map(|kind| folder.join(format!("{kind}-{number:04}.npy")))
}

/// Removes what an earlier run left in the folder: chunks beyond the last one, and images that are not asked for now.
fn remove_left_over(folder: &Path, n_chunks: usize, has_images: bool) -> anyhow::Result<()> {
    let mut unwanted: Vec<PathBuf> = vec![];
    if !has_images {
        unwanted.extend((0..n_chunks).map(|number| chunk_paths(folder, number)[3].clone()));
    }
    for number in n_chunks.. {
        let paths = chunk_paths(folder, number);
        if !paths.iter().any(|path| path.is_file()) {
            break;
        }
        unwanted.extend(paths);
    }
    for path in unwanted.iter().filter(|path| path.is_file()) {
        std::fs::remove_file(path)
            .with_context(|| format!("cannot remove {} of an earlier run", path.display()))
            .map_err(failure::of(Kind::Output))?;
    }
    Ok(())
}
