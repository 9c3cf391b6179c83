//! `%cd`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "cd",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "Go to another folder.",
    details: "File names count from it.",
    free: Free::Text { name: "FOLDER", kind: ValueKind::Folder, is_needed: false },
    options: &[],
    examples: &["%cd data"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let said = call.arguments.text().trim_matches(['"', '\'']);
    let home = || std::env::var("HOME").unwrap_or_else(|_| "/".to_string());
    let folder = match said {
        "" | "~" => home(),
        _ => said.strip_prefix("~/").map_or_else(|| said.to_string(), |rest| format!("{}/{rest}", home())),
    };
    std::env::set_current_dir(&folder).map_err(|error| {
        MagicError::new("FolderError", format!("cannot go to {folder}: {error}"))
            .advise("%pwd says where this session is; Tab completes folders.")
    })?;
    context.line(&std::env::current_dir()?.display().to_string());
    Ok(())
}
