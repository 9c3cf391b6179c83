//! Offsets of lists, checked once.

use crate::Slice;
use multiversion::multiversion;
use std::ops::{Deref, Range};

/// Where lists begin and end, known to start at 0 or more and never to fall. Cloning copies no number, so that the
/// branches of one collection, which all have the same offsets, can share them and be checked once.
#[derive(Clone, Debug, PartialEq)]
pub struct Offsets {
    slice: Slice<i64>,
    /// The longest list; unknown for a part of other offsets.
    widest: Option<usize>,
}

impl Offsets {
    /// Checks the numbers: one more than there are lists.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(slice: Slice<i64>) -> Result<Self, &'static str> {
        let Some(&first) = slice.first() else { return Err("the array is empty") };
        if first < 0 {
            return Err("the first offset is negative");
        }
        let (signs, widest) = signs_and_widest(&slice);
        if signs < 0 {
            return Err("an offset is smaller than the one before");
        }
        Ok(Self { slice, widest: Some(widest as usize) })
    }

    /// Offsets made here, known to be right.
    pub(crate) fn known(numbers: Vec<i64>, widest: usize) -> Self {
        Self { slice: numbers.into(), widest: Some(widest) }
    }

    /// The numbers of the lists between two positions, half-open, and one more.
    ///
    /// # Panics
    /// When the range leaves the lists.
    #[must_use]
    pub fn of_lists(&self, lists: Range<usize>) -> Self {
        let is_whole = lists == (0..self.slice.len() - 1);
        let slice = self.slice.slice(lists.start..lists.end + 1);
        Self { slice, widest: self.widest.filter(|_| is_whole) }
    }

    /// The length of the longest list.
    pub fn widest(&self) -> usize {
        self.widest.unwrap_or_else(|| signs_and_widest(&self.slice).1 as usize)
    }

    /// Whether both share one buffer and show the same part of it.
    pub fn is_same(&self, other: &Self) -> bool {
        self.slice.as_ptr() == other.slice.as_ptr() && self.slice.len() == other.slice.len()
    }
}

impl Deref for Offsets {
    type Target = Slice<i64>;
    fn deref(&self) -> &Slice<i64> {
        &self.slice
    }
}

/// A negative number where an offset is smaller than the one before, and the largest difference of neighbours.
///
/// Signs are collected without a branch in the loop, so that it becomes vector instructions: every piece that is read
/// passes here. Without a negative number no difference can overflow.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl", "x86_64+avx2+fma"))]
fn signs_and_widest(offsets: &[i64]) -> (i64, i64) {
    let ends = offsets.get(1..).unwrap_or_default();
    ends.iter().zip(offsets).fold((0, 0), |(signs, widest), (end, start)| {
        let length = end.wrapping_sub(*start);
        (signs | end | length, widest.max(length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(numbers: &[i64]) -> Result<Offsets, &'static str> {
        Offsets::new(Slice::from(numbers.to_vec()))
    }

    #[test]
    fn the_longest_list() {
        assert_eq!(offsets(&[5]).unwrap().widest(), 0);
        let whole = offsets(&[2, 2, 9, 10]).unwrap();
        assert_eq!(whole.widest(), 7);
        assert_eq!(whole.of_lists(0..3).widest(), 7);
        assert_eq!(whole.of_lists(2..3).widest(), 1);
        assert_eq!(whole.of_lists(1..1).widest(), 0);
    }

    #[test]
    fn what_is_broken_is_said() {
        assert_eq!(offsets(&[]), Err("the array is empty"));
        assert_eq!(offsets(&[-1, 3]), Err("the first offset is negative"));
        assert_eq!(offsets(&[0, 3, 2]), Err("an offset is smaller than the one before"));
        assert_eq!(offsets(&[0, i64::MAX, i64::MIN]), Err("an offset is smaller than the one before"));
    }

    #[test]
    fn clones_are_the_same_and_equals_are_not() {
        let (one, other) = (offsets(&[0, 1]).unwrap(), offsets(&[0, 1]).unwrap());
        assert!(one.is_same(&one.clone()) && one.is_same(&one.of_lists(0..1)));
        assert!(!one.is_same(&other) && one == other);
        assert!(!one.is_same(&one.of_lists(0..0)));
    }
}
