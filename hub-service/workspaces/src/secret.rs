//! Random secrets, and what is kept of secrets.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Rounds for passwords that people choose (OWASP's figure for PBKDF2 with HMAC-SHA-256).
const ROUNDS: u32 = 600_000;

/// 256 random bits in hexadecimal digits.
pub(crate) fn random_secret() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// What is kept of a password that a person chose: `pbkdf2-sha256$ROUNDS$SALT$HASH`. Takes a tenth of a second of CPU.
pub(crate) fn hash_password(password: &str) -> String {
    let salt = hex::encode(rand::random::<[u8; 16]>());
    hashed(password, ROUNDS, &salt)
}

/// Whether it is the password.
pub(crate) fn is_password(password: &str, kept: &str) -> bool {
    let mut parts = kept.split('$').skip(1);
    let (Some(rounds), Some(salt)) = (parts.next().and_then(|n| n.parse().ok()), parts.next()) else {
        return false;
    };
    let given = hashed(password, rounds, salt);
    // Every byte is looked at, wherever the first difference is.
    given.len() == kept.len() && given.bytes().zip(kept.bytes()).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}

fn hashed(password: &str, rounds: u32, salt: &str) -> String {
    format!(
        "pbkdf2-sha256${rounds}${salt}${}",
        hex::encode(pbkdf2(password.as_bytes(), salt.as_bytes(), rounds))
    )
}

/// PBKDF2 with HMAC-SHA-256, one block (RFC 8018 section 5.2).
fn pbkdf2(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(keyed) = Hmac::<Sha256>::new_from_slice(password) else { return [0; 32] };
    let mac = |parts: &[&[u8]]| -> [u8; 32] {
        let mut mac = keyed.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    };
    let mut last = mac(&[salt, &1_u32.to_be_bytes()]);
    let mut sum = last;
    for _ in 1..rounds {
        last = mac(&[&last]);
        sum.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_that_of_the_standard() {
        // hashlib.pbkdf2_hmac('sha256', b'password', b'salt', n)
        let check =
            |rounds, expected: &str| assert_eq!(hex::encode(pbkdf2(b"password", b"salt", rounds)), expected);
        check(1, "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b");
        check(4096, "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
    }

    #[test]
    fn passwords_are_known_again() {
        let kept = hash_password("higgs");
        assert!(is_password("higgs", &kept) && !is_password("Higgs", &kept) && !is_password("", &kept));
        assert!(!is_password("higgs", "") && !is_password("higgs", "pbkdf2-sha256$x$y$z"));
        assert_ne!(kept, hash_password("higgs"));
        assert!(random_secret().len() == 64 && random_secret() != random_secret());
    }
}
