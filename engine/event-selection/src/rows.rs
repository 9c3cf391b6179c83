//! Keeps some entries of a column.

use event_columns::{Column, ElementType, Number, Piece, PieceError, Slice, Values};
use std::ops::Range;

/// The entries at rising positions, in one piece of its own.
pub(crate) fn gather(column: &Column, kept: &[u32]) -> Result<Column, PieceError> {
    let column_type = column.column_type();
    let mut offsets = vec![vec![0_i64]; column_type.offset_levels()];
    let mut value_runs: Vec<(usize, Range<usize>)> = Vec::new();
    let mut piece_start = 0;
    let mut next = 0;
    for (number, piece) in column.pieces().iter().enumerate() {
        let piece_end = piece_start + piece.n_entries();
        let own_end = next + kept[next..].partition_point(|position| (*position as usize) < piece_end);
        let mut runs = runs_of(&kept[next..own_end], piece_start);
        next = own_end;
        piece_start = piece_end;
        for (level, gathered) in piece.offsets().iter().zip(&mut offsets) {
            for run in &mut runs {
                let own = &level[run.start..=run.end];
                let shift = gathered[gathered.len() - 1] - own[0];
                gathered.extend(own[1..].iter().map(|offset| offset + shift));
                *run = own[0] as usize..own[own.len() - 1] as usize;
            }
        }
        let width = column_type.width;
        value_runs.extend(runs.into_iter().map(|run| (number, run.start * width..run.end * width)));
    }
    let offsets = offsets.into_iter().map(Slice::from).collect();
    let values = gather_values(column, &value_runs);
    Piece::new(column_type, offsets, values).map(Column::from)
}

/// Neighbouring positions as half-open runs, counted from `start`.
fn runs_of(kept: &[u32], start: usize) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for position in kept {
        let position = *position as usize - start;
        match runs.last_mut() {
            Some(run) if run.end == position => run.end += 1,
            _ => runs.push(position..position + 1),
        }
    }
    runs
}

fn gather_values(column: &Column, runs: &[(usize, Range<usize>)]) -> Values {
    fn gathered<T: Number>(column: &Column, runs: &[(usize, Range<usize>)]) -> Values
    where
        Values: From<Vec<T>>,
    {
        let mut values: Vec<T> = Vec::with_capacity(runs.iter().map(|(_, run)| run.len()).sum());
        for (piece, run) in runs {
            if let Some(own) = T::of(column.pieces()[*piece].values()) {
                values.extend_from_slice(&own[run.clone()]);
            }
        }
        values.into()
    }
    match column.column_type().element {
        ElementType::Bool => gathered::<bool>(column, runs),
        ElementType::I8 => gathered::<i8>(column, runs),
        ElementType::I16 => gathered::<i16>(column, runs),
        ElementType::I32 => gathered::<i32>(column, runs),
        ElementType::I64 => gathered::<i64>(column, runs),
        ElementType::U8 | ElementType::Text => gathered::<u8>(column, runs),
        ElementType::U16 => gathered::<u16>(column, runs),
        ElementType::U32 => gathered::<u32>(column, runs),
        ElementType::U64 => gathered::<u64>(column, runs),
        ElementType::F32 => gathered::<f32>(column, runs),
        ElementType::F64 => gathered::<f64>(column, runs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::ColumnType;

    fn check(pieces: Vec<Piece>, kept: &[u32], values: &[f64], lengths: &[usize]) {
        let column = Column::new(pieces[0].column_type(), pieces).unwrap();
        let found = gather(&column, kept).unwrap();
        assert_eq!(found.to_f64(), values);
        assert_eq!(found.values_per_entry(), lengths);
    }

    #[test]
    fn entries_of_every_shape() {
        let flat = || vec![Piece::flat(vec![1_i32, 2]), Piece::flat(vec![3_i32, 4, 5])];
        check(flat(), &[0, 1, 2, 4], &[1.0, 2.0, 3.0, 5.0], &[1; 4]);
        check(flat(), &[], &[], &[]);
        let jagged = Piece::jagged(&[vec![1_u8, 2], vec![], vec![3], vec![4, 5]]);
        check(vec![jagged.slice(1..4), jagged.slice(0..1)], &[0, 2, 3], &[4.0, 5.0, 1.0, 2.0], &[0, 2, 2]);
        let fixed = ColumnType::fixed(ElementType::F32, 2);
        let fixed = Piece::new(fixed, vec![], vec![1.0_f32, 2.0, 3.0, 4.0].into()).unwrap();
        check(vec![fixed], &[1], &[3.0, 4.0], &[2]);
        let nested = ColumnType { element: ElementType::I32, depth: 2, width: 1 };
        let offsets = vec![Slice::from(vec![0, 2, 2, 3]), Slice::from(vec![0, 1, 4, 6])];
        let nested = Piece::new(nested, offsets, vec![1, 2, 3, 4, 5, 6].into()).unwrap();
        check(vec![nested.clone()], &[2], &[5.0, 6.0], &[2]);
        check(vec![nested], &[0, 1], &[1.0, 2.0, 3.0, 4.0], &[4, 0]);
    }
}
