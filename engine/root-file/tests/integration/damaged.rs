//! Damaged files give errors, never a panic, and never take more memory than the budget.

use crate::any_bytes::{FIXTURES, read_any_bytes};
use crate::damage;
use byte_source::MemoryBytes;
use event_columns::{EventTable, ReadError};
use proptest::prelude::*;
use root_file::{RootFile, RootTree};
use std::ops::ControlFlow;
use std::sync::Arc;

fn bytes_of(file: &str) -> Vec<u8> {
    std::fs::read(crate::fixtures::folder().join(file)).unwrap()
}

#[test]
fn whole_files_are_read() {
    for file in FIXTURES {
        assert!(read_any_bytes(&bytes_of(file)) > 0, "{file}");
    }
}

#[test]
fn truncated_files() {
    for file in FIXTURES {
        let bytes = bytes_of(file);
        for part in 0..40 {
            read_any_bytes(&bytes[..bytes.len() * part / 40]);
        }
    }
}

fn damaged_file(most_flips: usize) -> impl Strategy<Value = Vec<u8>> {
    let flips = prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..=most_flips);
    (prop::sample::select(&FIXTURES[..]), flips).prop_map(|(file, flips)| {
        let mut bytes = bytes_of(file);
        let length = bytes.len();
        for (place, bit) in flips {
            bytes[place.index(length)] ^= 1 << bit;
        }
        bytes
    })
}

/// Numbers that lengths, counts and addresses become when a file is damaged on purpose.
fn replaced_words() -> impl Strategy<Value = Vec<u8>> {
    let word =
        prop::sample::select(vec![0_u32, 1, 0x7fff_ffff, 0xffff_ffff, 0x4000_0000, 0x8000_0000, 0x4000_0004]);
    let words = prop::collection::vec((any::<prop::sample::Index>(), word), 1..=4);
    (prop::sample::select(&FIXTURES[..]), words).prop_map(|(file, words)| {
        let mut bytes = bytes_of(file);
        let length = bytes.len() - 4;
        for (place, word) in words {
            let at = place.index(length);
            bytes[at..at + 4].copy_from_slice(&word.to_be_bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits(bytes in damaged_file(16)) {
        read_any_bytes(&bytes);
    }

    #[test]
    fn words_that_lie(bytes in replaced_words()) {
        read_any_bytes(&bytes);
    }

    #[test]
    fn noise_behind_the_first_letters(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        read_any_bytes(&[b"root".as_slice(), &noise].concat());
    }
}

#[test]
fn the_corpora_of_the_fuzz_targets() {
    let files = damage::corpus("root-file/corpus/root_file");
    damage::feed(&files, 4000, |bytes| {
        read_any_bytes(bytes);
    });
    let fixtures = crate::any_bytes::fixtures(&crate::fixtures::folder());
    damage::feed(&damage::corpus("root-file/corpus/root_file_edits"), 2000, |input| {
        crate::any_bytes::read_edited_fixture(&fixtures, input);
    });
}

/// The smallest file of the corpus: a tree `t` of the branches `n` and `x[n]`, two entries, nothing compressed.
fn small_file() -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/root-file/corpus/root_file");
    std::fs::read(std::path::Path::new(folder).join("few-0.root")).unwrap()
}

fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|window| window == wanted).unwrap()
}

fn tree_of(bytes: Vec<u8>) -> RootTree {
    RootFile::open_source(Arc::new(MemoryBytes::new("small", bytes))).unwrap().tree("t").unwrap()
}

fn read_branch(tree: &RootTree, branch: usize) -> Result<(), ReadError> {
    tree.visit(&[branch], 0..u64::MAX, &|_| ControlFlow::Continue(()))
}

#[test]
fn entries_without_a_basket_are_an_error() {
    let mut bytes = small_file();
    read_branch(&tree_of(bytes.clone()), 0).unwrap();
    // Behind name and title: fill attributes, three numbers, and the number of baskets that were written.
    let n_written = find(&bytes, b"\x01n\x03n/I") + 6 + 10 + 12;
    assert_eq!(bytes[n_written..n_written + 4], [0, 0, 0, 1]);
    bytes[n_written + 3] = 0;
    let error = read_branch(&tree_of(bytes), 0).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("the baskets hold the entries 0 to 0 of 2"), "{cause}");
}

#[test]
fn a_branch_that_is_listed_twice_is_one_branch() {
    /// In front of a name: the heads of the branch, of the base with the name, and of its own base.
    const HEADS: usize = 6 + 6 + 10;
    let mut bytes = small_file();
    assert_eq!(tree_of(bytes.clone()).info().branches.len(), 2);
    let key = find(&bytes, b"\x05TTree\x01t") - 26;
    let first = find(&bytes, b"\x01n\x03n/I") - HEADS - b"TBranch\0".len() - 8;
    let class_of_second = find(&bytes, b"\x01x\x06x[n]/F") - HEADS - 4;
    let number = (first - key + 2) as u32;
    bytes[class_of_second..class_of_second + 4].copy_from_slice(&number.to_be_bytes());
    let tree = tree_of(bytes);
    assert_eq!(tree.info().branches.len(), 1);
    read_branch(&tree, 0).unwrap();
}
