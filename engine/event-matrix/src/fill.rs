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
/// Rows that are dealt together; with 300 columns they take 24 kB.
const GROUP_ROWS: usize = 16;
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
    /// The first `n_values` (at most 8) of eight values, and missing values behind.
    fn pad(values: &[Self; SMALL_WIDTH], n_values: usize) -> [Self; SMALL_WIDTH];
    /// The buffer that a thread reuses for the values of a tile.
    fn with_scratch<R>(work: impl FnOnce(&mut Scratch<Self>) -> R) -> R;
}

/// Buffers for one tile, reused.
#[derive(Debug, Default)]
pub struct Scratch<T> {
    /// Scaled values, feature after feature; longer than what is in use.
    values: Vec<T>,
    /// Values in use.
    n_values: usize,
    /// For each feature, the position of the first value of each row, and of the end.
    starts: Vec<usize>,
    /// For each feature, whether a value is missing.
    has_missing: Vec<bool>,
    /// A few rows while they are made.
    staged_values: Vec<T>,
    /// Their masks.
    staged_mask: Vec<u8>,
}

macro_rules! matrix_value {
    ($($type:ident, $bits:ident, $scratch:ident;)*) => {$(
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
            #[inline(always)]
            fn pad(values: &[Self; SMALL_WIDTH], n_values: usize) -> [Self; SMALL_WIDTH] {
                // All ones in the places to keep. With bits from a table the compiler has nothing to branch on:
                // the number of values is random, and a branch on it would be mispredicted every other time.
                const KEPT: [[$bits; SMALL_WIDTH]; SMALL_WIDTH + 1] = {
                    let mut kept = [[0; SMALL_WIDTH]; SMALL_WIDTH + 1];
                    let mut n_values = 0;
                    while n_values <= SMALL_WIDTH {
                        let mut place = 0;
                        while place < n_values {
                            kept[n_values][place] = $bits::MAX;
                            place += 1;
                        }
                        n_values += 1;
                    }
                    kept
                };
                let kept = &KEPT[n_values.min(SMALL_WIDTH)];
                let mut padded = [<$type>::NAN; SMALL_WIDTH];
                for place in 0..SMALL_WIDTH {
                    let bits = values[place].to_bits() & kept[place] | <$type>::NAN.to_bits() & !kept[place];
                    padded[place] = <$type>::from_bits(bits);
                }
                padded
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
    f32, u32, SCRATCH_F32;
    f64, u64, SCRATCH_F64;
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
            scratch.clear();
            for (feature, column) in self.features().iter().zip(columns) {
                scratch.add_feature(feature, column, first_row..first_row + rows.len());
            }
            scratch.make_room(SMALL_WIDTH);
            deal_tile(self.features(), scratch, rows)
                .map_err(|(feature, row, found)| (feature, first_row + row, found))
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

impl<T: MatrixValue> Scratch<T> {
    fn clear(&mut self) {
        self.n_values = 0;
        self.starts.clear();
        self.has_missing.clear();
    }

    /// Makes sure that so many values can be read or written behind the present ones.
    fn make_room(&mut self, n_values: usize) {
        if self.values.len() < self.n_values + n_values {
            self.values.resize((self.n_values + n_values).next_power_of_two(), T::NAN);
        }
    }

    /// Adds the scaled values of some rows, the start of each row among them, and the end of the last one.
    fn add_feature(&mut self, feature: &Feature, column: &Column, rows: Range<usize>) {
        let (mut piece_start, mut has_missing) = (0, false);
        for piece in column.pieces() {
            let piece_end = piece_start + piece.n_entries();
            let (start, end) = (rows.start.max(piece_start), rows.end.min(piece_end));
            if start < end {
                let range = self.add_starts(piece, start - piece_start..end - piece_start);
                self.make_room(range.len());
                let target = &mut self.values[self.n_values..self.n_values + range.len()];
                self.n_values += range.len();
                has_missing |= scale_values(feature, piece, range, target);
            }
            if piece_end >= rows.end {
                break;
            }
            piece_start = piece_end;
        }
        self.starts.push(self.n_values);
        self.has_missing.push(has_missing);
    }

    /// Adds the starts of entries of a piece; returns the positions of their values in the piece.
    fn add_starts(&mut self, piece: &Piece, entries: Range<usize>) -> Range<usize> {
        let width = piece.column_type().width;
        let (n_values, starts) = (self.n_values, &mut self.starts);
        match piece.offsets() {
            [] => {
                starts.extend((0..entries.len()).map(|entry| n_values + entry * width));
                entries.start * width..entries.end * width
            }
            [offsets] => {
                let first = offsets[entries.start];
                let ofs = &offsets[entries.start..entries.end];
                starts.extend(ofs.iter().map(|offset| n_values + (offset - first) as usize * width));
                first as usize * width..offsets[entries.end] as usize * width
            }
            [outermost, inner @ ..] => {
                let reach = |entry: usize| {
                    let position = outermost[entry] as usize;
                    inner.iter().fold(position, |position, level| level[position] as usize) * width
                };
                let first = reach(entries.start);
                starts.extend(entries.clone().map(|entry| n_values + reach(entry) - first));
                first..reach(entries.end)
            }
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

/// Deals the values of a tile to its rows, few rows at a time so that these stay in the nearest cache; tells feature,
/// row and width of an event that is too wide.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
fn deal_tile<T: MatrixValue>(
    features: &[Feature],
    scratch: &mut Scratch<T>,
    rows: &mut [RowTarget<'_, T>],
) -> Result<(), (usize, usize, usize)> {
    let n_starts = rows.len() + 1;
    let n_columns = rows.first().map_or(1, |row| row.values.len());
    scratch.staged_values.resize(GROUP_ROWS * n_columns, T::NAN);
    scratch.staged_mask.resize(GROUP_ROWS * n_columns, 1);
    let staged = scratch.staged_values.chunks_exact_mut(n_columns);
    let staged = staged.zip(scratch.staged_mask.chunks_exact_mut(n_columns));
    let mut staged: Vec<_> = staged.map(|(values, mask)| RowTarget { values, mask }).collect();
    for (group, rows) in rows.chunks_mut(GROUP_ROWS).enumerate() {
        for (position, feature) in features.iter().enumerate() {
            let first = position * n_starts + group * GROUP_ROWS;
            let starts = &scratch.starts[first..=first + rows.len()];
            let has_missing = scratch.has_missing[position];
            let is_too_wide = deal(feature, &mut staged[..rows.len()], starts, &scratch.values, has_missing);
            if is_too_wide && !feature.truncates {
                let mut widths = starts.windows(2).map(|pair| pair[1] - pair[0]).enumerate();
                if let Some((row, found)) = widths.find(|(_, found)| *found > feature.width) {
                    return Err((position, group * GROUP_ROWS + row, found));
                }
            }
        }
        // Rows are made where they stay in the nearest cache and then copied whole: places of a matrix that are written
        // here and there would each wait for their line from memory.
        for (row, staged) in rows.iter_mut().zip(&staged) {
            row.values.copy_from_slice(staged.values);
            row.mask.copy_from_slice(staged.mask);
        }
    }
    Ok(())
}

#[expect(clippy::inline_always, reason = "must be compiled with the instructions of the dispatched caller")]
#[inline(always)]
fn deal<T: MatrixValue>(
    feature: &Feature,
    rows: &mut [RowTarget<'_, T>],
    starts: &[usize],
    values: &[T],
    has_missing: bool,
) -> bool {
    let column = feature.first_column;
    match feature.width {
        1 if !feature.is_expanded() => {
            deal_flat(rows, &values[starts[0]..], column);
            false
        }
        0 => starts.first() < starts.last(),
        1 => deal_small::<T, 1>(rows, starts, values, column, has_missing),
        2 => deal_small::<T, 2>(rows, starts, values, column, has_missing),
        3 => deal_small::<T, 3>(rows, starts, values, column, has_missing),
        4 => deal_small::<T, 4>(rows, starts, values, column, has_missing),
        5 => deal_small::<T, 5>(rows, starts, values, column, has_missing),
        6 => deal_small::<T, 6>(rows, starts, values, column, has_missing),
        7 => deal_small::<T, 7>(rows, starts, values, column, has_missing),
        8 => deal_small::<T, 8>(rows, starts, values, column, has_missing),
        width => deal_any(rows, starts, values, column..column + width),
    }
}

/// One value for each row.
#[expect(clippy::inline_always, reason = "must be compiled with the instructions of the dispatched caller")]
#[inline(always)]
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
#[expect(clippy::inline_always, reason = "must be compiled with the instructions of the dispatched caller")]
#[inline(always)]
fn deal_small<T: MatrixValue, const WIDTH: usize>(
    rows: &mut [RowTarget<'_, T>],
    starts: &[usize],
    values: &[T],
    column: usize,
    has_missing: bool,
) -> bool {
    let mut widest = 0;
    for (row, (start, end)) in rows.iter_mut().zip(starts.iter().zip(&starts[1..])) {
        let n_values = end - start;
        widest = widest.max(n_values);
        let Some(source) = values[*start..].first_chunk::<SMALL_WIDTH>() else { continue };
        let padded = T::pad(source, n_values);
        row.values[column..column + WIDTH].copy_from_slice(&padded[..WIDTH]);
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
    let mut is_too_wide = false;
    for (row, (start, end)) in rows.iter_mut().zip(starts.iter().zip(&starts[1..])) {
        let n_kept = (end - start).min(columns.len());
        is_too_wide |= end - start > columns.len();
        let (kept, padded) = row.values[columns.clone()].split_at_mut(n_kept);
        kept.copy_from_slice(&values[*start..start + n_kept]);
        padded.fill(T::NAN);
        let mask = row.mask[columns.clone()].iter_mut().zip(&row.values[columns.clone()]);
        mask.for_each(|(mask, value)| *mask = u8::from(!value.is_finite()));
    }
    is_too_wide
}
