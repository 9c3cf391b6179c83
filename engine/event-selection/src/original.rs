//! The pre-processing JSON of `MLaaS4HEP`: sections `new_branch`, `flat_cut` and `jagged_cut`.
//!
//! Each section maps a branch to its keys: `cut`, `cut_1`, .. (anything that starts with `cut`, anywhere among the keys)
//! with `"x > 3"` for one value for each event, or `["x > 3", "all"]` for lists (anything but `all` means `any`);
//! `remove`, `"True"` or `"False"` or a JSON boolean, not removed when absent; `keys_to_remove`, further branches to
//! drop; and for a new branch `def` and, when wanted, `type`. All cuts must pass. Order: flat cuts, jagged cuts, new
//! branches with their cuts.

use crate::expression::Expression;
use crate::selection::{CutSection, Declared, Selection, SelectionError, Step, unknown_key};
use crate::tree::{Node, Tree};
use serde_json::{Map, Value};
use strict_json::StrictJsonError;

const SECTIONS: [&str; 3] = ["flat_cut", "jagged_cut", "new_branch"];

impl Selection {
    /// Reads the pre-processing JSON of `MLaaS4HEP`.
    ///
    /// # Errors
    /// [`SelectionError`] with the section, branch and key, and line and column within an expression.
    pub fn from_original_json(text: &str) -> Result<Self, SelectionError> {
        let json = strict_json::from_str(text).map_err(refused)?;
        let sections = object(&json, "the pre-processing file")?;
        if let Some(key) = sections.keys().find(|key| !SECTIONS.contains(&key.as_str())) {
            return Err(unknown_key("the pre-processing file", key, SECTIONS));
        }
        let mut steps = Vec::new();
        let mut drops = Vec::new();
        for section in SECTIONS {
            let Some(branches) = sections.get(section) else { continue };
            for (branch, keys) in object(branches, section)? {
                let entry =
                    Entry { section, branch, keys: object(keys, &format!("{section} \"{branch}\""))? };
                entry.check_keys()?;
                if section == "new_branch" {
                    steps.push(entry.definition()?);
                }
                entry.cuts(&mut steps)?;
                entry.drops(&mut drops)?;
            }
        }
        steps.extend(drops.into_iter().map(|name| Step::Drop { name }));
        Ok(Self { steps })
    }
}

fn refused(error: StrictJsonError) -> SelectionError {
    match error {
        StrictJsonError::NotJson { line, column, reason } => SelectionError::Json { line, column, reason },
        StrictJsonError::RepeatedKey { path, key, line } => {
            let place = match path.as_slice() {
                [] => "the pre-processing file".to_string(),
                [section] => section.clone(),
                [section, branch, ..] => format!("{section} \"{branch}\""),
            };
            let advice = if path.len() == 2 && key.starts_with("cut") {
                "; further cuts are named cut_1, cut_2 and so on"
            } else {
                "; write it once, or only the last one would count"
            };
            SelectionError::Section {
                place,
                reason: format!("line {line}: the key `{key}` stands twice{advice}"),
            }
        }
    }
}

fn object<'a>(json: &'a Value, place: &str) -> Result<&'a Map<String, Value>, SelectionError> {
    json.as_object().ok_or_else(|| SelectionError::Section {
        place: place.to_string(),
        reason: format!("found {} where an object {{..}} was expected", kind(json)),
    })
}

fn kind(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// One branch of one section.
struct Entry<'a> {
    section: &'static str,
    branch: &'a str,
    keys: &'a Map<String, Value>,
}

impl Entry<'_> {
    fn place(&self, key: &str) -> String {
        format!("{} \"{}\", {key}", self.section, self.branch)
    }

    fn error(&self, key: &str, reason: impl Into<String>) -> SelectionError {
        SelectionError::Section { place: self.place(key), reason: reason.into() }
    }

    fn check_keys(&self) -> Result<(), SelectionError> {
        let known: &[&str] = match self.section {
            "new_branch" => &["def", "type", "cut", "remove", "keys_to_remove"],
            _ => &["cut", "remove", "keys_to_remove"],
        };
        let place = format!("{} \"{}\"", self.section, self.branch);
        match self.keys.keys().find(|key| !key.starts_with("cut") && !known.contains(&key.as_str())) {
            Some(key) => Err(unknown_key(&place, key, known.iter().copied())),
            None => Ok(()),
        }
    }

    fn definition(&self) -> Result<Step, SelectionError> {
        let Some(Value::String(said)) = self.keys.get("def") else {
            return Err(
                self.error("def", "a new branch needs its definition as text, such as \"def\": \"log(E)\"")
            );
        };
        let is_jagged = match self.keys.get("type") {
            None => None,
            Some(Value::String(word)) if word == "jagged" => Some(true),
            Some(Value::String(word)) if word == "flat" => Some(false),
            Some(other) => {
                return Err(self.error("type", format!("found {other}, expected \"flat\" or \"jagged\"")));
            }
        };
        let definition = Expression::parse_at(&self.place("def"), said, None)?;
        let declared = Some(Declared { said: said.clone(), is_jagged });
        Ok(Step::Define { name: self.branch.to_string(), definition, declared })
    }

    fn cuts(&self, steps: &mut Vec<Step>) -> Result<(), SelectionError> {
        for (key, value) in self.keys.iter().filter(|(key, _)| key.starts_with("cut")) {
            let (text, using) = match value {
                Value::String(text) => (text, None),
                Value::Array(items) => match items.as_slice() {
                    [Value::String(text), Value::String(using)] => (text, Some(using.as_str())),
                    _ => {
                        return Err(self
                            .error(key, "a cut on lists is written [\"x > 3\", \"any\"] or [.., \"all\"]"));
                    }
                },
                other => {
                    let message =
                        format!("found {}, expected \"x > 3\" or [\"x > 3\", \"any\"]", kind(other));
                    return Err(self.error(key, message));
                }
            };
            if self.section == "jagged_cut" && using.is_none() {
                let message = format!(
                    "a cut on lists says how its elements are joined: [\"{text}\", \"any\"] or \"all\""
                );
                return Err(self.error(key, message));
            }
            let n_levels = usize::from(using.is_some());
            let mut condition = Expression::parse_below(&self.place(key), text, Some(self.branch), n_levels)?;
            let mut said = text.clone();
            if let Some(using) = using {
                let reduction = if using == "all" { "all" } else { "any" };
                let span = condition.tree.span;
                condition.tree = Tree::new(Node::Call(reduction.into(), vec![condition.tree]), span);
                said = format!("{text} using \"{using}\"");
            }
            let section = Some(match self.section {
                "flat_cut" => CutSection::FlatCut,
                "jagged_cut" => CutSection::JaggedCut,
                _ => CutSection::NewBranch(self.branch.to_string()),
            });
            let branch = (self.section != "new_branch").then(|| self.branch.to_string());
            steps.push(Step::Cut { said, condition, section, branch });
        }
        Ok(())
    }

    fn drops(&self, drops: &mut Vec<String>) -> Result<(), SelectionError> {
        let removes = match self.keys.get("remove") {
            None => false,
            Some(Value::Bool(removes)) => *removes,
            Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => true,
            Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => false,
            Some(other) => {
                return Err(self.error("remove", format!("found {other}, expected \"True\" or \"False\"")));
            }
        };
        let mut drop = |name: &str| {
            if !drops.iter().any(|own| own == name) {
                drops.push(name.to_string());
            }
        };
        if removes {
            drop(self.branch);
        }
        match self.keys.get("keys_to_remove") {
            None => {}
            Some(Value::String(name)) => drop(name),
            Some(Value::Array(names)) => {
                for name in names {
                    let Some(name) = name.as_str() else {
                        return Err(self.error(
                            "keys_to_remove",
                            format!("found {}, expected branch names", kind(name)),
                        ));
                    };
                    drop(name);
                }
            }
            Some(other) => {
                let message = format!("found {}, expected a list of branch names", kind(other));
                return Err(self.error("keys_to_remove", message));
            }
        }
        Ok(())
    }
}

/// What the original prints before it starts: cuts, definitions and branches to remove, one line each.
pub fn original_log_lines(selection: &Selection) -> Vec<String> {
    let cuts = |wanted: &dyn Fn(&Option<CutSection>) -> bool| -> Vec<String> {
        let said = |step: &Step| match step {
            Step::Cut { said, section, .. } if wanted(section) => Some(said.clone()),
            _ => None,
        };
        selection.steps.iter().filter_map(said).collect()
    };
    let mut lines = Vec::new();
    let mut under = |title: &str, found: Vec<String>| {
        if !found.is_empty() {
            lines.push(title.to_string());
            lines.extend(found);
        }
    };
    under("### Cut(s) provided on flat branch(es):", cuts(&|section| *section == Some(CutSection::FlatCut)));
    under(
        "### Cut(s) provided on jagged branch(es):",
        cuts(&|section| *section == Some(CutSection::JaggedCut)),
    );
    let definitions = selection.steps.iter().filter_map(|step| match step {
        Step::Define { name, definition, declared } => {
            let said =
                declared.as_ref().map_or_else(|| definition.to_string(), |declared| declared.said.clone());
            Some((name.clone(), said, declared.is_some()))
        }
        _ => None,
    });
    let definitions: Vec<(String, String, bool)> = definitions.collect();
    under(
        "### Definition(s) of new branch(es):",
        definitions.iter().map(|(name, said, _)| format!("{name}: {said}")).collect(),
    );
    let mut of_new_branches = Vec::new();
    for (name, ..) in definitions.iter().filter(|(_, _, from_original)| *from_original) {
        let own = cuts(&|section| matches!(section, Some(CutSection::NewBranch(branch)) if branch == name));
        if own.is_empty() {
            of_new_branches.push(format!("No cut(s) on {name}"));
        }
        of_new_branches.extend(own);
    }
    under("### Cut(s) on new branch(es):", of_new_branches);
    under("### Cut(s):", cuts(&|section| section.is_none()));
    let removed: Vec<String> = selection.dropped_branches().map(ToString::to_string).collect();
    under("### Branches to remove after preprocessing:", removed);
    lines
}
