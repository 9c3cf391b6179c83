//! The values of a few rows, scaled, feature after feature, and where each row's values begin.

use crate::{Feature, MatrixValue};
use event_columns::{Column, ElementType, Number, Piece, Values, for_each_type};
use multiversion::multiversion;
use std::ops::Range;

/// Buffers for one tile, reused.
#[derive(Debug, Default)]
pub struct Scratch<T> {
    /// Scaled values, feature after feature; longer than what is in use.
    pub(crate) values: Vec<T>,
    /// Values in use.
    n_values: usize,
    /// For each set of lists, the start of each row counted from the first value of the feature, and the end.
    pub(crate) starts: Vec<usize>,
    /// The lists whose starts were added last.
    last_lists: Option<(Lists, usize)>,
    pub(crate) features: Vec<TileFeature>,
    /// A few rows while they are made.
    pub(crate) staged_values: Vec<T>,
    /// Their masks.
    pub(crate) staged_mask: Vec<u8>,
}

/// A feature of a tile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileFeature {
    /// Where its starts begin in [`Scratch::starts`]; features of one collection share them.
    pub(crate) starts_at: usize,
    /// Its first value in [`Scratch::values`].
    pub(crate) first_value: usize,
    /// Whether a value is missing.
    pub(crate) has_missing: bool,
}

/// Rows that lie in one piece: two features with the same lists have the same starts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Lists {
    /// Address of the first offset; none for features without lists.
    offsets: Option<usize>,
    width: usize,
}

impl Lists {
    /// None where the rows lie in several pieces, or in lists of lists.
    fn of(column: &Column, rows: &Range<usize>) -> Option<Self> {
        let mut piece_start = 0;
        for piece in column.pieces() {
            let piece_end = piece_start + piece.n_entries();
            if rows.start < piece_end {
                let width = piece.column_type().width;
                return match piece.offsets() {
                    _ if rows.end > piece_end => None,
                    [] => Some(Self { offsets: None, width }),
                    [offsets] => {
                        let address = offsets[rows.start - piece_start..].as_ptr() as usize;
                        Some(Self { offsets: Some(address), width })
                    }
                    _ => None,
                };
            }
            piece_start = piece_end;
        }
        None
    }
}
impl<T: MatrixValue> Scratch<T> {
    pub(crate) fn clear(&mut self) {
        self.n_values = 0;
        self.starts.clear();
        self.last_lists = None;
        self.features.clear();
    }

    /// Makes sure that so many values can be read or written behind the present ones.
    pub(crate) fn make_room(&mut self, n_values: usize) {
        if self.values.len() < self.n_values + n_values {
            self.values.resize((self.n_values + n_values).next_power_of_two(), T::NAN);
        }
    }

    /// Adds the scaled values of some rows, the start of each row among them, and the end of the last one.
    pub(crate) fn add_feature(&mut self, feature: &Feature, column: &Column, rows: Range<usize>) {
        let first_value = self.n_values;
        let lists = Lists::of(column, &rows);
        let known = self.last_lists.filter(|(last, _)| lists == Some(*last)).map(|(_, starts_at)| starts_at);
        let starts_at = known.unwrap_or(self.starts.len());
        let (mut piece_start, mut has_missing) = (0, false);
        for piece in column.pieces() {
            let piece_end = piece_start + piece.n_entries();
            let (start, end) = (rows.start.max(piece_start), rows.end.min(piece_end));
            if start < end {
                let entries = start - piece_start..end - piece_start;
                if known.is_none() {
                    self.add_starts(piece, entries.clone(), first_value);
                }
                let range = values_of(piece, &entries);
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
        if known.is_none() {
            self.starts.push(self.n_values - first_value);
            self.last_lists = lists.map(|lists| (lists, starts_at));
        }
        self.features.push(TileFeature { starts_at, first_value, has_missing });
    }

    /// Adds the starts of entries of a piece, whose values will come next.
    fn add_starts(&mut self, piece: &Piece, entries: Range<usize>, first_value: usize) {
        let width = piece.column_type().width;
        let n_before = self.n_values - first_value;
        match piece.offsets() {
            [] => self.starts.extend((0..entries.len()).map(|entry| n_before + entry * width)),
            [offsets] => {
                let offsets = &offsets[entries];
                let first = offsets.first().copied().unwrap_or(0);
                let start = |offset: &i64| n_before + (offset - first) as usize * width;
                self.starts.extend(offsets.iter().map(start));
            }
            _ => {
                let first = values_of(piece, &entries).start;
                let start = |entry| n_before + values_of(piece, &(entry..entry)).start - first;
                self.starts.extend(entries.map(start));
            }
        }
    }
}

/// Positions of the values of some entries in a piece.
fn values_of(piece: &Piece, entries: &Range<usize>) -> Range<usize> {
    let width = piece.column_type().width;
    let reach =
        |entry: usize| piece.offsets().iter().fold(entry, |position, level| level[position] as usize) * width;
    reach(entries.start)..reach(entries.end)
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
