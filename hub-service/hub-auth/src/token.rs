//! A token that no log shows.

use sha2::{Digest, Sha256};

/// A secret of a caller or of the service. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for a header and nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What stands for the token where it must not be kept.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Compares in a time that says nothing about the text.
    pub(crate) fn is(&self, other: &str) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.digest().as_slice(), Token::new(other).digest().as_slice()).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[token]")
    }
}
