//! Names in `selected_branches` and `exclude_branches` that fit no branch: a slip changes nothing, and would go unseen.

use crate::inputs::Input;
use crate::measure::note;
use crate::{OnEvent, Parameters, PipelineError, name_list};
use event_columns::nearest_names;

/// Tells of each name or pattern that fits no branch of any file. In the original it has no effect, and so it is here.
pub(crate) fn note_unknown(
    inputs: &[Input],
    new_branches: &[&str],
    parameters: &Parameters,
    on_event: OnEvent<'_>,
) -> Result<(), PipelineError> {
    let mut names: Vec<&str> = new_branches.to_vec();
    names.extend(inputs.iter().flat_map(|input| &input.table.info().branches).map(|branch| &*branch.name));
    // A table file without rows has no branches.
    if names.is_empty() {
        return Ok(());
    }
    names.sort_unstable();
    names.dedup();
    let lists = [
        ("selected_branches", &parameters.selected_branches),
        ("exclude_branches", &parameters.excluded_branches),
    ];
    for (key, patterns) in lists {
        for pattern in patterns {
            if let Some(text) = unknown(key, pattern, &names) {
                note(on_event, &text)?;
            }
        }
    }
    Ok(())
}

fn unknown(key: &str, pattern: &str, names: &[&str]) -> Option<String> {
    if names.iter().any(|name| name_list::fits(pattern, name)) {
        return None;
    }
    let nearest = nearest_names(pattern, names.iter().copied(), 3);
    let hint = match nearest.as_slice() {
        [] => String::new(),
        nearest => format!("; did you mean {}?", nearest.join(" or ")),
    };
    Some(format!("`{key}`: `{pattern}` fits no branch of the files and has no effect{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_nothing_is_named_with_the_nearest() {
        let check = |pattern: &str, expected: Option<&str>| {
            let found = unknown("exclude_branches", pattern, &["Jet_eta", "Jet_pt", "MET_pt"]);
            assert_eq!(found.as_deref(), expected);
        };
        check("Jet_pt", None);
        check("Jet_*", None);
        check("MET_?t", None);
        check(
            "MET_ptt",
            Some(
                "`exclude_branches`: `MET_ptt` fits no branch of the files and has no effect; did you mean MET_pt or Jet_pt or Jet_eta?",
            ),
        );
        check("Muon*", Some("`exclude_branches`: `Muon*` fits no branch of the files and has no effect"));
    }
}
