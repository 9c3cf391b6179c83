//! `%provenance`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use branch_specs::{FileFingerprint, SpecsError};
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
            let mut is_stopped = || context.output.is_interrupted();
            let checksum = match FileFingerprint::of_file_unless(Path::new(file), true, &mut is_stopped) {
                Ok(found) => {
                    format!("{} bytes, sha256 {}", found.size_bytes, found.sha256.as_deref().unwrap_or("-"))
                }
                Err(SpecsError::Stopped) => {
                    return Err(MagicError::interrupted(format!("stopped while reading {file}")));
                }
                Err(error) => error.to_string(),
            };
            lines.push(format!(
                "{}: {file}, tree {}, {} events, {checksum}",
                sample.name,
                sample.tree,
                table.info().n_entries
            ));
        }
    }
    lines.extend(context.session.steps.lines().map(|line| format!("selection: {line}")));
    lines.extend(context.session.history.iter().enumerate().map(|(at, what)| format!("{}. {what}", at + 1)));
    context.show_text(&lines.join("\n"));
    Ok(())
}
