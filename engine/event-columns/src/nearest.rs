//! The names that a mistyped one may have meant.

/// Longer names get no answer: comparing takes memory and time with the product of the lengths.
const LONGEST: usize = 200;

/// Up to `at_most` candidates that look most like `name`, best first; none that is too far to be a slip.
pub fn nearest_names<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    at_most: usize,
) -> Vec<String> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let lower = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| {
            let candidate_lower = candidate.to_lowercase();
            let bonus = if !lower.is_empty() && candidate_lower.contains(&lower) { 0.2 } else { 0.0 };
            (strsim::normalized_damerau_levenshtein(&lower, &candidate_lower) + bonus, candidate)
        })
        // Below a half, unrelated names of the same length begin to match.
        .filter(|(score, _)| *score >= 0.5)
        .collect();
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
    scored.into_iter().take(at_most).map(|(_, candidate)| candidate.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name() {
        let names = ["Jet_pt", "Jet_eta", "Muon_pt", "MET_pt"];
        assert_eq!(nearest_names("jet_pt", names, 1), ["Jet_pt"]);
        assert_eq!(nearest_names("Jet_tp", names, 1), ["Jet_pt"]);
        assert_eq!(nearest_names("xyzzy", names, 3), Vec::<String>::new());
        let long = "x".repeat(1 << 20);
        assert_eq!(nearest_names(&long, [long.as_str(), "x"], 3), Vec::<String>::new());
        assert_eq!(nearest_names("x", [long.as_str(), "x"], 3), ["x"]);
    }
}
