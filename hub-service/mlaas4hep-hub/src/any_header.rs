//! Any text as what strangers send: headers, and names in addresses. Shared with the fuzz target.

use crate::ranges::{Asked, asked};
use crate::upload_headers::{metadata, n_bytes};
use hub_api::{Capabilities, ContentRange, FilePath, LocalOffer, SharedUri, WorkspaceName};

/// Reads a text as everything that it might be; what comes out must be sound.
pub(crate) fn read_any_header(bytes: &[u8]) {
    check_name(&String::from_utf8_lossy(bytes));
    if let Some(range) = ContentRange::parse(bytes) {
        assert!(range.n_bytes > 0 && range.first + (range.n_bytes - 1) < range.size_bytes);
    }
    if let Some(offer) = LocalOffer::parse(bytes) {
        assert_eq!(offer.header(), bytes);
    }
    // No other header is read that is no text.
    let Ok(header) = std::str::from_utf8(bytes) else { return };
    for size_bytes in [0, 1, 10, u64::MAX] {
        check_ranges(header, size_bytes);
    }
    if let Some(size) = n_bytes(header) {
        assert_eq!(header.trim_start_matches('0'), size.to_string().trim_start_matches('0'));
    }
    match metadata(header) {
        Ok(metadata) => {
            assert!(metadata.len() <= header.split(',').count());
            for value in metadata.values() {
                check_name(value);
            }
        }
        Err(error) => assert!(error.starts_with("Upload-Metadata: ")),
    }
}

fn check_ranges(header: &str, size_bytes: u64) {
    let Asked::Parts(parts) = asked(Some(header), size_bytes) else { return };
    assert!(!parts.is_empty() && parts.len() <= 32);
    assert!(parts.iter().all(|part| part.start < part.end && part.end <= size_bytes));
    assert!(parts.iter().map(|part| u128::from(part.end - part.start)).sum::<u128>() <= size_bytes.into());
}

/// What is a name stays what it is, and leads nowhere else.
fn check_name(text: &str) {
    if let Ok(uri) = text.parse::<SharedUri>() {
        assert_eq!(uri.to_string().parse::<SharedUri>().as_ref(), Ok(&uri));
        check_path(&uri.path);
        check_workspace(&uri.workspace);
    }
    if let Ok(path) = FilePath::new(text) {
        check_path(&path);
    }
    for name in [WorkspaceName::new(text), WorkspaceName::of_folder_name(text)].into_iter().flatten() {
        check_workspace(&name);
    }
    if let Ok(Some(capabilities)) = Capabilities::parse(text, "/") {
        capabilities.workspaces().iter().for_each(check_workspace);
    }
}

fn check_path(path: &FilePath) {
    assert_eq!(FilePath::new(path.as_str()).as_ref(), Ok(path));
    for part in path.parts() {
        assert!(part != "." && part != ".." && part.len() <= 255);
        assert!(!part.contains(['/', '\\']) && !part.chars().any(char::is_control));
    }
    assert!(path.parent().is_none_or(|parent| path.is_within(&parent) && parent != *path));
}

fn check_workspace(name: &WorkspaceName) {
    assert_eq!(WorkspaceName::new(name.as_str()).as_ref(), Ok(name));
    assert_eq!(WorkspaceName::of_folder_name(&name.folder_name()).as_ref(), Ok(name));
    assert!(
        !name.segment().contains('/')
            && name.as_str().split('/').all(|part| !part.is_empty() && part != "..")
    );
}

#[cfg(test)]
#[path = "../../../fuzz/damage.rs"]
mod damage;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_corpus_and_what_is_like_it() {
        damage::feed(&damage::corpus("headers/corpus/headers"), 20_000, read_any_header);
    }

    /// Pieces that names and headers give a meaning to.
    const PIECES: &str = "(shared://|SHARED://|a|higgs|~|/|//|\\.|\\.\\.|%2e|%2F|%25|%00|\\\\| |\u{e9}|e\u{301}|\u{202e}|\
        bytes|=|-|,|0|9|18446744073709551615|\\*|path |YS9i|Li4vYQ==|storage.read:|\\?|#){0,12}";

    proptest! {
        #[test]
        fn hostile_texts_are_read(text in PIECES) {
            read_any_header(text.as_bytes());
        }

        #[test]
        fn hostile_names_are_read(rest in PIECES, ranges in PIECES) {
            read_any_header(format!("shared://{rest}").as_bytes());
            read_any_header(format!("shared://higgs/{rest}").as_bytes());
            read_any_header(format!("bytes={ranges}").as_bytes());
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            read_any_header(&bytes);
        }
    }
}
