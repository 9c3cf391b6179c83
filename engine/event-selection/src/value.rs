//! A computed column: lists by their offsets, and the innermost values as one polars series.

use crate::checked::EvaluationError;
use event_columns::{Column, ColumnType, ElementType, Piece, Slice};
use event_frame::{Elements, column_from_series, elements_of_column};
use polars::prelude::{
    BooleanChunked, ChunkedArray, DataType, IntoSeries, PlSmallStr, PolarsNumericType, Series,
};
use polars_arrow::bitmap::Bitmap;
use std::sync::Arc;

/// Values of an expression for the events of a chunk.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// Outermost first; none for one value for each event.
    pub(crate) levels: Vec<Level>,
    /// The innermost values, in one chunk and without nulls.
    pub(crate) data: Series,
    /// Whether `data` is one value that stands for all.
    pub(crate) is_constant: bool,
}

/// One level of lists.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    /// One more than there are lists, from 0.
    pub(crate) offsets: Slice<i64>,
    /// The branch or filter that the lists come from, for messages.
    pub(crate) origin: Arc<str>,
}

impl Value {
    pub(crate) fn constant(data: Series) -> Self {
        Self { levels: Vec::new(), data, is_constant: true }
    }

    pub(crate) fn from_column(name: &Arc<str>, column: &Column) -> Result<Self, EvaluationError> {
        let Elements { offsets, values } = elements_of_column(name, column)?;
        let levels = offsets.into_iter().map(|offsets| Level { offsets, origin: name.clone() }).collect();
        Ok(Self { levels, data: values.rechunk(), is_constant: false })
    }

    /// The column of an event chunk; `n_entries` events for a constant.
    pub(crate) fn into_column(self, n_entries: usize) -> Result<Column, EvaluationError> {
        let data = if self.is_constant { self.data.new_from_index(0, n_entries) } else { self.data };
        let flat = column_from_series(data.rechunk(), None)?;
        if self.levels.is_empty() {
            return Ok(flat);
        }
        let element = flat.column_type().element;
        let column_type = ColumnType { element, depth: self.levels.len(), width: 1 };
        let values = flat
            .pieces()
            .first()
            .map_or(event_columns::Values::empty(element), |piece| piece.values().clone());
        let offsets = self.levels.into_iter().map(|level| level.offsets).collect();
        Piece::new(column_type, offsets, values)
            .map(Column::from)
            .map_err(|cause| EvaluationError::Internal { reason: cause.to_string() })
    }
}

/// Values brought to one shape: that of the deepest. Constants stay one value.
pub(crate) struct Aligned {
    pub(crate) levels: Vec<Level>,
    pub(crate) data: Vec<Series>,
    /// Whether all are constants.
    pub(crate) is_constant: bool,
    /// Number of innermost values.
    pub(crate) n_values: usize,
}

impl Aligned {
    pub(crate) fn into_value(self, data: Series) -> Value {
        Value { levels: self.levels, data, is_constant: self.is_constant }
    }
}

/// Brings values to one shape. A value of fewer levels is repeated for the elements of its lists.
pub(crate) fn align(values: Vec<Value>) -> Result<Aligned, EvaluationError> {
    let mut levels: Vec<Level> = Vec::new();
    let is_constant = values.iter().all(|value| value.is_constant);
    for value in &values {
        for (own, other) in levels.iter().zip(&value.levels) {
            same_shape(own, other)?;
        }
        if value.levels.len() > levels.len() {
            levels.clone_from(&value.levels);
        }
    }
    let mut data = Vec::with_capacity(values.len());
    let mut n_values = 1;
    for value in values {
        let series = if value.is_constant {
            value.data
        } else {
            let mut series = value.data;
            for level in &levels[value.levels.len()..] {
                series = repeat(&series, &level.offsets)?;
            }
            n_values = series.len();
            series
        };
        data.push(series);
    }
    Ok(Aligned { levels, data, is_constant, n_values })
}

/// Lists of two branches can be combined where they have the same lengths in every event.
fn same_shape(left: &Level, right: &Level) -> Result<(), EvaluationError> {
    let same_buffer = std::ptr::eq(left.offsets.as_ptr(), right.offsets.as_ptr());
    if (same_buffer && left.offsets.len() == right.offsets.len()) || left.offsets == right.offsets {
        return Ok(());
    }
    let pairs = left.offsets.windows(2).zip(right.offsets.windows(2));
    let lengths = pairs.map(|(left, right)| (left[1] - left[0], right[1] - right[0]));
    let (list, (n_left, n_right)) =
        lengths.enumerate().find(|(_, (left, right))| left != right).unwrap_or((0, (0, 0)));
    Err(EvaluationError::Shapes {
        left: left.origin.to_string(),
        right: right.origin.to_string(),
        list,
        n_left: n_left as usize,
        n_right: n_right as usize,
    })
}

/// Runs generic code over the values of a series of numbers, whatever their type.
macro_rules! with_numbers {
    ($series:expr, $values:ident => $body:expr) => {
        match $series.dtype() {
            DataType::Int8 => {
                let $values = numbers_of($series.i8()?)?;
                $body
            }
            DataType::Int16 => {
                let $values = numbers_of($series.i16()?)?;
                $body
            }
            DataType::Int32 => {
                let $values = numbers_of($series.i32()?)?;
                $body
            }
            DataType::Int64 => {
                let $values = numbers_of($series.i64()?)?;
                $body
            }
            DataType::UInt8 => {
                let $values = numbers_of($series.u8()?)?;
                $body
            }
            DataType::UInt16 => {
                let $values = numbers_of($series.u16()?)?;
                $body
            }
            DataType::UInt32 => {
                let $values = numbers_of($series.u32()?)?;
                $body
            }
            DataType::UInt64 => {
                let $values = numbers_of($series.u64()?)?;
                $body
            }
            DataType::Float32 => {
                let $values = numbers_of($series.f32()?)?;
                $body
            }
            DataType::Float64 => {
                let $values = numbers_of($series.f64()?)?;
                $body
            }
            other => return Err(unexpected_type(other)),
        }
    };
}
pub(crate) use with_numbers;

pub(crate) fn unexpected_type(dtype: &DataType) -> EvaluationError {
    EvaluationError::Internal { reason: format!("unexpected values of type {dtype}") }
}

/// The values of a series as one slice.
pub(crate) fn numbers_of<T: PolarsNumericType>(
    values: &ChunkedArray<T>,
) -> Result<&[T::Native], EvaluationError> {
    values.cont_slice().map_err(EvaluationError::from)
}

/// The values of a series of conditions, one byte each.
pub(crate) fn conditions_of(series: &Series) -> Result<Vec<bool>, EvaluationError> {
    let mut found = Vec::with_capacity(series.len());
    for chunk in series.bool()?.downcast_iter() {
        found.extend(chunk.values().iter());
    }
    Ok(found)
}

pub(crate) fn series_of_numbers<T: polars_arrow::types::NativeType>(
    values: Vec<T>,
) -> Result<Series, EvaluationError> {
    let array = polars_arrow::array::PrimitiveArray::from_vec(values).boxed();
    Ok(Series::try_from((PlSmallStr::EMPTY, array))?)
}

pub(crate) fn series_of_conditions(values: &[bool]) -> Series {
    BooleanChunked::from_bitmap(PlSmallStr::EMPTY, Bitmap::from(values)).into_series()
}

/// Each value as often as its list has elements.
fn repeat(series: &Series, offsets: &[i64]) -> Result<Series, EvaluationError> {
    fn repeated<T: Copy>(values: &[T], offsets: &[i64]) -> Vec<T> {
        let mut repeated = Vec::with_capacity(offsets.last().map_or(0, |last| *last as usize));
        for (value, pair) in values.iter().zip(offsets.windows(2)) {
            repeated.extend(std::iter::repeat_n(*value, (pair[1] - pair[0]) as usize));
        }
        repeated
    }
    if series.dtype() == &DataType::Boolean {
        return Ok(series_of_conditions(&repeated(&conditions_of(series)?, offsets)));
    }
    with_numbers!(series, values => series_of_numbers(repeated(values, offsets)))
}

/// The polars type of an element.
pub(crate) fn polars_type(element: ElementType) -> DataType {
    match element {
        ElementType::Bool => DataType::Boolean,
        ElementType::I8 => DataType::Int8,
        ElementType::I16 => DataType::Int16,
        ElementType::I32 => DataType::Int32,
        ElementType::I64 => DataType::Int64,
        ElementType::U8 => DataType::UInt8,
        ElementType::U16 => DataType::UInt16,
        ElementType::U32 => DataType::UInt32,
        ElementType::U64 => DataType::UInt64,
        ElementType::F32 => DataType::Float32,
        ElementType::F64 => DataType::Float64,
        ElementType::Text => DataType::String,
    }
}
