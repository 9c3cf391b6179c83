//! Events to rows.
//!
//! Work goes in tiles of rows over all branches, so that the rows of a tile stay in the nearest caches while its
//! columns arrive one branch after the other; going branch by branch over a whole matrix would touch each of its
//! lines once for every branch. Within a tile, the values of a branch lie side by side: they are scaled in one
//! vectorised run and then dealt out to the rows.

use crate::{Feature, MatrixError, MatrixLayout};
use event_columns::{Column, ElementType, EventChunk, Number, Piece, Values, for_each_type, nearest_names};
use multiversion::multiversion;
use rayon::prelude::*;
use std::cell::RefCell;
use std::ops::Range;

/// Rows of a tile. 128 rows of 300 columns of 32 bits are 150 kB.
const TILE_ROWS: usize = 128;
/// Widths with a loop of their own.
const SMALL_WIDTH: usize = 8;

/// A number that a matrix can hold.
pub trait MatrixValue: Copy + Default + Send + Sync + 'static {
    /// The missing value.
    const NAN: Self;
    /// Rounded from 64 bits.
    fn from_f64(value: f64) -> Self;
    /// Widened from 32 bits.
    fn from_f32(value: f32) -> Self;
    /// Whether the value is a number and finite.
    fn is_finite(self) -> bool;
    /// The buffer that a thread reuses for the values of a tile.
    fn with_scratch<R>(work: impl FnOnce(&mut Scratch<Self>) -> R) -> R;
}

/// Buffers for one tile, reused.
#[derive(Debug, Default)]
pub struct Scratch<T> {
    values: Vec<T>,
    starts: Vec<usize>,
}

macro_rules! matrix_value {
    ($($type:ident, $scratch:ident;)*) => {$(
        thread_local! {
            static $scratch: RefCell<Scratch<$type>> = RefCell::default();
        }
        impl MatrixValue for $type {
            const NAN: Self = $type::NAN;
            #[inline]
            fn from_f64(value: f64) -> Self {
                value as $type
            }
            #[inline]
            fn from_f32(value: f32) -> Self {
                value.into()
            }
            #[inline]
            fn is_finite(self) -> bool {
                $type::is_finite(self)
            }
            fn with_scratch<R>(work: impl FnOnce(&mut Scratch<Self>) -> R) -> R {
                $scratch.with(|scratch| match scratch.try_borrow_mut() {
                    Ok(mut scratch) => work(&mut scratch),
                    Err(_) => work(&mut Scratch::default()),
                })
            }
        }
    )*};
}

matrix_value! {
    f32, SCRATCH_F32;
    f64, SCRATCH_F64;
}

/// Where one row goes.
#[derive(Debug)]
pub struct RowTarget<'a, T> {
    /// One place for each column.
    pub values: &'a mut [T],
    /// One place for each column: 1 where there is no value, else 0.
    pub mask: &'a mut [u8],
}

/// Rows that the caller owns and reuses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatrixBatch<T> {
    /// Row after row.
    pub values: Vec<T>,
    /// As `values`: 1 where there is no value, else 0.
    pub mask: Vec<u8>,
    /// Number of rows.
    pub n_rows: usize,
    /// Number of columns.
    pub n_columns: usize,
}

impl MatrixLayout {
    /// Fills the batch with the events of a chunk, reusing its buffers.
    ///
    /// # Errors
    /// As [`MatrixLayout::fill`].
    pub fn fill_batch<T: MatrixValue>(
        &self,
        chunk: &EventChunk,
        batch: &mut MatrixBatch<T>,
    ) -> Result<(), MatrixError> {
        (batch.n_rows, batch.n_columns) = (chunk.n_entries(), self.n_columns());
        let n_places = batch.n_rows * batch.n_columns;
        batch.values.resize(n_places, T::NAN);
        batch.mask.resize(n_places, 1);
        self.fill(chunk, &mut batch.values, &mut batch.mask)
    }

    /// Fills slices of rows x columns places, row after row, with the events of a chunk, on the rayon pool of the
    /// caller. Every place is written.
    ///
    /// # Errors
    /// [`MatrixError::TargetSize`], [`MatrixError::MissingBranch`], [`MatrixError::Shape`], or
    /// [`MatrixError::TooWide`]; then the slices hold some of the rows.
    pub fn fill<T: MatrixValue>(
        &self,
        chunk: &EventChunk,
        values: &mut [T],
        mask: &mut [u8],
    ) -> Result<(), MatrixError> {
        let expected = chunk.n_entries() * self.n_columns();
        check_size("values", values.len(), expected)?;
        check_size("mask", mask.len(), expected)?;
        let columns = self.find_columns(chunk)?;
        let (n_columns, tile_places) = (self.n_columns(), TILE_ROWS * self.n_columns());
        values
            .par_chunks_mut(tile_places)
            .zip(mask.par_chunks_mut(tile_places))
            .enumerate()
            .try_for_each(|(tile, (values, mask))| {
                let rows = values.chunks_exact_mut(n_columns).zip(mask.chunks_exact_mut(n_columns));
                let mut rows: Vec<_> = rows.map(|(values, mask)| RowTarget { values, mask }).collect();
                self.fill_tile(&columns, tile * TILE_ROWS, &mut rows)
            })
            .map_err(|(feature, row, found)| self.too_wide(chunk, feature, row, found))
    }

    /// Fills single rows, one for each event of the chunk in its order, wherever they lie.
    ///
    /// # Errors
    /// As [`MatrixLayout::fill`].
    pub fn fill_rows<T: MatrixValue>(
        &self,
        chunk: &EventChunk,
        rows: &mut [RowTarget<'_, T>],
    ) -> Result<(), MatrixError> {
        check_size("rows", rows.len(), chunk.n_entries())?;
        for row in &*rows {
            check_size("values", row.values.len(), self.n_columns())?;
            check_size("mask", row.mask.len(), self.n_columns())?;
        }
        let columns = self.find_columns(chunk)?;
        rows.par_chunks_mut(TILE_ROWS)
            .enumerate()
            .try_for_each(|(tile, rows)| self.fill_tile(&columns, tile * TILE_ROWS, rows))
            .map_err(|(feature, row, found)| self.too_wide(chunk, feature, row, found))
    }

    /// The column of each feature.
    fn find_columns<'a>(&self, chunk: &'a EventChunk) -> Result<Vec<&'a Column>, MatrixError> {
        let find = |feature: &Feature| {
            let column = chunk.column(&feature.branch).ok_or_else(|| MatrixError::MissingBranch {
                branch: feature.branch.clone(),
                nearest: nearest_names(&feature.branch, chunk.names().iter().map(|name| &**name), 3),
            })?;
            let (found, expected) = (column.column_type(), feature.column_type);
            if found.depth != expected.depth || found.width != expected.width || !found.is_numeric() {
                return Err(MatrixError::Shape {
                    branch: feature.branch.clone(),
                    expected: expected.to_string(),
                    found: found.to_string(),
                });
            }
            Ok(column)
        };
        self.features().iter().map(find).collect()
    }

    /// Fills consecutive rows of the chunk over all features; tells feature, row and width of an event that is too wide.
    fn fill_tile<T: MatrixValue>(
        &self,
        columns: &[&Column],
        first_row: usize,
        rows: &mut [RowTarget<'_, T>],
    ) -> Result<(), (usize, usize, usize)> {
        T::with_scratch(|scratch| {
            for (position, (feature, column)) in self.features().iter().zip(columns).enumerate() {
                let (wanted, mut piece_start) = (first_row..first_row + rows.len(), 0);
                for piece in column.pieces() {
                    let piece_end = piece_start + piece.n_entries();
                    let (start, end) = (wanted.start.max(piece_start), wanted.end.min(piece_end));
                    if start < end {
                        let rows = &mut rows[start - first_row..end - first_row];
                        fill_piece(feature, piece, start - piece_start..end - piece_start, rows, scratch)
                            .map_err(|(row, found)| (position, start + row, found))?;
                    }
                    if piece_end >= wanted.end {
                        break;
                    }
                    piece_start = piece_end;
                }
            }
            Ok(())
        })
    }

    fn too_wide(&self, chunk: &EventChunk, feature: usize, row: usize, found: usize) -> MatrixError {
        let feature = &self.features()[feature];
        let entry = chunk.first_entry() + row as u64;
        MatrixError::TooWide { branch: feature.branch.clone(), entry, found, width: feature.width }
    }
}

fn check_size(what: &'static str, found: usize, expected: usize) -> Result<(), MatrixError> {
    if found == expected { Ok(()) } else { Err(MatrixError::TargetSize { what, expected, found }) }
}

/// Fills the columns of a feature in some rows from some entries of a piece; tells row and width of an event that is
/// too wide.
fn fill_piece<T: MatrixValue>(
    feature: &Feature,
    piece: &Piece,
    entries: Range<usize>,
    rows: &mut [RowTarget<'_, T>],
    scratch: &mut Scratch<T>,
) -> Result<(), (usize, usize)> {
    let Scratch { values, starts } = scratch;
    find_starts(piece, entries, starts);
    let (Some(&first), Some(&last)) = (starts.first(), starts.last()) else { return Ok(()) };
    let n_values = last - first;
    // The dealing reads a whole width from every start, also from the last one.
    if values.len() < n_values + SMALL_WIDTH {
        values.resize(n_values + SMALL_WIDTH, T::NAN);
    }
    let target = &mut values[..n_values];
    let has_missing = scale_values(feature, piece, first..last, target);
    let column = feature.first_column;
    let n_columns = feature.width;
    let is_too_wide = match (feature.column_type.depth, n_columns) {
        (0, 1) if feature.column_type.width == 1 => {
            deal_flat(rows, target, column);
            false
        }
        (_, 0) => n_values > 0,
        (_, 1) => deal_small::<T, 1>(rows, starts, values, column, has_missing),
        (_, 2) => deal_small::<T, 2>(rows, starts, values, column, has_missing),
        (_, 3) => deal_small::<T, 3>(rows, starts, values, column, has_missing),
        (_, 4) => deal_small::<T, 4>(rows, starts, values, column, has_missing),
        (_, 5) => deal_small::<T, 5>(rows, starts, values, column, has_missing),
        (_, 6) => deal_small::<T, 6>(rows, starts, values, column, has_missing),
        (_, 7) => deal_small::<T, 7>(rows, starts, values, column, has_missing),
        (_, 8) => deal_small::<T, 8>(rows, starts, values, column, has_missing),
        _ => deal_any(rows, starts, target, column..column + n_columns),
    };
    if is_too_wide && !feature.truncates {
        let mut widths = starts.windows(2).map(|pair| pair[1] - pair[0]).enumerate();
        return widths.find(|(_, width)| *width > n_columns).map_or(Ok(()), Err);
    }
    Ok(())
}

/// The position of the first value of each entry, and the end of the last one.
fn find_starts(piece: &Piece, entries: Range<usize>, starts: &mut Vec<usize>) {
    let width = piece.column_type().width;
    starts.clear();
    match piece.offsets() {
        [] => starts.extend((entries.start..=entries.end).map(|entry| entry * width)),
        [offsets] => {
            starts.extend(offsets[entries.start..=entries.end].iter().map(|offset| *offset as usize * width));
        }
        [outermost, inner @ ..] => {
            starts.extend(outermost[entries.start..=entries.end].iter().map(|offset| {
                inner.iter().fold(*offset as usize, |position, level| level[position] as usize) * width
            }))
        }
    }
}

/// Writes the scaled values of a range; tells whether one is missing.
fn scale_values<T: MatrixValue>(
    feature: &Feature,
    piece: &Piece,
    range: Range<usize>,
    target: &mut [T],
) -> bool {
    let (shift, scale) = (feature.shift, feature.scale);
    let is_f32 = feature.column_type.element == ElementType::F32;
    match piece.values() {
        Values::F32(slice) if feature.is_computed_in_f32() => {
            scale_in_f32(&slice[range], target, shift as f32, scale as f32, |value| value)
        }
        // Values of another type than in the layout, as from JSON, take the type of the layout first.
        other => for_each_type!(other, slice => if feature.is_computed_in_f32() {
            scale_in_f32(&slice[range], target, shift as f32, scale as f32, |value| value.to_f64() as f32)
        } else if is_f32 {
            scale_in_f64(&slice[range], target, shift, scale, |value| f64::from(value.to_f64() as f32))
        } else {
            scale_in_f64(&slice[range], target, shift, scale, Number::to_f64)
        }),
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
fn scale_in_f32<S: Number, T: MatrixValue>(
    source: &[S],
    target: &mut [T],
    shift: f32,
    scale: f32,
    convert: impl Fn(S) -> f32,
) -> bool {
    let mut has_missing = false;
    for (place, value) in target.iter_mut().zip(source) {
        let scaled = (convert(*value) - shift) / scale;
        has_missing |= !scaled.is_finite();
        *place = if scaled.is_finite() { T::from_f32(scaled) } else { T::NAN };
    }
    has_missing
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
fn scale_in_f64<S: Number, T: MatrixValue>(
    source: &[S],
    target: &mut [T],
    shift: f64,
    scale: f64,
    convert: impl Fn(S) -> f64,
) -> bool {
    let mut has_missing = false;
    for (place, value) in target.iter_mut().zip(source) {
        let scaled = T::from_f64((convert(*value) - shift) / scale);
        has_missing |= !scaled.is_finite();
        *place = if scaled.is_finite() { scaled } else { T::NAN };
    }
    has_missing
}

/// One value for each row.
fn deal_flat<T: MatrixValue>(rows: &mut [RowTarget<'_, T>], values: &[T], column: usize) {
    for (row, value) in rows.iter_mut().zip(values) {
        row.values[column] = *value;
        row.mask[column] = u8::from(!value.is_finite());
    }
}

/// The mask of up to eight columns by the number of values that are there.
const MASKS: [[u8; SMALL_WIDTH]; SMALL_WIDTH + 1] = {
    let mut masks = [[1; SMALL_WIDTH]; SMALL_WIDTH + 1];
    let mut n_values = 0;
    while n_values <= SMALL_WIDTH {
        let mut place = 0;
        while place < n_values {
            masks[n_values][place] = 0;
            place += 1;
        }
        n_values += 1;
    }
    masks
};

/// Up to `WIDTH` values for each row, without a branch for their number: the whole width is read and the places
/// beyond the end replaced. Tells whether an entry has more.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
fn deal_small<T: MatrixValue, const WIDTH: usize>(
    rows: &mut [RowTarget<'_, T>],
    starts: &[usize],
    values: &[T],
    column: usize,
    has_missing: bool,
) -> bool {
    let Some(&base) = starts.first() else { return false };
    let mut widest = 0;
    for (row, (start, end)) in rows.iter_mut().zip(starts.iter().zip(&starts[1..])) {
        let n_values = end - start;
        widest = widest.max(n_values);
        let Some(source) = values[start - base..].first_chunk::<WIDTH>() else { continue };
        let mut padded = [T::NAN; WIDTH];
        for place in 0..WIDTH {
            padded[place] = if place < n_values { source[place] } else { T::NAN };
        }
        row.values[column..column + WIDTH].copy_from_slice(&padded);
        let mask = &mut row.mask[column..column + WIDTH];
        mask.copy_from_slice(&MASKS[n_values.min(SMALL_WIDTH)][..WIDTH]);
        if has_missing {
            mask.iter_mut().zip(padded).for_each(|(mask, value)| *mask = u8::from(!value.is_finite()));
        }
    }
    widest > WIDTH
}

/// As [`deal_small`] for any number of columns.
fn deal_any<T: MatrixValue>(
    rows: &mut [RowTarget<'_, T>],
    starts: &[usize],
    values: &[T],
    columns: Range<usize>,
) -> bool {
    let Some(&base) = starts.first() else { return false };
    let mut is_too_wide = false;
    for (row, (start, end)) in rows.iter_mut().zip(starts.iter().zip(&starts[1..])) {
        let n_kept = (end - start).min(columns.len());
        is_too_wide |= end - start > columns.len();
        let (kept, padded) = row.values[columns.clone()].split_at_mut(n_kept);
        kept.copy_from_slice(&values[start - base..start - base + n_kept]);
        padded.fill(T::NAN);
        let mask = row.mask[columns.clone()].iter_mut().zip(&row.values[columns.clone()]);
        mask.for_each(|(mask, value)| *mask = u8::from(!value.is_finite()));
    }
    is_too_wide
}
