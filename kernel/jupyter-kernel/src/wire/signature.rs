//! The signature that says a message comes from one who has read the connection file.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs and verifies with HMAC-SHA256; with an empty key it signs nothing and accepts everything, as the
/// protocol wants it.
#[derive(Clone)]
pub struct Signer {
    keyed: Option<Hmac<Sha256>>,
}

impl Signer {
    /// A signer with the key of a connection file.
    pub fn new(key: &[u8]) -> Self {
        // HMAC takes keys of any length, so an error here cannot happen; it would leave messages unsigned.
        let keyed = if key.is_empty() { None } else { Hmac::new_from_slice(key).ok() };
        Self { keyed }
    }

    /// The signature of the parts as lower-case hexadecimal digits, empty without a key.
    pub fn sign(&self, parts: &[&[u8]]) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let Some(mac) = self.over(parts) else { return String::new() };
        let bytes = mac.finalize().into_bytes();
        bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| DIGITS[digit as usize] as char)
            .collect()
    }

    /// Whether the signature is that of the parts; takes the same time wherever it differs.
    pub fn is_right(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        let Some(mac) = self.over(parts) else { return true };
        bytes_of_digits(signature).is_some_and(|signature| mac.verify_slice(&signature).is_ok())
    }

    fn over(&self, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        let mut mac = self.keyed.clone()?;
        for part in parts {
            mac.update(part);
        }
        Some(mac)
    }
}

fn bytes_of_digits(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| (digit as char).to_digit(16).map(|value| value as u8);
    let pairs = digits.chunks(2);
    pairs.map(|pair| Some(value(pair[0])? << 4 | value(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_a_published_case() {
        // RFC 4231, test case 2, cut in two parts.
        let signer = Signer::new(b"Jefe");
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signer.sign(&parts), expected);
        assert!(signer.is_right(&parts, expected.as_bytes()));
        assert!(signer.is_right(&parts, expected.to_uppercase().as_bytes()));
    }

    #[test]
    fn wrong_signatures() {
        let signer = Signer::new(b"Jefe");
        for wrong in [&b""[..], b"5", b"5bdc", b"zz", b"\xff\xfe", &[b'0'; 64], &[b'0'; 1000]] {
            assert!(!signer.is_right(&[b"what"], wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_empty_key_signs_nothing() {
        let signer = Signer::new(b"");
        assert_eq!(signer.sign(&[b"a"]), "");
        assert!(signer.is_right(&[b"a"], b"anything"));
    }
}
