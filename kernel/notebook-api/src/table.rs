//! A table of the session, seen without a copy.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::input::request_table;
use crate::primitive::{values_of, with_type};
use crate::store::{ColumnLayout, Layout, MappedFile};
use crate::{Error, Primitive, PrimitiveType, store};

/// Opens a table of the session by its name, such as a sample or what a cell handed back. The kernel is asked for it, so
/// that it holds the events that pass the cuts now.
///
/// # Errors
/// [`Error::NoTable`] with the nearest names, [`Error::NotShared`] where the kernel cannot bring it,
/// [`Error::NoStore`] outside the kernel.
pub fn table(name: &str) -> Result<Table, Error> {
    let folder = store::store_folder()?;
    let known = request_table(name).map_err(|reason| Error::NotShared { table: name.to_string(), reason })?;
    store::open_table(&folder, name).map_err(|error| match error {
        Error::NoTable { .. } => no_table(name, &with_stored(&folder, known)),
        error => error,
    })
}

fn no_table(name: &str, names: &[String]) -> Error {
    let nearest = crate::nearest::nearest_names(name, names.iter().map(String::as_str));
    Error::NoTable { name: name.to_string(), nearest, n_tables: names.len() }
}

/// Names that the kernel knows, and those in the store.
fn with_stored(folder: &Path, mut names: Vec<String>) -> Vec<String> {
    names.extend(store::table_names(folder).unwrap_or_default());
    names.sort_unstable();
    names.dedup();
    names
}

/// Names of the tables that [`table`] opens, in alphabetical order.
///
/// # Errors
/// [`Error::NoStore`] outside the kernel.
pub fn tables() -> Result<Vec<String>, Error> {
    let folder = store::store_folder()?;
    // Without an answer those in the store are all that is known.
    Ok(with_stored(&folder, request_table("").unwrap_or_default()))
}

/// How many values a column holds for one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One.
    Flat,
    /// The same number for each event.
    Fixed {
        /// How many; more than 1.
        width: usize,
    },
    /// A list of any length.
    Jagged {
        /// Values in each element of the list; mostly 1.
        width: usize,
    },
    /// A list of lists of any length.
    DoublyJagged {
        /// Values in each element of the inner lists; mostly 1.
        width: usize,
    },
    /// A text.
    Text,
}

/// Name, type and shape of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// The name.
    pub name: String,
    /// The type of a single value; `u8` for text.
    pub primitive: PrimitiveType,
    /// Values for one event.
    pub shape: Shape,
}

/// Columns of equal numbers of events, mapped read-only from shared memory. Cloning costs nothing, and the values
/// stay when the table is replaced or removed.
#[derive(Clone)]
pub struct Table {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    path: PathBuf,
    file: MappedFile,
    layout: Layout,
    /// For each column, whether its offsets were found to rise: looked at when first asked for.
    offsets_checked: Vec<OnceLock<bool>>,
    lists_checked: Vec<OnceLock<bool>>,
}

impl Table {
    pub(crate) fn new(name: &str, path: &Path, file: MappedFile) -> Result<Self, Error> {
        let layout = Layout::parse(file.bytes())
            .map_err(|reason| Error::BadFile { path: path.to_path_buf(), reason })?;
        let unchecked = || layout.columns.iter().map(|_| OnceLock::new()).collect();
        let (offsets_checked, lists_checked) = (unchecked(), unchecked());
        let (name, path) = (name.to_string(), path.to_path_buf());
        let inner = Inner { name, path, file, layout, offsets_checked, lists_checked };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The name of the table.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The number of events.
    pub fn n_events(&self) -> usize {
        self.inner.layout.n_events
    }

    /// The names of the columns, in their order.
    pub fn names(&self) -> Vec<&str> {
        self.inner.layout.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// Name, type and shape of each column, in their order.
    pub fn columns(&self) -> Vec<ColumnInfo> {
        let info = |column: &ColumnLayout| ColumnInfo {
            name: column.name.clone(),
            primitive: column.primitive,
            shape: column.shape,
        };
        self.inner.layout.columns.iter().map(info).collect()
    }

    /// The values of a flat column, one for each event; those of a fixed one, `width` for each event.
    ///
    /// # Errors
    /// [`Error::NoColumn`] with the nearest names, [`Error::WrongType`] with the type that the column has,
    /// [`Error::WrongShape`] for jagged columns and text.
    pub fn values<T: Primitive>(&self, column: &str) -> Result<&[T], Error> {
        let (_, layout) = self.find(column)?;
        match layout.shape {
            Shape::Flat | Shape::Fixed { .. } => self.typed(layout),
            Shape::Jagged { .. } => Err(self.wrong_shape(layout, "jagged()")),
            Shape::DoublyJagged { .. } => Err(self.wrong_shape(layout, "doubly_jagged()")),
            Shape::Text => Err(self.wrong_shape(layout, "texts()")),
        }
    }

    /// The values of a fixed column, one slice for each event; of a flat one, slices of one value.
    ///
    /// # Errors
    /// As [`Table::values`].
    pub fn arrays<T: Primitive>(&self, column: &str) -> Result<std::slice::ChunksExact<'_, T>, Error> {
        let width = match self.find(column)?.1.shape {
            Shape::Fixed { width } => width,
            _ => 1,
        };
        Ok(self.values(column)?.chunks_exact(width))
    }

    /// The values of a jagged column: iterates one slice for each event.
    ///
    /// # Errors
    /// As [`Table::values`]; [`Error::WrongShape`] for columns that are not jagged.
    pub fn jagged<T: Primitive>(&self, column: &str) -> Result<Jagged<'_, T>, Error> {
        let (index, layout) = self.find(column)?;
        match layout.shape {
            Shape::Jagged { width } => {
                let values = self.typed(layout)?;
                let offsets = self.offsets(index, layout, values.len() / width)?;
                Ok(Jagged { values, offsets, width })
            }
            Shape::Flat | Shape::Fixed { .. } => Err(self.wrong_shape(layout, "values()")),
            Shape::DoublyJagged { .. } => Err(self.wrong_shape(layout, "doubly_jagged()")),
            Shape::Text => Err(self.wrong_shape(layout, "texts()")),
        }
    }

    /// The values of a column of lists of lists: iterates one [`Jagged`] for each event.
    ///
    /// # Errors
    /// As [`Table::values`]; [`Error::WrongShape`] for columns that are no lists of lists.
    pub fn doubly_jagged<T: Primitive>(&self, column: &str) -> Result<DoublyJagged<'_, T>, Error> {
        let (index, layout) = self.find(column)?;
        let Shape::DoublyJagged { width } = layout.shape else {
            let instead = match layout.shape {
                Shape::Jagged { .. } => "jagged()",
                Shape::Text => "texts()",
                _ => "values()",
            };
            return Err(self.wrong_shape(layout, instead));
        };
        let values = self.typed(layout)?;
        let inner = self.raw_offsets(layout, layout.inner_offsets.as_ref())?;
        let offsets = self.offsets(index, layout, inner.len().saturating_sub(1))?;
        let is_sound = *self.inner.lists_checked[index].get_or_init(|| rises_to(inner, values.len() / width));
        if !is_sound {
            return Err(self.bad_file(layout, "its inner offsets do not rise to its end"));
        }
        Ok(DoublyJagged { offsets, lists: Jagged { values, offsets: inner, width } })
    }

    /// The texts of a column, one for each event.
    ///
    /// # Errors
    /// As [`Table::values`]; [`Error::BadFile`] when they are not UTF-8.
    pub fn texts(&self, column: &str) -> Result<Vec<&str>, Error> {
        let (index, layout) = self.find(column)?;
        if layout.shape != Shape::Text {
            return Err(self.wrong_shape(layout, "values() or jagged()"));
        }
        let values = self.typed::<u8>(layout)?;
        let bytes = Jagged { values, offsets: self.offsets(index, layout, values.len())?, width: 1 };
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| self.bad_file(layout, "it is not UTF-8"));
        bytes.iter().map(text).collect()
    }

    /// A copy of a column of any numeric type as `f64`, without the borders between events.
    ///
    /// # Errors
    /// [`Error::NoColumn`] with the nearest names, [`Error::WrongShape`] for text.
    pub fn to_f64(&self, column: &str) -> Result<Vec<f64>, Error> {
        let (_, layout) = self.find(column)?;
        if layout.shape == Shape::Text {
            return Err(self.wrong_shape(layout, "texts()"));
        }
        with_type!(layout.primitive, T => {
            Ok(self.typed::<T>(layout)?.iter().map(|value| value.to_f64()).collect())
        })
    }

    fn find(&self, column: &str) -> Result<(usize, &ColumnLayout), Error> {
        let columns = &self.inner.layout.columns;
        columns.iter().enumerate().find(|(_, layout)| layout.name == column).ok_or_else(|| Error::NoColumn {
            table: self.inner.name.clone(),
            column: column.to_string(),
            nearest: crate::nearest::nearest_names(column, self.names()),
            n_columns: columns.len(),
        })
    }

    fn bytes(&self, range: &Range<usize>) -> &[u8] {
        self.inner.file.bytes().get(range.clone()).unwrap_or_default()
    }

    fn typed<T: Primitive>(&self, layout: &ColumnLayout) -> Result<&[T], Error> {
        if layout.primitive != T::TYPE {
            return Err(Error::WrongType {
                table: self.inner.name.clone(),
                column: layout.name.clone(),
                wanted: T::TYPE,
                found: layout.primitive,
            });
        }
        values_of(self.bytes(&layout.values))
            .ok_or_else(|| self.bad_file(layout, "it holds bytes that are no values of its type"))
    }

    fn offsets(&self, index: usize, layout: &ColumnLayout, n_elements: usize) -> Result<&[i64], Error> {
        let offsets = self.raw_offsets(layout, layout.offsets.as_ref())?;
        let rise = *self.inner.offsets_checked[index].get_or_init(|| rises_to(offsets, n_elements));
        if rise { Ok(offsets) } else { Err(self.bad_file(layout, "its offsets do not rise to its end")) }
    }

    fn raw_offsets(&self, layout: &ColumnLayout, range: Option<&Range<usize>>) -> Result<&[i64], Error> {
        let offsets: Option<&[i64]> = values_of(self.bytes(&range.cloned().unwrap_or_default()));
        offsets.ok_or_else(|| self.bad_file(layout, "its offsets are not aligned"))
    }

    fn bad_file(&self, layout: &ColumnLayout, reason: &str) -> Error {
        Error::BadFile {
            path: self.inner.path.clone(),
            reason: format!("column `{}`: {reason}", layout.name),
        }
    }

    fn wrong_shape(&self, layout: &ColumnLayout, instead: &'static str) -> Error {
        Error::WrongShape {
            table: self.inner.name.clone(),
            column: layout.name.clone(),
            found: match layout.shape {
                Shape::Flat => "has one value for each event".to_string(),
                Shape::Fixed { width } => format!("has {width} values for each event"),
                Shape::Jagged { .. } => "has a list for each event".to_string(),
                Shape::DoublyJagged { .. } => "has a list of lists for each event".to_string(),
                Shape::Text => "has a text for each event".to_string(),
            },
            instead,
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Table")
            .field("name", &self.inner.name)
            .field("n_events", &self.n_events())
            .field("columns", &self.names())
            .finish()
    }
}

/// Whether offsets begin at 0, never fall, and end at the number of elements.
fn rises_to(offsets: &[i64], n_elements: usize) -> bool {
    offsets.first() == Some(&0)
        && offsets.last().is_some_and(|last| usize::try_from(*last) == Ok(n_elements))
        && offsets.windows(2).all(|pair| pair[0] <= pair[1])
}

/// A jagged column: a slice of values for each event. Or the lists of one event of a [`DoublyJagged`] column: what is said
/// of events holds for lists then.
#[derive(Clone, Copy, Debug)]
pub struct Jagged<'a, T> {
    values: &'a [T],
    /// One more than there are events; they never fall.
    offsets: &'a [i64],
    width: usize,
}

impl<'a, T: Primitive> Jagged<'a, T> {
    /// The number of events.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of one event; `None` behind the last.
    pub fn get(&self, event: usize) -> Option<&'a [T]> {
        let start = *self.offsets.get(event)? as usize * self.width;
        let end = *self.offsets.get(event + 1)? as usize * self.width;
        self.values.get(start..end)
    }

    /// The values of all events, one after the other.
    pub fn flat_values(&self) -> &'a [T] {
        let at = |offset: Option<&i64>| offset.map_or(0, |offset| *offset as usize * self.width);
        self.values.get(at(self.offsets.first())..at(self.offsets.last())).unwrap_or_default()
    }

    /// The borders between events: event `i` has `offsets[i + 1] - offsets[i]` elements. They begin at 0 but for the lists
    /// of one event.
    pub fn offsets(&self) -> &'a [i64] {
        self.offsets
    }

    /// The number of elements of each event.
    pub fn counts(&self) -> impl ExactSizeIterator<Item = usize> + 'a {
        self.offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize)
    }

    /// One slice for each event.
    pub fn iter(&self) -> JaggedIter<'a, T> {
        JaggedIter { column: *self, events: 0..self.len() }
    }
}

impl<'a, T: Primitive> IntoIterator for Jagged<'a, T> {
    type Item = &'a [T];
    type IntoIter = JaggedIter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Primitive> IntoIterator for &Jagged<'a, T> {
    type Item = &'a [T];
    type IntoIter = JaggedIter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A column of lists of lists: a [`Jagged`] for each event.
#[derive(Clone, Copy, Debug)]
pub struct DoublyJagged<'a, T> {
    /// One more than there are events; they count lists.
    offsets: &'a [i64],
    /// All lists, of all events.
    lists: Jagged<'a, T>,
}

impl<'a, T: Primitive> DoublyJagged<'a, T> {
    /// The number of events.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lists of one event; `None` behind the last.
    pub fn get(&self, event: usize) -> Option<Jagged<'a, T>> {
        let start = *self.offsets.get(event)? as usize;
        let end = *self.offsets.get(event + 1)? as usize;
        Some(Jagged { offsets: self.lists.offsets.get(start..=end)?, ..self.lists })
    }

    /// The lists of all events, one after the other.
    pub fn lists(&self) -> Jagged<'a, T> {
        self.lists
    }

    /// The borders between events: those of event `i` are lists `offsets[i]..offsets[i + 1]`.
    pub fn offsets(&self) -> &'a [i64] {
        self.offsets
    }

    /// The lists of each event.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Jagged<'a, T>> + use<'a, T> {
        let column = *self;
        (0..self.len()).map(move |event| column.get(event).unwrap_or(Jagged { offsets: &[], ..column.lists }))
    }
}

/// Iterates over the events of a [`Jagged`].
#[derive(Clone, Debug)]
pub struct JaggedIter<'a, T> {
    column: Jagged<'a, T>,
    events: Range<usize>,
}

impl<'a, T: Primitive> Iterator for JaggedIter<'a, T> {
    type Item = &'a [T];

    fn next(&mut self) -> Option<Self::Item> {
        self.column.get(self.events.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.events.size_hint()
    }
}

impl<T: Primitive> DoubleEndedIterator for JaggedIter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.column.get(self.events.next_back()?)
    }
}

impl<T: Primitive> ExactSizeIterator for JaggedIter<'_, T> {}
impl<T: Primitive> FusedIterator for JaggedIter<'_, T> {}
