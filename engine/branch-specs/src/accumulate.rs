//! The numbers of one piece, with as little work for each value as exactness allows.
//!
//! Values go through in blocks of 256. The 64-bit sum of a block is exact when the exponents of its values
//! span few enough bits, which nearly every block of real data does; such a sum enters the branch's
//! [`ExactSum`] as one number. The other blocks, and those with a NaN or an infinity, enter value by value.

use crate::key_counts::KeyCounts;
use crate::sketch::key;
use crate::{ExactSum, SpecsMode};
use event_columns::{ColumnType, Number, Piece, Values};
use multiversion::multiversion;
use std::cell::RefCell;

/// Values in a block.
const BLOCK: usize = 256;
/// Values looked at in one step.
const LANES: usize = 16;
/// Widths up to this are counted in an array, larger ones one by one.
const COUNTED_WIDTHS: usize = 4096;

/// Beyond it not every integer is a 64-bit float.
const LARGEST_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// What one piece adds to its branch.
#[derive(Debug, Default)]
pub(crate) struct PieceNumbers {
    pub(crate) numbers: Numbers,
    /// Largest number of values in one entry.
    pub(crate) width: usize,
    /// Resolution, and counts by rising key, of the distribution; only in the full mode.
    pub(crate) distribution: Option<(u32, Vec<(i32, u64)>)>,
    /// How many entries have how many values; only in the full mode and for lists.
    pub(crate) widths: Vec<(u64, u64)>,
}

/// Counts, range and sums over any number of values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numbers {
    /// Values of all kinds.
    pub(crate) n: u64,
    pub(crate) n_nan: u64,
    pub(crate) n_inf: u64,
    /// Smallest finite value; infinity where there is none.
    pub(crate) min: f64,
    /// Largest finite value; minus infinity where there is none.
    pub(crate) max: f64,
    pub(crate) sum: ExactSum,
    /// Sum of squares; only in the full mode.
    pub(crate) squares: Option<ExactSum>,
}

impl Default for Numbers {
    fn default() -> Self {
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { n: 0, n_nan: 0, n_inf: 0, min, max, sum: ExactSum::default(), squares: None }
    }
}

impl Numbers {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.n = self.n.saturating_add(other.n);
        self.n_nan = self.n_nan.saturating_add(other.n_nan);
        self.n_inf = self.n_inf.saturating_add(other.n_inf);
        self.widen(other.min, other.max);
        self.sum.merge(&other.sum);
        match (&mut self.squares, &other.squares) {
            (Some(own), Some(their)) => own.merge(their),
            // A sum of squares over some of the values means nothing.
            (own, None) if other.n > 0 => *own = None,
            _ => {}
        }
    }

    /// The sign of a zero does not depend on the order: a minimum is -0 where there is one, as in numpy for values that
    /// are all -0 or more, so that such a value less the minimum is +0; a maximum is never -0.
    fn widen(&mut self, min: f64, max: f64) {
        if min < self.min || (min == self.min && min.is_sign_negative()) {
            self.min = min;
        }
        self.max = self.max.max(max + 0.0);
    }
}

/// A minimum with the sign of a zero as [`Numbers::widen`] wants it, whichever of several zeros was found.
fn with_signed_zero(min: f64, has_negative_zero: impl FnOnce() -> bool) -> f64 {
    match min == 0.0 {
        true if has_negative_zero() => -0.0,
        true => 0.0,
        false => min,
    }
}

/// Measures one piece of numbers. `resolution` is that of the branch's distribution now or before.
pub(crate) fn measure_piece(piece: &Piece, mode: SpecsMode, resolution: u32) -> PieceNumbers {
    let mut found = PieceNumbers { width: piece.max_values_per_entry(), ..PieceNumbers::default() };
    let values = piece.values().slice(piece.value_range());
    match &values {
        Values::F32(slice) => floats(slice, &mut found.numbers),
        Values::F64(slice) => doubles(slice, &mut found.numbers),
        Values::Bool(slice) => booleans(slice, &mut found.numbers),
        Values::I8(slice) => small_integers(slice, &mut found.numbers),
        Values::I16(slice) => small_integers(slice, &mut found.numbers),
        Values::I32(slice) => small_integers(slice, &mut found.numbers),
        Values::U8(slice) => small_integers(slice, &mut found.numbers),
        Values::U16(slice) => small_integers(slice, &mut found.numbers),
        Values::U32(slice) => small_integers(slice, &mut found.numbers),
        Values::I64(slice) => large_integers(slice, &mut found.numbers),
        Values::U64(slice) => large_integers(slice, &mut found.numbers),
    }
    found.numbers.n = values.len() as u64;
    if mode == SpecsMode::Full {
        event_columns::for_each_type!(&values, slice => measure_fully(slice, resolution, &mut found));
        if found.numbers.max.max(-found.numbers.min) > LARGEST_EXACT_INTEGER {
            found.numbers.squares = exact_squares(&values).or(found.numbers.squares);
        }
        found.widths = count_widths(piece);
    }
    found
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
fn floats(values: &[f32], numbers: &mut Numbers) {
    for block in values.chunks(BLOCK) {
        let summary = summarise_floats(block);
        // Exponents as stored; subnormal numbers are multiples of the same unit as the smallest normal ones.
        let (low, high) = ((summary.min_bits >> 23).max(1), (summary.max_bits >> 23).max(1));
        if summary.max_bits >= 0x7f80_0000 {
            one_by_one(block.iter().map(|value| f64::from(*value)), numbers);
            continue;
        }
        let has_negative_zero = || block.iter().any(|value| value.to_bits() == (-0.0_f32).to_bits());
        let min = with_signed_zero(f64::from(summary.min), has_negative_zero);
        numbers.widen(min, f64::from(summary.max));
        // 24 bits of mantissa, 8 bits for 256 values and 21 of distance make the 53 of the sum.
        if high.saturating_sub(low) <= 21 {
            numbers.sum.add(summary.sum);
        } else {
            for value in block {
                numbers.sum.add(f64::from(*value));
            }
        }
    }
}

struct FloatSummary {
    min: f32,
    max: f32,
    sum: f64,
    /// Bits of the smallest magnitude but zero; all ones where all are zero.
    min_bits: u32,
    /// Bits of the largest magnitude; infinities and NaN are above all numbers.
    max_bits: u32,
}

#[expect(clippy::inline_always, reason = "must be compiled with the instructions of the dispatched caller")]
#[inline(always)]
fn summarise_floats(block: &[f32]) -> FloatSummary {
    let (mut min, mut max) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    let mut sum = [0.0_f64; LANES];
    let (mut min_bits, mut max_bits) = ([u32::MAX; LANES], [0_u32; LANES]);
    let mut take = |values: &[f32; LANES]| {
        for lane in 0..LANES {
            let value = values[lane];
            let bits = value.to_bits() & 0x7fff_ffff;
            min[lane] = if value < min[lane] { value } else { min[lane] };
            max[lane] = if value > max[lane] { value } else { max[lane] };
            sum[lane] += f64::from(value);
            // Taking 1 away sends zero to the top, where it does not count.
            min_bits[lane] = min_bits[lane].min(bits.wrapping_sub(1));
            max_bits[lane] = max_bits[lane].max(bits);
        }
    };
    let (whole, rest) = block.as_chunks::<LANES>();
    whole.iter().for_each(&mut take);
    if let Some(first) = rest.first() {
        let mut padded = [*first; LANES];
        padded[..rest.len()].copy_from_slice(rest);
        take(&padded);
        sum[0] -= f64::from(*first) * (LANES - rest.len()) as f64;
    }
    FloatSummary {
        min: min.into_iter().fold(f32::INFINITY, f32::min),
        max: max.into_iter().fold(f32::NEG_INFINITY, f32::max),
        sum: sum.into_iter().sum(),
        min_bits: min_bits.into_iter().fold(u32::MAX, u32::min).saturating_add(1),
        max_bits: max_bits.into_iter().fold(0, u32::max),
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
fn doubles(values: &[f64], numbers: &mut Numbers) {
    for block in values.chunks(BLOCK) {
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut min_bits, mut max_bits, mut all_bits) = (u64::MAX, 0, 0);
        let mut sum = 0.0;
        for &value in block {
            let bits = value.to_bits() & (u64::MAX >> 1);
            min = if value < min { value } else { min };
            max = if value > max { value } else { max };
            sum += value;
            min_bits = min_bits.min(bits.wrapping_sub(1));
            max_bits = max_bits.max(bits);
            all_bits |= bits;
        }
        let (low, high) = ((min_bits.saturating_add(1) >> 52).max(1), (max_bits >> 52).max(1));
        if high >= 0x7ff {
            one_by_one(block.iter().copied(), numbers);
            continue;
        }
        let has_negative_zero = || block.iter().any(|value| value.to_bits() == (-0.0_f64).to_bits());
        numbers.widen(with_signed_zero(min, has_negative_zero), max);
        // As for floats, but here the data decide how many bits of mantissa are in use.
        let unused_bits = u64::from((all_bits | 1 << 52).trailing_zeros());
        if unused_bits >= 8 && high.saturating_sub(low) <= unused_bits - 8 && sum.is_finite() {
            numbers.sum.add(sum);
        } else {
            for value in block {
                numbers.sum.add(*value);
            }
        }
    }
}

fn one_by_one(values: impl Iterator<Item = f64>, numbers: &mut Numbers) {
    for value in values {
        if value.is_finite() {
            numbers.widen(value, value);
            numbers.sum.add(value);
        } else if value.is_nan() {
            numbers.n_nan += 1;
        } else {
            numbers.n_inf += 1;
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
fn small_integers<T: Number + Ord + Into<i64>>(values: &[T], numbers: &mut Numbers) {
    let mut total = 0_i128;
    // The sum of 2^31 values of 32 bits fits into 64; blocks of 4096 keep the values in the nearest cache.
    for block in values.chunks(4096) {
        let Some(&first) = block.first() else { continue };
        let (mut min, mut max, mut sum) = (first, first, 0_i64);
        for &value in block {
            min = min.min(value);
            max = max.max(value);
            sum += value.into();
        }
        total += i128::from(sum);
        numbers.widen(min.to_f64(), max.to_f64());
    }
    numbers.sum.add_integer(total);
}

fn large_integers<T: Number + Ord + Into<i128>>(values: &[T], numbers: &mut Numbers) {
    let (Some(min), Some(max)) = (values.iter().min(), values.iter().max()) else { return };
    numbers.widen(min.to_f64(), max.to_f64());
    numbers.sum.add_integer(values.iter().map(|value| (*value).into()).sum());
}

fn booleans(values: &[bool], numbers: &mut Numbers) {
    let n_true = values.iter().filter(|value| **value).count();
    if !values.is_empty() {
        let (all, any) = (n_true == values.len(), n_true > 0);
        numbers.widen(f64::from(u8::from(all)), f64::from(u8::from(any)));
        numbers.sum.add_integer(n_true as i128);
    }
}

/// Squares and distribution, from the range that was found before.
fn measure_fully<T: Number>(values: &[T], resolution: u32, found: &mut PieceNumbers) {
    let numbers = &mut found.numbers;
    let mut squares = ExactSum::default();
    if numbers.min > numbers.max {
        numbers.squares = Some(squares);
        return;
    }
    let range = key(numbers.min as f32, resolution)..=key(numbers.max as f32, resolution);
    let all_finite = numbers.n_nan + numbers.n_inf == 0;
    let mut keys = KeyCounts::new(range);
    let mut block = [0.0_f64; BLOCK];
    for part in values.chunks(BLOCK) {
        let mut n_finite = part.len();
        if all_finite {
            block.iter_mut().zip(part).for_each(|(place, value)| *place = value.to_f64());
        } else {
            n_finite = 0;
            for value in part.iter().map(|value| value.to_f64()).filter(|value| value.is_finite()) {
                block[n_finite] = value;
                n_finite += 1;
            }
        }
        let finite = &block[..n_finite];
        keys.add(finite, resolution);
        add_squares(finite, &mut squares);
    }
    numbers.squares = Some(squares);
    found.distribution = Some((resolution, keys.finish()));
}

/// Adds the squares of a block to a sum such that the variance of values far from zero keeps its digits: the
/// block's own variance is computed around a number near its mean, and the square of that number is added with
/// twice the precision.
fn add_squares(block: &[f64], squares: &mut ExactSum) {
    if block.is_empty() {
        return;
    }
    let n = block.len() as f64;
    let total: f64 = block.iter().sum();
    // Any number near the mean will do; where the sum overflows it is made of parts.
    let centre = if total.is_finite() { total / n } else { block.iter().map(|value| value / n).sum() };
    let (mut sum, mut sum_of_squares) = (0.0, 0.0);
    for value in block {
        let distance = value - centre;
        sum += distance;
        sum_of_squares += distance * distance;
    }
    squares.add(sum_of_squares);
    for (left, right, times) in [(2.0 * centre, sum, 1.0), (centre, centre, n)] {
        let product = left * right;
        let rest = left.mul_add(right, -product);
        squares.add(product * times);
        squares.add(product.mul_add(times, -(product * times)));
        squares.add(rest * times);
    }
}

/// The sum of the squares of 64-bit integers, which may have more digits than a float; nothing for other types.
fn exact_squares(values: &Values) -> Option<ExactSum> {
    let mut squares = ExactSum::default();
    match values {
        Values::I64(slice) => {
            slice.iter().for_each(|value| squares.add_square_of_integer(value.unsigned_abs()));
        }
        Values::U64(slice) => slice.iter().for_each(|value| squares.add_square_of_integer(*value)),
        _ => return None,
    }
    Some(squares)
}

/// How many entries have how many values; empty for types without lists.
fn count_widths(piece: &Piece) -> Vec<(u64, u64)> {
    let ColumnType { depth, width, .. } = piece.column_type();
    if depth == 0 {
        return Vec::new();
    }
    let mut large = Vec::new();
    let mut counted = COUNTS.with_borrow_mut(|counts| {
        counts.clear();
        counts.resize(COUNTED_WIDTHS.min(piece.max_values_per_entry() + 1), 0_u64);
        let mut count = |n_values: usize| match counts.get_mut(n_values) {
            Some(place) => *place += 1,
            None => large.push((n_values as u64, 1)),
        };
        match piece.offsets() {
            [offsets] => {
                offsets.windows(2).for_each(|pair| count((pair[1] - pair[0]) as usize * width));
            }
            _ => (0..piece.n_entries())
                .for_each(|entry| count(piece.slice(entry..entry + 1).value_range().len())),
        }
        let occupied = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        occupied.map(|(n_values, count)| (n_values as u64, *count)).collect::<Vec<_>>()
    });
    counted.append(&mut large);
    counted
}

thread_local! {
    static COUNTS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_floats(values: &[f32]) {
        let found = measure_piece(&Piece::flat(values.to_vec()), SpecsMode::Full, 11).numbers;
        check_against(found, &values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>());
        let doubles: Vec<f64> = values.iter().map(|value| f64::from(*value) * 1.1).collect();
        check_against(measure_piece(&Piece::flat(doubles.clone()), SpecsMode::Full, 11).numbers, &doubles);
    }

    fn check_against(found: Numbers, values: &[f64]) {
        let mut expected = Numbers::default();
        one_by_one(values.iter().copied(), &mut expected);
        expected.n = values.len() as u64;
        let found = Numbers { squares: None, ..found };
        assert_eq!(found, expected, "{values:?}");
    }

    #[test]
    fn blocks_give_the_numbers_of_single_values() {
        check_floats(&[]);
        check_floats(&[-0.0]);
        check_floats(&[1.5, -2.5, 3.25]);
        check_floats(&[1e-30, 1e30, -1e30]);
        check_floats(&[f32::NAN, 1.0, f32::INFINITY, f32::NEG_INFINITY]);
        check_floats(&[f32::from_bits(1), f32::MAX]);
        check_floats(&(0..1000).map(|i| (i as f32).sin()).collect::<Vec<_>>());
        check_floats(&(0..777).map(|i| 10_f32.powi(i % 60 - 30)).collect::<Vec<_>>());
    }

    #[test]
    fn the_sign_of_zero() {
        let check = |values: &[f64], expected: (f64, f64)| {
            let floats: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            let mut parts = Numbers::default();
            for value in values {
                parts.merge(&measure_piece(&Piece::flat(vec![*value]), SpecsMode::Fast, 11).numbers);
            }
            for found in [
                measure_piece(&Piece::flat(values.to_vec()), SpecsMode::Fast, 11).numbers,
                measure_piece(&Piece::flat(floats), SpecsMode::Fast, 11).numbers,
                parts,
            ] {
                let bits = |(min, max): (f64, f64)| (min.to_bits(), max.to_bits());
                assert_eq!(bits((found.min, found.max)), bits(expected), "{values:?}");
            }
        };
        check(&[-0.0, -0.0, 2.0], (-0.0, 2.0));
        check(&[0.0, -0.0, 2.0], (-0.0, 2.0));
        check(&[-0.0, 0.0, 2.0], (-0.0, 2.0));
        check(&[0.0, 2.0], (0.0, 2.0));
        check(&[-0.0, -2.0, -0.0], (-2.0, 0.0));
        check(&[-0.0], (-0.0, 0.0));
        check(&[2.0; 300], (2.0, 2.0));
    }

    #[test]
    fn integers_and_booleans() {
        let check = |piece: Piece, min: f64, max: f64, sum: f64| {
            let found = measure_piece(&piece, SpecsMode::Fast, 11).numbers;
            assert_eq!((found.min, found.max, found.sum.to_f64()), (min, max, sum));
        };
        check(Piece::flat(vec![i32::MAX; 5000]), 2_147_483_647.0, 2_147_483_647.0, 2_147_483_647.0 * 5000.0);
        check(Piece::flat(vec![-1_i8, 3, 2]), -1.0, 3.0, 4.0);
        check(Piece::flat(vec![u64::MAX, u64::MAX]), 2_f64.powi(64), 2_f64.powi(64), 2_f64.powi(65));
        check(Piece::flat(vec![i64::MIN, 1]), -(2_f64.powi(63)), 1.0, -(2_f64.powi(63)));
        check(Piece::flat(vec![true, false, true]), 0.0, 1.0, 2.0);
        check(Piece::flat(vec![true, true]), 1.0, 1.0, 2.0);
    }

    #[test]
    fn widths_of_lists() {
        let lists = [vec![1_u8; 3], vec![], vec![2; 5000], vec![1; 3]];
        let found = measure_piece(&Piece::jagged(&lists), SpecsMode::Full, 11);
        assert_eq!(found.width, 5000);
        assert_eq!(found.widths, [(0, 1), (3, 2), (5000, 1)]);
    }
}
