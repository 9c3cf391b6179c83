//! `NumPy`'s array files, version 1.0 (numpy.lib.format): a header in Python's words, then the numbers.

use crate::failure::{self, Kind};
use anyhow::Context;
use std::io::{BufWriter, Write};
use std::path::Path;

/// A number that can stand in such a file.
pub(crate) trait Element: Copy {
    /// `NumPy`'s name of the type, little-endian.
    const DESCRIPTION: &'static str;
    /// Writes the number.
    fn write(self, out: &mut impl Write) -> std::io::Result<()>;
}

macro_rules! element {
    ($($type:ty => $description:literal),*) => {$(
        impl Element for $type {
            const DESCRIPTION: &'static str = $description;
            fn write(self, out: &mut impl Write) -> std::io::Result<()> {
                out.write_all(&self.to_le_bytes())
            }
        }
    )*};
}
element!(u8 => "|u1", f32 => "<f4", f64 => "<f8");

/// Writes an array in C order, beside its place and then renamed into it.
pub(crate) fn write<T: Element>(path: &Path, shape: &[usize], values: &[T]) -> anyhow::Result<()> {
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = write_to(&beside, shape, values).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // The error that matters is the one of writing; a leftover is only untidy.
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(|| format!("cannot write {}", path.display())).map_err(failure::of(Kind::Output))
}

fn write_to<T: Element>(path: &Path, shape: &[usize], values: &[T]) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    out.write_all(&header(T::DESCRIPTION, shape))?;
    values.iter().try_for_each(|value| value.write(&mut out))?;
    out.flush()
}

/// Magic, version, length and the dictionary, padded so that the numbers start at a multiple of 64 bytes.
fn header(description: &str, shape: &[usize]) -> Vec<u8> {
    let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
    // A tuple of one ends with a comma too.
    let lengths = lengths.join(",") + ",";
    let mut text = format!("{{'descr': '{description}', 'fortran_order': False, 'shape': ({lengths}), }}");
    let padded = (10 + text.len() + 1).next_multiple_of(64) - 11;
    text = format!("{text:padded$}\n");
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((text.len() as u16).to_le_bytes());
    header.extend(text.as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_numpys() {
        let header = header("<f4", &[2, 3]);
        assert_eq!(header.len() % 64, 0);
        let text = String::from_utf8_lossy(&header[10..]).into_owned();
        assert!(text.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2,3,), }"), "{text}");
        assert!(text.ends_with('\n'));
    }
}
