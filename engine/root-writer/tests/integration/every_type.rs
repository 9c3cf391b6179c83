//! Every type that can be written, with random values, in several baskets.

use crate::python::check_with_python;
use event_columns::{Column, ColumnType, ElementType, EventChunk, Number, Piece, Slice, Values};
use oxyroot::RootFile;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use root_writer::{WriteError, WrittenTree, write_tree};
use std::ops::ControlFlow;
use std::path::Path;

pub(crate) fn write(path: &Path, chunks: &[EventChunk]) -> Result<WrittenTree, WriteError> {
    let mut source = chunks.iter().cloned().map(Ok::<_, std::io::Error>);
    write_tree(path, "Events", &mut source, &mut |_| ControlFlow::Continue(()))
}

/// Random bits as a number; floats are finite, but for some special ones.
trait Random: Number {
    fn random(random: &mut ChaCha8Rng) -> Self;
}

macro_rules! random_integers {
    ($($type:ty)*) => {$(
        impl Random for $type {
            fn random(random: &mut ChaCha8Rng) -> Self {
                random.next_u64() as $type
            }
        }
    )*};
}
random_integers!(i8 i16 i32 i64 u8 u16 u32 u64);

impl Random for bool {
    fn random(random: &mut ChaCha8Rng) -> Self {
        random.next_u32() & 1 == 1
    }
}

impl Random for f32 {
    fn random(random: &mut ChaCha8Rng) -> Self {
        match random.next_u32() % 64 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => -0.0,
            _ => f32::from_bits(random.next_u32() & 0xbfff_ffff),
        }
    }
}

impl Random for f64 {
    fn random(random: &mut ChaCha8Rng) -> Self {
        match random.next_u32() % 64 {
            0 => f64::NAN,
            1 => f64::NEG_INFINITY,
            2 => f64::MIN_POSITIVE / 3.0,
            _ => f64::from_bits(random.next_u64() & 0xbfff_ffff_ffff_ffff),
        }
    }
}

fn add_branches<T: Random>(chunk: &mut EventChunk, random: &mut ChaCha8Rng)
where
    Values: From<Vec<T>>,
{
    let (name, n_entries) = (T::ELEMENT.name(), chunk.n_entries());
    let mut some = |n_values: usize| -> Vec<T> { (0..n_values).map(|_| T::random(random)).collect() };
    chunk.set(format!("flat_{name}"), Piece::flat(some(n_entries)).into());
    let fixed = Piece::new(ColumnType::fixed(T::ELEMENT, 3), vec![], some(3 * n_entries).into()).unwrap();
    chunk.set(format!("fixed_{name}"), fixed.into());
    let lists: Vec<Vec<T>> = (0..n_entries).map(|entry| some([0, 3, 1, 0, 7][entry % 5])).collect();
    // Two pieces, of which the second starts within its buffer, as slices of baskets do.
    let (cut, whole) = (n_entries / 3, Piece::jagged(&lists));
    let pieces = vec![whole.slice(0..cut), whole.slice(cut..n_entries)];
    chunk.set(format!("jagged_{name}"), Column::new(ColumnType::jagged(T::ELEMENT), pieces).unwrap());
}

fn texts(texts: &[String]) -> Piece {
    let mut offsets = vec![0_i64];
    offsets.extend(texts.iter().scan(0, |end, text| {
        *end += text.len() as i64;
        Some(*end)
    }));
    let bytes: Vec<u8> = texts.iter().flat_map(|text| text.bytes()).collect();
    Piece::new(ColumnType::flat(ElementType::Text), vec![Slice::from(offsets)], bytes.into()).unwrap()
}

/// A chunk with every type.
fn every_type(first_entry: u64, n_entries: usize, random: &mut ChaCha8Rng) -> EventChunk {
    let mut chunk = EventChunk::new(first_entry, n_entries);
    add_branches::<bool>(&mut chunk, random);
    add_branches::<i8>(&mut chunk, random);
    add_branches::<i16>(&mut chunk, random);
    add_branches::<i32>(&mut chunk, random);
    add_branches::<i64>(&mut chunk, random);
    add_branches::<u8>(&mut chunk, random);
    add_branches::<u16>(&mut chunk, random);
    add_branches::<u32>(&mut chunk, random);
    add_branches::<u64>(&mut chunk, random);
    add_branches::<f32>(&mut chunk, random);
    add_branches::<f64>(&mut chunk, random);
    // Texts of 0 to 299 bytes: from 255 on the length takes five bytes.
    let text = |entry: usize| "é".repeat(entry % 150) + if entry.is_multiple_of(2) { "" } else { "x" };
    chunk.set("text", texts(&(0..n_entries).map(text).collect::<Vec<_>>()).into());
    chunk
}

#[test]
fn every_type_reads_back_equal_in_every_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("every.root");
    let mut random = ChaCha8Rng::seed_from_u64(2);
    // Together more than one basket for every branch of four bytes and of eight, and for all lists.
    let chunks = [every_type(0, 5000, &mut random), every_type(5000, 0, &mut random)];
    let chunks =
        [&chunks[..], &[every_type(5000, 1, &mut random), every_type(5001, 4000, &mut random)]].concat();
    let written = write(&path, &chunks).unwrap();
    assert_eq!(written.n_entries, 9001);
    assert_eq!(written.n_bytes, std::fs::metadata(&path).unwrap().len());
    check_with_oxyroot(&path, &chunks);
    check_with_python("every type", &path, "Events", &chunks);
}

#[test]
fn a_tree_without_entries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.root");
    let chunks = [every_type(0, 0, &mut ChaCha8Rng::seed_from_u64(2))];
    assert_eq!(write(&path, &chunks).unwrap().n_entries, 0);
    check_with_python("no entries", &path, "Events", &chunks);
}

#[test]
fn lists_without_values_and_baskets_that_end_with_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edges.root");
    // A basket closes when the next value would fill 32 KiB: at 8191 values of four bytes.
    let mut chunk = EventChunk::new(0, 8191);
    chunk.set("exact", Piece::flat((0..8191).collect::<Vec<i32>>()).into());
    chunk.set("nothing", Piece::jagged(&vec![Vec::<i16>::new(); 8191]).into());
    let long: Vec<Vec<f32>> =
        (0..8191).map(|entry| vec![0.5; if entry % 4000 == 9 { 30_000 } else { 0 }]).collect();
    chunk.set("long", Piece::jagged(&long).into());
    write(&path, std::slice::from_ref(&chunk)).unwrap();
    check_with_python("edges", &path, "Events", &[chunk]);
}

#[test]
fn the_same_events_in_other_chunks_give_the_same_tree() {
    let folder = tempfile::tempdir().unwrap();
    let whole = every_type(0, 1000, &mut ChaCha8Rng::seed_from_u64(5));
    let parts: Vec<EventChunk> = (0..10).map(|part| whole.slice(part * 100..part * 100 + 100)).collect();
    // Names of one length, because a ROOT file holds its own.
    let (one, many) = (folder.path().join("one.root"), folder.path().join("ten.root"));
    assert_eq!(write(&one, std::slice::from_ref(&whole)).unwrap(), write(&many, &parts).unwrap());
    check_with_oxyroot(&one, std::slice::from_ref(&whole));
    check_with_oxyroot(&many, &[whole]);
}

/// oxyroot reads back what it can: plain leaves, and lists of floating-point numbers. (It compares class names
/// letter by letter and so does not know the ROOT spelling of lists of integers.)
fn check_with_oxyroot(path: &Path, chunks: &[EventChunk]) {
    let tree = RootFile::open(path).unwrap().get_tree("Events").unwrap();
    macro_rules! check_branch {
        ($name:expr, $type:ty, $values:expr) => {
            let name: &str = $name;
            let found: Vec<$type> = tree.branch(name).unwrap().as_iter::<$type>().unwrap().collect();
            let found: Vec<u64> = found.into_iter().flat_map($values).map(f64::to_bits).collect();
            let expected: Vec<u64> = chunks
                .iter()
                .flat_map(|chunk| chunk.column(name).unwrap().to_f64())
                .map(f64::to_bits)
                .collect();
            assert!(found == expected, "{name}");
        };
    }
    macro_rules! check_types {
        ($($type:ident)*) => {$(
            check_branch!(concat!("flat_", stringify!($type)), $type, |value| [value.to_f64()]);
        )*};
    }
    check_types!(bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    check_branch!("jagged_f32", Vec<f32>, |list: Vec<f32>| list
        .into_iter()
        .map(f64::from)
        .collect::<Vec<_>>());
    check_branch!("jagged_f64", Vec<f64>, |list: Vec<f64>| list);
    check_branch!("text", String, |text: String| text
        .into_bytes()
        .into_iter()
        .map(f64::from)
        .collect::<Vec<_>>());
}
