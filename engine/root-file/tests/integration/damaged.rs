//! Damaged files give errors, never a panic, and never take more memory than the budget.

use byte_source::MemoryBytes;
use event_columns::EventTable;
use proptest::prelude::*;
use root_file::RootFile;
use std::ops::ControlFlow;
use std::sync::Arc;

const BUDGET_BYTES: u64 = 32 << 20;

/// The small files that are damaged; the large one would only test the same paths more slowly.
const FILES: [&str; 10] = [
    "types-zlib.root",
    "types-none.root",
    "types-no-offsets.root",
    "truncated.root",
    "vectors-lz4.root",
    "vectors-zstd.root",
    "split.root",
    "embedded.root",
    "places-lzma.root",
    "uproot.root",
];

/// Opens whatever the bytes hold and reads every entry of every branch of every tree; errors are fine. Returns how
/// many branches were read whole.
fn read_all(bytes: Vec<u8>) -> usize {
    let source = Arc::new(MemoryBytes::new("damaged", bytes));
    let Ok(file) = RootFile::open_source_with_budget(source, BUDGET_BYTES) else { return 0 };
    let mut n_read = 0;
    for entry in file.trees() {
        let Ok(tree) = file.tree(&entry.key_name()) else { continue };
        for branch in 0..tree.info().branches.len() {
            let read = tree.visit(&[branch], 0..u64::MAX, &|piece| {
                assert_eq!(piece.branch, branch);
                ControlFlow::Continue(())
            });
            n_read += usize::from(read.is_ok());
        }
    }
    n_read
}

fn bytes_of(file: &str) -> Vec<u8> {
    std::fs::read(crate::fixtures::folder().join(file)).unwrap()
}

#[test]
fn whole_files_are_read() {
    for file in FILES {
        assert!(read_all(bytes_of(file)) > 0, "{file}");
    }
}

#[test]
fn truncated_files() {
    for file in FILES {
        let bytes = bytes_of(file);
        for part in 0..40 {
            read_all(bytes[..bytes.len() * part / 40].to_vec());
        }
    }
}

fn damaged_file(most_flips: usize) -> impl Strategy<Value = Vec<u8>> {
    let flips = prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..=most_flips);
    (prop::sample::select(&FILES[..]), flips).prop_map(|(file, flips)| {
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
    (prop::sample::select(&FILES[..]), words).prop_map(|(file, words)| {
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
        read_all(bytes);
    }

    #[test]
    fn words_that_lie(bytes in replaced_words()) {
        read_all(bytes);
    }

    #[test]
    fn noise_behind_the_first_letters(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all([b"root".as_slice(), &noise].concat());
    }
}
