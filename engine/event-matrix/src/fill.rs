//! Events to rows.
//!
//! Work goes in tiles of rows over all branches, so that the rows of a tile stay in the nearest caches while its
//! columns arrive one branch after the other; going branch by branch over a whole matrix would touch each of its
//! lines once for every branch. Within a tile, the values of a branch lie side by side: they are scaled in one
//! vectorised run and then dealt out to the rows.

use crate::deal::{SMALL_WIDTH, deal_tile};
use crate::tile::Scratch;
use crate::{Feature, MatrixError, MatrixLayout};
use event_columns::{Column, EventChunk, nearest_names};
use rayon::prelude::*;
use std::cell::RefCell;

/// Rows of a tile. 128 rows of 300 columns of 32 bits are 150 kB.
const TILE_ROWS: usize = 128;

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
