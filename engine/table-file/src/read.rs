//! Reading.

use crate::{Format, TableFileError};
use event_columns::{BranchInfo, Column, EventTable, PieceAt, PieceSink, ReadError, TableInfo};
use event_frame::{FrameError, column_from_series, column_type_of};
use polars::frame::DataFrame;
use polars::io::mmap::MmapBytesReader;
use polars::prelude::{
    ArrowDataType, CsvReadOptions, DataType, JsonFormat, JsonReader, NamedFrom, ParquetReader, PolarsError,
    SerReader, Series,
};
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::HashSet;
use std::fs::File;
use std::io::{Cursor, Read};
use std::ops::Range;
use std::path::Path;

/// A table file, read whole into memory.
#[derive(Debug)]
pub struct TableFile {
    info: TableInfo,
    /// One for each branch; nothing where the branch cannot be read.
    columns: Vec<Option<Column>>,
}

impl TableFile {
    /// Reads a file in the given format, or in the one that its name says.
    ///
    /// # Errors
    /// [`TableFileError`] with file, line and column where they are known.
    pub fn open(path: impl AsRef<Path>, format: Option<Format>) -> Result<Self, TableFileError> {
        let path = path.as_ref();
        let format = known_format(path, format)?;
        let file = File::open(path).map_err(|cause| TableFileError::Io {
            action: "read",
            path: path.to_path_buf(),
            cause,
        })?;
        Self::from_reader(path, file, format)
    }

    /// Reads a table from the bytes of its file; `name` is for messages, and tells the format where none is given.
    ///
    /// # Errors
    /// As [`TableFile::open`].
    pub fn from_bytes(name: &str, bytes: Vec<u8>, format: Option<Format>) -> Result<Self, TableFileError> {
        let path = Path::new(name);
        Self::from_reader(path, Cursor::new(bytes), known_format(path, format)?)
    }

    fn from_reader(
        path: &Path,
        reader: impl MmapBytesReader,
        format: Format,
    ) -> Result<Self, TableFileError> {
        match format {
            Format::Parquet => Self::from_parquet(path, reader),
            Format::Csv => Self::from_frame(path, format, read_csv(path, read_bytes(path, reader)?)?),
            Format::JsonLines => {
                Self::from_frame(path, format, read_json_lines(path, read_bytes(path, reader)?)?)
            }
        }
    }

    fn from_parquet(path: &Path, reader: impl MmapBytesReader) -> Result<Self, TableFileError> {
        let ReadableColumns { frame, n_rows, others } = read_parquet(path, reader)?;
        let mut table = Self::from_frame(path, Format::Parquet, frame)?;
        table.info.n_entries = n_rows;
        // Rising positions, so that each column comes back to where it was.
        for (position, name, type_name) in others {
            let reason = no_counterpart(&type_name);
            table.info.branches.insert(
                position,
                BranchInfo {
                    name: name.into(),
                    type_name,
                    column_type: Err(reason),
                    stored_bytes: 0,
                    decoded_bytes: 0,
                    codec: String::new(),
                },
            );
            table.columns.insert(position, None);
        }
        Ok(table)
    }

    fn from_frame(path: &Path, format: Format, frame: DataFrame) -> Result<Self, TableFileError> {
        let mut info = TableInfo {
            source: path.display().to_string(),
            tree: String::new(),
            n_entries: frame.height() as u64,
            branches: Vec::new(),
        };
        let mut columns = Vec::new();
        for column in frame.into_columns() {
            let mut series = column.take_materialized_series();
            if format == Format::Csv {
                series = numbers_of_text(series).map_err(|cause| failed("read", path, format, cause))?;
            }
            series = floats_of_nothing(series).map_err(|cause| failed("read", path, format, cause))?;
            let (name, dtype) = (series.name().to_string(), series.dtype().clone());
            let stray = if format == Format::Csv { stray_cell(&series) } else { None };
            let readable = match stray {
                Some(reason) => Err(reason),
                None => column_type_of(&dtype).ok_or_else(|| no_counterpart(&dtype.to_string())),
            };
            let column = match readable.map(|_| column_from_series(series, None)) {
                Ok(Ok(column)) => Ok(column),
                Ok(Err(cause @ FrameError::MissingBesideLarge { .. })) => Err(cause.to_string()),
                Ok(Err(cause)) => return Err(TableFileError::Frame { path: path.to_path_buf(), cause }),
                Err(reason) => Err(reason),
            };
            info.branches.push(BranchInfo {
                name: name.as_str().into(),
                type_name: dtype.to_string(),
                // Missing numbers have turned integers into floats by now.
                column_type: column.as_ref().map(Column::column_type).map_err(Clone::clone),
                stored_bytes: 0,
                decoded_bytes: column.as_ref().map_or(0, Column::buffer_bytes) as u64,
                codec: String::new(),
            });
            columns.push(column.ok());
        }
        Ok(Self { info, columns })
    }
}

impl EventTable for TableFile {
    fn info(&self) -> &TableInfo {
        &self.info
    }

    fn visit(&self, branches: &[usize], entries: Range<u64>, sink: PieceSink<'_>) -> Result<(), ReadError> {
        let end = entries.end.min(self.info.n_entries);
        let start = entries.start.min(end);
        for &branch in branches {
            self.info.readable_type(branch)?;
            let Some(column) = &self.columns[branch] else { continue };
            let mut first_entry = start;
            for piece in column.slice(start as usize..end as usize).pieces() {
                if sink(PieceAt { branch, first_entry, piece: piece.clone() }).is_break() {
                    return Err(ReadError::Stopped);
                }
                first_entry += piece.n_entries() as u64;
            }
        }
        Ok(())
    }
}

fn known_format(path: &Path, format: Option<Format>) -> Result<Format, TableFileError> {
    let format = format.or_else(|| Format::from_path(path));
    format.ok_or_else(|| TableFileError::UnknownFormat { path: path.to_path_buf() })
}

pub(crate) fn failed(
    action: &'static str,
    path: &Path,
    format: Format,
    cause: PolarsError,
) -> TableFileError {
    // A full disk is no matter of the format; polars shares the error, so that only its words can be kept.
    if let PolarsError::IO { error, .. } = &cause {
        let action = if action == "written" { "write" } else { "read" };
        let cause = std::io::Error::new(error.kind(), error.to_string());
        return TableFileError::Io { action, path: path.to_path_buf(), cause };
    }
    TableFileError::Polars { action, path: path.to_path_buf(), format: format.name(), cause }
}

/// The bytes of a file, decompressed where its name ends with `.gz` or `.bz2`.
fn read_bytes(path: &Path, file: impl Read) -> Result<Vec<u8>, TableFileError> {
    let failed = |cause| TableFileError::Io { action: "read", path: path.to_path_buf(), cause };
    let mut bytes = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase).as_deref() {
        Some("gz") => flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes),
        Some("bz2") => bzip2::read::MultiBzDecoder::new(file).read_to_end(&mut bytes),
        _ => std::io::BufReader::new(file).read_to_end(&mut bytes),
    }
    .map_err(failed)?;
    Ok(bytes)
}

fn no_counterpart(type_name: &str) -> String {
    format!("a column of {type_name} is no number, text or list of them; write it as one of these")
}

/// The columns of a Parquet file that can be read, and the others.
struct ReadableColumns {
    frame: DataFrame,
    n_rows: u64,
    /// Position, name and type, with rising positions.
    others: Vec<(usize, String, String)>,
}

/// Asks the file's schema first: polars panics at a type that it was built without.
fn read_parquet(path: &Path, reader: impl MmapBytesReader) -> Result<ReadableColumns, TableFileError> {
    let failed = |cause| failed("read", path, Format::Parquet, cause);
    let mut reader = ParquetReader::new(reader);
    let schema = reader.schema().map_err(failed)?;
    let n_rows = reader.num_rows().map_err(failed)? as u64;
    let (mut readable, mut others) = (Vec::new(), Vec::new());
    for (position, field) in schema.iter_values().enumerate() {
        if has_counterpart(field.dtype()) {
            readable.push(position);
        } else {
            others.push((position, field.name.to_string(), format!("{:?}", field.dtype())));
        }
    }
    let frame = if readable.is_empty() {
        DataFrame::empty()
    } else {
        reader.with_projection(Some(readable)).finish().map_err(failed)?
    };
    Ok(ReadableColumns { frame, n_rows, others })
}

fn has_counterpart(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as Type;
    if let Type::List(inner) | Type::LargeList(inner) = dtype {
        return has_counterpart(inner.dtype());
    }
    let is_text = matches!(dtype, Type::Utf8 | Type::LargeUtf8 | Type::Utf8View);
    let is_signed = matches!(dtype, Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64);
    let is_unsigned = matches!(dtype, Type::UInt8 | Type::UInt16 | Type::UInt32 | Type::UInt64);
    is_text || is_signed || is_unsigned || matches!(dtype, Type::Boolean | Type::Float32 | Type::Float64)
}

fn read_csv(path: &Path, bytes: Vec<u8>) -> Result<DataFrame, TableFileError> {
    if let Some((line, column, reason)) = broken_csv_line(&bytes) {
        return Err(TableFileError::Line { path: path.to_path_buf(), line, column, reason });
    }
    let failed = |cause| failed("read", path, Format::Csv, cause);
    // A file without a byte is refused below.
    if !bytes.is_empty()
        && let Some((column, reason)) = doubled_csv_column(&bytes).map_err(failed)?
    {
        return Err(TableFileError::Line { path: path.to_path_buf(), line: 1, column, reason });
    }
    // All rows are looked at before a type is chosen: a column of integers may end with a fraction.
    let options = CsvReadOptions::default().with_has_header(true).with_infer_schema_length(None);
    options.into_reader_with_file_handle(Cursor::new(bytes)).finish().map_err(failed)
}

/// The cell of a column that the header names for the second time: polars would give it a name of its own.
fn doubled_csv_column(bytes: &[u8]) -> Result<Option<(usize, String)>, PolarsError> {
    let options = CsvReadOptions::default().with_has_header(false).with_n_rows(Some(1));
    let options = options.with_infer_schema_length(Some(0));
    let header = options.into_reader_with_file_handle(Cursor::new(bytes)).finish()?;
    let mut seen = HashSet::new();
    for (position, column) in header.columns().iter().enumerate() {
        let name = column.get(0)?.str_value().into_owned();
        if let Some(twice) = seen.replace(name) {
            return Ok(Some((position + 1, format!("the header names the column `{twice}` twice"))));
        }
    }
    Ok(None)
}

/// The first line with another number of cells than the header.
fn broken_csv_line(bytes: &[u8]) -> Option<(usize, usize, String)> {
    let mut n_header_cells = None;
    let (mut line, mut first_line, mut n_cells, mut in_quotes, mut is_blank) = (1, 1, 1, false, true);
    for byte in bytes.iter().chain(std::iter::once(&b'\n')) {
        match byte {
            b'"' => (in_quotes, is_blank) = (!in_quotes, false),
            b',' if !in_quotes => (n_cells, is_blank) = (n_cells + 1, false),
            b'\n' => {
                line += 1;
                if in_quotes {
                    continue;
                }
                let expected = *n_header_cells.get_or_insert(n_cells);
                if n_cells != expected && !is_blank {
                    let reason = format!("{n_cells} cells where the header has {expected}");
                    return Some((first_line, n_cells.min(expected + 1), reason));
                }
                (first_line, n_cells, is_blank) = (line, 1, true);
            }
            b'\r' | b' ' => {}
            _ => is_blank = false,
        }
    }
    in_quotes.then(|| (first_line, n_cells, "a quoted cell has no closing quote".to_string()))
}

fn read_json_lines(path: &Path, bytes: Vec<u8>) -> Result<DataFrame, TableFileError> {
    if let Some((line, column, reason)) = broken_json_line(&bytes) {
        return Err(TableFileError::Line { path: path.to_path_buf(), line, column, reason });
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(DataFrame::empty());
    }
    let frame = JsonReader::new(Cursor::new(bytes))
        .with_json_format(JsonFormat::JsonLines)
        .infer_schema_len(None)
        .finish()
        .map_err(|cause| failed("read", path, Format::JsonLines, cause))?;
    let mut names: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    names.sort();
    frame.select(names).map_err(|cause| failed("read", path, Format::JsonLines, cause))
}

/// The first line that is no JSON object. Checked beforehand, because polars does not say where it stumbled.
fn broken_json_line(bytes: &[u8]) -> Option<(usize, usize, String)> {
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if line.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Some((number + 1, 1, "a line must be one JSON object {..}".to_string()));
        }
        if let Err(error) = serde_json::from_slice::<DistinctKeys>(line) {
            let reason = error.to_string();
            // Its own place counts from the start of this line.
            let reason = reason.rsplit_once(" at line ").map_or(&*reason, |(reason, _)| reason);
            return Some((number + 1, error.column(), reason.to_string()));
        }
        if let Some(column) = too_large_integer(line) {
            let reason =
                "a whole number beyond 64 bits with a sign; write it as text, or with a point".to_string();
            return Some((number + 1, column + 1, reason));
        }
    }
    None
}

/// A JSON object that names no key twice: polars would keep one of the values and say nothing.
struct DistinctKeys;

impl<'de> Deserialize<'de> for DistinctKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = DistinctKeys;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DistinctKeys, A::Error> {
                let mut keys = HashSet::new();
                while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
                    if let Some(twice) = keys.replace(key) {
                        return Err(A::Error::custom(format!(
                            "the key `{twice}` stands twice in this object"
                        )));
                    }
                }
                Ok(DistinctKeys)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// Where a whole number stands in a line of JSON that does not fit an `i64`: polars has no type for it.
fn too_large_integer(line: &[u8]) -> Option<usize> {
    let (mut position, mut in_text) = (0, false);
    while let Some(byte) = line.get(position) {
        match byte {
            b'\\' if in_text => position += 1,
            b'"' => in_text = !in_text,
            b'-' | b'0'..=b'9' if !in_text => {
                let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let length = line[position..].iter().take_while(|byte| is_part(byte)).count();
                let token = std::str::from_utf8(&line[position..position + length]).unwrap_or_default();
                if !token.contains(['.', 'e', 'E']) && token.parse::<i64>().is_err() {
                    return Some(position);
                }
                position += length - 1;
            }
            _ => {}
        }
        position += 1;
    }
    None
}

/// A column of text whose every cell is a number, `nan` and `inf` in any spelling among them, as numbers: numpy writes
/// them in lower case, which the CSV reader takes for words.
fn numbers_of_text(series: Series) -> Result<Series, PolarsError> {
    if series.dtype() != &DataType::String || series.null_count() == series.len() {
        return Ok(series);
    }
    let cells = series.str()?.iter();
    // A cell that is no number makes the whole column no numbers.
    let numbers: Option<Vec<f64>> = cells.map(|cell| cell.map_or(Some(f64::NAN), number_in)).collect();
    Ok(match numbers {
        Some(numbers) => Series::new(series.name().clone(), numbers),
        None => series,
    })
}

fn number_in(cell: &str) -> Option<f64> {
    cell.trim().parse().ok()
}

/// Why a column of text is none: most of its cells are numbers, and one is not. It would go as text, and be no feature,
/// without a word.
fn stray_cell(series: &Series) -> Option<String> {
    let is_number = |cell: &str| number_in(cell).is_some();
    let cells = series.str().ok()?;
    let (n_cells, n_numbers) = cells
        .iter()
        .flatten()
        .fold((0, 0), |(n_cells, n_numbers), cell| (n_cells + 1, n_numbers + usize::from(is_number(cell))));
    let stray = cells.iter().position(|cell| cell.is_some_and(|cell| !is_number(cell)))?;
    let said: String = cells.get(stray)?.chars().take(40).collect();
    (2 * n_numbers > n_cells).then(|| {
        let row = stray + 1;
        format!("{n_numbers} of {n_cells} cells are numbers, and row {row} holds `{said}`: mend such cells, or leave them empty")
    })
}

/// A column without a single value has no type: numbers that are missing, or lists that are empty.
fn floats_of_nothing(series: Series) -> Result<Series, PolarsError> {
    fn typed(dtype: &DataType) -> Option<DataType> {
        match dtype {
            DataType::Null => Some(DataType::Float64),
            DataType::List(inner) => typed(inner).map(|inner| DataType::List(Box::new(inner))),
            _ => None,
        }
    }
    match typed(series.dtype()) {
        Some(dtype) => series.cast(&dtype),
        None => Ok(series),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_said() {
        let full = std::io::Error::from_raw_os_error(28);
        let error = failed("written", Path::new("scores.csv"), Format::Csv, full.into());
        assert!(matches!(error, TableFileError::Io { action: "write", .. }));
        assert_eq!(
            error.to_string(),
            "could not write \"scores.csv\": No space left on device (os error 28)"
        );
    }
}
