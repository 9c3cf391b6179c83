//! The name that a mistyped one may have meant.

/// Longer names get no answer: comparing takes time with the product of the lengths.
const LONGEST_CHARS: usize = 200;

/// The candidates that look most like `name`, best first, at most three; none that is too far to be a slip.
pub(crate) fn nearest_names<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    if wanted.is_empty() || wanted.len() > LONGEST_CHARS {
        return Vec::new();
    }
    let mut scored: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let letters: Vec<char> = candidate.to_lowercase().chars().collect();
            let longest = wanted.len().max(letters.len());
            if letters.len() > LONGEST_CHARS {
                return None;
            }
            let distance = edits(&wanted, &letters);
            // More than half of the letters changed: no slip, unless the one is a part of the other.
            let is_part = candidate.to_lowercase().contains(&name.to_lowercase());
            (2 * distance <= longest || is_part).then_some((distance, candidate))
        })
        .collect();
    scored.sort_unstable();
    scored.into_iter().take(3).map(|(_, candidate)| candidate.to_string()).collect()
}

/// Letters to insert, remove, replace or exchange with their neighbour to turn `left` into `right`.
fn edits(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, left_letter) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right_letter) in right.iter().enumerate() {
            let replaced = previous[column] + usize::from(left_letter != right_letter);
            let mut fewest = replaced.min(previous[column + 1] + 1).min(current[column] + 1);
            let is_swap =
                row > 0 && column > 0 && left[row - 1] == *right_letter && *left_letter == right[column - 1];
            if is_swap {
                fewest = fewest.min(before[column - 1] + 1);
            }
            current.push(fewest);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name() {
        let names = ["Jet_pt", "Jet_eta", "Muon_pt", "MET_pt"];
        assert_eq!(nearest_names("jet_pt", names)[0], "Jet_pt");
        assert_eq!(nearest_names("Jet", names), ["Jet_pt", "Jet_eta"]);
        assert_eq!(nearest_names("xyzzy", names), Vec::<String>::new());
        assert_eq!(nearest_names(&"x".repeat(1 << 20), names), Vec::<String>::new());
    }
}
