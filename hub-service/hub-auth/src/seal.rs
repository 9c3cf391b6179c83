//! Sealing: what a browser keeps for us and cannot read (AES-256-GCM, NIST SP 800-38D).

use crate::Token;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;
use sha2::{Digest, Sha256};

const NONCE_BYTES: usize = 12;

/// The key of the sealed cookies. With the same key sessions live on over a restart of the service.
#[derive(Clone)]
pub struct SealKey {
    cipher: Aes256Gcm,
    /// For authentication codes: another key than that of the cipher.
    pub(crate) code_key: [u8; 32],
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[key]")
    }
}

impl SealKey {
    /// A key of this process alone.
    #[must_use]
    pub fn random() -> Self {
        Self::from_bytes(&rand::rng().random())
    }

    /// A key that is kept by the operator: 32 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let derive = |purpose: &[u8]| -> [u8; 32] {
            Sha256::new().chain_update(bytes).chain_update(purpose).finalize().into()
        };
        Self { cipher: Aes256Gcm::new(&derive(b"cookies").into()), code_key: derive(b"cross-site requests") }
    }

    /// Seals a token for one purpose; only the same purpose opens it.
    pub(crate) fn seal(&self, token: &Token, purpose: &str) -> Option<String> {
        let nonce: [u8; NONCE_BYTES] = rand::rng().random();
        let payload = Payload { msg: token.reveal().as_bytes(), aad: purpose.as_bytes() };
        let sealed = self.cipher.encrypt(Nonce::from_slice(&nonce), payload).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what [`Self::seal`] made; `None` for anything else.
    pub(crate) fn open(&self, text: &str, purpose: &str) -> Option<Token> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let payload = Payload { msg: sealed, aad: purpose.as_bytes() };
        let opened = self.cipher.decrypt(Nonce::from_slice(nonce), payload).ok()?;
        String::from_utf8(opened).ok().map(Token::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_purpose_open() {
        let (key, other) = (SealKey::from_bytes(&[1; 32]), SealKey::from_bytes(&[2; 32]));
        let sealed = key.seal(&Token::new("hush"), "session").unwrap();
        assert_eq!(key.open(&sealed, "session").unwrap().reveal(), "hush");
        assert!(key.open(&sealed, "state").is_none());
        assert!(other.open(&sealed, "session").is_none());
        assert!(SealKey::random().open(&sealed, "session").is_none());
        assert!(!sealed.contains("hush"));
        assert_ne!(sealed, key.seal(&Token::new("hush"), "session").unwrap());
    }

    #[test]
    fn anything_else_is_no_session() {
        let key = SealKey::from_bytes(&[1; 32]);
        let mut sealed = key.seal(&Token::new("hush"), "session").unwrap();
        for text in ["", "a", "%", "AAAA", &"A".repeat(4000), "häh"] {
            assert!(key.open(text, "session").is_none(), "{text}");
        }
        let last = sealed.pop().unwrap();
        sealed.push(if last == 'A' { 'B' } else { 'A' });
        assert!(key.open(&sealed, "session").is_none());
    }

    proptest::proptest! {
        #[test]
        fn what_is_changed_anywhere_does_not_open(text in ".{0,40}", place: usize, letter in "[A-Za-z0-9_-]") {
            let key = SealKey::from_bytes(&[1; 32]);
            let sealed = key.seal(&Token::new(text.clone()), "login").unwrap();
            let opened = key.open(&sealed, "login");
            proptest::prop_assert_eq!(opened.as_ref().map(Token::reveal), Some(text.as_str()));
            let place = place % sealed.len();
            let changed = format!("{}{letter}{}", &sealed[..place], &sealed[place + 1..]);
            proptest::prop_assert_eq!(key.open(&changed, "login").is_some(), changed == sealed);
            proptest::prop_assert!(key.open(&sealed[..place], "login").is_none());
            proptest::prop_assert!(key.open(&text, "login").is_none());
        }
    }
}
