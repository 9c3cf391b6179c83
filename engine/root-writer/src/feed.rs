//! Turns chunks of columns into the row iterators that oxyroot wants, one for each branch.

use crate::branches::{MAX_FIXED_WIDTH, PlannedBranch};
use event_columns::{Column, ElementType, EventChunk, Number, Piece};
use oxyroot::{Marshaler, WriterTree};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::Receiver;

/// The chunk being written, shared by the iterators of all branches. oxyroot takes one entry of each branch in
/// turn, so that all iterators are in the same chunk.
pub(crate) struct Feed {
    receiver: Receiver<EventChunk>,
    chunk: Option<EventChunk>,
    /// Chunks received so far; also the number of `chunk`, counted from 1.
    n_chunks: u64,
}

impl Feed {
    pub(crate) fn new(receiver: Receiver<EventChunk>) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self { receiver, chunk: None, n_chunks: 0 }))
    }

    /// A column of chunk number `chunk`; nothing after the last one.
    fn column(&mut self, chunk: u64, branch: usize) -> Option<Column> {
        while self.n_chunks < chunk {
            self.chunk = self.receiver.recv().ok();
            self.n_chunks += 1;
        }
        self.chunk.as_ref()?.columns().nth(branch).map(|(_, column)| column.clone())
    }
}

/// The place of one branch: walks over entries, pieces and chunks.
pub(crate) struct Cursor {
    feed: Rc<RefCell<Feed>>,
    branch: usize,
    n_chunks: u64,
    pieces: std::vec::IntoIter<Piece>,
    piece: Option<Piece>,
    entry: usize,
}

impl Cursor {
    pub(crate) fn new(feed: &Rc<RefCell<Feed>>, branch: usize) -> Self {
        let pieces = Vec::new().into_iter();
        Self { feed: Rc::clone(feed), branch, n_chunks: 0, pieces, piece: None, entry: 0 }
    }

    /// The piece and the position in it of the next entry.
    fn next_entry(&mut self) -> Option<(&Piece, usize)> {
        while self.piece.as_ref().is_none_or(|piece| self.entry >= piece.n_entries()) {
            self.entry = 0;
            self.piece = self.pieces.next();
            if self.piece.is_none() {
                let column = self.feed.borrow_mut().column(self.n_chunks + 1, self.branch)?;
                self.n_chunks += 1;
                self.pieces = column.pieces().to_vec().into_iter();
            }
        }
        self.entry += 1;
        self.piece.as_ref().map(|piece| (piece, self.entry - 1))
    }

    fn flat<T: Number>(mut self) -> impl Iterator<Item = T> {
        std::iter::from_fn(move || {
            let (piece, entry) = self.next_entry()?;
            T::of(piece.values())?.get(entry).copied()
        })
    }

    fn fixed<T: Number, const WIDTH: usize>(mut self) -> impl Iterator<Item = [T; WIDTH]> {
        std::iter::from_fn(move || {
            let (piece, entry) = self.next_entry()?;
            T::of(piece.values())?.get(entry * WIDTH..(entry + 1) * WIDTH)?.try_into().ok()
        })
    }

    fn jagged<T: Number>(mut self) -> impl Iterator<Item = Vec<T>> {
        std::iter::from_fn(move || self.next_list::<T>())
    }

    fn jagged_bool(mut self) -> impl Iterator<Item = Vec<u8>> {
        std::iter::from_fn(move || Some(self.next_list::<bool>()?.into_iter().map(u8::from).collect()))
    }

    fn text(mut self) -> impl Iterator<Item = String> {
        std::iter::from_fn(move || String::from_utf8(self.next_list::<u8>()?).ok())
    }

    fn next_list<T: Number>(&mut self) -> Option<Vec<T>> {
        let (piece, entry) = self.next_entry()?;
        let offsets = piece.offsets().first()?;
        let (start, end) = (*offsets.get(entry)? as usize, *offsets.get(entry + 1)? as usize);
        T::of(piece.values())?.get(start..end).map(<[T]>::to_vec)
    }
}

/// Adds a branch that takes its entries from the cursor.
pub(crate) fn add_branch(tree: &mut WriterTree, branch: &PlannedBranch, cursor: Cursor) {
    match branch.column_type.element {
        ElementType::Text => tree.new_branch(&*branch.name, cursor.text()),
        ElementType::Bool if branch.column_type.is_jagged() => {
            tree.new_branch(&*branch.name, cursor.jagged_bool());
        }
        ElementType::Bool => add_plain::<bool>(tree, branch, cursor),
        ElementType::I8 => add_numbers::<i8>(tree, branch, cursor),
        ElementType::I16 => add_numbers::<i16>(tree, branch, cursor),
        ElementType::I32 => add_numbers::<i32>(tree, branch, cursor),
        ElementType::I64 => add_numbers::<i64>(tree, branch, cursor),
        ElementType::U8 => add_numbers::<u8>(tree, branch, cursor),
        ElementType::U16 => add_numbers::<u16>(tree, branch, cursor),
        ElementType::U32 => add_numbers::<u32>(tree, branch, cursor),
        ElementType::U64 => add_numbers::<u64>(tree, branch, cursor),
        ElementType::F32 => add_numbers::<f32>(tree, branch, cursor),
        ElementType::F64 => add_numbers::<f64>(tree, branch, cursor),
    }
}

fn add_numbers<T: Number + Marshaler>(tree: &mut WriterTree, branch: &PlannedBranch, cursor: Cursor) {
    if branch.column_type.is_jagged() {
        tree.new_branch(&*branch.name, cursor.jagged::<T>());
    } else {
        add_plain::<T>(tree, branch, cursor);
    }
}

fn add_plain<T: Number + Marshaler>(tree: &mut WriterTree, branch: &PlannedBranch, cursor: Cursor) {
    macro_rules! by_width {
        ($($width:literal)*) => {
            match branch.column_type.width {
                $($width => tree.new_branch(&*branch.name, cursor.fixed::<T, $width>()),)*
                _ => tree.new_branch(&*branch.name, cursor.flat::<T>()),
            }
        };
    }
    const { assert!(MAX_FIXED_WIDTH == 4) };
    by_width!(2 3 4);
}
