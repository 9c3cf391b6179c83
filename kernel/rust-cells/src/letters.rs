//! Front ends count letters, compilers bytes.

/// The byte at which a letter (`char`, from 0) begins; the length where there are fewer.
pub(crate) fn byte_of_letter(text: &str, letter: usize) -> usize {
    text.char_indices().nth(letter).map_or(text.len(), |(byte, _)| byte)
}

/// How many letters begin before a byte.
pub(crate) fn letter_of_byte(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(start, _)| *start < byte).count()
}

/// The byte behind the word around `byte`.
pub(crate) fn end_of_word(text: &str, byte: usize) -> usize {
    let rest = text.get(byte..).unwrap_or_default();
    byte + rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_bytes() {
        assert_eq!([0, 1, 2, 3, 9].map(|letter| byte_of_letter("éab", letter)), [0, 2, 3, 4, 4]);
        assert_eq!([0, 2, 3, 4].map(|byte| letter_of_byte("éab", byte)), [0, 1, 2, 3]);
        assert_eq!(end_of_word("let abc = 1", 5), 7);
        assert_eq!(end_of_word("é", 9), 9);
    }
}
