//! Where the lists of a basket begin.
//!
//! All branches of a collection (`Jet_pt`, `Jet_eta`, ..) have lists of the same lengths, and their baskets mostly hold
//! the same entries. Each thread remembers the offsets that it made last: where a basket has the same, they are
//! shared, which saves the memory of all but one of them and every later look at their order and widths.

use crate::basket::Contents;
use crate::cursor::Broken;
use crate::layout::Layout;
use event_columns::Offsets;
use multiversion::multiversion;
use std::cell::RefCell;

thread_local! {
    /// The offsets that this thread made last.
    static LAST: RefCell<Option<Offsets>> = const { RefCell::new(None) };
}

/// Where the items of each entry begin, one number more than there are entries. `counts` are the items of each entry,
/// for lists whose basket does not say.
pub(crate) fn list_offsets(
    layout: &Layout,
    basket: &Contents<'_>,
    head_bytes: usize,
    counts: Option<&[i64]>,
) -> Result<Offsets, Broken> {
    let (n_entries, n_bytes) = (basket.n_entries, basket.data.len());
    let item_bytes = layout.stored.n_bytes() * layout.column_type.width;
    let n_item_bytes = head_bytes
        .checked_mul(n_entries)
        .and_then(|heads| n_bytes.checked_sub(heads))
        .ok_or_else(|| Broken::new(0, format!("{n_bytes} bytes for {n_entries} lists")))?;
    let disagree = || Broken::new(0, "the positions of the entries do not agree with their bytes");
    if item_bytes == 0 || n_item_bytes % item_bytes != 0 {
        return Err(disagree());
    }
    let n_items = (n_item_bytes / item_bytes) as i64;
    let offsets = match (&basket.positions, counts) {
        _ if n_entries == 0 => vec![],
        (Some(positions), _) => {
            let positions = Positions {
                bytes: positions,
                from: basket.n_head_bytes as i64,
                head_bytes: head_bytes as i64,
                item_bytes: item_bytes as i64,
            };
            if let Some(last) =
                LAST.with_borrow(std::clone::Clone::clone).filter(|last| positions.are(last, n_items))
            {
                return Ok(last);
            }
            positions.offsets().ok_or_else(disagree)?
        }
        (None, Some(counts)) => offsets_from_counts(counts, n_items).ok_or_else(disagree)?,
        (None, None) => return Err(Broken::new(0, "the basket does not say where its entries begin")),
    };
    remember(offsets, n_entries, n_items).ok_or_else(disagree)
}

/// Checks new offsets (without their end) and keeps them for the next basket of this thread.
fn remember(mut offsets: Vec<i64>, n_entries: usize, n_items: i64) -> Option<Offsets> {
    offsets.push(n_items);
    if offsets.len() != n_entries + 1 || offsets[0] != 0 {
        return None;
    }
    let offsets = Offsets::new(offsets.into()).ok()?;
    LAST.set(Some(offsets.clone()));
    Some(offsets)
}

/// Adds up counts; nothing where they are not as many items as there are.
fn offsets_from_counts(counts: &[i64], n_items: i64) -> Option<Vec<i64>> {
    let mut offset = 0_i64;
    let mut offsets = Vec::with_capacity(counts.len() + 1);
    offsets.extend(counts.iter().map(|count| {
        let start = offset;
        offset = offset.saturating_add(*count);
        start
    }));
    (offset == n_items).then_some(offsets)
}

/// Positions of entries as a basket stores them.
#[derive(Clone, Copy)]
struct Positions<'a> {
    /// 32 bits each, big-endian.
    bytes: &'a [u8],
    /// What is counted too much.
    from: i64,
    /// Bytes in front of the items of each entry.
    head_bytes: i64,
    /// Bytes of an item, at least 1.
    item_bytes: i64,
}

impl Positions<'_> {
    /// Numbers of items instead of bytes; nothing where a list is no whole number of items.
    fn offsets(self) -> Option<Vec<i64>> {
        let mut offsets = Vec::with_capacity(self.bytes.len() / 4 + 1);
        let rests = if self.item_bytes.count_ones() == 1 {
            shifted(&mut offsets, self)
        } else {
            divided(&mut offsets, self)
        };
        (rests == 0).then_some(offsets)
    }

    /// Whether these positions are those of the given offsets.
    fn are(self, offsets: &Offsets, n_items: i64) -> bool {
        let n_entries = self.bytes.len() / 4;
        offsets.len() == n_entries + 1 && offsets[n_entries] == n_items && differences(offsets, self) == 0
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn shifted(offsets: &mut Vec<i64>, positions: Positions<'_>) -> i64 {
    let Positions { bytes, from, head_bytes, item_bytes } = positions;
    let (shift, mask) = (item_bytes.trailing_zeros(), item_bytes - 1);
    let mut rests = 0;
    offsets.extend(bytes.as_chunks::<4>().0.iter().enumerate().map(|(entry, position)| {
        let bytes = i64::from(i32::from_be_bytes(*position)) - from - head_bytes * entry as i64;
        rests |= bytes & mask;
        bytes >> shift
    }));
    rests
}

fn divided(offsets: &mut Vec<i64>, positions: Positions<'_>) -> i64 {
    let Positions { bytes, from: mut start, head_bytes, item_bytes } = positions;
    let mut rests = 0;
    offsets.extend(bytes.as_chunks::<4>().0.iter().map(|position| {
        let bytes = i64::from(i32::from_be_bytes(*position)) - start;
        start += head_bytes;
        rests |= bytes % item_bytes;
        bytes / item_bytes
    }));
    rests
}

/// Not 0 where a position is not that of its offset. Block by block, since branches of different collections differ
/// within their first entries.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn differences(offsets: &[i64], positions: Positions<'_>) -> i64 {
    const BLOCK: usize = 512;
    let Positions { bytes, from, head_bytes, item_bytes } = positions;
    let (mut first, mut differences) = (from, 0);
    for (positions, offsets) in bytes.as_chunks::<4>().0.chunks(BLOCK).zip(offsets.chunks(BLOCK)) {
        for (entry, (position, offset)) in positions.iter().zip(offsets).enumerate() {
            let expected = first + head_bytes * entry as i64 + item_bytes.wrapping_mul(*offset);
            differences |= i64::from(i32::from_be_bytes(*position)) ^ expected;
        }
        if differences != 0 {
            break;
        }
        first += head_bytes * BLOCK as i64;
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Shape;
    use crate::numbers::Stored;
    use event_columns::{ColumnType, ElementType};

    /// Lists of `lengths` items with a head each, as the branch with a key of `n_head_bytes` stores their positions.
    fn read(element: ElementType, lengths: &[usize], head_bytes: usize, n_head_bytes: usize) -> Offsets {
        let layout = Layout {
            column_type: ColumnType { element, depth: 1, width: 1 },
            stored: Stored::Plain(element),
            shape: Shape::List { head_bytes },
            counter: None,
        };
        let item_bytes = layout.stored.n_bytes();
        let mut positions = Vec::new();
        let mut n_bytes = 0;
        for length in lengths {
            positions.extend(((n_bytes + n_head_bytes) as i32).to_be_bytes());
            n_bytes += head_bytes + length * item_bytes;
        }
        let data = vec![0; n_bytes];
        let contents = Contents {
            data: &data,
            positions: Some(positions.into()),
            n_entries: lengths.len(),
            n_head_bytes,
        };
        list_offsets(&layout, &contents, head_bytes, None).unwrap()
    }

    #[test]
    fn branches_of_a_collection_share_their_offsets() {
        let lengths: Vec<usize> = (0..2000).map(|entry| entry * 7 % 5).collect();
        let first = read(ElementType::F32, &lengths, 10, 70);
        let same = read(ElementType::F64, &lengths, 10, 83);
        assert!(first.is_same(&same));
        assert!(first.is_same(&read(ElementType::Bool, &lengths, 0, 70)));
        let mut others = lengths.clone();
        others.swap(1500, 1501);
        let other = read(ElementType::F32, &others, 10, 70);
        assert!(!other.is_same(&first) && other != first);
        assert_eq!(other.len(), 2001);
        assert!(!read(ElementType::F32, &lengths[..1999], 10, 70).is_same(&other));
        assert_eq!(read(ElementType::F32, &[], 10, 70).to_vec(), [0]);
    }
}
