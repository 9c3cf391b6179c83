//! From the bytes of a basket to a piece of a column.

use crate::basket::Contents;
use crate::cursor::Broken;
use crate::layout::{Layout, Shape};
use crate::list_offsets::list_offsets;
use crate::nested::{Nested, object_bits};
use crate::numbers::{Stored, Word, by_width, strided};
use event_columns::{ElementType, Offsets, Piece, Values};
use multiversion::multiversion;

/// The entries of a basket as a piece. `counts` are the items of each entry, for lists whose basket does not say.
pub(crate) fn decode(
    layout: &Layout,
    basket: &Contents<'_>,
    counts: Option<&[i64]>,
) -> Result<Piece, Broken> {
    let column_type = layout.column_type;
    let piece = match layout.shape {
        Shape::Fixed { stride, offset } => {
            Piece::with_offsets(column_type, vec![], fixed(layout, basket, stride, offset)?)
        }
        Shape::List { head_bytes } => {
            let offsets = list_offsets(layout, basket, head_bytes, counts)?;
            let values = list_values(layout, basket, head_bytes, &offsets)?;
            Piece::with_offsets(column_type, vec![offsets], values)
        }
        Shape::ObjectBits => {
            let (offsets, values) = object_bits(layout, basket, counts)?;
            Piece::new(column_type, offsets, values)
        }
        Shape::Nested { head } => {
            let (offsets, values) = Nested::new(layout).read(basket, head)?;
            Piece::new(column_type, offsets, values)
        }
    };
    piece.map_err(|cause| Broken::new(0, cause.to_string()))
}

fn fixed(layout: &Layout, basket: &Contents<'_>, stride: usize, offset: usize) -> Result<Values, Broken> {
    let expected = stride.checked_mul(basket.n_entries);
    if expected != Some(basket.data.len()) {
        let (n_bytes, n_entries) = (basket.data.len(), basket.n_entries);
        return Err(Broken::new(0, format!("{n_bytes} bytes for {n_entries} entries of {stride} bytes")));
    }
    let n_bytes = layout.stored.n_bytes() * layout.column_type.width;
    if n_bytes == stride {
        return Ok(layout.stored.decode(basket.data));
    }
    Ok(layout.stored.decode(&strided(basket.data, stride, offset, n_bytes)))
}

fn list_values(
    layout: &Layout,
    basket: &Contents<'_>,
    head_bytes: usize,
    offsets: &Offsets,
) -> Result<Values, Broken> {
    if head_bytes == 0 {
        return Ok(layout.stored.decode(basket.data));
    }
    let counted = head_bytes >= COUNT_BYTES;
    let mismatch =
        || Broken::new(0, "the lengths of the lists do not agree with the positions of the entries");
    match layout.stored {
        Stored::Plain(element) => Ok(by_width!(element, W => {
            gather::<W>(basket.data, head_bytes, counted, offsets).ok_or_else(mismatch)?
        })),
        stored => {
            let n_bytes = stored.n_bytes() as i64;
            let in_bytes: Vec<i64> = offsets.iter().map(|offset| offset.saturating_mul(n_bytes)).collect();
            let in_bytes = Offsets::new(in_bytes.into()).map_err(|reason| Broken::new(0, reason))?;
            let bytes = gather::<u8>(basket.data, head_bytes, false, &in_bytes).ok_or_else(mismatch)?;
            Ok(stored.decode(&bytes))
        }
    }
}

/// Heads of at least this length end with the number of items.
const COUNT_BYTES: usize = 4;
/// Lists up to this length are copied in one step of fixed size, which is faster than asking how long they are.
const STEP: usize = 8;

/// The words of lists that have heads between them. Where `counted`, the last four bytes of each head are the
/// number of items, which must agree with the offsets.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn gather<W: Word>(data: &[u8], head_bytes: usize, counted: bool, offsets: &Offsets) -> Option<Vec<W>> {
    let offsets: &[i64] = offsets;
    let (n_values, n_lists) = (usize::try_from(*offsets.last()?).ok()?, offsets.len() - 1);
    let n_bytes = n_values.checked_mul(W::N_BYTES)?.checked_add(head_bytes.checked_mul(n_lists)?)?;
    if n_bytes != data.len() {
        return None;
    }
    let position = |list: usize| head_bytes * (list + 1) + offsets[list] as usize * W::N_BYTES;
    let mut n_in_steps = n_lists;
    while n_in_steps > 0 && position(n_in_steps - 1) + STEP * W::N_BYTES > data.len() {
        n_in_steps -= 1;
    }
    let mut values = vec![W::default(); n_values + STEP];
    let mut mismatch = 0;
    let mut heads = 0;
    for pair in offsets[..=n_in_steps].windows(2) {
        let (start, end) = (pair[0] as usize, pair[1] as usize);
        heads += head_bytes;
        let from = heads + start * W::N_BYTES;
        // SAFETY: offsets are never negative and never fall (`Offsets` checks that) and end at `n_values`, so `start + STEP` is at most the
        // length of `values`, and `from` is at most the position of list `n_in_steps - 1`, from which a whole step
        // lies inside `data` (the loop above). `from` is at least `head_bytes`, which is at least 4 where counted.
        // With the bounds checked at every list, uncompressed vectors took 1.5 times as long to read.
        let (source, target, count) = unsafe {
            let count = data.get_unchecked(from - if counted { COUNT_BYTES } else { 0 }..from);
            let source = data.get_unchecked(from..from + STEP * W::N_BYTES);
            (source, values.get_unchecked_mut(start..start + STEP), count)
        };
        if counted {
            mismatch |= u32::from_big_endian(count) ^ (end - start) as u32;
        }
        for (value, item) in target.iter_mut().zip(source.chunks_exact(W::N_BYTES)) {
            *value = W::from_big_endian(item);
        }
        if end - start > STEP {
            let source = &data[from..from + (end - start) * W::N_BYTES];
            for (value, item) in values[start..end].iter_mut().zip(source.chunks_exact(W::N_BYTES)) {
                *value = W::from_big_endian(item);
            }
        }
    }
    for list in n_in_steps..n_lists {
        let (start, end) = (offsets[list] as usize, offsets[list + 1] as usize);
        let from = position(list);
        if counted {
            mismatch |= u32::from_big_endian(&data[from - COUNT_BYTES..from]) ^ (end - start) as u32;
        }
        let source = &data[from..from + (end - start) * W::N_BYTES];
        for (value, item) in values[start..end].iter_mut().zip(source.chunks_exact(W::N_BYTES)) {
            *value = W::from_big_endian(item);
        }
    }
    values.truncate(n_values);
    (mismatch == 0).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Head, VECTOR_HEAD_BYTES};
    use event_columns::ColumnType;

    fn layout(element: ElementType, depth: usize, width: usize, shape: Shape) -> Layout {
        let column_type = ColumnType { element, depth, width };
        Layout { column_type, stored: Stored::Plain(element), shape, counter: None }
    }

    /// Positions count from a key of 70 bytes.
    fn positions(starts: &[i32]) -> Vec<u8> {
        starts.iter().flat_map(|start| (start + 70).to_be_bytes()).collect()
    }

    fn contents<'a>(data: &'a [u8], positions: Option<&'a [u8]>, n_entries: usize) -> Contents<'a> {
        Contents { data, positions: positions.map(std::borrow::Cow::Borrowed), n_entries, n_head_bytes: 70 }
    }

    /// A basket of `vector<float>`.
    fn vectors(lists: &[Vec<f32>]) -> (Vec<u8>, Vec<u8>) {
        let (mut data, mut starts) = (Vec::new(), Vec::new());
        for list in lists {
            starts.push(data.len() as i32);
            data.extend((0x4000_0000 + 6 + 4 * list.len() as u32).to_be_bytes());
            data.extend(9_u16.to_be_bytes());
            data.extend((list.len() as u32).to_be_bytes());
            data.extend(list.iter().flat_map(|value| value.to_be_bytes()));
        }
        (data, positions(&starts))
    }

    #[test]
    fn vectors_of_all_lengths() {
        let lists: Vec<Vec<f32>> =
            (0..40).map(|n| (0..n * 7 % 23).map(|i| (n * 100 + i) as f32).collect()).collect();
        let (data, positions) = vectors(&lists);
        let layout = layout(ElementType::F32, 1, 1, Shape::List { head_bytes: VECTOR_HEAD_BYTES });
        let piece = decode(&layout, &contents(&data, Some(&positions), lists.len()), None).unwrap();
        assert_eq!(piece, Piece::jagged(&lists));
        let mut wrong = data.clone();
        wrong[9] ^= 1;
        assert!(decode(&layout, &contents(&wrong, Some(&positions), lists.len()), None).is_err());
        assert!(
            decode(&layout, &contents(&data[..data.len() - 1], Some(&positions), lists.len()), None).is_err()
        );
        assert!(decode(&layout, &contents(&data, None, lists.len()), None).is_err());
    }

    #[test]
    fn arrays_by_positions_and_by_counts() {
        let layout = layout(ElementType::I16, 1, 1, Shape::List { head_bytes: 0 });
        let data = [0, 1, 0, 2, 0, 3];
        let expected = Piece::jagged(&[vec![1_i16, 2], vec![], vec![3]]);
        let starts = positions(&[0, 4, 4]);
        assert_eq!(decode(&layout, &contents(&data, Some(&starts), 3), None).unwrap(), expected);
        assert_eq!(decode(&layout, &contents(&data, None, 3), Some(&[2, 0, 1])).unwrap(), expected);
        for counts in [[2, 0, 2].as_slice(), &[2, 0], &[4, -2, 1], &[i64::MAX, i64::MAX, 5]] {
            assert!(decode(&layout, &contents(&data, None, 3), Some(counts)).is_err(), "{counts:?}");
        }
        for starts in [[0, 3, 4], [2, 4, 4], [0, 6, 4], [0, 4, 8], [0, -4, 4]] {
            assert!(
                decode(&layout, &contents(&data, Some(&positions(&starts)), 3), None).is_err(),
                "{starts:?}"
            );
        }
    }

    #[test]
    fn items_of_three_bytes_each() {
        let layout = layout(ElementType::U8, 1, 3, Shape::List { head_bytes: 0 });
        let piece =
            decode(&layout, &contents(&[1, 2, 3, 4, 5, 6], Some(&positions(&[0, 3])), 2), None).unwrap();
        assert_eq!(piece.offsets()[0].to_vec(), [0, 1, 2]);
        assert_eq!(piece.slice(1..2).value_range(), 3..6);
    }

    #[test]
    fn fixed_entries_must_fill_the_basket() {
        let layout = layout(ElementType::U8, 0, 2, Shape::Fixed { stride: 3, offset: 1 });
        let piece = decode(&layout, &contents(&[1, 2, 3, 4, 5, 6], None, 2), None).unwrap();
        assert_eq!(piece.values(), &Values::from(vec![2_u8, 3, 5, 6]));
        assert!(decode(&layout, &contents(&[1, 2, 3, 4, 5], None, 2), None).is_err());
    }

    #[test]
    fn lists_of_lists_and_texts() {
        let nested = layout(ElementType::U8, 2, 1, Shape::Nested { head: Head::Counted });
        let data = [
            &[0x40, 0, 0, 17, 0, 9, 0, 0, 0, 2, 0, 0, 0, 1, 7, 0, 0, 0, 2, 8, 9][..],
            &[0x40, 0, 0, 6, 0, 9, 0, 0, 0, 0],
        ]
        .concat();
        let piece = decode(&nested, &contents(&data, None, 2), None).unwrap();
        assert_eq!(piece.offsets()[0].to_vec(), [0, 2, 2]);
        assert_eq!(piece.offsets()[1].to_vec(), [0, 1, 3]);
        assert_eq!(piece.values(), &Values::from(vec![7_u8, 8, 9]));
        for end in 0..data.len() {
            assert!(decode(&nested, &contents(&data[..end], None, 2), None).is_err(), "{end}");
        }
        let text = layout(ElementType::Text, 0, 1, Shape::Nested { head: Head::None });
        let piece = decode(&text, &contents(b"\x02ab\x00\x01c", None, 3), None).unwrap();
        assert_eq!(piece.offsets()[0].to_vec(), [0, 2, 2, 3]);
        let texts = layout(ElementType::Text, 1, 1, Shape::Nested { head: Head::None });
        let piece =
            decode(&texts, &contents(b"\x02ab\x00\x01c", Some(&positions(&[0, 4])), 2), None).unwrap();
        assert_eq!(piece.offsets()[0].to_vec(), [0, 2, 3]);
        assert_eq!(piece.offsets()[1].to_vec(), [0, 2, 2, 3]);
    }
}
