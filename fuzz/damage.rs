//! Seeded damage to known inputs: what the suite does with the corpus of a fuzz target in a few seconds.

use std::path::{Path, PathBuf};

/// Words that formats and languages give a meaning to, and numbers that lengths become.
const WORDS: [&[u8]; 16] = [
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\x40\0\0\x04",
    b"\0\0\0\x01",
    b"(",
    b"[",
    b"\"",
    b"{",
    b"-1",
    b"1e999",
    b"18446744073709551615",
    b"9223372036854775808",
    b"null",
    b"\n",
];

/// The files of a folder under `fuzz/`, in the order of their names.
pub(crate) fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Hands every input to `check`, then `n_variations` damaged ones, the same in every run. A panic is preceded by the
/// number of the input.
pub(crate) fn feed(inputs: &[Vec<u8>], n_variations: u64, check: impl Fn(&[u8])) {
    struct Named(String);
    #[allow(clippy::print_stderr, reason = "it says what a failing test was reading")]
    impl Drop for Named {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("while reading {}", self.0);
            }
        }
    }
    for (number, input) in inputs.iter().enumerate() {
        let _named = Named(format!("input {number} of the corpus"));
        check(input);
    }
    for seed in 0..n_variations {
        let _named = Named(format!("variation {seed}"));
        check(&damaged(inputs, seed));
    }
}

/// One of the inputs, changed in one to five places.
fn damaged(inputs: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut bytes = random.choose(inputs).clone();
    for _ in 0..=random.below(5) {
        let place = random.below(bytes.len() + 1);
        let end = (place + 1 + random.below(16)).min(bytes.len());
        match random.below(7) {
            0 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
            1 if place < bytes.len() => bytes[place] = random.below(256) as u8,
            2 => drop(bytes.drain(place..end)),
            3 => {
                let copied = bytes[place..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, copied);
            }
            4 => {
                let word = random.choose(&WORDS);
                let replaced = (place + word.len()).min(bytes.len());
                bytes.splice(place..replaced, word.iter().copied());
            }
            5 => {
                let word = random.choose(&WORDS);
                bytes.splice(place..place, word.iter().copied());
            }
            _ => {
                let other = random.choose(inputs);
                let from = random.below(other.len() + 1);
                let to = (from + random.below(64)).min(other.len());
                bytes.splice(place..end, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) % limit.max(1) as u64) as usize
    }

    fn choose<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }
}
