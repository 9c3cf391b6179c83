//! Headers of TUS (tus.io/protocols). Pure: texts in, values out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// Reads `Upload-Metadata`: `key base64, key base64`, each key once.
///
/// # Errors
/// What is wrong with it, for whoever sent it.
pub(crate) fn metadata(header: &str) -> Result<BTreeMap<String, String>, String> {
    let mut metadata = BTreeMap::new();
    for pair in header.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, coded) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = STANDARD.decode(coded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let value = value.ok_or_else(|| format!("Upload-Metadata: {key} is no base64 of UTF-8"))?;
        if metadata.insert(key.to_owned(), value).is_some() {
            return Err(format!("Upload-Metadata: {key} stands twice"));
        }
    }
    Ok(metadata)
}

/// Reads `Upload-Length` and `Upload-Offset`. Digits only: `u64::from_str` would take a plus sign.
pub(crate) fn n_bytes(header: &str) -> Option<u64> {
    header.bytes().all(|byte| byte.is_ascii_digit()).then(|| header.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn metadata_is_read_strictly() {
        let check = |header: &str, expected: Option<&[(&str, &str)]>| {
            let found = metadata(header).ok();
            let expected =
                expected.map(|pairs| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
            assert_eq!(found, expected, "{header}");
        };
        check("", Some(&[]));
        check("path YS9i, workspace aGlnZ3M=", Some(&[("path", "a/b"), ("workspace", "higgs")]));
        check("is_confidential", Some(&[("is_confidential", "")]));
        check("path YS9i,path YS9i", None);
        check("path %", None);
        check("path /w==", None);
    }

    #[test]
    fn sizes_are_digits() {
        for (header, expected) in [
            ("0", Some(0)),
            ("0018", Some(18)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("+5", None),
            ("-5", None),
            ("5.0", None),
            (" 5", None),
            ("\u{665}", None),
            ("", None),
        ] {
            assert_eq!(n_bytes(header), expected, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn metadata_goes_and_comes(
            pairs in prop::collection::btree_map("[!-+./-~]{1,12}", ".{0,20}", 0..6), gap in "(,|, | , |,,)",
        ) {
            let coded = pairs.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
            let header = coded.collect::<Vec<_>>().join(&gap);
            prop_assert_eq!(metadata(&header), Ok(pairs));
        }

        #[test]
        fn a_size_goes_and_comes(size: u64) {
            prop_assert_eq!(n_bytes(&size.to_string()), Some(size));
        }
    }
}
