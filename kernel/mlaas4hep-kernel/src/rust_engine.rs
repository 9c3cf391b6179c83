//! Rust cells, joined to the notebook: outputs one way, tables both ways.

use event_columns::{Column, ColumnType, ElementType, EventChunk, Piece, Slice, Values};
use jupyter_kernel::{CellError, Completions, MimeBundle, Output};
use mlaas4hep::{Primitive, PrimitiveType, Shape, TableBuilder, store};
use notebook::magic::MagicError;
use notebook::{HandedBack, NoTables, RustEngine, Tables};
use rust_cells::{CellSink, EngineState, RustCells, RustError, RustOptions};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::path::PathBuf;

/// The engine of a kernel, and the folder of its tables.
pub(crate) struct Engine {
    cells: RustCells,
    store: PathBuf,
}

impl Engine {
    /// Starts the engine in the background.
    pub(crate) fn start() -> Self {
        let options = RustOptions::default();
        let store = options.store.clone();
        Self { cells: RustCells::start(options), store }
    }
}

/// The outputs of a cell on their way to the front end.
struct Sink<'a> {
    output: &'a Output,
    tables: &'a dyn Tables,
}

impl CellSink for Sink<'_> {
    fn stdout(&self, text: &str) {
        self.output.stdout(text);
    }

    fn stderr(&self, text: &str) {
        self.output.stderr(text);
    }

    fn display(&self, id: Option<&str>, is_update: bool, data: &Map<String, Value>) {
        let bundle = MimeBundle { data: data.clone(), ..MimeBundle::default() };
        match (id, is_update) {
            (None, _) => self.output.display(&bundle),
            (Some(id), false) => self.output.display_with_id(id, &bundle),
            (Some(id), true) => self.output.update_display(id, &bundle),
        }
    }

    fn value(&self, data: &Map<String, Value>) {
        self.output.result(&MimeBundle { data: data.clone(), ..MimeBundle::default() });
    }

    fn read_line(&self, prompt: &str, is_password: bool) -> Result<String, String> {
        let answer =
            if is_password { self.output.read_password(prompt) } else { self.output.read_line(prompt) };
        answer.map_err(|error| error.to_string())
    }

    fn is_interrupted(&self) -> bool {
        self.output.is_interrupted()
    }

    fn table_wanted(&self, name: &str) -> Result<Vec<String>, String> {
        self.tables.bring(name).map_err(|error| error.to_string())
    }
}

fn shown(error: RustError) -> CellError {
    CellError { name: error.name, value: error.message, traceback: error.rendered }
}

impl RustEngine for Engine {
    fn execute(
        &self,
        code: &str,
        first_line: usize,
        output: &Output,
        tables: &dyn Tables,
    ) -> Result<Vec<HandedBack>, CellError> {
        // Messages count lines from the top of the cell, magics included.
        let placed = "\n".repeat(first_line) + code;
        let done = self.cells.execute(&placed, &Sink { output, tables }).map_err(shown)?;
        let problem = |reason: String| CellError {
            name: "TableError".to_string(),
            value: reason.clone(),
            traceback: vec![reason],
        };
        let tables = done.tables_put.into_iter().map(|name| {
            let events = events_of(&self.store, &name).map_err(problem)?;
            Ok(HandedBack::Table { name, events })
        });
        let branches = done.branches_put.into_iter().map(|put| {
            let mut events = events_of(&self.store, &put.table).map_err(problem)?;
            let lacking = || problem(format!("branch {} has no column of its name", put.branch));
            let column = events.remove(&put.branch).ok_or_else(lacking)?;
            // It lives on in the sample; cells get it with the sample.
            let _ = store::remove_table(&self.store, &put.table);
            Ok(HandedBack::Branch { sample: put.sample, name: put.branch, column })
        });
        tables.chain(branches).collect()
    }

    fn interrupt(&self) {
        self.cells.interrupt();
    }

    fn complete(&self, code: &str, cursor: usize) -> Completions {
        let letters = code[..cursor].chars().count();
        let found = self.cells.complete(code, letters);
        let byte = |letter: usize| code.char_indices().nth(letter).map_or(code.len(), |(byte, _)| byte);
        let (matches, kinds) = found.matches.into_iter().unzip();
        Completions { matches, kinds, start: byte(found.start), end: byte(found.end) }
    }

    fn inspect(&self, code: &str, cursor: usize) -> Option<MimeBundle> {
        let found = self.cells.inspect(code, code[..cursor].chars().count())?;
        Some(MimeBundle::text(found.text).with("text/html", found.html))
    }

    fn variables(&self) -> Vec<(String, String)> {
        self.cells.variables()
    }

    fn command(&self, line: &str, output: &Output) -> Result<(), CellError> {
        self.cells.command(line, &Sink { output, tables: &NoTables }).map(|_| ()).map_err(shown)
    }

    fn restart(&self) {
        self.cells.restart();
    }

    fn state(&self) -> String {
        match self.cells.state() {
            EngineState::Starting { step } => format!("starting: {step}"),
            EngineState::Ready => "ready".to_string(),
            EngineState::Failed(reason) => format!("failed: {reason}"),
            EngineState::Absent(reason) => format!("absent: {reason}"),
        }
    }

    fn put(&self, name: &str, events: &EventChunk) -> Result<(), MagicError> {
        let problem =
            |reason: String| MagicError::new("TableError", format!("{name} cannot be shared: {reason}"));
        let mut table = TableBuilder::new();
        for (branch, column) in events.columns() {
            table = with_column(table, branch, column);
        }
        store::write_table(&self.store, name, &table).map(|_| ()).map_err(|error| problem(error.to_string()))
    }

    fn shutdown(&self) {
        self.cells.shutdown();
        // The tables go with the session; what cannot be removed is temporary anyway.
        let _ = std::fs::remove_dir_all(&self.store);
    }
}

/// Adds a branch. Lists of texts and lists of more than two levels have no counterpart in the store and are left out.
fn with_column<'a>(table: TableBuilder<'a>, name: &str, column: &'a Column) -> TableBuilder<'a> {
    let ColumnType { element, depth, .. } = column.column_type();
    match (element, depth) {
        (ElementType::Text, 0) => table.texts(name, texts(column)),
        (ElementType::Text, _) | (_, 3..) => table,
        (ElementType::Bool, _) => of_type(table, name, column, |values| match values {
            Values::Bool(values) => Some(&values[..]),
            _ => None,
        }),
        _ => with_numbers(table, name, column),
    }
}

fn with_numbers<'a>(table: TableBuilder<'a>, name: &str, column: &'a Column) -> TableBuilder<'a> {
    macro_rules! numbers {
        ($($element:ident),*) => {
            match column.column_type().element {
                $(ElementType::$element => of_type(table, name, column, |values| match values {
                    Values::$element(values) => Some(&values[..]),
                    _ => None,
                }),)*
                ElementType::Bool | ElementType::Text => table,
            }
        };
    }
    numbers!(I8, I16, I32, I64, U8, U16, U32, U64, F32, F64)
}

/// Borrows the values of every piece; `slice` takes them out of their type.
fn of_type<'a, T: Primitive>(
    table: TableBuilder<'a>,
    name: &str,
    column: &'a Column,
    slice: fn(&'a Values) -> Option<&'a [T]>,
) -> TableBuilder<'a> {
    let ColumnType { depth, width, .. } = column.column_type();
    let values = |piece: &'a Piece| slice(piece.values()).unwrap_or_default();
    let of_entries = |piece: &'a Piece| &values(piece)[piece.value_range()];
    match (depth, width) {
        (0, 1) => return table.flat_pieces(name, column.pieces().iter().map(of_entries)),
        (0, _) => {
            let joined: Vec<T> = column.pieces().iter().flat_map(of_entries).copied().collect();
            return table.fixed(name, width, joined);
        }
        _ => {}
    }
    if depth == 2 {
        let pieces = column.pieces().iter().filter_map(|piece| {
            let [outer, inner] = piece.offsets() else { return None };
            Some((&outer[..], &inner[..], Cow::Borrowed(values(piece))))
        });
        return table.doubly_jagged_pieces(name, width, pieces);
    }
    let pieces = column.pieces().iter().filter_map(|piece| {
        let [offsets] = piece.offsets() else { return None };
        Some((&offsets[..], Cow::Borrowed(values(piece))))
    });
    table.jagged_pieces(name, width, pieces)
}

fn texts(column: &Column) -> Vec<String> {
    let entry = |at: usize| {
        let one = column.slice(at..at + 1);
        let bytes = one.pieces().first().map(|piece| piece.values().slice(piece.value_range()));
        match bytes {
            Some(Values::U8(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        }
    };
    (0..column.n_entries()).map(entry).collect()
}

/// A table that a cell handed back, as columns.
fn events_of(folder: &std::path::Path, name: &str) -> Result<EventChunk, String> {
    let table = store::open_table(folder, name).map_err(|error| error.to_string())?;
    let mut events = EventChunk::new(0, table.n_events());
    for column in table.columns() {
        let found = column_of(&table, &column.name, column.primitive, &column.shape)?;
        events.set(column.name.as_str(), found);
    }
    Ok(events)
}

fn column_of(
    table: &mlaas4hep::Table,
    name: &str,
    primitive: PrimitiveType,
    shape: &Shape,
) -> Result<Column, String> {
    macro_rules! typed {
        ($($variant:ident => $type:ty),*) => {
            match primitive {
                $(PrimitiveType::$variant => typed_column::<$type>(table, name, shape),)*
            }
        };
    }
    typed!(Bool => bool, I8 => i8, I16 => i16, I32 => i32, I64 => i64, U8 => u8, U16 => u16, U32 => u32, U64 => u64,
        F32 => f32, F64 => f64)
}

fn typed_column<T>(table: &mlaas4hep::Table, name: &str, shape: &Shape) -> Result<Column, String>
where
    T: Primitive + event_columns::Number,
    Values: From<Vec<T>>,
{
    let said = |error: mlaas4hep::Error| error.to_string();
    let piece = |column_type: ColumnType, offsets: Vec<Slice<i64>>, values: Vec<T>| {
        Piece::new(column_type, offsets, values.into()).map(Column::from).map_err(|error| error.to_string())
    };
    match shape {
        Shape::Flat => Ok(Piece::flat(table.values::<T>(name).map_err(said)?.to_vec()).into()),
        Shape::Fixed { width } => {
            let values = table.arrays::<T>(name).map_err(said)?.flatten().copied().collect();
            piece(ColumnType::fixed(T::ELEMENT, *width), Vec::new(), values)
        }
        Shape::Jagged { .. } => {
            let lists: Vec<Vec<T>> =
                table.jagged::<T>(name).map_err(said)?.into_iter().map(<[T]>::to_vec).collect();
            Ok(Piece::jagged(&lists).into())
        }
        Shape::DoublyJagged { width } => {
            let column = table.doubly_jagged::<T>(name).map_err(said)?;
            let lists = column.lists();
            let offsets = vec![column.offsets().to_vec().into(), lists.offsets().to_vec().into()];
            piece(
                ColumnType { element: T::ELEMENT, depth: 2, width: *width },
                offsets,
                lists.flat_values().to_vec(),
            )
        }
        Shape::Text => Err(format!("column {name} is text; hand back numbers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_lists_go_to_cells_and_come_back() {
        let column_type = ColumnType { element: ElementType::F32, depth: 2, width: 1 };
        let piece = |outer: Vec<i64>, inner: Vec<i64>, values: Vec<f32>| {
            Piece::new(column_type, vec![outer.into(), inner.into()], values.into()).unwrap()
        };
        // The second begins above 0 in both.
        let first = piece(vec![0, 2, 2], vec![0, 1, 3], vec![1.0, 2.0, 3.0]);
        let second = piece(vec![1, 2], vec![0, 1, 3], vec![9.0, 4.0, 5.0]);
        let column = Column::new(column_type, vec![first, second]).unwrap();
        let mut events = EventChunk::new(0, 3);
        events.set("hits", column);
        let folder = tempfile::tempdir().unwrap();
        let mut table = TableBuilder::new();
        for (branch, column) in events.columns() {
            table = with_column(table, branch, column);
        }
        store::write_table(folder.path(), "t", &table).unwrap();
        let stored = store::open_table(folder.path(), "t").unwrap();
        let hits = stored.doubly_jagged::<f32>("hits").unwrap();
        let lists: Vec<Vec<&[f32]>> = hits.iter().map(|event| event.iter().collect()).collect();
        assert_eq!(lists, [vec![&[1.0_f32][..], &[2.0, 3.0]], vec![], vec![&[4.0, 5.0]]]);
        let back = events_of(folder.path(), "t").unwrap();
        let back = back.column("hits").unwrap();
        assert_eq!((back.column_type(), back.to_f64()), (column_type, vec![1.0, 2.0, 3.0, 4.0, 5.0]));
    }
}
