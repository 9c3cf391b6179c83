//! Event columns to polars columns and back, without copying values.
//!
//! A [`Piece`](event_columns::Piece) becomes one chunk of a polars column and keeps its buffers: polars holds the
//! shared owner. What is copied, and why:
//!
//! * booleans, both ways: polars packs eight into a byte, we keep one in each;
//! * text from polars: it stores views, we store offsets and bytes (towards polars, the bytes are shared and only the
//!   views are made; bytes that are not UTF-8 are copied with U+FFFD in their place);
//! * values from polars that somebody else still holds, or that are part of a larger buffer.
//!
//! Fixed arrays (`float x[3]`) become lists of constant length; [`column_from_series`] makes them fixed again when
//! it is told the type. Missing values of polars become NaN (numbers turn to `f64` then; integers beyond 2^53 beside missing
//! ones are refused), empty lists and empty text.

mod from_polars;
mod to_polars;

pub use from_polars::{chunk_from_frame, column_from_series, column_type_of};
pub use to_polars::{Elements, elements_of_column, frame_from_chunk, series_from_column};

use event_columns::{ColumnType, PieceError};

/// Why a column could not change sides.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A polars type that has no counterpart among the event columns.
    #[error("column `{column}` has the type {dtype}, which is no number, text or list of them")]
    UnsupportedType {
        /// The column.
        column: String,
        /// Its polars type.
        dtype: String,
    },
    /// The column was expected to have another type.
    #[error("column `{column}` holds {dtype}, expected {expected}")]
    OtherType {
        /// The column.
        column: String,
        /// Its polars type.
        dtype: String,
        /// What was asked for.
        expected: ColumnType,
    },
    /// A number is missing, which only floats can say, and another would be rounded by them.
    #[error(
        "column `{column}` misses numbers and holds {value}, which a float would round; fill the missing ones, or write the \
         column as text"
    )]
    MissingBesideLarge {
        /// The column.
        column: String,
        /// The first such number.
        value: i128,
    },
    /// Buffers that do not fit together.
    #[error("column `{column}`")]
    Piece {
        /// The column.
        column: String,
        /// What does not fit.
        #[source]
        cause: PieceError,
    },
    /// polars refused.
    #[error("column `{column}`")]
    Polars {
        /// The column, or the columns.
        column: String,
        /// Its own words.
        #[source]
        cause: polars::error::PolarsError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::{Column, ElementType, EventChunk, Piece, Slice, Values};
    use polars::prelude::{DataType, IntoSeries, ListChunked, NamedFrom, Series};

    fn address_of_values(column: &Column) -> usize {
        event_columns::for_each_type!(column.pieces()[0].values(), slice => slice.as_ptr() as usize)
    }

    fn round_trip(column: Column) -> Column {
        let column_type = column.column_type();
        let series = series_from_column("x", &column).unwrap();
        assert_eq!(series.len(), column.n_entries());
        assert_eq!(series.n_chunks(), column.pieces().len().max(1));
        let back = column_from_series(series, Some(column_type)).unwrap();
        assert_eq!(back.column_type(), column_type);
        assert_eq!(back.values_per_entry(), column.values_per_entry());
        assert_eq!(back.to_f64(), column.to_f64());
        back
    }

    #[test]
    fn values_are_shared_with_polars() {
        let flat = Column::from(Piece::flat(vec![1.5_f32, 2.5]));
        let series = series_from_column("x", &flat).unwrap();
        assert_eq!(series.f32().unwrap().cont_slice().unwrap().as_ptr() as usize, address_of_values(&flat));
        let jagged = Column::from(Piece::jagged(&[vec![1_i64, 2], vec![], vec![3]]));
        let series = series_from_column("x", &jagged).unwrap();
        let inner = series.list().unwrap().get_inner();
        assert_eq!(inner.i64().unwrap().cont_slice().unwrap().as_ptr() as usize, address_of_values(&jagged));
        let elements = elements_of_column("x", &jagged).unwrap();
        assert_eq!(
            elements.values.i64().unwrap().cont_slice().unwrap().as_ptr() as usize,
            address_of_values(&jagged)
        );
        assert_eq!(elements.offsets[0].as_ptr(), jagged.pieces()[0].offsets()[0].as_ptr());
    }

    #[test]
    fn what_polars_alone_holds_is_taken_over() {
        let series = Series::new("x".into(), vec![1.0_f64, 2.0]);
        let address = series.f64().unwrap().cont_slice().unwrap().as_ptr() as usize;
        assert_eq!(address_of_values(&column_from_series(series, None).unwrap()), address);
    }

    #[test]
    fn every_type_and_shape_comes_back() {
        for values in [
            Values::from(vec![true, false]),
            vec![-1_i8, 2].into(),
            vec![-1_i16, 2].into(),
            vec![-1_i32, 2].into(),
            vec![i64::MIN, 2].into(),
            vec![255_u8, 2].into(),
            vec![65_535_u16, 2].into(),
            vec![u32::MAX, 2].into(),
            vec![u64::MAX, 2].into(),
            vec![f32::MIN_POSITIVE, 2.0].into(),
            vec![f64::MAX, 2.0].into(),
        ] {
            let element = values.element_type();
            round_trip(Piece::new(ColumnType::flat(element), vec![], values.clone()).unwrap().into());
            let offsets = vec![Slice::from(vec![0, 0, 2])];
            round_trip(
                Piece::new(ColumnType::jagged(element), offsets.clone(), values.clone()).unwrap().into(),
            );
            round_trip(Piece::new(ColumnType::fixed(element, 2), vec![], values.clone()).unwrap().into());
            let nested = ColumnType { element, depth: 2, width: 1 };
            let offsets = vec![Slice::from(vec![0, 2, 2]), offsets[0].clone()];
            round_trip(Piece::new(nested, offsets, values).unwrap().into());
        }
        let jagged = Piece::jagged(&[vec![1_i32], vec![2, 3], vec![], vec![4]]);
        let pieces = vec![jagged.slice(2..4), jagged.slice(0..2)];
        round_trip(Column::new(jagged.column_type(), pieces.clone()).unwrap());
        let elements = elements_of_column("x", &Column::new(jagged.column_type(), pieces).unwrap()).unwrap();
        assert_eq!(*elements.offsets[0], [0, 0, 1, 2, 4]);
        round_trip(Column::new(jagged.column_type(), vec![]).unwrap());
    }

    #[test]
    fn text_is_shared_or_repaired() {
        let text = |bytes: &[u8], offsets: Vec<i64>| {
            let values = bytes.to_vec().into();
            Column::from(
                Piece::new(ColumnType::flat(ElementType::Text), vec![Slice::from(offsets)], values).unwrap(),
            )
        };
        round_trip(text("muon and a longer word é".as_bytes(), vec![0, 4, 4, 25]));
        let series = series_from_column("x", &text(b"a\xffb", vec![0, 3])).unwrap();
        assert_eq!(series.str().unwrap().get(0), Some("a\u{fffd}b"));
        assert!(elements_of_column("x", &text(b"a", vec![0, 1])).is_err());
    }

    #[test]
    fn missing_values_have_a_form() {
        let series = Series::new("x".into(), vec![Some(1_i32), None]);
        let column = column_from_series(series, None).unwrap();
        assert_eq!(column.column_type().element, ElementType::F64);
        assert!(column.to_f64()[1].is_nan());
        let lists: ListChunked = vec![
            Some(Series::new("".into(), vec![Some(1.5_f32), None])),
            None,
            Some(Series::new("".into(), vec![2.5_f32])),
        ]
        .into_iter()
        .collect();
        let column = column_from_series(lists.into_series(), None).unwrap();
        assert_eq!(column.values_per_entry(), [2, 0, 1]);
        assert_eq!((column.to_f64()[0], column.to_f64()[2]), (1.5, 2.5));
        assert_eq!(column.column_type(), ColumnType::jagged(ElementType::F32));
        assert_eq!(column_type_of(&DataType::Null), None);
    }

    #[test]
    fn a_chunk_becomes_a_frame_and_comes_back() {
        let mut chunk = EventChunk::new(7, 2);
        chunk.set("n", Piece::flat(vec![1_u16, 2]).into());
        chunk.set("x", Piece::jagged(&[vec![1.0_f32], vec![]]).into());
        let frame = frame_from_chunk(&chunk).unwrap();
        assert_eq!((frame.height(), frame.width()), (2, 2));
        assert_eq!(chunk_from_frame(frame, 7).unwrap(), chunk);
    }
}
