//! A shared, immutable run of values.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// A range of a shared buffer. Cloning and slicing copy no value.
#[derive(Clone)]
pub struct Slice<T> {
    buffer: Arc<Vec<T>>,
    start: usize,
    len: usize,
}

impl<T> Slice<T> {
    /// The part of this slice between two positions, half-open, counted from the start of the slice.
    ///
    /// # Panics
    /// When the range leaves the slice, as indexing does.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len, "slice {range:?} of {} values", self.len);
        Self {
            buffer: Arc::clone(&self.buffer),
            start: self.start + range.start,
            len: range.end - range.start,
        }
    }

    /// The whole buffer behind this slice and the range of it that this slice shows.
    pub fn shared(&self) -> (&Arc<Vec<T>>, Range<usize>) {
        (&self.buffer, self.start..self.start + self.len)
    }

    /// Bytes of the buffer that this slice keeps alive (the whole of it, also where the slice is a part).
    pub fn buffer_bytes(&self) -> usize {
        self.buffer.capacity() * size_of::<T>()
    }
}

impl<T: Clone> Slice<T> {
    /// The values as a vector of their own: the buffer itself where nobody else holds it, else a copy.
    pub fn into_vec(self) -> Vec<T> {
        if self.start == 0 && self.len == self.buffer.len() {
            Arc::try_unwrap(self.buffer).unwrap_or_else(|shared| shared.as_ref().clone())
        } else {
            self.to_vec()
        }
    }
}

impl<T> From<Vec<T>> for Slice<T> {
    fn from(values: Vec<T>) -> Self {
        let len = values.len();
        Self { buffer: Arc::new(values), start: 0, len }
    }
}

impl<T> Deref for Slice<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.len]
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Slice<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<T: PartialEq> PartialEq for Slice<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slicing_shares_the_buffer() {
        let whole = Slice::from(vec![1, 2, 3, 4]);
        let part = whole.slice(1..3).slice(1..2);
        assert_eq!(*part, [3]);
        assert!(Arc::ptr_eq(whole.shared().0, part.shared().0));
        assert_eq!(part.shared().1, 2..3);
    }

    #[test]
    fn a_sole_owner_gets_the_buffer_back() {
        let values = vec![1.0_f32, 2.0];
        let address = values.as_ptr();
        let back = Slice::from(values).into_vec();
        assert_eq!(back.as_ptr(), address);
    }
}
