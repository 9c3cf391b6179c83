//! Digests that a writer announces.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A digest that is named but cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a digest needs the form sha-256=:BASE64: (RFC 9530), or in the header Digest SHA-256=BASE64 (RFC 3230)"
)]
pub struct DigestError;

/// The SHA-256 in `Repr-Digest`, `Content-Digest` (RFC 9530 section 2) or `Digest` (RFC 3230 section 4.3.2), in hexadecimal digits.
/// Other algorithms need not be understood.
///
/// # Errors
/// A SHA-256 that is none.
pub fn announced_sha256(field: &str) -> Result<Option<String>, DigestError> {
    let is_sha256 = |name: &str| name.trim().eq_ignore_ascii_case("sha-256");
    let Some((_, coded)) =
        field.split(',').filter_map(|item| item.split_once('=')).find(|(name, _)| is_sha256(name))
    else {
        return Ok(None);
    };
    let coded = match coded.trim().strip_prefix(':') {
        Some(rest) => rest.split(':').next().unwrap_or_default(),
        None => coded.trim(),
    };
    match STANDARD.decode(coded) {
        Ok(bytes) if bytes.len() == 32 => Ok(Some(hex::encode(bytes))),
        _ => Err(DigestError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn announced_digests() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let check = |field: &str, expected: Result<Option<&str>, DigestError>| {
            assert_eq!(
                announced_sha256(field).as_ref().map(Option::as_deref),
                expected.as_ref().map(|it| *it)
            );
        };
        check("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", Ok(Some(empty)));
        check("md5=:AA==:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", Ok(Some(empty)));
        check("SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Ok(Some(empty)));
        check("md5=:AA==:", Ok(None));
        check("sha-512=:AA==:", Ok(None));
        check("", Ok(None));
        check("sha-256=47DE", Err(DigestError));
        check("sha-256=:AA==:", Err(DigestError));
        check("sha-256=:%:", Err(DigestError));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(field in "(sha-256|SHA-256|=|:|,|[A-Za-z0-9+/]{1,8}){0,12}") {
            if let Ok(Some(digest)) = announced_sha256(&field) {
                prop_assert_eq!(digest.len(), 64);
            }
        }
    }
}
