//! From polars to event columns.

use crate::FrameError;
use event_columns::{Column, ColumnType, ElementType, EventChunk, Piece, Slice, Values};
use polars::datatypes::DataType;
use polars::frame::DataFrame;
use polars::prelude::ArrayRef;
use polars::series::Series;
use polars_arrow::array::{Array, BooleanArray, ListArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::types::NativeType;
use polars_buffer::Buffer;

/// The event column type of a polars type; nothing for dates, structs and other types without a counterpart.
pub fn column_type_of(dtype: &DataType) -> Option<ColumnType> {
    let element = match dtype {
        DataType::List(inner) => {
            let inner = column_type_of(inner)?;
            return Some(ColumnType { depth: inner.depth + 1, ..inner });
        }
        DataType::Boolean => ElementType::Bool,
        DataType::Int8 => ElementType::I8,
        DataType::Int16 => ElementType::I16,
        DataType::Int32 => ElementType::I32,
        DataType::Int64 => ElementType::I64,
        DataType::UInt8 => ElementType::U8,
        DataType::UInt16 => ElementType::U16,
        DataType::UInt32 => ElementType::U32,
        DataType::UInt64 => ElementType::U64,
        DataType::Float32 => ElementType::F32,
        DataType::Float64 => ElementType::F64,
        DataType::String => ElementType::Text,
        _ => return None,
    };
    Some(ColumnType::flat(element))
}

/// The column behind a series, chunk by chunk. `expected` names the type to make; without it the series' own type is
/// taken. It differs from the series' type only for fixed arrays, which polars holds as lists of constant length.
/// Give the series away where you can: buffers that nobody else holds are taken over, others are copied.
///
/// # Errors
/// [`FrameError::UnsupportedType`], [`FrameError::OtherType`] and [`FrameError::MissingBesideLarge`].
pub fn column_from_series(series: Series, expected: Option<ColumnType>) -> Result<Column, FrameError> {
    let name = series.name().to_string();
    let mut series = series;
    if column_type_of(series.dtype()).is_some()
        && series.chunks().iter().any(|chunk| misses_numbers(&**chunk))
    {
        if let Some(value) = series.chunks().iter().find_map(|chunk| beyond_floats(&**chunk)) {
            return Err(FrameError::MissingBesideLarge { column: name, value });
        }
        series = series
            .cast(&with_float_elements(series.dtype()))
            .map_err(|cause| FrameError::Polars { column: name.clone(), cause })?;
    }
    let dtype = series.dtype().clone();
    let Some(column_type) = column_type_of(&dtype) else {
        return Err(FrameError::UnsupportedType { column: name, dtype: dtype.to_string() });
    };
    let chunks = series.chunks().clone();
    drop(series);
    let mut pieces = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        if !chunk.is_empty() {
            let piece = piece_from_array(column_type, chunk)
                .map_err(|cause| FrameError::Piece { column: name.clone(), cause })?;
            pieces.push(piece);
        }
    }
    let column = Column::new(column_type, pieces)
        .map_err(|cause| FrameError::Piece { column: name.clone(), cause })?;
    match expected {
        Some(expected) if expected != column_type => as_fixed(&column, expected)
            .ok_or(FrameError::OtherType { column: name, dtype: dtype.to_string(), expected }),
        _ => Ok(column),
    }
}

/// All columns of a frame, in order. The first row is entry `first_entry`.
///
/// # Errors
/// As [`column_from_series`].
pub fn chunk_from_frame(frame: DataFrame, first_entry: u64) -> Result<EventChunk, FrameError> {
    let mut chunk = EventChunk::new(first_entry, frame.height());
    for column in frame.into_columns() {
        let series = column.take_materialized_series();
        let name = series.name().to_string();
        chunk.set(name, column_from_series(series, None)?);
    }
    Ok(chunk)
}

/// Whether a number is missing at the innermost level; missing lists and texts have a form of their own.
fn misses_numbers(array: &dyn Array) -> bool {
    match array.as_any().downcast_ref::<ListArray<i64>>() {
        Some(list) => misses_numbers(&**list.values()),
        None => !array.as_any().is::<Utf8ViewArray>() && array.null_count() > 0,
    }
}

/// The first integer at the innermost level that a float cannot tell from its neighbours.
fn beyond_floats(array: &dyn Array) -> Option<i128> {
    const EXACT_BELOW: u64 = 1 << 53;
    if let Some(list) = array.as_any().downcast_ref::<ListArray<i64>>() {
        return beyond_floats(&**list.values());
    }
    if let Some(values) = array.as_any().downcast_ref::<PrimitiveArray<i64>>() {
        let large = values.iter().flatten().find(|value| value.unsigned_abs() > EXACT_BELOW);
        return large.map(|value| i128::from(*value));
    }
    let values = array.as_any().downcast_ref::<PrimitiveArray<u64>>()?;
    values.iter().flatten().find(|value| **value > EXACT_BELOW).map(|value| i128::from(*value))
}

/// The type with floats as innermost values, which can say that a number is missing.
fn with_float_elements(dtype: &DataType) -> DataType {
    match dtype {
        DataType::List(inner) => DataType::List(Box::new(with_float_elements(inner))),
        DataType::Float32 => DataType::Float32,
        _ => DataType::Float64,
    }
}

fn piece_from_array(column_type: ColumnType, array: ArrayRef) -> Result<Piece, event_columns::PieceError> {
    let mut array = array;
    let mut offsets = Vec::with_capacity(column_type.offset_levels());
    for _ in 0..column_type.depth {
        let Some(list) = array.as_any().downcast_ref::<ListArray<i64>>() else {
            return Err(event_columns::PieceError::Type { column_type });
        };
        let (own, values) = (list.offsets().buffer().clone(), list.values().clone());
        let filled = list.validity().map(|validity| empty_where_missing(&own, validity));
        drop(array);
        if let Some((filled, keep)) = filled {
            offsets.push(filled);
            array = keep_ranges(&values, &keep);
        } else {
            offsets.push(owned_slice(own));
            array = values;
        }
    }
    let values = match values_from_array(column_type.element, array) {
        Some((text_offsets, values)) => {
            offsets.extend(text_offsets);
            values
        }
        None => return Err(event_columns::PieceError::Type { column_type }),
    };
    Piece::new(column_type, offsets, values)
}

/// Offsets in which a missing list is empty, and the ranges of values that stay.
fn empty_where_missing(
    offsets: &[i64],
    validity: &polars_arrow::bitmap::Bitmap,
) -> (Slice<i64>, Vec<(usize, usize)>) {
    let mut filled = vec![0_i64];
    let mut keep = Vec::new();
    for (pair, valid) in offsets.windows(2).zip(validity.iter()) {
        let n_values = if valid { pair[1] - pair[0] } else { 0 };
        if n_values > 0 {
            keep.push((pair[0] as usize, n_values as usize));
        }
        filled.push(filled[filled.len() - 1] + n_values);
    }
    (filled.into(), keep)
}

fn keep_ranges(values: &ArrayRef, ranges: &[(usize, usize)]) -> ArrayRef {
    let parts: Vec<ArrayRef> = ranges.iter().map(|(start, len)| values.sliced(*start, *len)).collect();
    if parts.is_empty() {
        return values.sliced(0, 0);
    }
    let parts: Vec<&dyn Array> = parts.iter().map(|part| &**part).collect();
    polars_arrow::compute::concatenate::concatenate(&parts).unwrap_or_else(|_| values.sliced(0, 0))
}

type TextOffsetsAndValues = (Option<Slice<i64>>, Values);

fn values_from_array(element: ElementType, array: ArrayRef) -> Option<TextOffsetsAndValues> {
    let values = match element {
        ElementType::Text => return text_from_array(&array),
        ElementType::Bool => {
            let array = array.as_any().downcast_ref::<BooleanArray>()?;
            array.values().iter().collect::<Vec<bool>>().into()
        }
        ElementType::I8 => Values::I8(slice_from_array(array)?),
        ElementType::I16 => Values::I16(slice_from_array(array)?),
        ElementType::I32 => Values::I32(slice_from_array(array)?),
        ElementType::I64 => Values::I64(slice_from_array(array)?),
        ElementType::U8 => Values::U8(slice_from_array(array)?),
        ElementType::U16 => Values::U16(slice_from_array(array)?),
        ElementType::U32 => Values::U32(slice_from_array(array)?),
        ElementType::U64 => Values::U64(slice_from_array(array)?),
        ElementType::F32 => Values::F32(floats_from_array(array, f32::NAN)?),
        ElementType::F64 => Values::F64(floats_from_array(array, f64::NAN)?),
    };
    Some((None, values))
}

/// Floats, with NaN where one is missing.
fn floats_from_array<T: NativeType>(array: ArrayRef, nan: T) -> Option<Slice<T>> {
    if array.null_count() == 0 {
        return slice_from_array(array);
    }
    let array = array.as_any().downcast_ref::<PrimitiveArray<T>>()?;
    Some(array.iter().map(|value| value.copied().unwrap_or(nan)).collect::<Vec<T>>().into())
}

fn slice_from_array<T: NativeType>(array: ArrayRef) -> Option<Slice<T>> {
    let values = array.as_any().downcast_ref::<PrimitiveArray<T>>()?.values().clone();
    // The array holds the buffer too; without it the buffer may be ours alone.
    drop(array);
    Some(owned_slice(values))
}

/// The buffer itself where it is ours alone, else a copy.
fn owned_slice<T: Clone>(buffer: Buffer<T>) -> Slice<T> {
    match buffer.into_mut() {
        polars_arrow::Either::Right(values) => values.into(),
        polars_arrow::Either::Left(shared) => shared.as_slice().to_vec().into(),
    }
}

fn text_from_array(array: &ArrayRef) -> Option<TextOffsetsAndValues> {
    let array = array.as_any().downcast_ref::<Utf8ViewArray>()?;
    let mut offsets = vec![0_i64];
    let mut bytes = Vec::with_capacity(array.total_bytes_len());
    for text in array {
        bytes.extend_from_slice(text.unwrap_or("").as_bytes());
        offsets.push(bytes.len() as i64);
    }
    Some((Some(offsets.into()), bytes.into()))
}

/// Lists of constant length as the fixed arrays that they were; nothing when the lengths or types differ.
fn as_fixed(column: &Column, expected: ColumnType) -> Option<Column> {
    let found = column.column_type();
    if expected.width < 2 || found.element != expected.element || found.depth != expected.depth + 1 {
        return None;
    }
    let mut pieces = Vec::with_capacity(column.pieces().len());
    for piece in column.pieces() {
        let (innermost, outer) = piece.offsets().split_last()?;
        if innermost.windows(2).any(|pair| (pair[1] - pair[0]) as usize != expected.width) {
            return None;
        }
        let (first, last) = (*innermost.first()? as usize, *innermost.last()? as usize);
        let values = piece.values().slice(first..last);
        pieces.push(Piece::with_offsets(expected, outer.to_vec(), values).ok()?);
    }
    Column::new(expected, pieces).ok()
}
