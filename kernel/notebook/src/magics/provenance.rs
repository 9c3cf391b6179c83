//! `%provenance`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use branch_specs::FileFingerprint;
use std::path::Path;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "provenance",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "Say what this session is made of: versions, files with checksums, cuts, and what was done.",
    details: "",
    free: Free::None,
    options: &[],
    examples: &[],
    action: Action::Session(run),
};

fn run(_call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let mut lines = vec![format!("mlaas4hep {}", env!("CARGO_PKG_VERSION"))];
    for sample in &context.session.samples {
        for (file, table) in sample.files.iter().zip(&sample.tables) {
            let found = FileFingerprint::of_file(Path::new(file), true);
            let checksum = match &found {
                Ok(found) => {
                    format!("{} bytes, sha256 {}", found.size_bytes, found.sha256.as_deref().unwrap_or("-"))
                }
                Err(error) => error.to_string(),
            };
            lines.push(format!(
                "{}: {file}, tree {}, {} events, {checksum}",
                sample.name,
                sample.tree,
                table.info().n_entries
            ));
            if context.output.is_interrupted() {
                return Err(MagicError::interrupted("stopped while reading the files"));
            }
        }
    }
    lines.extend(context.session.steps.lines().map(|line| format!("selection: {line}")));
    lines.extend(context.session.history.iter().enumerate().map(|(at, what)| format!("{}. {what}", at + 1)));
    context.show_text(&lines.join("\n"));
    Ok(())
}
