//! Deals the values of a tile to its rows.

use crate::tile::Scratch;
use crate::{Feature, MatrixValue, RowTarget};
use multiversion::multiversion;
use std::ops::Range;

/// Rows that are dealt together; with 300 columns they take 24 kB.
const GROUP_ROWS: usize = 16;
/// Widths with a loop of their own.
pub(crate) const SMALL_WIDTH: usize = 8;

/// Deals the values of a tile to its rows, few rows at a time so that these stay in the nearest cache; tells feature,
/// row and width of an event that is too wide.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
pub(crate) fn deal_tile<T: MatrixValue>(
    features: &[Feature],
    scratch: &mut Scratch<T>,
    rows: &mut [RowTarget<'_, T>],
) -> Result<(), (usize, usize, usize)> {
    let n_columns = rows.first().map_or(1, |row| row.values.len());
    scratch.staged_values.resize(GROUP_ROWS * n_columns, T::NAN);
    scratch.staged_mask.resize(GROUP_ROWS * n_columns, 1);
    let staged = scratch.staged_values.chunks_exact_mut(n_columns);
    let staged = staged.zip(scratch.staged_mask.chunks_exact_mut(n_columns));
    let mut staged: Vec<_> = staged.map(|(values, mask)| RowTarget { values, mask }).collect();
    for (group, rows) in rows.chunks_mut(GROUP_ROWS).enumerate() {
        for (position, (feature, in_tile)) in features.iter().zip(&scratch.features).enumerate() {
            let first = in_tile.starts_at + group * GROUP_ROWS;
            let starts = &scratch.starts[first..=first + rows.len()];
            let values = &scratch.values[in_tile.first_value..];
            let is_too_wide = deal(feature, &mut staged[..rows.len()], starts, values, in_tile.has_missing);
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
