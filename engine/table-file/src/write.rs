//! Writing: beside the file first, then renamed, so that there is never half a table.

use crate::read::failed;
use crate::{Format, TableFileError};
use event_columns::EventChunk;
use event_frame::frame_from_chunk;
use polars::frame::DataFrame;
use polars::prelude::{CsvWriter, JsonFormat, JsonWriter, ParquetWriter, SerWriter};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

type ParquetBatches = polars::io::parquet::write::BatchedWriter<BufWriter<File>>;

/// Writes a table chunk by chunk. The file has its name only after [`TableWriter::finish`]; a writer that is dropped
/// before leaves nothing behind.
pub struct TableWriter {
    path: PathBuf,
    partial: PathBuf,
    format: Format,
    output: Output,
    n_chunks: usize,
}

enum Output {
    Lines(BufWriter<File>),
    /// Parquet needs the columns before it starts.
    Waiting(File),
    Parquet(Box<ParquetBatches>),
    Finished,
}

/// Writes chunks of the same columns as one table.
///
/// In CSV and JSON lines every number reads back as the same bits, but NaN and infinite values are null in JSON.
///
/// # Errors
/// [`TableFileError`]; the file is not there then (or as it was before).
pub fn write_table(
    path: impl AsRef<Path>,
    format: Format,
    chunks: impl IntoIterator<Item = EventChunk>,
) -> Result<(), TableFileError> {
    let mut writer = TableWriter::create(path, format)?;
    for chunk in chunks {
        writer.write(&chunk)?;
    }
    writer.finish()
}

impl TableWriter {
    /// Starts a table.
    ///
    /// # Errors
    /// [`TableFileError::Io`] when the folder cannot be written.
    pub fn create(path: impl AsRef<Path>, format: Format) -> Result<Self, TableFileError> {
        let path = path.as_ref().to_path_buf();
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".partial-{}", std::process::id()));
        let partial = path.with_file_name(name);
        let file = File::create(&partial).map_err(|cause| TableFileError::Io {
            action: "write",
            path: partial.clone(),
            cause,
        })?;
        let output = match format {
            Format::Parquet => Output::Waiting(file),
            Format::Csv | Format::JsonLines => Output::Lines(BufWriter::new(file)),
        };
        Ok(Self { path, partial, format, output, n_chunks: 0 })
    }

    /// Appends the events of a chunk. All chunks have the columns of the first.
    ///
    /// # Errors
    /// [`TableFileError`]; the table cannot be finished then.
    pub fn write(&mut self, chunk: &EventChunk) -> Result<(), TableFileError> {
        if self.format == Format::Csv {
            for (name, column) in chunk.columns() {
                let column_type = column.column_type();
                if column_type.is_jagged() || column_type.width > 1 {
                    let (column, format) = (name.to_string(), self.format.name());
                    return Err(TableFileError::NestedColumn { column, column_type, format });
                }
            }
        }
        let mut frame = frame_from_chunk(chunk)
            .map_err(|cause| TableFileError::Frame { path: self.path.clone(), cause })?;
        let result = self.append(&mut frame);
        self.n_chunks += 1;
        result.map_err(|cause| failed("written", &self.path, self.format, cause))
    }

    fn append(&mut self, frame: &mut DataFrame) -> Result<(), polars::error::PolarsError> {
        if let Output::Waiting(_) = &self.output
            && let Output::Waiting(file) = std::mem::replace(&mut self.output, Output::Finished)
        {
            let batches = ParquetWriter::new(BufWriter::new(file)).batched(frame.schema())?;
            self.output = Output::Parquet(Box::new(batches));
        }
        match &mut self.output {
            Output::Parquet(batches) => batches.write_batch(frame),
            Output::Lines(file) if self.format == Format::Csv => {
                CsvWriter::new(file).include_header(self.n_chunks == 0).finish(frame)
            }
            Output::Lines(file) => {
                JsonWriter::new(file).with_json_format(JsonFormat::JsonLines).finish(frame)
            }
            Output::Waiting(_) | Output::Finished => Ok(()),
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`TableFileError`]; the file is not there then (or as it was before).
    pub fn finish(mut self) -> Result<(), TableFileError> {
        if let Output::Waiting(_) = self.output {
            let path = self.path.clone();
            self.append(&mut DataFrame::empty())
                .map_err(|cause| failed("written", &path, self.format, cause))?;
        }
        let failed_io = |cause| TableFileError::Io { action: "write", path: self.path.clone(), cause };
        match std::mem::replace(&mut self.output, Output::Finished) {
            Output::Parquet(batches) => {
                batches.finish().map_err(|cause| failed("written", &self.path, self.format, cause))?;
            }
            Output::Lines(mut file) => file.flush().map_err(failed_io)?,
            Output::Waiting(_) | Output::Finished => {}
        }
        let sync = File::open(&self.partial).and_then(|file| file.sync_all());
        sync.and_then(|()| std::fs::rename(&self.partial, &self.path)).map_err(failed_io)
    }
}

impl Drop for TableWriter {
    fn drop(&mut self) {
        // After a rename there is nothing to remove, and an unfinished table helps nobody.
        let _ = std::fs::remove_file(&self.partial);
    }
}
