//! Any bytes as a ROOT file: everything that can be asked of it is asked. Shared with the fuzz targets.

use byte_source::MemoryBytes;
use event_columns::{EventTable, PieceAt};
use root_file::{RootFile, RootTree};
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What one object or basket may claim.
const BUDGET_BYTES: u64 = 16 << 20;
/// Trees and branches that are looked at: a file of noise may list the same tree a thousand times.
const MOST_TREES: usize = 16;
const MOST_BRANCHES: usize = 400;

/// The real files that [`read_edited_fixture`] changes, in the folder of the fixtures.
pub(crate) const FIXTURES: [&str; 14] = [
    "types-zlib.root",
    "types-none.root",
    "types-no-offsets.root",
    "truncated.root",
    "vectors-lz4.root",
    "vectors-zstd.root",
    "vectors-no-offsets.root",
    "split.root",
    "embedded.root",
    "places-lzma.root",
    "more.root",
    "more-no-offsets.root",
    "old-tree.root",
    "uproot.root",
];

/// Opens whatever the bytes hold and reads every entry of every branch of every tree; errors are fine. Returns how
/// many branches were read whole.
pub(crate) fn read_any_bytes(bytes: &[u8]) -> usize {
    read_some_branches(bytes, 0, MOST_BRANCHES)
}

/// As [`read_any_bytes`], of each tree only `most` branches from the one called `first` on.
fn read_some_branches(bytes: &[u8], first: usize, most: usize) -> usize {
    let source = Arc::new(MemoryBytes::new("any bytes", bytes.to_vec()));
    let file = match RootFile::open_source_with_budget(source, BUDGET_BYTES) {
        Ok(file) => file,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return 0;
        }
    };
    let mut n_read = 0;
    for entry in file.trees().take(MOST_TREES) {
        match file.tree(&entry.key_name()) {
            Ok(tree) => n_read += read_tree(&tree, first, most),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let named_wrongly = file.tree("no such tree").err().map(|error| error.to_string());
    assert!(named_wrongly.is_some_and(|message| message.contains("no such tree")));
    n_read
}

fn read_tree(tree: &RootTree, first: usize, most: usize) -> usize {
    let n_branches = tree.info().branches.len();
    let asked = (0..n_branches.min(most)).map(|at| (first + at) % n_branches);
    let readable: Vec<usize> = asked.filter(|at| tree.info().readable_type(*at).is_ok()).collect();
    let n_entries = tree.n_entries();
    let mut n_read = 0;
    for &branch in &readable {
        let name = tree.info().branches[branch].name.to_string();
        assert_eq!(tree.find(&name).ok(), Some(branch), "{name}");
        // The whole branch, and its second half.
        n_read += usize::from(read_range(tree, branch, 0..u64::MAX));
        read_range(tree, branch, n_entries / 2..n_entries);
    }
    if let Ok(starts) = tree.cluster_starts(&readable) {
        assert!(starts.is_sorted() && starts.iter().all(|start| *start <= n_entries));
    }
    assert!(tree.entries_per_chunk(&readable, BUDGET_BYTES) >= 1);
    let _ = tree.decompress_only(&readable);
    n_read
}

/// Visits a range of a branch; every piece must lie in it, and all of them together must not be more than it.
fn read_range(tree: &RootTree, branch: usize, wanted: Range<u64>) -> bool {
    let wanted = wanted.start..wanted.end.min(tree.n_entries());
    let n_found = AtomicU64::new(0);
    let visited = tree.visit(&[branch], wanted.clone(), &|found: PieceAt| {
        let n_entries = found.piece.n_entries() as u64;
        assert_eq!(found.branch, branch);
        assert!(found.first_entry >= wanted.start && found.first_entry + n_entries <= wanted.end);
        assert!(found.piece.value_range().end <= found.piece.values().len());
        n_found.fetch_add(n_entries, Ordering::Relaxed);
        ControlFlow::Continue(())
    });
    let n_found = n_found.into_inner();
    match visited {
        Ok(()) => assert!(n_found <= wanted.end - wanted.start, "{n_found} entries of {wanted:?}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    n_found > 0
}

/// Reads a few branches of a real file with a few bytes of it changed. The first bytes of the input are the number of
/// the fixture and of the first branch; then come edits of five bytes: what to do, where (three bytes, taken modulo
/// the length), and with what.
pub(crate) fn read_edited_fixture(fixtures: &[Vec<u8>], input: &[u8]) -> usize {
    const MOST_BRANCHES: usize = 6;
    let Some(([number, first], edits)) = input.split_first_chunk() else { return 0 };
    let mut bytes = fixtures[usize::from(*number) % fixtures.len()].clone();
    for edit in edits.as_chunks().0 {
        change(&mut bytes, *edit);
    }
    read_some_branches(&bytes, usize::from(*first), MOST_BRANCHES)
}

/// Numbers that lengths, counts and addresses become when a file is damaged on purpose.
const LIES: [u32; 8] = [0, 1, 2, 0x7fff_ffff, 0xffff_ffff, 0x4000_0000, 0x8000_0000, 0x4000_0004];

fn change(bytes: &mut Vec<u8>, [what, high, middle, low, with]: [u8; 5]) {
    if bytes.len() < 8 {
        return;
    }
    let place = u32::from_be_bytes([0, high, middle, low]) as usize;
    let (byte, word) = (place % bytes.len(), place % (bytes.len() - 4));
    let mut set_word = |value: u32| bytes[word..word + 4].copy_from_slice(&value.to_be_bytes());
    match what % 6 {
        0 => bytes[byte] = with,
        1 => bytes[byte] ^= with.max(1),
        2 => bytes[byte] = bytes[byte].wrapping_add_signed(with.cast_signed() % 8),
        3 => set_word(LIES[usize::from(with) % LIES.len()]),
        4 => set_word(u32::from(with)),
        // Truncated, but seldom, since little can be read then.
        _ if with < 16 => bytes.truncate(byte),
        _ => {
            let other = (byte + usize::from(with)) % bytes.len();
            bytes.swap(byte, other);
        }
    }
}

/// The bytes of [`FIXTURES`].
pub(crate) fn fixtures(folder: &Path) -> Vec<Vec<u8>> {
    FIXTURES.iter().map(|file| std::fs::read(folder.join(file)).unwrap()).collect()
}
