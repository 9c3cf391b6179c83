//! A table to be handed over: columns, borrowed where possible.

use std::borrow::Cow;

use crate::{Primitive, PrimitiveType, Shape};

/// Columns of equal numbers of events, to be handed to [`crate::put`] or [`crate::store::write_table`].
///
/// Nothing is checked before that, so that columns can be added in one chain.
///
/// ```
/// # use mlaas4hep::TableBuilder;
/// let met = [41.0_f32, 12.5];
/// let table = TableBuilder::new()
///     .flat("met", &met)
///     .lists("Jet_pt", [vec![55.0_f32, 31.0], vec![]])
///     .fixed("vertex", 3, vec![0.0_f64; 6]);
/// # let _ = table;
/// ```
#[derive(Default)]
pub struct TableBuilder<'a> {
    columns: Vec<PendingColumn<'a>>,
    problem: Option<String>,
}

pub(crate) struct PendingColumn<'a> {
    pub(crate) name: String,
    pub(crate) primitive: PrimitiveType,
    pub(crate) shape: Shape,
    pub(crate) n_events: usize,
    pub(crate) pieces: Vec<Box<dyn AsBytes + 'a>>,
    /// One more than there are events; empty for flat columns.
    pub(crate) offsets: Vec<i64>,
    /// One more than there are lists; empty but for lists of lists.
    pub(crate) inner_offsets: Vec<i64>,
}

/// Values of any type as they lie in memory.
pub(crate) trait AsBytes {
    fn bytes(&self) -> &[u8];
}

impl<T: Primitive> AsBytes for Cow<'_, [T]> {
    fn bytes(&self) -> &[u8] {
        crate::primitive::bytes_of(self)
    }
}

impl<'a> TableBuilder<'a> {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of one value for each event.
    #[must_use]
    pub fn flat<T: Primitive>(self, name: &str, values: impl Into<Cow<'a, [T]>>) -> Self {
        self.fixed(name, 1, values)
    }

    /// Adds a column of `width` values for each event, one event after the other.
    #[must_use]
    pub fn fixed<T: Primitive>(self, name: &str, width: usize, values: impl Into<Cow<'a, [T]>>) -> Self {
        self.pieces(name, width, vec![values.into()])
    }

    /// Adds a column of one value for each event that lies in several pieces, such as baskets.
    #[must_use]
    pub fn flat_pieces<T: Primitive>(self, name: &str, pieces: impl IntoIterator<Item = &'a [T]>) -> Self {
        self.pieces(name, 1, pieces.into_iter().map(Cow::Borrowed).collect())
    }

    /// Adds a column of lists: those of event `i` are `values[offsets[i]..offsets[i + 1]]`.
    #[must_use]
    pub fn jagged<T: Primitive>(self, name: &str, offsets: &[i64], values: impl Into<Cow<'a, [T]>>) -> Self {
        self.jagged_pieces(name, 1, vec![(offsets, values.into())])
    }

    /// Adds a column of lists of elements of `width` values each, in several pieces of offsets and values; the
    /// offsets of a piece count elements of its own values and may begin above 0.
    #[must_use]
    pub fn jagged_pieces<'b, T: Primitive>(
        mut self,
        name: &str,
        width: usize,
        pieces: impl IntoIterator<Item = (&'b [i64], Cow<'a, [T]>)>,
    ) -> Self {
        let mut column = PendingColumn::new::<T>(name, Shape::Jagged { width });
        column.offsets.push(0);
        for (offsets, values) in pieces {
            match checked_piece(offsets, width, values) {
                Ok(values) => {
                    extend_offsets(&mut column.offsets, offsets);
                    column.pieces.push(Box::new(values));
                }
                Err(reason) => self.fail(name, reason),
            }
        }
        column.n_events = column.offsets.len() - 1;
        self.add(column)
    }

    /// Adds a column of lists, which are copied.
    #[must_use]
    pub fn lists<T: Primitive>(self, name: &str, lists: impl IntoIterator<Item = impl AsRef<[T]>>) -> Self {
        let mut column = PendingColumn::new::<T>(name, Shape::Jagged { width: 1 });
        let mut values: Vec<T> = Vec::new();
        column.offsets.push(0);
        for list in lists {
            values.extend_from_slice(list.as_ref());
            column.offsets.push(values.len() as i64);
        }
        column.n_events = column.offsets.len() - 1;
        column.pieces.push(Box::new(Cow::<[T]>::Owned(values)));
        self.add(column)
    }

    /// Adds a column of lists of lists of elements of `width` values each, in several pieces of outer offsets, inner offsets
    /// and values; outer offsets count lists and inner ones elements of their own piece, and may begin above 0.
    #[must_use]
    pub fn doubly_jagged_pieces<'b, T: Primitive>(
        mut self,
        name: &str,
        width: usize,
        pieces: impl IntoIterator<Item = (&'b [i64], &'b [i64], Cow<'a, [T]>)>,
    ) -> Self {
        let mut column = PendingColumn::new::<T>(name, Shape::DoublyJagged { width });
        column.offsets.push(0);
        column.inner_offsets.push(0);
        for (outer, inner, values) in pieces {
            let taken = checked_lists(outer, inner)
                .and_then(|inner| Ok((inner, checked_piece(inner, width, values)?)));
            match taken {
                Ok((inner, values)) => {
                    extend_offsets(&mut column.offsets, outer);
                    extend_offsets(&mut column.inner_offsets, inner);
                    column.pieces.push(Box::new(values));
                }
                Err(reason) => self.fail(name, reason),
            }
        }
        column.n_events = column.offsets.len() - 1;
        self.add(column)
    }

    /// Adds a column of lists of lists, which are copied.
    #[must_use]
    pub fn lists_of_lists<T: Primitive>(self, name: &str, events: &[Vec<Vec<T>>]) -> Self {
        let rising = |counts: &mut dyn Iterator<Item = usize>| {
            let mut offsets = vec![0_i64];
            offsets.extend(counts.scan(0, |end, count| {
                *end += count as i64;
                Some(*end)
            }));
            offsets
        };
        let outer = rising(&mut events.iter().map(Vec::len));
        let inner = rising(&mut events.iter().flatten().map(Vec::len));
        let values: Vec<T> = events.iter().flatten().flatten().copied().collect();
        self.doubly_jagged_pieces(name, 1, [(&outer[..], &inner[..], values.into())])
    }

    /// Adds a column of one text for each event.
    #[must_use]
    pub fn texts(self, name: &str, texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        struct Bytes<S>(S);
        impl<S: AsRef<str>> AsRef<[u8]> for Bytes<S> {
            fn as_ref(&self) -> &[u8] {
                self.0.as_ref().as_bytes()
            }
        }
        let mut table = self.lists::<u8>(name, texts.into_iter().map(Bytes));
        if let Some(column) = table.columns.last_mut() {
            column.shape = Shape::Text;
        }
        table
    }

    fn pieces<T: Primitive>(mut self, name: &str, width: usize, pieces: Vec<Cow<'a, [T]>>) -> Self {
        let shape = if width == 1 { Shape::Flat } else { Shape::Fixed { width } };
        let n_values: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut column = PendingColumn::new::<T>(name, shape);
        match n_values.checked_div(width) {
            Some(n_events) if n_events * width == n_values => column.n_events = n_events,
            _ => self.fail(name, format!("{n_values} values are no multiple of its width {width}")),
        }
        column.pieces = pieces.into_iter().map(|piece| Box::new(piece) as _).collect();
        self.add(column)
    }

    fn add(mut self, column: PendingColumn<'a>) -> Self {
        if self.columns.iter().any(|other| other.name == column.name) {
            self.fail(&column.name, "there are two of this name".to_string());
        }
        self.columns.push(column);
        self
    }

    fn fail(&mut self, column: &str, reason: String) {
        self.problem.get_or_insert_with(|| format!("column `{column}`: {reason}"));
    }

    pub(crate) fn columns(&self) -> &[PendingColumn<'a>] {
        &self.columns
    }

    /// The number of events of all columns, or what does not fit.
    pub(crate) fn checked_n_events(&self) -> Result<usize, String> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let Some(first) = self.columns.first() else { return Ok(0) };
        match self.columns.iter().find(|column| column.n_events != first.n_events) {
            None => Ok(first.n_events),
            Some(other) => Err(format!(
                "column `{}` has {} events and column `{}` has {}",
                first.name, first.n_events, other.name, other.n_events
            )),
        }
    }
}

impl PendingColumn<'_> {
    fn new<T: Primitive>(name: &str, shape: Shape) -> Self {
        Self {
            name: name.to_string(),
            primitive: T::TYPE,
            shape,
            n_events: 0,
            pieces: Vec::new(),
            offsets: Vec::new(),
            inner_offsets: Vec::new(),
        }
    }
}

/// Goes on with the offsets of a further piece, which were checked.
fn extend_offsets(all: &mut Vec<i64>, offsets: &[i64]) {
    let last = all.last().copied().unwrap_or(0);
    all.extend(offsets.iter().skip(1).map(|offset| last + offset - offsets[0]));
}

/// The inner offsets that the outer ones cover, if they do.
fn checked_lists<'b>(outer: &[i64], inner: &'b [i64]) -> Result<&'b [i64], String> {
    let (Some(first), Some(last)) = (outer.first(), outer.last()) else {
        return Err("there are no offsets; even no events need one".to_string());
    };
    if *first < 0 || outer.windows(2).any(|pair| pair[0] > pair[1]) {
        return Err("its outer offsets fall".to_string());
    }
    let covered = inner.get(*first as usize..=*last as usize);
    covered.ok_or_else(|| format!("its outer offsets end at {last}, beyond its {} inner ones", inner.len()))
}

/// The values that the offsets cover, if they do.
fn checked_piece<'a, T: Primitive>(
    offsets: &[i64],
    width: usize,
    values: Cow<'a, [T]>,
) -> Result<Cow<'a, [T]>, String> {
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else {
        return Err("there are no offsets; even no events need one".to_string());
    };
    if width == 0 || *first < 0 || offsets.windows(2).any(|pair| pair[0] > pair[1]) {
        return Err("its offsets fall, or its width is 0".to_string());
    }
    let start = (*first as usize).checked_mul(width);
    let end = (*last as usize).checked_mul(width).filter(|end| *end <= values.len());
    let (Some(start), Some(end)) = (start, end) else {
        return Err(format!("its offsets end at {last}, beyond its {} values", values.len()));
    };
    Ok(match values {
        Cow::Borrowed(values) => Cow::Borrowed(&values[start..end]),
        Cow::Owned(mut values) => {
            values.truncate(end);
            values.drain(..start);
            Cow::Owned(values)
        }
    })
}

/// What [`crate::put`] takes: a [`TableBuilder`], or one column, which becomes a table of its own name.
pub trait IntoTable<'a> {
    /// The table to be stored under `name`.
    fn into_table(self, name: &str) -> TableBuilder<'a>;
}

impl<'a> IntoTable<'a> for TableBuilder<'a> {
    fn into_table(self, _name: &str) -> TableBuilder<'a> {
        self
    }
}

impl<'a, T: Primitive> IntoTable<'a> for Vec<T> {
    fn into_table(self, name: &str) -> TableBuilder<'a> {
        TableBuilder::new().flat(name, self)
    }
}

impl<'a, T: Primitive> IntoTable<'a> for &'a Vec<T> {
    fn into_table(self, name: &str) -> TableBuilder<'a> {
        TableBuilder::new().flat(name, self)
    }
}

impl<'a, T: Primitive> IntoTable<'a> for &'a [T] {
    fn into_table(self, name: &str) -> TableBuilder<'a> {
        TableBuilder::new().flat(name, self)
    }
}

impl<'a, T: Primitive> IntoTable<'a> for Vec<Vec<Vec<T>>> {
    fn into_table(self, name: &str) -> TableBuilder<'a> {
        TableBuilder::new().lists_of_lists(name, &self)
    }
}

impl<'a, T: Primitive> IntoTable<'a> for &Vec<Vec<Vec<T>>> {
    fn into_table(self, name: &str) -> TableBuilder<'a> {
        TableBuilder::new().lists_of_lists(name, self)
    }
}

impl<'a, T: Primitive> IntoTable<'a> for Vec<Vec<T>> {
    fn into_table(self, name: &str) -> TableBuilder<'a> {
        TableBuilder::new().lists(name, self)
    }
}

impl<'a, T: Primitive> IntoTable<'a> for &Vec<Vec<T>> {
    fn into_table(self, name: &str) -> TableBuilder<'a> {
        TableBuilder::new().lists(name, self)
    }
}
