//! From event columns to polars.

use crate::FrameError;
use event_columns::{Column, ColumnType, ElementType, EventChunk, Number, Piece, Slice, Values};
use polars::datatypes::{ArrowDataType, PlSmallStr};
use polars::frame::DataFrame;
use polars::prelude::ArrayRef;
use polars::series::Series;
use polars_arrow::array::{BooleanArray, ListArray, PrimitiveArray, Utf8Array};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::offset::OffsetsBuffer;
use polars_arrow::types::NativeType;
use polars_buffer::Buffer;

/// The column as polars sees it: every piece one chunk, sharing its buffers.
///
/// # Errors
/// [`FrameError::Polars`] when polars refuses the buffers.
pub fn series_from_column(name: &str, column: &Column) -> Result<Series, FrameError> {
    let failed = |cause| FrameError::Polars { column: name.to_string(), cause };
    let mut chunks = Vec::with_capacity(column.pieces().len().max(1));
    for piece in column.pieces() {
        chunks.push(array_from_piece(piece).map_err(failed)?);
    }
    if chunks.is_empty() {
        chunks.push(array_from_piece(&Piece::empty(column.column_type())).map_err(failed)?);
    }
    Series::try_from((PlSmallStr::from_str(name), chunks)).map_err(failed)
}

/// All columns of a chunk, in order.
///
/// # Errors
/// As [`series_from_column`].
pub fn frame_from_chunk(chunk: &EventChunk) -> Result<DataFrame, FrameError> {
    let mut columns = Vec::with_capacity(chunk.names().len());
    for (name, column) in chunk.columns() {
        columns.push(series_from_column(name, column)?.into());
    }
    DataFrame::new(chunk.n_entries(), columns)
        .map_err(|cause| FrameError::Polars { column: "of the whole chunk".to_string(), cause })
}

/// A column taken apart for arithmetic: the structure of its lists, and all innermost values in one series.
#[derive(Clone, Debug)]
pub struct Elements {
    /// For each level of lists, outermost first, one offset more than there are lists, starting at 0.
    /// A fixed array counts as one more level, of constant length.
    pub offsets: Vec<Slice<i64>>,
    /// The values that the offsets reach, no more, each piece one chunk of the series.
    pub values: Series,
}

/// Takes a column of numbers apart. Values are shared; offsets are shared where they start at 0 in one piece.
///
/// # Errors
/// [`FrameError::OtherType`] for text, [`FrameError::Polars`] when polars refuses the buffers.
pub fn elements_of_column(name: &str, column: &Column) -> Result<Elements, FrameError> {
    let column_type = column.column_type();
    if column_type.element == ElementType::Text {
        let expected = ColumnType::flat(ElementType::F64);
        return Err(FrameError::OtherType { column: name.to_string(), dtype: "text".to_string(), expected });
    }
    let failed = |cause| FrameError::Polars { column: name.to_string(), cause };
    let mut chunks = Vec::with_capacity(column.pieces().len().max(1));
    for piece in column.pieces() {
        chunks.push(array_from_values(&piece.values().slice(piece.value_range())));
    }
    if chunks.is_empty() {
        chunks.push(array_from_values(&Values::empty(column_type.element)));
    }
    let values = Series::try_from((PlSmallStr::from_str(name), chunks)).map_err(failed)?;
    let mut offsets: Vec<Slice<i64>> =
        (0..column_type.depth).map(|level| joined_offsets(column, level)).collect();
    if column_type.width > 1 {
        let n_elements = values.len() / column_type.width;
        offsets.push(constant_offsets(n_elements, column_type.width));
    }
    Ok(Elements { offsets, values })
}

fn constant_offsets(n_lists: usize, width: usize) -> Slice<i64> {
    (0..=n_lists).map(|list| (list * width) as i64).collect::<Vec<i64>>().into()
}

/// The offsets of one level over all pieces, starting at 0.
fn joined_offsets(column: &Column, level: usize) -> Slice<i64> {
    if let [piece] = column.pieces() {
        let own = level_of_piece(piece, level);
        if own.first() == Some(&0) {
            return own;
        }
    }
    let mut joined = vec![0_i64];
    let mut base = 0;
    for piece in column.pieces() {
        let own = level_of_piece(piece, level);
        let first = own.first().copied().unwrap_or(0);
        joined.extend(own.iter().skip(1).map(|offset| base + offset - first));
        base = joined[joined.len() - 1];
    }
    joined.into()
}

/// The offsets of one level of a piece, of its own lists only.
fn level_of_piece(piece: &Piece, level: usize) -> Slice<i64> {
    let (mut start, mut end) = (0, piece.n_entries());
    for outer in piece.offsets().iter().take(level) {
        (start, end) = (outer[start] as usize, outer[end] as usize);
    }
    piece.offsets()[level].slice(start..end + 1)
}

fn array_from_piece(piece: &Piece) -> Result<ArrayRef, polars::error::PolarsError> {
    let column_type = piece.column_type();
    let mut levels = piece.offsets();
    let mut array = match (column_type.element, levels.split_last()) {
        (ElementType::Text, Some((bytes_of_text, outer))) => {
            levels = outer;
            text_array(bytes_of_text, piece.values())?
        }
        _ => array_from_values(piece.values()),
    };
    if column_type.width > 1 {
        let offsets = constant_offsets(array.len() / column_type.width, column_type.width);
        array = list_array(&offsets, array)?;
    }
    for offsets in levels.iter().rev() {
        array = list_array(offsets, array)?;
    }
    Ok(array)
}

fn list_array(offsets: &Slice<i64>, values: ArrayRef) -> Result<ArrayRef, polars::error::PolarsError> {
    let offsets = OffsetsBuffer::<i64>::try_from(shared_buffer(offsets))?;
    let dtype = ListArray::<i64>::default_datatype(values.dtype().clone());
    Ok(ListArray::<i64>::try_new(dtype, offsets, values, None)?.boxed())
}

/// Strings as polars likes them. Invalid UTF-8 is rare and replaced in a copy.
fn text_array(offsets: &Slice<i64>, values: &Values) -> Result<ArrayRef, polars::error::PolarsError> {
    let Some(bytes) = u8::of(values) else {
        return Err(polars::error::PolarsError::SchemaMismatch("the bytes of text are not bytes".into()));
    };
    let buffer = OffsetsBuffer::<i64>::try_from(shared_buffer(offsets))?;
    let array = Utf8Array::<i64>::try_new(ArrowDataType::LargeUtf8, buffer, shared_buffer(bytes), None)
        .unwrap_or_else(|_| {
            let text = |pair: &[i64]| String::from_utf8_lossy(&bytes[pair[0] as usize..pair[1] as usize]);
            Utf8Array::<i64>::from_iter_values(offsets.windows(2).map(text))
        });
    Ok(polars::polars_compute::cast::utf8_to_utf8view(&array).boxed())
}

fn array_from_values(values: &Values) -> ArrayRef {
    match values {
        Values::Bool(slice) => {
            BooleanArray::new(ArrowDataType::Boolean, Bitmap::from(&slice[..]), None).boxed()
        }
        Values::I8(slice) => primitive_array(slice),
        Values::I16(slice) => primitive_array(slice),
        Values::I32(slice) => primitive_array(slice),
        Values::I64(slice) => primitive_array(slice),
        Values::U8(slice) => primitive_array(slice),
        Values::U16(slice) => primitive_array(slice),
        Values::U32(slice) => primitive_array(slice),
        Values::U64(slice) => primitive_array(slice),
        Values::F32(slice) => primitive_array(slice),
        Values::F64(slice) => primitive_array(slice),
    }
}

fn primitive_array<T: NativeType>(slice: &Slice<T>) -> ArrayRef {
    PrimitiveArray::<T>::new(T::PRIMITIVE.into(), shared_buffer(slice), None).boxed()
}

fn shared_buffer<T: Send + Sync + 'static>(slice: &Slice<T>) -> Buffer<T> {
    struct Owner<T>(Slice<T>);
    impl<T> AsRef<[T]> for Owner<T> {
        fn as_ref(&self) -> &[T] {
            &self.0
        }
    }
    Buffer::from_owner(Owner(slice.slice(0..slice.len())))
}
