//! Patterns of a history search, as `SQLite`'s GLOB takes them: `*`, `?`, `[abc]`, `[a-z]`, `[^a]`.

/// Whether the whole text fits the pattern. Takes at most (letters of the pattern) x (letters of the text) steps.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut of_text) = (0, 0);
    // Where to go on when the letters after the last star do not fit: the star takes one letter more.
    let mut after_star: Option<(usize, usize)> = None;
    while of_text < text.len() {
        if pattern.get(at) == Some(&'*') {
            at += 1;
            after_star = Some((at, of_text));
        } else if let Some(n_letters) = fitting_letters(&pattern[at..], text[of_text]) {
            at += n_letters;
            of_text += 1;
        } else if let Some((star, taken)) = after_star {
            (at, of_text) = (star, taken + 1);
            after_star = Some((star, taken + 1));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

/// Length of the first element of the pattern where the letter fits it.
fn fitting_letters(pattern: &[char], letter: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => match set(pattern) {
            Some((n_letters, is_negated, members)) => {
                (is_in(members, letter) != is_negated).then_some(n_letters)
            }
            None => (letter == '[').then_some(1),
        },
        first => (*first == letter).then_some(1),
    }
}

/// Length of a set, whether it is negated, and its members; `None` where no bracket closes it.
fn set(pattern: &[char]) -> Option<(usize, bool, &[char])> {
    let is_negated = pattern.get(1) == Some(&'^');
    let start = if is_negated { 2 } else { 1 };
    // A bracket that comes first is a member.
    let end = pattern.iter().skip(start + 1).position(|letter| *letter == ']')? + start + 1;
    Some((end + 1, is_negated, &pattern[start..end]))
}

fn is_in(members: &[char], letter: char) -> bool {
    let mut rest = members;
    loop {
        rest = match rest {
            [] => return false,
            [low, '-', high, ..] if (*low..=*high).contains(&letter) => return true,
            [_, '-', _, others @ ..] => others,
            [member, ..] if *member == letter => return true,
            [_, others @ ..] => others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("%hist*", "%hist Jet_pt", true),
            ("hist*", "%hist", false),
            ("*pt", "Jet_pt", true),
            ("*et*t", "Jet_pt", true),
            ("Jet_?t", "Jet_µt", true),
            ("a?", "a", false),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[^a-c]x", "dx", true),
            ("[]]", "]", true),
            ("[a", "[a", true),
            ("a[", "a[", true),
            ("*[0-9]", "cell 7", true),
            ("*\n*", "two\nlines", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_of_stars_takes_no_exponential_time() {
        assert!(!fits(&"*a".repeat(200), &"a".repeat(199)));
        assert!(!fits(&format!("{}b", "*a".repeat(50)), &"a".repeat(5000)));
    }
}
