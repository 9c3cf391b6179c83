//! Which branches a model may use.

use crate::magic::MagicError;
use training_pipeline::name_list;

/// Patterns of branches; `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BranchChoice {
    /// The only features; all branches when empty.
    pub selected: Vec<String>,
    /// No features.
    pub dropped: Vec<String>,
}

impl BranchChoice {
    /// Whether a branch is a feature.
    pub fn takes(&self, name: &str) -> bool {
        let fits = |patterns: &[String]| patterns.iter().any(|pattern| name_list::fits(pattern, name));
        (self.selected.is_empty() || fits(&self.selected)) && !fits(&self.dropped)
    }

    /// Refuses patterns that fit none of the names, with the nearest ones.
    ///
    /// # Errors
    /// The first such pattern.
    pub fn check_patterns(patterns: &[String], names: &[String]) -> Result<(), MagicError> {
        for pattern in patterns {
            if names.iter().any(|name| name_list::fits(pattern, name)) {
                continue;
            }
            let nearest = event_columns::nearest_names(pattern, names.iter().map(String::as_str), 3);
            let error = MagicError::new("UnknownBranch", format!("no branch is called `{pattern}`"));
            return Err(if nearest.is_empty() {
                error.advise("Tab completes the names; %open shows them.")
            } else {
                error.advise(format!("Did you mean {}?", nearest.join(" or ")))
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
        let choice = BranchChoice { selected: words("Jet_* met"), dropped: words("Jet_phi") };
        assert!(choice.takes("Jet_pt") && choice.takes("met"));
        assert!(!choice.takes("Jet_phi") && !choice.takes("run"));
        let error = BranchChoice::check_patterns(&words("jet_pt"), &words("Jet_pt met")).unwrap_err();
        assert!(error.advice.contains("Jet_pt"));
    }
}
